"""One placement told as documents: each is checked against its published schema before a rule sees it."""

import copy
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import schemas
from schemas import rules
from schemas.calendar import SchoolCalendar

V1 = Path(__file__).parent.parent.parent / "schemas" / "v1"
WORST = ("error", "warning", "notEvaluable", "info", "pass", "notApplicable")
PLACEMENT = "5c81d0a7-3e42-4b96-8f15-00000000a001"
Json = dict[str, Any]

CALENDAR_A = SchoolCalendar.parse(
    json.loads((V1 / "calendars" / "northshire-2026-27.json").read_text("utf-8"))
)


def example(kind: str, name: str | None = None) -> Json:
    folder = V1 / "examples" / kind / "valid"
    path = folder / f"{name}.json" if name else sorted(folder.glob("*.json"))[0]
    value: Json = json.loads(path.read_text("utf-8"))
    return value


def changed(value: Json, members: Mapping[str, Any]) -> Json:
    """The value with some members replaced; None takes one out."""
    known = {**copy.deepcopy(value), **members}
    return {name: member for name, member in known.items() if member is not None}


class Story:
    """A placement record that grows document by document, and what the rules say about it."""

    def __init__(self) -> None:
        start = example("transfer", "start-of-placement")
        self.learner = changed(
            start["learner"], {"lookedAfter": False, "careAuthority": None, "ehcPlan": {"hasPlan": False}}
        )
        self.placement = changed(start["placement"], {"placementId": PLACEMENT})
        self.documents: list[Json] = []
        self.evidence: Json = {}

    def about(self, **members: Any) -> None:
        """Change the pupil."""
        self.learner = changed(self.learner, members)
        schemas.check("learner", self.learner)

    def placed(self, **members: Any) -> None:
        """Change the placement."""
        self.placement = changed(self.placement, members)
        schemas.check("placement", self.placement)

    def tell(self, kind: str, by: str, at: str, like: str | None = None, **members: Any) -> Json:
        """Add a document: a published example with these members instead of its own."""
        author = {"role": by, "organisation": "urn:ltp:org:ash-vale", "name": "Ms N. Okafor"}
        number = UUID(int=len(self.documents) + (4 << 76) + (8 << 60))
        own = {"documentId": str(number), "placementId": PLACEMENT, "createdAt": at, "author": author}
        document = changed(example(kind, like), {**own, "version": 1, "supersedes": None, **members})
        schemas.check(kind, document)
        self.documents.append(document)
        return document

    def sent(self, document: Json, to: str, role: str, at: str, **states: str) -> None:
        """Note what the gateway can prove: to whom a document went, when, and its receipts."""
        entry = {"documentId": document["documentId"], "version": document["version"], "sentAt": at}
        entry |= {"to": {"organisation": f"urn:ltp:org:{to}", "role": role}, **states}
        self.evidence.setdefault("deliveries", []).append(entry)

    def record(self) -> Json:
        return {
            "learner": self.learner,
            "placement": self.placement,
            "documents": self.documents,
            **self.evidence,
        }

    def results(self, rule: str, today: str | None = None, profile: str = "national") -> list[rules.Result]:
        day = None if today is None else date.fromisoformat(today)
        found = rules.evaluate(self.record(), profile, calendar=CALENDAR_A, today=day)
        return [result for result in found if result.rule == rule]

    def says(self, rule: str, today: str | None = None, profile: str = "national") -> str:
        """The worst that a rule says."""
        outcomes = {result.outcome for result in self.results(rule, today, profile)}
        return min(outcomes, key=WORST.index)

    def rejects(self, rule: str) -> bool:
        return any(result.rejects for result in self.results(rule))

    def due(self, rule: str, today: str, days: int = 21) -> list[str]:
        """The last days on which a rule has nothing to say yet."""
        found = rules.deadlines(
            self.record(), "trust-policy", calendar=CALENDAR_A, today=date.fromisoformat(today), days=days
        )
        return [deadline.due.isoformat() for deadline in found if deadline.result.rule == rule]


@pytest.fixture
def story() -> Story:
    return Story()
