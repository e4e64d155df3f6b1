"""What an item is required under: each condition names a place that is there and a question that is known."""

from collections.abc import Iterator
from typing import Any

import pytest

import schemas
from schemas._shape import Node, root
from schemas.rules.record import needs_of

KEYWORDS = ("x-ltp-when", "x-ltp-unless")
BASES = {"beside", "document", "learner"}
# What is asked, and the JSON type of the place that it is asked of; None for any.
QUESTIONS = {"is": None, "startsWith": "string", "present": None, "lacks": "array", "past": "string"}
KINDS = [*schemas.schema("document")["properties"]["type"]["enum"], "learner", "placement"]


def conditions(node: Node, kind: str) -> Iterator[tuple[Node, Node, dict[str, Any]]]:
    """Yield each condition of a schema with the object that holds the item, and the item."""
    for member in node.members().values():
        for keyword in KEYWORDS:
            found = member.keyword(keyword)
            if isinstance(found, list):
                yield from ((node, member, row) for row in found)
        yield from conditions(member, kind)


def place(holder: Node, kind: str, row: dict[str, Any]) -> Node:
    """The place that a condition looks at; a KeyError if the schema has none there."""
    [base] = BASES & row.keys()
    node = {"beside": holder, "document": root(kind), "learner": root("learner")}[base]
    for step in row[base].split("/")[1:]:
        node = node.members()[step]
    return node


def type_of(node: Node) -> object:
    return "array" if node.is_list() else node.keyword("type") or "string"


@pytest.mark.parametrize("kind", KINDS)
def test_each_condition_asks_something_known_of_a_place_that_is_there(kind: str) -> None:
    for holder, member, row in conditions(root(kind), kind):
        [question] = row.keys() - BASES
        assert QUESTIONS[question] in (None, type_of(place(holder, kind, row)))
        # Where the dictionary says "1 if", the item is optional everywhere else.
        assert str(member.keyword("x-ltp-card")).startswith("0..")


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_that_a_condition_waits_for_can_occur(kind: str) -> None:
    for holder, _, row in conditions(root(kind), kind):
        node = place(holder, kind, row)
        values = node.keyword("enum")
        if "is" in row and isinstance(values, list):
            assert row["is"] in values


def test_the_lint_sees_the_conditions_of_the_dictionary() -> None:
    with_conditions = {kind for kind in KINDS if list(conditions(root(kind), kind))}
    assert {"pupil-voice", "reintegration-plan", "destination-record", "placement"} <= with_conditions
    assert "absence-notice" not in with_conditions


def test_an_item_with_a_condition_is_compiled_with_it() -> None:
    [need] = [need for need in needs_of("placement-review").own if need.name == "formalReviewNumber"]
    assert [(test.base, test.steps, test.wanted) for test in need.when] == [
        ("beside", ("reviewType",), "formal")
    ]
