"""The registry of requirements says what the pages say, and a page cannot demand anything without an id."""

import json
from typing import Any

import pytest

from docs.generator import publish
from docs.generator.requirements import AREAS, KINDS, LEVELS, ROLES, Faults, anchored, registry

GOOD = "- `LTP-SCH-001` [receiver] A receiver MUST refuse it.\n"
RETIRED = "| Id | Retired in | Why | Replaced by |\n| `LTP-SCH-007` | 1.1 | Split. | `LTP-SCH-001` |\n"


def collected(text: str, before: dict[str, Any] | None = None) -> dict[str, Any]:
    return registry({"page.md": text}, before or {})


def faults(text: str, before: dict[str, Any] | None = None) -> str:
    with pytest.raises(Faults) as caught:
        collected(text, before)
    return str(caught.value)


def published() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(publish.REGISTRY.read_text("utf-8"))
    return found


def test_the_registry_is_what_the_pages_say() -> None:
    assert publish.REGISTRY.read_text("utf-8") == publish.registry_text(), "run: make requirements"


def test_every_row_of_the_registry_is_complete() -> None:
    rows = published()["requirements"]

    assert len(rows) > 150
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert row["level"] in LEVELS
        assert set(row["roles"]) <= set(ROLES)
        assert row["testability"] in KINDS
        assert ("reason" in row) == (row["testability"] != "automated")
        assert (publish.SPEC / row["page"]).is_file()


def test_every_role_and_every_area_is_bound_by_something() -> None:
    rows = published()["requirements"]

    assert {role for row in rows for role in row["roles"]} == set(ROLES)
    assert {row["id"].split("-")[1] for row in rows} <= set(AREAS)


def test_a_requirement_is_collected_word_for_word() -> None:
    marks = "receiver, relay; if: attachments; attested: nobody sees it; since: 1.1"
    text = f"- `LTP-SCH-001` [{marks}] A product\n  SHOULD NOT `x`.\n"

    (row,) = collected(text)["requirements"]

    assert row == {
        "id": "LTP-SCH-001",
        "level": "SHOULD NOT",
        "roles": ["receiver", "relay"],
        "statement": "A product SHOULD NOT `x`.",
        "page": "page.md",
        "testability": "attested",
        "reason": "nobody sees it",
        "condition": "attachments",
        "since": "1.1",
    }


def test_requirements_stand_in_the_order_of_areas_and_numbers() -> None:
    text = GOOD.replace("SCH-001", "RTE-001") + GOOD.replace("SCH-001", "SCH-002") + GOOD

    ids = [row["id"] for row in collected(text)["requirements"]]

    assert ids == ["LTP-SCH-001", "LTP-SCH-002", "LTP-RTE-001"]


@pytest.mark.parametrize("keyword", ["MUST", "MUST NOT", "SHOULD", "SHALL", "MAY", "REQUIRED"])
def test_a_keyword_without_an_id_fails(keyword: str) -> None:
    assert f"{keyword} outside a requirement" in faults(f"{GOOD}\nA receiver {keyword} do this.\n")


@pytest.mark.parametrize("text", ["A receiver must do this.", "The word `MUST` binds.", "```\nMUST\n```"])
def test_an_ordinary_word_or_a_keyword_as_code_passes(text: str) -> None:
    assert len(collected(f"{GOOD}\n{text}\n")["requirements"]) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- `LTP-SCH-001` [receiver] A receiver MUST do it and MAY do more.\n", "exactly one"),
        ("- `LTP-SCH-001` [receiver] A receiver does it.\n", "exactly one"),
        ("- `LTP-SCH-001` [receiver] A receiver SHALL do it.\n", "exactly one"),
        ("- `LTP-SCH-001` [vendor] A receiver MUST do it.\n", "the roles are"),
        ("- `LTP-SCH-001` [receiver] A receiver MUST do it\n", "one whole sentence"),
        ("- `LTP-XXX-001` [receiver] A receiver MUST do it.\n", "an area of the list"),
        ("- `LTP-SCH-1` [receiver] A receiver MUST do it.\n", "three digits"),
        (GOOD + GOOD, "stands twice"),
        (GOOD.replace("001", "007") + RETIRED, "retired and cannot be used again"),
    ],
)
def test_a_badly_stated_requirement_fails(text: str, told: str) -> None:
    assert told in faults(text)


def test_an_id_cannot_disappear() -> None:
    before = {"requirements": [{"id": "LTP-SCH-007"}]}

    assert "LTP-SCH-007 is gone" in faults(GOOD, before)


def test_an_id_can_be_retired_and_stays_on_record() -> None:
    before = {"requirements": [{"id": "LTP-SCH-007"}]}

    found = collected(GOOD + RETIRED, before)["retired"]

    row = {"id": "LTP-SCH-007", "retiredIn": "1.1", "why": "Split.", "replacedBy": "LTP-SCH-001"}
    assert found == [row]


def test_a_retired_id_cannot_be_used_after_its_row_is_gone() -> None:
    before = {"retired": [{"id": "LTP-SCH-001"}]}

    assert "LTP-SCH-001 is retired" in faults(GOOD, before)


def test_a_requirement_in_a_block_of_code_is_only_an_example() -> None:
    block = f"```\n{GOOD}```\n"

    assert collected(block)["requirements"] == []
    assert anchored(block) == block


def test_a_page_gets_an_anchor_at_each_requirement() -> None:
    text = anchored(f"Text.\n\n{GOOD}")

    assert text.startswith(
        "Text.\n\n- [`LTP-SCH-001`](#ltp-sch-001){ #ltp-sch-001 } *receiver*<br>A receiver"
    )
