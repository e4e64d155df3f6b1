"""Wonde: students with what was included, and the two payloads that it takes back."""

import copy
import io
import json
from datetime import date
from typing import Any

import pytest

import schemas
from adapters import ADAPTERS, CannotRead, CannotWrite, Draft, Hints, LossReport, Wishes, detect
from schemas.findings import Finding

TODAY = date(2026, 11, 24)
ZOE: dict[str, Any] = {
    "id": "A1",
    "upi": "x",
    "mis_id": "42",
    "initials": "ZO",
    "surname": "Néill",
    "forename": "Zo",
    "middle_names": "Ann",
    "legal_surname": "O’Néill",
    "legal_forename": "Zoë",
    "gender": "FEMALE",
    "date_of_birth": {"date": "2012-02-29 00:00:00.000000", "timezone_type": 3, "timezone": "Europe/London"},
    "updated_at": {"date": "2026-11-01 10:00:00.000000", "timezone_type": 3, "timezone": "Europe/London"},
    "education_details": {
        "data": {"upn": "z999100119001", "current_nc_year": "Year 9", "part_time_rate": 0.5}
    },
    "extended_details": {
        "data": {"sen_status": "E", "in_lea_care": False, "free_school_meals": True, "enrolment_status": "M"}
    },
    "sen_needs": {"data": [{"sen_type_code": "SLCN", "rank": 2}, {"sen_type_code": "SEMH", "rank": 1}]},
    "contacts": {
        "data": [
            {
                "title": "Ms",
                "forename": "Ada",
                "surname": "O’Néill",
                "relationship": {"priority": 1, "parental_responsibility": True},
                "contact_details": {"data": {"phones": {"mobile": "01632 960001"}}},
            }
        ]
    },
    "attendance_summary": {"data": {"possible_marks": 120, "present_marks": 90}},
    "behaviours": {"data": [{"type": "Disruption", "comment": "secretQ7"}, {"type": "Disruption"}]},
    "medical_notes": {"data": [{"summary": "secretQ7"}]},
}


def read(
    *students: dict[str, Any], more: bool = False, **hints: Any
) -> tuple[list[Draft], list[Finding], LossReport]:
    whole = {"data": list(students), "meta": {"pagination": {"more": more, "current_page": 1}}}
    return parse(json.dumps(whole).encode(), **hints)


def parse(data: bytes, **hints: Any) -> tuple[list[Draft], list[Finding], LossReport]:
    items = list(ADAPTERS.reader("wonde")(io.BytesIO(data), Hints(today=TODAY, **hints)))
    report = items.pop()
    assert isinstance(report, LossReport)
    return (
        [item for item in items if isinstance(item, Draft)],
        [item for item in items if isinstance(item, Finding)],
        report,
    )


def test_a_student_becomes_a_learner_with_the_legal_name() -> None:
    [draft, events], findings, report = read(ZOE)
    assert findings == []
    assert draft.value == {
        "legalName": {"forename": "Zoë", "middleNames": "Ann", "surname": "O’Néill"},
        "preferredName": "Zo Néill",
        "upn": "Z999100119001",
        "dateOfBirth": "2012-02-29",
        "yearGroup": "9",
        "gender": {"code": "F", "source": "Wonde gender"},
        "senDetails": {
            "provision": "E",
            "senTypes": [{"code": "SEMH", "rank": 1}, {"code": "SLCN", "rank": 2}],
        },
        "ehcPlan": {"hasPlan": True},
        "registrationStatus": "dualMain",
        "fsmEligible": True,
        "lookedAfter": False,
        "previousAttendance": {"possible": 120, "attended": 90},
        "parentContacts": [
            {
                "name": {"title": "Ms", "forename": "Ada", "surname": "O’Néill"},
                "order": 1,
                "parentalResponsibility": True,
                "phones": [{"type": "M", "number": "01632 960001"}],
            }
        ],
    }
    assert not schemas.validate("learner", draft.value)
    assert events.value == {"what": "behaviours", "total": 2, "counts": [{"type": "Disruption", "count": 2}]}
    assert "secretQ7" not in repr((draft, events, report))
    assert [loss.path for loss in report.unmapped] == []


def test_every_fact_is_in_the_account_once() -> None:
    unknown = {**copy.deepcopy(ZOE), "shoe_size": 38, "a name": {"x": 1}}
    _, _, report = read(unknown)
    assert [(loss.path, loss.count) for loss in report.unmapped] == [
        ("data/*/(other)/x", 1),
        ("data/*/shoe_size", 1),
    ]


@pytest.mark.parametrize("form", ["2012-02-29", {"date": "2012-02-29 00:00:00.000000"}])
@pytest.mark.parametrize("year", ["R", "Year R", "2", "N1"])
def test_dates_and_years_come_in_several_forms(form: object, year: str) -> None:
    [draft], findings, _ = read(
        {
            "upi": "x",
            "surname": "Okonkwo",
            "forename": "Sam",
            "date_of_birth": form,
            "education_details": {"data": {"current_nc_year": year}},
        }
    )
    assert draft.value["dateOfBirth"] == "2012-02-29"
    assert draft.value["yearGroup"] == year.removeprefix("Year ")
    assert findings == []


def test_one_student_is_answered_without_a_list() -> None:
    drafts, _, _ = parse(json.dumps({"data": ZOE}).encode())
    assert drafts[0].value["upn"] == "Z999100119001"


def test_what_is_missing_or_double_is_said_with_its_place() -> None:
    bare = {"upi": "x", "forename": "Sam", "education_details": {"data": {"upn": "Z999100119001"}}}
    _, findings, _ = read(ZOE, bare, more=True)
    assert [(finding.code, finding.pointer) for finding in findings] == [
        ("wonde.more_pages", "/meta/pagination"),
        ("wonde.name_missing", "/data/1"),
        ("wonde.date_of_birth_missing", "/data/1/date_of_birth"),
        ("wonde.duplicate", "/data/1/education_details/data/upn"),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "json.broken"),
        (b'{"data": [', "json.broken"),
        (b'{"data": "\xff"}', "json.broken"),
        (b'{"data":' + b"[" * 70 + b"]" * 70 + b"}", "json.too_deep"),
        (b"[" * 100_000, "json.broken"),
        (b'{"data": "x"}', "wonde.no_students"),
        (b'{"data": [1]}', "wonde.no_students"),
        (b"[]", "wonde.no_students"),
    ],
)
def test_what_is_no_answer_with_students_is_refused_in_one_sentence(data: bytes, code: str) -> None:
    with pytest.raises(CannotRead) as refused:
        parse(data)
    assert str(refused.value) == code
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_limits_hold() -> None:
    assert len([draft for draft in read(ZOE, max_pupils=1)[0] if draft.kind == "learner"]) == 1
    with pytest.raises(CannotRead, match="too_many_pupils"):
        read(ZOE, ZOE, max_pupils=1)
    with pytest.raises(CannotRead, match="too_large"):
        read(ZOE, max_bytes=100)
    assert [finding.code for finding in read()[1]] == ["wonde.no_pupils"]


SUMMARY = {
    "type": "attendance-summary",
    "sessions": [
        {"date": "2026-11-16", "session": "AM", "providerMark": "/", "homeRegisterCode": "B"},
        {"date": "2026-11-16", "session": "PM", "providerMark": "N", "homeRegisterCode": "N"},
    ],
}
INCIDENT = {
    "type": "incident-report",
    "incidentDate": "2026-11-16",
    "incidentType": "seriousBehaviour",
    "description": {"text": "secretQ7"},
}


def write(*found: dict[str, Any], **options: str) -> Any:
    return ADAPTERS.writer("wonde")([{"documents": list(found)}], Wishes(TODAY, options))


def test_marks_go_back_with_the_schools_own_ids() -> None:
    done = write(SUMMARY, student="A1", codes="B:C7,N:C9")
    assert json.loads(done.content) == {
        "session_register": [
            {"student_id": "A1", "date": "2026-11-16", "session": "AM", "attendance_code_id": "C7"},
            {"student_id": "A1", "date": "2026-11-16", "session": "PM", "attendance_code_id": "C9"},
        ]
    }
    assert done.loss.ignored == ()


def test_an_incident_goes_back_as_an_event_without_its_words_and_the_report_not_at_all() -> None:
    done = write(INCIDENT, {"type": "final-report"}, student="A1")
    assert json.loads(done.content)["behaviours"][0]["type"] == "seriousBehaviour"
    assert b"secretQ7" not in done.content
    assert {loss.path for loss in done.loss.ignored} == {
        "/documents/incident-report/*",
        "/documents/final-report",
    }


def test_every_reason_is_told_at_once() -> None:
    with pytest.raises(CannotWrite) as refused:
        write({"type": "final-report"})
    assert [finding.code for finding in refused.value.findings] == ["wonde.student", "wonde.nothing"]
    with pytest.raises(CannotWrite, match=r"^wonde\.code$"):
        write(SUMMARY, student="A1", codes="B:C7")


def test_it_is_told_by_its_content() -> None:
    assert detect(io.BytesIO(json.dumps({"data": [ZOE]}).encode())) == "wonde"
    assert detect(io.BytesIO(b'{"data": []}')) is None
