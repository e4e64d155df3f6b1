"""What holds for any valid document of every type, and for any document with one thing wrong.

`make test` tries the same few documents of each type every time; `make fuzz` searches thousands of new ones.
"""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import date
from importlib import resources
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from schemas import disclosure, routes, rules
from schemas.calendar import SchoolCalendar

Values = Callable[[str], st.SearchStrategy[Any]]
Path = tuple[Any, ...]

DOCUMENTS = (*schemas.schema("document")["properties"]["type"]["enum"], "receipt")
OTHERS = ("learner", "placement", "provider", "bundle", "transfer")
VIEWED = sorted(disclosure.kinds())
REASONS = (None, "asked for by telephone")
CONDITIONS = ((), tuple(disclosure.conditions()), ("addressConfidential",))
_CALENDAR = resources.files("schemas") / "v1" / "calendars" / "northshire-2026-27.json"
CALENDAR = SchoolCalendar.parse(json.loads(_CALENDAR.read_text("utf-8")))

# One wrong thing: what stands at a place is taken away, doubled, or becomes one of these.
WRONG: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**53, 10**30, 0.5, float("nan"), float("inf")),
    *("", " ", "x" * 5000, "\x00", "\ud800", "2026-02-31", "SG", "/documents/0"),
    *([], {}, [None], [[[]]], {"": {}}, {"type": {}}, {"sensitivity": ["SG"]}),
)


def test_there_are_34_types() -> None:
    assert len(DOCUMENTS) == 34


# --- valid documents --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*DOCUMENTS, *OTHERS])
@given(data=st.data())
def test_a_valid_document_validates_and_survives_a_round_trip(
    name: str, valid: Values, data: st.DataObject
) -> None:
    value = data.draw(valid(name))

    assert schemas.validate(name, value) == ()
    assert schemas.load(orjson.dumps(value)) == value
    if name in DOCUMENTS:
        assert schemas.is_valid("document", value) == (name != "receipt")


@pytest.mark.parametrize("kind", VIEWED)
@given(data=st.data())
def test_every_permitted_view_of_a_valid_document_validates_and_shows_no_more_than_it_may(
    kind: str, valid: Values, data: st.DataObject
) -> None:
    value = data.draw(valid(kind))

    for readers in READERS[kind]:
        for reason in REASONS:
            for conditions in CONDITIONS:
                seen = disclosure.view(kind, value, readers, reason=reason, conditions=conditions)
                assert schemas.is_valid(kind, seen), readers
                assert disclosure.excess(kind, seen, readers) == (), readers


@pytest.mark.parametrize("name", DOCUMENTS)
@given(data=st.data())
def test_the_rules_give_a_result_for_every_rule_on_a_valid_document(
    name: str, valid: Values, data: st.DataObject
) -> None:
    _evaluate({"documents": [data.draw(valid(name))]}, data)


def _readers() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every kind of value with the readers that some route brings it to."""
    for route in routes.all_routes():
        if route.to_role != "*":
            # A role without a column gets nothing about the learner, not even an empty view.
            about = ("learner", "placement") if routes.role(route.to_role).column else ("placement",)
            yield from ((kind, (route.to_role, *route.readers)) for kind in (route.document, *about))


READERS = {kind: sorted({readers for found, readers in _readers() if found == kind}) for kind in VIEWED}


def _evaluate(subject: dict[str, Any], data: st.DataObject) -> None:
    profile = data.draw(st.sampled_from(sorted(rules.profiles())))
    calendar, today = data.draw(
        st.sampled_from([(None, None), (CALENDAR, None), (CALENDAR, date(2026, 11, 24))])
    )

    results = rules.evaluate(subject, profile, calendar=calendar, today=today)

    included = rules.profiles()[profile]
    assert {result.rule for result in results} == {
        name for name, rule in rules.catalogue().items() if rule.profile in included
    }


# --- one thing wrong --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*DOCUMENTS, *OTHERS])
@given(data=st.data())
def test_one_wrong_thing_is_passed_or_found_and_stops_nothing(
    name: str, valid: Values, data: st.DataObject
) -> None:
    value = _spoilt(data.draw(valid(name)), data)

    found = schemas.validate(name, value)

    assert schemas.is_valid(name, value) == (found == ())
    _evaluate({"documents": [value]} if name in DOCUMENTS else value, data)
    for readers in READERS.get(name, ()):
        seen = disclosure.view(name, value, readers, reason="asked", conditions=disclosure.conditions())
        assert seen.keys() <= {*value, "withheld"}


def _spoilt(value: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """Return a copy with one wrong thing at one place inside it."""
    spoilt = copy.deepcopy(value) or {"type": "provider"}
    *way, last = data.draw(st.sampled_from(list(_places(spoilt))))
    holder: Any = spoilt
    for step in way:
        holder = holder[step]
    match data.draw(st.sampled_from(("replace", "replace", "remove", "double"))):
        case "remove":
            del holder[last]
        case "double" if isinstance(holder, list):
            holder.append(holder[last])
        case "double":
            holder[f"{last}2"] = holder[last]
        case _:
            holder[last] = copy.deepcopy(data.draw(st.sampled_from(WRONG)))
    return spoilt


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in steps:
        yield from _places(child, (*path, step))
