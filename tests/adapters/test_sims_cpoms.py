"""SIMS and pastoral exports. No export of the systems themselves was to be had: the shapes are the published ones."""

import io
from datetime import date
from typing import Any

import pytest

import schemas
from adapters import ADAPTERS, CannotRead, Draft, Hints, LossReport, detect
from schemas.findings import Finding

TODAY = date(2026, 11, 24)
PUPILS = """<?xml version="1.0" encoding="utf-8"?>
<SuperStarReport>
  <Record><primary_id>7</primary_id><UPN>Z999100119001</UPN><Legal_x0020_Surname>O’Néill</Legal_x0020_Surname>
    <Forename>Zoë</Forename><DOB>2012-02-29T00:00:00</DOB><Year>Year  7</Year><Reg>7B</Reg></Record>
  <Record><primary_id>8</primary_id><Legal_x0020_Surname>Okonkwo</Legal_x0020_Surname><Forename>Sam</Forename>
    <DOB>2012-03-01T00:00:00</DOB><Primary_x0020_Email>sam@ash-vale.example</Primary_x0020_Email></Record>
</SuperStarReport>"""
ATTENDANCE = (
    "Student ID,UPN,Student Name,Year,Registration Form,Possible Sessions,Present Sessions,Authorised Absence,"
    "Unauthorised Absence,Attendance %,Late Marks,Attendance Concern,Start Date,End Date\r\n"
    "42,Z999100119001,Zoë O’Néill,7,7B,120,90,20,10,{percent},3,Yes,01/09/2026,20/11/2026\r\n"
)
BEHAVIOUR = """Date,Admission No,Pupil Name,Year,Form,Type,Reason,Lesson,Points,Awarded By,Category
01/09/2026,42,Zoë O’Néill,7,7B,Behaviour,Threw a secretQ7 chair,Maths,3,Ms Lin,Disruption
20/10/2026,42,Zoë O’Néill,7,7B,Behaviour,Left,Maths,1,Ms Lin,Disruption
05/10/2026,42,Zoë O’Néill,7,7B,Achievement,Helped,Art,2,Ms Lin,Kindness
06/10/2026,43,Sam Okonkwo,7,7B,Behaviour,Late,Art,1,Ms Lin,
"""
CONCERNS = """Incident ID,Incident Date,Admission No,UPN,Student Name,Category,Subcategory,Incident Summary,Status,\
Assigned To,Severity
C1,02/10/2026,42,Z999100119001,Zoë O’Néill,Home,Neglect,"Came without a coat, secretQ7",Open,Ms Lin,High
C2,09/10/2026,42,Z999100119001,Zoë O’Néill,Home,Neglect,Tired,Open,Ms Lin,Low
"""


def read(name: str, data: str, **hints: Any) -> tuple[list[Draft], list[Finding], LossReport]:
    items = list(ADAPTERS.reader(name)(io.BytesIO(data.encode()), Hints(today=TODAY, **hints)))
    report = items.pop()
    assert isinstance(report, LossReport)
    drafts = [item for item in items if isinstance(item, Draft)]
    findings = [item for item in items if isinstance(item, Finding)]
    return drafts, findings, report


def test_report_xml_gives_learners_though_records_leave_out_what_is_empty() -> None:
    [first, second], findings, report = read("sims", PUPILS)
    assert first.value == {
        "legalName": {"forename": "Zoë", "surname": "O’Néill"},
        "upn": "Z999100119001",
        "dateOfBirth": "2012-02-29",
        "yearGroup": "7",
    }
    assert not schemas.validate("learner", first.value)
    assert (second.place, second.about) == ("row 2", {"localId": "8"})
    assert findings == []
    assert [loss.path for loss in report.ignored] == ["column G (Reg)", "column H (Primary Email)"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ('<!DOCTYPE SuperStarReport [<!ENTITY a "b">]><SuperStarReport/>', "xml.doctype"),
        ("<SuperStarReport><Record><Colour>red</Colour></Record></SuperStarReport>", "table.no_headings"),
        ("<SuperStarReport/>", "table.no_headings"),
        (PUPILS[:-40], "xml.truncated"),
        ("<Other/>", "xml.other_format"),
    ],
)
def test_broken_report_xml_is_refused_in_one_sentence(data: str, code: str) -> None:
    with pytest.raises(CannotRead) as refused:
        read("sims", data)
    assert str(refused.value) == code


def test_attendance_totals_are_worked_out_again() -> None:
    [draft], findings, report = read("sims", ATTENDANCE.format(percent="75.0"))
    assert draft.value == {
        "previousAttendance": {
            "possible": 120,
            "attended": 90,
            "authorised": 20,
            "unauthorised": 10,
            "period": "2026-09-01 to 2026-11-20",
        }
    }
    assert draft.about == {"upn": "Z999100119001", "localId": "42", "name": "Zoë O’Néill"}
    assert findings == []
    assert "column J (Attendance %)" in [loss.path for loss in report.ignored]


@pytest.mark.parametrize(("percent", "codes"), [("74.9", []), ("75.1%", []), ("74.8", ["sims.percentage"])])
def test_a_printed_percentage_may_be_rounded_and_no_more(percent: str, codes: list[str]) -> None:
    _, findings, _ = read("sims", ATTENDANCE.format(percent=percent))
    assert [finding.code for finding in findings] == codes


def test_more_sessions_than_were_possible_are_pointed_out() -> None:
    _, findings, _ = read("sims", ATTENDANCE.format(percent="75").replace(",120,90,20,10,", ",120,91,20,10,"))
    assert [finding.code for finding in findings] == ["sims.more_than_possible"]


def test_behaviour_becomes_counts_and_nothing_that_people_wrote() -> None:
    drafts, findings, report = read("sims", BEHAVIOUR)
    assert [draft.kind for draft in drafts] == ["event-counts", "event-counts"]
    assert drafts[0].value == {
        "what": "behaviour",
        "total": 3,
        "first": "2026-09-01",
        "last": "2026-10-20",
        "counts": [
            {"category": "Disruption", "type": "Behaviour", "count": 2},
            {"category": "Kindness", "type": "Achievement", "count": 1},
        ],
    }
    assert drafts[0].about == {"localId": "42", "name": "Zoë O’Néill"}
    assert findings == []
    assert "secretQ7" not in repr((drafts, findings, report))


def test_concerns_are_for_the_safeguarding_desk_and_are_only_counted() -> None:
    [draft], findings, report = read("cpoms", CONCERNS)
    assert draft.desk == "dsl"
    assert draft.value["counts"] == [{"category": "Home", "type": "Neglect", "count": 2}]
    assert findings == []
    assert "secretQ7" not in repr((draft, findings, report))
    assert ("column H (Incident Summary)", "what people wrote is taken only by explicit choice") in [
        (loss.path, loss.note) for loss in report.ignored
    ]


def test_what_was_written_is_taken_by_explicit_choice_for_the_safeguarding_desk_alone() -> None:
    drafts, _, report = read("cpoms", CONCERNS, free_text=True)
    entries = [draft for draft in drafts if draft.kind == "chronologyEntry"]
    assert entries[0].value == {
        "concern": "Came without a coat, secretQ7",
        "sensitivity": "SG",
        "date": "2026-10-02",
        "id": "C1",
    }
    assert {draft.desk for draft in drafts} == {"dsl"}
    assert "column H (Incident Summary)" in [loss.path for loss in report.used]


def test_a_row_must_say_who_it_is_about() -> None:
    headings = "Date,UPN,Student Name,Note,Priority\r\n"
    _, findings, _ = read("cpoms", headings + "02/10/2026,,,Tired,Low\r\n")
    assert [finding.code for finding in findings] == ["cpoms.nobody"]
    [draft], findings, _ = read("cpoms", headings + "02/10/2026,,Sam Okonkwo,Tired,Low\r\n")
    assert [finding.code for finding in findings] == ["cpoms.name_only"]
    assert draft.about == {"name": "Sam Okonkwo"}


def test_the_row_limit_holds() -> None:
    rows = "".join(f"02/10/2026,Z999100119001,Tired {number}\r\n" for number in range(201))
    with pytest.raises(CannotRead) as refused:
        read("cpoms", "Date,UPN,Note\r\n" + rows, max_pupils=1)
    assert str(refused.value) == "cpoms.too_many_rows"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (PUPILS, "sims"),
        (ATTENDANCE, "sims"),
        (BEHAVIOUR, "sims"),
        (CONCERNS, "cpoms"),
        ("UPN,Surname", "csv"),
    ],
)
def test_each_export_is_told_by_its_content(data: str, name: str) -> None:
    assert detect(io.BytesIO(data.encode())) == name
