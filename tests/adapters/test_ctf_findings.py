"""Every finding about a pupil, each beside a pupil without the fault."""

from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., Any]
Ctf = Callable[..., bytes]
Pupil = Callable[..., str]

SINCE_2024 = "<StartDate>2024-01-01</StartDate><SENprovision>K</SENprovision>"


def el(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>"


def court_order(inside: str) -> str:
    return el("SuppInfo", el("CourtOrder", inside))


def contact(inside: str = "", surname: str = "Canarycontact", relationship: str = "PAM") -> str:
    return (
        f"<Contact><Surname>{surname}</Surname><Relationship>{relationship}</Relationship>{inside}</Contact>"
    )


def contacts(*each: str) -> str:
    return f"<Contacts>{''.join(each)}</Contacts>"


def phone(number: str) -> str:
    return contacts(contact(f"<Phones><Phone><PhoneNo>{number}</PhoneNo></Phone></Phones>"))


def email(address: str) -> str:
    return contacts(contact(f"<Email>{address}</Email>"))


def address(postcode: str) -> str:
    return (
        "<Address><AddressLines><AddressLine1>1 Invented Lane</AddressLine1></AddressLines>"
        f"<PostCode>{postcode}</PostCode></Address>"
    )


def year(attended: str = "9", possible: str = "10", of: str = "2026") -> str:
    return (
        f"<Attendance><YearData><Year>{of}</Year><SessionsPossible>{possible}</SessionsPossible>"
        f"<SessionsAttended>{attended}</SessionsAttended></YearData></Attendance>"
    )


def sen(*records: str) -> str:
    return f"<SENhistory>{''.join(f'<SEN>{each}</SEN>' for each in records)}</SENhistory>"


def needs(*each: str) -> str:
    return f"<SENhistory><SENneeds>{''.join(f'<SENneed>{n}</SENneed>' for n in each)}</SENneeds></SENhistory>"


def fsm(*instances: str) -> str:
    return f"<FSMhistory>{''.join(f'<FSMinstance>{each}</FSMinstance>' for each in instances)}</FSMhistory>"


def result(inside: str) -> str:
    return (
        "<StageAssessments><KeyStage><Stage>KS2</Stage>"
        f"<StageAssessment>{inside}<Result>CANARY9</Result></StageAssessment></KeyStage></StageAssessments>"
    )


def care(inside: str) -> str:
    return f"<LookedAfter>{inside}</LookedAfter>"


Change = dict[str, str]
CASES: list[tuple[str, str, Change, Change]] = [
    # code, severity, what has the fault, its twin without it
    ("ctf.date_of_birth_missing", "error", {"DOB": ""}, {"DOB": el("DOB", "2012-02-29")}),
    ("ctf.date_of_birth_missing", "error", {"DOB": "<DOB/>"}, {"DOB": el("DOB", " 2012-02-29 ")}),
    ("ctf.date_of_birth", "error", {"DOB": el("DOB", "29/02/2012")}, {}),
    ("ctf.date_of_birth", "error", {"DOB": el("DOB", "2013-02-29")}, {}),
    ("ctf.date_of_birth", "error", {"DOB": el("DOB", "20120229")}, {}),
    ("ctf.date_of_birth", "error", {"DOB": el("DOB", "2026-11-25")}, {"DOB": el("DOB", "2026-11-24")}),
    ("ctf.name_missing", "error", {"Surname": ""}, {}),
    ("ctf.name_missing", "error", {"Forename": el("Forename", " ")}, {}),
    (
        "ctf.name_garbled",
        "warning",
        {"Forename": el("Forename", "ZoÃ«")},
        {"Forename": el("Forename", "Zoë")},
    ),
    ("ctf.name_garbled", "warning", {"Surname": el("Surname", "O\x92B")}, {"Surname": el("Surname", "O’B")}),
    (
        "ctf.text_too_long",
        "warning",
        {"basic": el("MiddleNames", f"{'x' * 201}")},
        {"basic": el("MiddleNames", f"{'x' * 200}")},
    ),
    ("ctf.upn_check", "warning", {"UPN": el("UPN", "A999100119001")}, {"UPN": el("UPN", "z999100119001")}),
    ("ctf.upn_form", "warning", {"UPN": el("UPN", "9991001")}, {"UPN": el("UPN", "K99910011900A")}),
    ("ctf.no_upn", "info", {"UPN": ""}, {}),
    (
        "ctf.upn_check",
        "warning",
        {"basic": el("FormerUPN", "A99910011900A")},
        {"basic": el("FormerUPN", "K99910011900A")},
    ),
    (
        "ctf.uln_check",
        "warning",
        {"ULN": el("UniqueLearnerNumber", "1000000063")},
        {"ULN": el("UniqueLearnerNumber", "1000000043")},
    ),
    (
        "ctf.uln_form",
        "warning",
        {"ULN": el("UniqueLearnerNumber", "12345")},
        {"ULN": el("UniqueLearnerNumber", "9999999999")},
    ),
    ("ctf.year_group", "warning", {"NCyearActual": ""}, {"NCyearActual": el("NCyearActual", "Year  7")}),
    (
        "ctf.year_group",
        "warning",
        {"NCyearActual": el("NCyearActual", "15")},
        {"NCyearActual": el("NCyearActual", "r")},
    ),
    (
        "ctf.year_group",
        "warning",
        {"NCyearActual": el("NCyearActual", "N1")},
        {"NCyearActual": el("NCyearActual", "09")},
    ),
    ("ctf.sex_and_gender", "warning", {"Gender": el("Gender", "M")}, {"Gender": el("Gender", "F")}),
    ("ctf.not_a_code", "warning", {"Sex": el("Sex", "female")}, {"Sex": el("Sex", "U")}),
    ("ctf.not_a_code", "warning", {"basic": el("Ethnicity", "White")}, {"basic": el("Ethnicity", "WENG")}),
    (
        "ctf.not_the_home_school",
        "warning",
        {"basic": el("EnrolStatus", "G")},
        {"basic": el("EnrolStatus", "M")},
    ),
    (
        "ctf.not_true_or_false",
        "warning",
        {"blocks": care("<InCare>perhaps</InCare>")},
        {"blocks": care("<InCare>FALSE</InCare>")},
    ),
    (
        "ctf.care_authority",
        "warning",
        {"blocks": care("<InCare>1</InCare>")},
        {"blocks": care(el("InCare", "1") + el("CareAuthority", "999"))},
    ),
    ("ctf.medical_flag", "warning", {"basic": el("MedicalFlag", "1")}, {"basic": el("MedicalFlag", "0")}),
    (
        "ctf.disability",
        "warning",
        {"basic": el("Disabilities", el("Disability", "MOB"))},
        {"basic": el("Disabilities", el("Disability", "NONE"))},
    ),
    (
        "ctf.sen_ended",
        "warning",
        {"blocks": sen(SINCE_2024 + el("EndDate", "2025-01-01"))},
        {"blocks": sen(SINCE_2024 + el("EndDate", "2027-01-01"))},
    ),
    (
        "ctf.not_a_code",
        "warning",
        {"blocks": needs("<SENtype>autism</SENtype>")},
        {"blocks": needs("<SENtype>ASD</SENtype>")},
    ),
    (
        "ctf.fsm_date",
        "warning",
        {"blocks": fsm("<FSMstartDate>1/9/2024</FSMstartDate>")},
        {"blocks": fsm("<FSMstartDate>2024-09-01</FSMstartDate>")},
    ),
    ("ctf.postcode", "warning", {"blocks": address("CANARY")}, {"blocks": address("nt99  9zz")}),
    (
        "ctf.contact_relationship",
        "warning",
        {"blocks": contacts(contact(relationship=""))},
        {"blocks": contacts(contact())},
    ),
    (
        "ctf.contact_name",
        "warning",
        {"blocks": contacts(contact(surname=""))},
        {"blocks": contacts(contact())},
    ),
    (
        "ctf.telephone",
        "warning",
        {"blocks": phone("07700 900123 (canary, mum)")},
        {"blocks": phone("(01632) 960-123")},
    ),
    (
        "ctf.email",
        "warning",
        {"blocks": email("a@b.example, canary@b.example")},
        {"blocks": email("a@b.example")},
    ),
    (
        "ctf.same_email",
        "warning",
        {"blocks": email("A@b.example") + "<Email>a@B.example</Email>"},
        {"blocks": email("a@b.example") + "<Email>z@b.example</Email>"},
    ),
    (
        "ctf.court_order",
        "warning",
        {"blocks": contacts(contact(court_order("1")))},
        {"blocks": contacts(contact(court_order("0")))},
    ),
    (
        "ctf.too_many",
        "warning",
        {"blocks": contacts(*[contact()] * 21)},
        {"blocks": contacts(*[contact()] * 20)},
    ),
    ("ctf.attendance_sum", "warning", {"blocks": year(attended="11")}, {"blocks": year(attended="10")}),
    ("ctf.attendance_sum", "warning", {"blocks": year(possible="1001")}, {"blocks": year(possible="1000")}),
    ("ctf.attendance_number", "warning", {"blocks": year(possible="many")}, {"blocks": year()}),
    ("ctf.attendance_year", "info", {"blocks": year(of="2025")}, {"blocks": year()}),
    (
        "ctf.result_subject",
        "warning",
        {"blocks": result("<Year>2026</Year>")},
        {"blocks": result("<Subject>MAT</Subject>")},
    ),
]


@pytest.mark.parametrize(("code", "severity", "change", "twin"), CASES, ids=[case[0] for case in CASES])
def test_a_fault_is_found_and_its_twin_passes(
    read: Read, ctf: Ctf, pupil: Pupil, code: str, severity: str, change: Change, twin: Change
) -> None:
    found = [each for each in read(ctf(pupil(**change))).findings if each.code == code]
    assert [each.severity for each in found] == [severity]
    assert found[0].pointer.startswith("/Pupil/1")
    assert code not in read(ctf(pupil(**twin))).codes()


@pytest.mark.parametrize(("change", "name"), [(case[2], case[0]) for case in CASES])
def test_no_finding_repeats_a_value_of_the_file(
    read: Read, ctf: Ctf, pupil: Pupil, change: Change, name: str
) -> None:
    # A canary in every name, and the values of the case itself.
    reading = read(ctf(pupil(**change)))
    told = " ".join(f"{each.pointer} {each.message} {each.fix}" for each in reading.findings).lower()
    values = (
        "canary",
        "999100119001",
        "9991001 ",
        "29/02",
        "1/9/2024",
        "07700",
        "b.example",
        "autism",
        "female",
    )
    assert not any(value in told for value in values)
    assert "canary" not in str(reading.report.to_json()).lower()
