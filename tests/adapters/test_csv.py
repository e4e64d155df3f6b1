"""Class lists: whatever the headings are called; what is not clear is left out and said, never guessed."""

import io
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

import schemas
from adapters import ADAPTERS, CannotRead, CannotWrite, Draft, Hints, LossReport, Wishes, detect
from adapters.carried import facts
from schemas.findings import Finding

TODAY = date(2026, 11, 24)
HEADINGS = "UPN,Surname,Forename,Date of birth"
SAM = "Z999100119001,Okonkwo,Sam,29/02/2012"


def read(data: bytes | str, **hints: Any) -> tuple[list[Draft], list[Finding], LossReport]:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    drafts: list[Draft] = []
    findings: list[Finding] = []
    reports: list[LossReport] = []
    for item in ADAPTERS.reader("csv")(stream, Hints(today=TODAY, **hints)):
        assert not reports, "the loss report is last"
        match item:
            case Draft():
                drafts.append(item)
            case Finding():
                findings.append(item)
            case _:
                reports.append(item)
    (report,) = reports
    return drafts, findings, report


def refused(data: bytes | str, **hints: Any) -> str:
    with pytest.raises(CannotRead) as caught:
        read(data, **hints)
    (finding,) = caught.value.findings
    assert finding.message
    assert finding.fix
    return finding.code


def table(*rows: str, headings: str = HEADINGS) -> str:
    return "\r\n".join([headings, *rows]) + "\r\n"


def codes(data: bytes | str, **hints: Any) -> list[str]:
    return [finding.code for finding in read(data, **hints)[1]]


def workbook(*rows: list[Any], before: int = 0) -> bytes:
    book = Workbook()
    for _ in range(before):
        book.create_sheet("notes", 0).append(["Printed for the office"])
    for row in rows:
        book.worksheets[before].append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


# --- what is understood -------------------------------------------------------------------------------------


def test_a_row_becomes_a_draft_of_the_learner() -> None:
    headings = (
        "Admission No,UPN,Legal Surname,Legal Forename,Preferred Name,Date of Birth,Gender,Year Group,Reg Group,"
        "Enrolment Status,SEN Status,Pupil Premium,EAL,Looked After,School,Site"
    )
    row = (
        "0042,z999100119001,O’Néill-Żak,Zoë,Zo Néill,2012-02-29,Female,Year  7,7B,M - Main,K - SEN Support,Y,N,No,"
        "Ash Vale School,Main"
    )
    [draft], findings, report = read(table(row, headings=headings))
    assert findings == []
    assert (draft.kind, draft.place, draft.about) == ("learner", "row 2", {"localId": "0042"})
    assert draft.value == {
        "legalName": {"forename": "Zoë", "surname": "O’Néill-Żak"},
        "upn": "Z999100119001",
        "preferredName": "Zo Néill",
        "dateOfBirth": "2012-02-29",
        "yearGroup": "7",
        "gender": {"code": "F", "source": "Gender column"},
        "senDetails": {"provision": "K"},
        "ehcPlan": {"hasPlan": False},
        "registrationStatus": "dualMain",
        "lookedAfter": False,
        "homeSchool": {"name": "Ash Vale School"},
    }
    assert {loss.path for loss in report.ignored} == {
        "column I (Reg Group)",
        "column L (Pupil Premium)",
        "column M (EAL)",
        "column P (Site)",
    }
    assert [loss.path for loss in report.changed] == [
        "column B (UPN)",
        "column G (Gender)",
        "column H (Year Group)",
        "column J (Enrolment Status)",
        "column K (SEN Status)",
    ]


@pytest.mark.parametrize(
    "headings",
    [
        "UPN,Surname,Forename,Date of birth",
        "upn;LAST NAME;First_x0020_name;d.o.b.",
        "Unique Pupil Number\tLastName\tFirstName\tDOB",
        "UPN|Legal Last Name|Legal First Name|Birth date",
    ],
)
def test_headings_are_known_by_many_names_and_any_delimiter(headings: str) -> None:
    delimiter = next(sign for sign in ",;\t|" if sign in headings)
    [draft], findings, _ = read(table(SAM.replace(",", delimiter), headings=headings))
    assert findings == []
    assert draft.value["legalName"] == {"forename": "Sam", "surname": "Okonkwo"}
    assert draft.value["dateOfBirth"] == "2012-02-29"


def test_lines_above_the_headings_are_passed_over_and_rows_keep_their_numbers() -> None:
    [draft], findings, _ = read("Class list\r\n\r\nPrinted on Monday, for the office\r\n" + table(SAM))
    assert draft.place == "row 5"
    assert findings == []


def test_one_column_of_surname_comma_forename_is_taken_apart_and_no_other_form_is() -> None:
    headings = "UPN,Name,DOB"
    [draft], findings, _ = read(table('Z999100119001,"Okonkwo, Sam",29/02/2012', headings=headings))
    assert draft.value["legalName"] == {"forename": "Sam", "surname": "Okonkwo"}
    assert findings == []
    [draft], findings, _ = read(table("Z999100119001,Sam Okonkwo,29/02/2012", headings=headings))
    assert draft.value["legalName"] == {}
    assert [finding.code for finding in findings] == ["csv.name_in_one"]
    assert "Okonkwo" not in findings[0].message


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("29/02/2012", "2012-02-29"),
        ("1/1/05", "2005-01-01"),
        ("01.09.2010", "2010-09-01"),
        ("2012-02-29", "2012-02-29"),
        ("2012-02-29 00:00:00", "2012-02-29"),
        ("14-Mar-2012", "2012-03-14"),
        ("03/04/2012", "2012-04-03"),
    ],
)
def test_dates_are_day_first_or_iso(written: str, read_as: str) -> None:
    [draft], findings, _ = read(table(f"Z999100119001,Okonkwo,Sam,{written}"))
    assert draft.value["dateOfBirth"] == read_as
    assert findings == []


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("02/29/2012", "csv.month_first"),
        ("31/02/2012", "csv.date"),
        ("2012", "csv.date"),
        ("٢٩/٠٢/٢٠١٢", "csv.date"),
        ("29/02/2032", "csv.date_of_birth"),
        ("", "csv.date_of_birth_missing"),
    ],
)
def test_a_date_that_is_not_clear_is_left_out_and_makes_the_file_unclean(written: str, code: str) -> None:
    [draft], findings, _ = read(table(f"Z999100119001,Okonkwo,Sam,{written}"))
    assert "dateOfBirth" not in draft.value
    assert [(finding.code, finding.severity) for finding in findings] == [(code, "error")]
    assert findings[0].pointer == "/row/2/4"


def test_a_spreadsheets_day_number_is_read_as_excel_shows_it_and_said() -> None:
    [draft], findings, _ = read(table("Z999100119001,Okonkwo,Sam,40982"))
    assert draft.value["dateOfBirth"] == "2012-03-14"
    assert [(finding.code, finding.severity) for finding in findings] == [("csv.day_number", "warning")]


def test_sex_and_gender_are_both_kept_with_their_source() -> None:
    [draft], findings, _ = read(table(f"{SAM},M,F", headings=f"{HEADINGS},Sex,Gender"))
    assert draft.value["sex"] == {"code": "M", "source": "Sex column"}
    assert draft.value["gender"] == {"code": "F", "source": "Gender column"}
    assert [finding.code for finding in findings] == ["csv.sex_and_gender"]
    assert codes(table(f"{SAM},M,M", headings=f"{HEADINGS},Sex,Gender")) == []


def test_a_wrong_check_letter_is_kept_and_what_is_no_upn_is_left_out() -> None:
    [draft], findings, _ = read(table("A999100119001,Okonkwo,Sam,29/02/2012"))
    assert draft.value["upn"] == "A999100119001"
    assert [finding.code for finding in findings] == ["csv.upn_check"]
    [draft], findings, _ = read(table("12345,Okonkwo,Sam,29/02/2012"))
    assert "upn" not in draft.value
    assert [finding.code for finding in findings] == ["csv.upn_form"]


def test_the_same_upn_twice_makes_the_file_unclean() -> None:
    other = "K99910011900A,Okonkwo,Ada,01/03/2012"
    assert codes(table(SAM, other)) == []
    assert codes(table(SAM, other, SAM)) == ["csv.duplicate"]
    assert codes(table(SAM, other, other)) == ["csv.duplicate"]


def test_a_school_without_a_name_goes_into_no_draft_and_is_reported_so() -> None:
    [draft], _, report = read(table(f"{SAM},999,1001", headings=f"{HEADINGS},LEA,Estab"))
    assert "homeSchool" not in draft.value
    assert [loss.note for loss in report.ignored] == ["a school goes into the draft only with its name"] * 2
    [draft], _, _ = read(table(f"{SAM},999,1001,Ash Vale School", headings=f"{HEADINGS},LEA,Estab,School"))
    assert draft.value["homeSchool"] == {"name": "Ash Vale School", "laEstab": "9991001"}


# --- encodings and broken files -----------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_told_by_its_bytes(encoding: str) -> None:
    [draft], findings, _ = read(table("Z999100119001,Żółć,Zoë,29/02/2012").encode(encoding))
    assert draft.value["legalName"] == {"forename": "Zoë", "surname": "Żółć"}
    assert findings == []


def test_windows_text_is_read_and_said() -> None:
    [draft], findings, _ = read(table("Z999100119001,Néill,Zoë,29/02/2012").encode("cp1252"))
    assert draft.value["legalName"] == {"forename": "Zoë", "surname": "Néill"}
    assert [finding.code for finding in findings] == ["table.encoding"]


def test_mixed_encodings_are_seen_in_the_names() -> None:
    mixed = table("Z999100119001,Néill,Sam,29/02/2012").encode() + "K99910011900A,Zoë,Ada,1/3/2012".encode(
        "cp1252"
    )
    assert codes(mixed) == ["table.encoding", "csv.name_garbled"]


@pytest.mark.parametrize("sign", ["‏", "​", "⁦"])
def test_signs_that_nobody_sees_are_kept_and_said(sign: str) -> None:
    [draft], findings, _ = read(table(f"Z999100119001,Okon{sign}kwo,Sam,29/02/2012"))
    assert draft.value["legalName"]["surname"] == f"Okon{sign}kwo"
    assert [finding.code for finding in findings] == ["csv.name_invisible"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "table.empty"),
        (b"  \r\n ", "table.empty"),
        (b"one,two\r\n1,2\r\n", "table.no_headings"),
        (table('"' + "x" * 140_000 + '"').encode(), "table.broken_row"),
        (table("x" * 3_000_000).encode(), "table.long_line"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "table.not_a_workbook"),
        (b"PK\x03\x04" + bytes(100), "archive.broken"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_limits_hold_exactly() -> None:
    data = table(SAM, "K99910011900A,Okonkwo,Ada,01/03/2012")
    assert len(read(data, max_pupils=2, max_bytes=len(data))[0]) == 2
    assert refused(data, max_pupils=1) == "csv.too_many_pupils"
    assert refused(data, max_bytes=len(data) - 1) == "table.too_large"


def test_zero_bytes_and_cells_that_moved_make_the_file_unclean() -> None:
    assert codes(table("Z999100119001,Okon\0kwo,Sam,29/02/2012")) == ["csv.nul"]
    assert codes(table(f"{SAM},extra")) == ["csv.moved"]
    assert codes(table(f"{SAM},,")) == []


def test_a_heading_row_without_pupils_is_not_clean() -> None:
    assert codes(table("", ",,,")) == ["csv.no_pupils"]


def test_no_finding_repeats_a_cell() -> None:
    secret = "Q7secret"
    row = ",".join([secret] * 8)
    headings = "UPN,ULN,Date of birth,Year,Sex,FSM,Postcode,SEN status"
    _, findings, report = read(table(row, headings=headings))
    assert len(findings) >= 8
    assert secret not in repr((findings, report))


# --- workbooks ----------------------------------------------------------------------------------------------


def test_a_workbook_is_read_from_its_first_sheet_with_headings() -> None:
    rows: list[list[Any]] = [HEADINGS.split(","), ["Z999100119001", "Néill", "Zoë", date(2012, 2, 29)]]
    data = workbook(*rows, before=1)
    [draft], findings, report = read(data)
    assert draft.value["dateOfBirth"] == "2012-02-29"
    assert draft.value["legalName"] == {"forename": "Zoë", "surname": "Néill"}
    assert findings == []
    assert [(loss.path, loss.count) for loss in report.ignored] == [("other sheets", 1)]


def test_numbers_in_a_workbook_are_read_as_written() -> None:
    [draft], _, _ = read(workbook([*HEADINGS.split(","), "Year"], ["Z999100119001", "A", "B", 40982, 7]))
    assert draft.value["yearGroup"] == "7"
    assert draft.value["dateOfBirth"] == "2012-03-14"


# --- written ------------------------------------------------------------------------------------------------

LEARNER: dict[str, Any] = {
    "upn": "Z999100119001",
    "formerUpns": ["K99910011900A"],
    "legalName": {"forename": "Zoë", "middleNames": "Ann", "surname": "O’Néill"},
    "preferredName": "Zo Néill",
    "dateOfBirth": "2012-02-29",
    "yearGroup": "10",
    "sex": {"code": "F", "source": "Sex column"},
    "gender": {"code": "F", "source": "Gender column"},
    "homeSchool": {"name": "Ash Vale School", "laEstab": "9991001"},
    "lookedAfter": False,
    "ehcPlan": {"hasPlan": True},
    "senDetails": {"provision": "E", "senTypes": [{"code": "SEMH"}]},
    "fsmEligible": True,
    "ethnicity": {"code": "WBRI"},
    "languages": [{"code": "ENG"}],
    "homeAddress": {"lines": ["3 Mill Lane", "Northtown"], "postcode": "NS1 1AA"},
}


def write(*learners: dict[str, Any], form: str = "csv", **more: Any) -> Any:
    bundles = [{"learner": learner, **more} for learner in learners]
    return ADAPTERS.writer("csv")(bundles, Wishes(TODAY, {"form": form}))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_core_comes_back_from_what_was_written(form: str) -> None:
    assert not schemas.validate("learner", LEARNER)
    done = write(LEARNER, form=form)
    assert done.name == f"class-list.{form}"
    [draft], findings, _ = read(done.content)
    assert draft.value == LEARNER
    assert findings == []
    assert done.loss.ignored == ()
    assert detect(io.BytesIO(done.content)) == "csv"


def test_what_a_class_list_cannot_carry_is_counted() -> None:
    more = {
        **LEARNER,
        "languages": [{"code": "ENG"}, {"code": "POL"}],
        "sex": {"code": "F", "source": "P"},
        "semhDetails": {"text": "…"},
    }
    done = write(more, documents=[{"type": "final-report"}])
    assert {(loss.path, loss.count) for loss in done.loss.ignored} == {
        ("/learner/languages/*/code", 1),
        ("/learner/sex/source", 1),
        ("/learner/semhDetails/text", 1),
        ("/documents/final-report", 1),
    }


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-Ann", "@sum", "\tx"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_is_a_formula_and_the_name_comes_back(name: str, form: str) -> None:
    done = write({**LEARNER, "legalName": {"forename": name, "surname": "Okonkwo"}}, form=form)
    assert [loss.count for loss in done.loss.changed] == [1]
    [draft], _, _ = read(done.content)
    assert draft.value["legalName"]["forename"] == name.strip()


def test_there_is_nothing_to_write_without_a_learner_or_in_another_form() -> None:
    with pytest.raises(CannotWrite) as nobody:
        ADAPTERS.writer("csv")([{"documents": []}], Wishes(TODAY))
    assert str(nobody.value) == "csv.nobody"
    with pytest.raises(CannotWrite) as form:
        write(LEARNER, form="pdf")
    assert str(form.value) == "csv.form"


def test_facts_are_paths_with_their_values() -> None:
    assert list(facts({"a": [{"b": 1}, {"b": 2}], "c": {}}, "")) == [("/a/*/b", 1), ("/a/*/b", 2)]


@pytest.mark.parametrize("recognised", [table(SAM).encode(), workbook(HEADINGS.split(","))])
def test_a_class_list_is_recognised_by_content(recognised: bytes) -> None:
    assert detect(io.BytesIO(recognised)) == "csv"


@pytest.mark.parametrize("other", [b"one,two\r\n", b"{}", b"<CTfile>", b"PK\x03\x04"])
def test_what_is_no_class_list_is_not_recognised(other: bytes) -> None:
    assert detect(io.BytesIO(other)) != "csv"
