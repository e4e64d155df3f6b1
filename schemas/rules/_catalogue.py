"""The rule catalogue of `v1/rules.json`: what each rule says, how bad it is and where it comes from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

from schemas.findings import UnknownName


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the catalogue; `severity` and `thresholds` are data that a local profile may set otherwise."""

    id: str
    version: int
    statement: str
    severity: Literal["info", "warning", "error"]
    mode: Literal["R", "F"]
    authority: str
    profile: str
    inputs: Mapping[str, tuple[str, ...]]
    thresholds: Mapping[str, Any]
    since: str
    fix: str

    @property
    def may_reject(self) -> bool:
        """Whether a gateway may have to refuse something because of this rule."""
        return self.severity == "error" and self.mode == "R"


@cache
def catalogue() -> Mapping[str, Rule]:
    """Return every rule by id, in the order of the file."""
    rows = [_rule(row) for row in _data()["rules"]]
    return MappingProxyType({rule.id: rule for rule in rows})


@cache
def profiles() -> Mapping[str, frozenset[str]]:
    """Return each profile with the profiles whose rules it runs, itself among them."""
    rows = _data()["profiles"]
    return MappingProxyType({name: frozenset({name, *row["includes"]}) for name, row in rows.items()})


def rules_of(profile: str) -> tuple[Rule, ...]:
    """Return the rules that a profile runs, as it sets them, or raise UnknownName."""
    if profile not in profiles():
        raise UnknownName("rule profile")
    return _set_by(profile)


@cache
def _set_by(profile: str) -> tuple[Rule, ...]:
    chosen = (rule for rule in catalogue().values() if rule.profile in profiles()[profile])
    own = _data()["profiles"][profile].get("overrides", {})
    return tuple(overridden(rule, own.get(rule.id, {})) for rule in chosen)


def overridden(rule: Rule, change: Mapping[str, Any]) -> Rule:
    """Return a rule with the severity and the thresholds that a profile sets; all else stays as it is."""
    thresholds = {**rule.thresholds, **change.get("thresholds", {})}
    return replace(rule, severity=change.get("severity", rule.severity), thresholds=thresholds)


def _rule(row: Mapping[str, Any]) -> Rule:
    inputs = {kind: tuple(places) for kind, places in row["inputs"].items()}
    return Rule(**{**row, "inputs": inputs})


@cache
def _data() -> dict[str, Any]:
    text = (resources.files("schemas") / "v1" / "rules.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
