"""The code lists: their form, facts on record, and that our own lists say what the schemas say."""

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import schemas
from schemas import UnknownName, codes

FOLDER = Path(__file__).parents[2] / "schemas" / "v1" / "codes"
LINE = {"type": "string", "minLength": 1, "pattern": "^[^\\n\\r\\t]+(?![\\s\\S])"}
DAY = {"type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?(?![\\s\\S])"}
CODE = {"type": "string", "pattern": "^[!-~]{1,40}(?![\\s\\S])"}
TOKEN = {"type": "string", "pattern": "^[a-z][A-Za-z]{1,40}(?![\\s\\S])"}


def closed(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": dict(required) | dict(optional or {}),
        "additionalProperties": False,
    }


ENTRY = closed(
    {"code": CODE, "label": LINE, "status": {"enum": ["current", "legacy"]}},
    {"category": TOKEN, "since": DAY, "until": DAY, "replacedBy": CODE, "note": LINE},
)
CATEGORIES = closed(
    {
        "version": LINE,
        "date": DAY,
        "values": {"type": "array", "minItems": 1, "items": closed({"code": TOKEN, "label": LINE})},
    },
    {"note": LINE},
)
GRAMMAR = closed(
    {
        "id": {"type": "string", "pattern": "^[a-z]+(-[a-z0-9]+)*(?![\\s\\S])"},
        "title": LINE,
        "publisher": LINE,
        "version": LINE,
        "date": DAY,
        "source": LINE,
        "open": {"type": "boolean"},
        "codes": {"type": "array", "minItems": 1, "items": ENTRY},
    },
    {"note": LINE, "categories": CATEGORIES},
)
VALIDATOR = jsonschema_rs.validator_for(GRAMMAR)


def faults(data: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a list: its form first, then what a form cannot say."""
    wrong = [error.message for error in VALIDATOR.iter_errors(data)]
    yield from wrong
    if wrong:
        return
    entries = data["codes"]
    names = [entry["code"] for entry in entries]
    current = {entry["code"] for entry in entries if entry["status"] == "current"}
    known = {value["code"] for value in data.get("categories", {}).get("values", [])}
    if len(names) != len(set(names)):
        yield "a code twice"
    if len({entry["label"] for entry in entries}) != len(entries):
        yield "a label twice"
    for entry in entries:
        if "category" in entry and entry["category"] not in known:
            yield "a category without a label"
        if "replacedBy" in entry and (entry["status"] != "legacy" or entry["replacedBy"] not in current):
            yield "a replacement of a current code, or by none"
        if "until" in entry and entry["status"] != "legacy":
            yield "an end of a current code"


def read(list_id: str) -> Any:
    return json.loads((FOLDER / f"{list_id}.json").read_text("utf-8"))


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.stem)
def test_every_list_keeps_to_the_form(path: Path) -> None:
    data = json.loads(path.read_text("utf-8"))
    assert list(faults(data)) == []
    assert (data["id"], path.suffix) == (path.stem, ".json")


def duplicate(data: dict[str, Any]) -> None:
    data["codes"].append(data["codes"][0] | {"label": "Again"})


def no_publisher(data: dict[str, Any]) -> None:
    del data["publisher"]


def no_version(data: dict[str, Any]) -> None:
    del data["version"]


def no_date(data: dict[str, Any]) -> None:
    data["date"] = ""


def replaced_by_nothing(data: dict[str, Any]) -> None:
    data["codes"][-1] |= {"status": "legacy", "replacedBy": "NEVER"}


def current_and_replaced(data: dict[str, Any]) -> None:
    data["codes"][0]["replacedBy"] = data["codes"][1]["code"]


def unknown_category(data: dict[str, Any]) -> None:
    data["codes"][0]["category"] = "somewhere"


def unknown_member(data: dict[str, Any]) -> None:
    data["codes"][0]["count"] = 3


@pytest.mark.parametrize(
    "spoil",
    [
        duplicate,
        no_publisher,
        no_version,
        no_date,
        replaced_by_nothing,
        current_and_replaced,
        unknown_category,
        unknown_member,
    ],
)
def test_a_spoilt_list_is_caught(spoil: Any) -> None:
    data = copy.deepcopy(read("sen-types"))
    assert list(faults(data)) == []
    spoil(data)
    assert list(faults(data)) != []


def current(list_id: str) -> list[str]:
    return [code.code for code in codes.code_list(list_id).codes.values() if code.status == "current"]


@pytest.mark.parametrize(
    ("list_id", "count"),
    [
        ("sen-types", 14),
        ("sen-provision", 3),
        ("attendance-codes", 34),
        ("suspension-reasons", 29),
        ("suspension-categories", 3),
        ("enrolment-status", 7),
        ("relationship", 16),
        ("ethnicity", 24),
        ("languages", 255),
        ("ap-setting-types", 4),
        ("ap-types-2013", 0),
        ("leaving-reasons", 17),
        ("telephone-types", 6),
        ("language-types", 9),
        ("ethnicity-source", 5),
        ("fsm-categories", 3),
        ("service-child", 4),
        ("young-carer", 3),
        ("disability", 17),
    ],
)
def test_a_published_list_has_as_many_current_codes_as_its_publisher_states(list_id: str, count: int) -> None:
    assert len(current(list_id)) == count
    assert codes.code_list(list_id).publisher == "Department for Education"
    assert codes.code_list(list_id).open


def test_the_attendance_codes_of_2024_have_no_h_j_or_y_alone() -> None:
    assert set("HJY") & set(current("attendance-codes")) == set()
    assert {"J1", *(f"Y{n}" for n in range(1, 8))} <= set(current("attendance-codes"))
    for gone in "HJY":
        found = codes.look_up("attendance-codes", gone)
        assert found is not None
        assert (found.status, found.until) == ("legacy", "2024")


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("present", "/ \\ L"),
        ("approvedEducationalActivity", "B K P V W"),
        ("authorisedAbsence", "C C1 C2 E I J1 M R S T"),
        ("unauthorisedAbsence", "G N O U"),
        ("notPossible", "D Q X Y1 Y2 Y3 Y4 Y5 Y6 Y7"),
        ("administrative", "Z #"),
    ],
)
def test_each_attendance_code_is_in_one_category_of_a_versioned_table(category: str, expected: str) -> None:
    found = codes.code_list("attendance-codes")

    members = {c.code for c in found.codes.values() if c.category == category}
    assert members == set(expected.split())
    assert category in found.categories
    assert read("attendance-codes")["categories"]["version"] == "1.0"


def test_each_current_attendance_code_has_a_category() -> None:
    found = codes.code_list("attendance-codes")
    assert [c.code for c in found.codes.values() if c.status == "current" and c.category is None] == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("E", "no alternative provision"),
        ("K", "section 19"),
        ("C2", "Part-time timetable"),
        ("B", "off site"),
    ],
)
def test_the_codes_that_matter_to_alternative_provision_say_so(code: str, words: str) -> None:
    found = codes.look_up("attendance-codes", code)
    assert found is not None
    assert words in found.label
    assert found.note


def test_any_other_ethnic_group_is_not_the_other_of_other_lists() -> None:
    found = codes.look_up("ethnicity", "OOTH")
    assert found is not None
    assert found.label == "Any other ethnic group"
    assert codes.look_up("ethnicity", "OTH") is None
    assert codes.look_up("relationship", "OTH") is not None


@pytest.mark.parametrize(
    ("list_id", "old", "new"),
    [
        ("sen-provision", "A", "K"),
        ("sen-provision", "P", "K"),
        ("sen-provision", "S", "E"),
        ("sen-provision", "Q", None),
        ("sen-types", "BESD", "SEMH"),
        ("suspension-categories", "FIXD", "SUSP"),
        ("suspension-reasons", "OT", None),
        ("relationship", "STP", None),
        ("leaving-reasons", "ST", None),
    ],
)
def test_a_legacy_code_names_its_replacement_where_there_is_one(
    list_id: str, old: str, new: str | None
) -> None:
    found = codes.look_up(list_id, old)
    assert found is not None
    assert (found.status, found.replaced_by) == ("legacy", new)


@pytest.mark.parametrize(("list_id", "old"), [("sen-provision", "A"), ("sen-types", "BESD")])
def test_a_replacement_from_memory_is_flagged(list_id: str, old: str) -> None:
    found = codes.look_up(list_id, old)
    assert found is not None
    assert "unconfirmed" in (found.note or "")


@pytest.mark.parametrize(
    ("list_id", "code"), [("sen-types", "NEW"), ("languages", "eng"), ("young-carer", "")]
)
def test_a_code_that_a_list_does_not_know_is_no_error(list_id: str, code: str) -> None:
    assert codes.look_up(list_id, code) is None


def test_a_known_code_is_found_with_its_label() -> None:
    found = codes.look_up("languages", "ENG")
    assert found is not None
    assert (found.label, found.status) == ("English", "current")


def test_a_list_that_does_not_exist_is_refused() -> None:
    assert "sen-types" in codes.lists()
    with pytest.raises(UnknownName, match="code list"):
        codes.look_up("no-such-list", "A")


OWN = {
    "agency-roles": ("common", ("$defs", "agencyRole", "enum")),
    "lawful-basis-article-6": ("common", ("$defs", "lawfulBasis", "properties", "article6", "enum")),
    "lawful-basis-article-9": ("common", ("$defs", "lawfulBasis", "properties", "article9", "enum")),
    "lawful-basis-article-10": ("common", ("$defs", "lawfulBasis", "properties", "article10", "enum")),
    "retention-triggers": ("common", ("$defs", "retention", "properties", "trigger", "enum")),
    "setting-types": ("provider", ("properties", "settingType", "enum")),
}


@pytest.mark.parametrize("list_id", OWN)
def test_our_own_list_says_what_the_schema_says(list_id: str) -> None:
    name, steps = OWN[list_id]
    node: Any = schemas.schema(name)
    for step in steps:
        node = node[step]

    assert current(list_id) == node
    assert not codes.code_list(list_id).open


def test_every_list_of_our_own_is_held_against_its_schema() -> None:
    assert {name for name in codes.lists() if not codes.code_list(name).open} == set(OWN)


def test_the_census_codes_are_the_same_in_both_lists_of_settings() -> None:
    ours = codes.code_list("setting-types").codes
    census = codes.code_list("ap-setting-types").codes

    assert {code: entry.label for code, entry in census.items()} == {
        code: entry.label for code, entry in ours.items() if entry.category == "census"
    }


SEN = ("properties", "senDetails", "properties")
CONTACT = ("properties", "parentContacts", "items", "properties")
# Codes that the wire's patterns must let through, each list with the place that carries it.
CARRIED = {
    "attendance-codes": ("common", ("$defs", "attendanceCode", "pattern")),
    "languages": ("common", ("$defs", "languageCode", "pattern")),
    "ethnicity-source": ("common", ("$defs", "codeSource", "pattern")),
    "sen-provision": ("learner", (*SEN, "provision", "pattern")),
    "sen-types": ("learner", (*SEN, "senTypes", "items", "properties", "code", "pattern")),
    "ethnicity": ("learner", ("properties", "ethnicity", "properties", "code", "pattern")),
    "relationship": ("learner", (*CONTACT, "relationship", "pattern")),
    "telephone-types": ("learner", (*CONTACT, "phones", "items", "properties", "type", "pattern")),
}


@pytest.mark.parametrize("list_id", CARRIED)
def test_every_code_fits_the_pattern_of_the_item_that_carries_it(list_id: str) -> None:
    name, steps = CARRIED[list_id]
    pattern: Any = schemas.schema(name)
    for step in steps:
        pattern = pattern[step]
    carries = jsonschema_rs.validator_for({"type": "string", "pattern": pattern})

    assert [code for code in codes.code_list(list_id).codes if not carries.is_valid(code)] == []
    assert not carries.is_valid("two\nlines")
