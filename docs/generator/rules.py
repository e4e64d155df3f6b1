"""A page for each rule, and the catalogue."""

import json
from collections.abc import Iterator

from docs.generator import words
from docs.generator.data import Json, Standard
from docs.generator.markdown import Pages, bullets, code, fence, ident, link, page, table


def pages(standard: Standard) -> Pages:
    """Every rule page and the catalogue."""
    made = {f"rules/{rule['id']}.md": rule_page(standard, rule) for rule in standard.rules["rules"]}
    return made | {"rules/index.md": index(standard)}


def index(standard: Standard) -> str:
    """The catalogue by profile."""
    rules = standard.rules["rules"]
    rejecting = [rule for rule in rules if rule["severity"] == "error" and rule["mode"] == "R"]
    return page(
        "# Rules",
        f"{len(rules)} rules need more than the form of one document. {len(rejecting)} of them can make a gateway "
        "refuse: those of severity error in mode R. All others flag, and what they flag is delivered.",
        f"Authority: {words.legend(words.AUTHORITIES)}",
        *_profiles(standard),
    )


def _profiles(standard: Standard) -> Iterator[str]:
    for name, profile in standard.rules["profiles"].items():
        included = ", ".join(code(other) for other in profile["includes"])
        yield f"## {profile['title']}"
        yield f"Profile {code(name)}" + (f", which runs the rules of {included} too." if included else ".")
        rows = [_row(rule) for rule in standard.rules["rules"] if rule["profile"] == name]
        yield table(("Rule", "What it says", "At worst", "Mode", "Authority"), rows)


def _row(rule: Json) -> tuple[str, ...]:
    return (
        ident(rule["id"], f"rules/{rule['id']}.md"),
        rule["statement"],
        rule["severity"],
        rule["mode"],
        rule["authority"],
    )


def rule_page(standard: Standard, rule: Json) -> str:
    """One rule: what it says, how bad it is, what it reads, its numbers, worked cases."""
    return page(
        f"# {rule['id']}",
        rule["statement"],
        table(("About it", "Value"), _facts(standard, rule)),
        f"**What to do:** {rule['fix']}",
        "## What it reads",
        table(("In", "Items"), _inputs(standard, rule)),
        "## Its numbers and lists",
        fence(json.dumps(rule["thresholds"], ensure_ascii=False, indent=2))
        if rule["thresholds"]
        else "None.",
        *_overrides(standard, rule["id"]),
        "## Worked cases",
        bullets(_cases(standard, rule["id"])),
    )


def _facts(standard: Standard, rule: Json) -> Iterator[tuple[str, str]]:
    yield "At worst", rule["severity"]
    yield "Mode", f"{rule['mode']}: {words.MODES[rule['mode']]}"
    yield "Authority", f"{rule['authority']}: {words.AUTHORITIES[rule['authority']]}"
    yield "Profile", f"{code(rule['profile'])}: {standard.rules['profiles'][rule['profile']]['title']}"
    yield "Version", f"{rule['version']}, since {rule['since']} of the standard"


def _inputs(standard: Standard, rule: Json) -> Iterator[tuple[str, str]]:
    for name, places in rule["inputs"].items():
        shown = (
            link(standard.title(name), f"documents/{name}.md") if name in standard.documents else code(name)
        )
        yield "any document" if name == "*" else shown, ", ".join(code(place) for place in places)


def _overrides(standard: Standard, ident: str) -> Iterator[str]:
    found = {
        name: profile["overrides"][ident]
        for name, profile in standard.rules["profiles"].items()
        if ident in profile.get("overrides", {})
    }
    if found:
        yield "## Different in a local profile"
        yield fence(json.dumps(found, ensure_ascii=False, indent=2))


def _cases(standard: Standard, ident: str) -> Iterator[str]:
    for case in standard.vectors.get(ident, {}).get("cases", ()):
        yield f"{case['name']}: {code(case['expect']['outcome'])}. {case.get('why', '')}".strip()
    if ident in standard.vectors:
        yield link("the cases as data", f"{standard.version}/vectors/rules/{ident}.json")
