"""The two invented pupils, member by member, and the older and stranger kinds of file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from schemas.validate import validate

Read = Callable[..., Any]
Sample = Callable[[str], bytes]

HOME = {
    "lines": ["Flat 2", "11 Example Rise", "Nether Testing", "Ash Vale", "Northshire"],
    "postcode": "NT99 9ZZ",
}
JUDES_HOME = {"lines": ["27 Invented Lane", "Ash Vale", "Northshire"], "postcode": "NT99 7XX"}
SCHOOL = {"name": "Ash Vale School", "laEstab": "9991001", "urn": "199901"}

ZOE = {
    "upn": "Z999100119001",
    "formerUpns": ["Z99910012001B"],
    "uln": "1000000043",
    "legalName": {"forename": "Zoë", "middleNames": "Márie Ann", "surname": "O’Brien-Šmíd"},
    "preferredName": "Zo O’Brien",
    "formerName": "Šmíd",
    "dateOfBirth": "2012-02-29",
    "sex": {"code": "F", "source": "CTF Sex"},
    "ethnicity": {"code": "WOTH", "source": "P"},
    "languages": [{"code": "CZE", "type": "F"}, {"code": "ENG", "type": "H"}],
    "yearGroup": "9",
    "homeSchool": SCHOOL,
    "registrationStatus": "dualMain",
    "lookedAfter": False,
    "ehcPlan": {"hasPlan": True},
    "senDetails": {
        "provision": "E",
        "senTypes": [{"code": "SEMH", "rank": 1}, {"code": "SLCN", "rank": 2}],
    },
    "fsmEligible": True,
    "homeAddress": HOME,
    "parentContacts": [
        {
            "name": {"title": "Ms", "forename": "Renée", "surname": "O’Brien"},
            "order": 1,
            "relationship": "PAM",
            "parentalResponsibility": True,
            "phones": [
                {"type": "M", "number": "07700900123"},
                {"type": "W", "number": "01632 960001"},
            ],
            "email": "renee.obrien@families.example",
            "address": HOME,
        },
        {
            "name": {"title": "Mr", "forename": "Tomáš", "surname": "Šmíd"},
            "order": 2,
            "relationship": "PAF",
            "parentalResponsibility": True,
            "phones": [{"type": "M", "number": "07700 900456"}],
            "address": {"lines": ["3 Sample Close", "Upper Testing"], "postcode": "NT998YY"},
        },
    ],
    "previousAttendance": {
        "possible": 90,
        "attended": 60,
        "authorised": 8,
        "unauthorised": 22,
        "period": "2026/27",
    },
    "attainmentData": [
        {"subject": "MAT", "measure": "KS2 2023 TT MTC MT", "value": "17", "date": "2023-06-08"}
    ],
}

JUDE = {
    "upn": "R999100120014",
    "legalName": {"forename": "JUDE", "surname": "OKONKWO-HALE"},
    "preferredName": "Jude Okonkwo-Hale",
    "dateOfBirth": "2011-11-03",
    "sex": {"code": "M", "source": "CTF Sex"},
    "ethnicity": {"code": "MWBA", "source": "S"},
    "yearGroup": "10",
    "homeSchool": SCHOOL,
    "registrationStatus": "single",
    "lookedAfter": True,
    "careAuthority": "999",
    "ehcPlan": {"hasPlan": False},
    "senDetails": {"provision": "N"},
    "fsmEligible": False,
    "homeAddress": JUDES_HOME,
    "parentContacts": [
        {
            "name": {"title": "Mrs", "forename": "Patience", "surname": "Hale"},
            "order": 1,
            "relationship": "FOM",
            "parentalResponsibility": False,
            "phones": [{"type": "H", "number": "01632960222"}],
            "email": "patience.hale@families.example",
            "address": JUDES_HOME,
        },
        {
            "name": {"title": "Mr", "forename": "Sam", "surname": "Worker"},
            "order": 1,
            "relationship": "SWR",
            "parentalResponsibility": False,
            "phones": [{"type": "W", "number": "01632 960777"}],
            "email": "sam.worker@northshire.example",
        },
    ],
    "previousAttendance": {
        "possible": 90,
        "attended": 83,
        "authorised": 4,
        "unauthorised": 3,
        "period": "2026/27",
    },
}


def test_two_pupils_become_two_drafts_member_by_member(read: Read, sample: Sample) -> None:
    assert read(sample("two-pupils")).drafts == [ZOE, JUDE]


def test_the_drafts_meet_the_learner_schema(read: Read, sample: Sample) -> None:
    for draft in read(sample("two-pupils")).drafts:
        assert validate("learner", draft) == ()


def test_the_medical_flag_is_the_only_thing_to_look_at(read: Read, sample: Sample) -> None:
    (finding,) = read(sample("two-pupils")).findings
    assert (finding.code, finding.severity) == ("ctf.medical_flag", "warning")
    assert finding.pointer == "/Pupil/1/BasicDetails/MedicalFlag"


def test_the_loss_report_accounts_for_what_was_not_taken(read: Read, sample: Sample) -> None:
    report = read(sample("two-pupils")).report
    left_out = {each.path: each.count for each in report.ignored}
    assert report.unmapped == ()
    assert left_out["Pupil/SchoolHistory"] == 1
    assert left_out["Pupil/SuppInfo/HouseGroup"] == 1
    assert left_out["Pupil/Attendance/YearData/AttendSessions"] == 1
    assert left_out["Pupil/Attendance/YearData/Year"] == 1
    assert left_out["Pupil/SENhistory/SEN/SENprovision"] == 1
    assert left_out["Pupil/StageAssessments/KeyStage/StageAssessment/Result"] == 1
    assert {each.path: each.count for each in report.used}["Pupil/DOB"] == 2
    assert {(each.path, each.count) for each in report.changed} == {
        ("Pupil/Contacts/Contact/Address/PostCode", 1),
        ("Pupil/BasicDetails/NCyearActual", 1),
        ("Pupil/Attendance/YearData/Year", 1),
    }


def test_the_loss_report_holds_no_value_of_the_file(read: Read, sample: Sample) -> None:
    told = str(read(sample("two-pupils")).report.to_json())
    assert not any(
        value in told for value in ("Brien", "OKONKWO", "Z999100119001", "2012-02-29", "NT99", "Oak")
    )


def test_line_ends_and_a_byte_order_mark_change_nothing(read: Read, sample: Sample) -> None:
    assert read(sample("bom-crlf")).drafts == [ZOE, JUDE]


def test_a_partial_file_is_read_as_far_as_it_goes(read: Read, sample: Sample) -> None:
    reading = read(sample("partial"))
    assert reading.drafts == [
        {
            "upn": "K999100119027",
            "legalName": {"forename": "ADA", "surname": "TESTER"},
            "dateOfBirth": "2014-12-31",
            "sex": {"code": "F", "source": "CTF Sex"},
            "attainmentData": [
                {"subject": "MAT", "measure": "KS2 2026 TT MTC MT provisional", "value": "25"}
            ],
        }
    ]
    assert reading.codes() == ["ctf.partial", "ctf.no_home_school", "ctf.year_group"]


def test_an_old_file_is_read_with_todays_codes(read: Read, sample: Sample) -> None:
    reading = read(sample("ctf19-gender"))
    (draft,) = reading.drafts
    assert draft["gender"] == {"code": "F", "source": "CTF Gender"}
    assert "sex" not in draft
    assert draft["senDetails"] == {"provision": "K", "senTypes": [{"code": "SEMH", "rank": 1}]}
    assert {each.note for each in reading.report.changed} == {
        "a code from before 2014 became today's",
        "an older code became today's",
    }
    assert "ctf.version" in reading.codes("warning")


def test_a_dually_registered_pupil_does_not_get_the_wrong_home_school(read: Read, sample: Sample) -> None:
    reading = read(sample("ctf19-gender"))
    assert reading.drafts[0]["registrationStatus"] == "dualSubsidiary"
    assert "homeSchool" not in reading.drafts[0]
    assert "ctf.not_the_home_school" in reading.codes("warning")


def test_details_for_wales_are_named_and_not_mapped(read: Read, sample: Sample) -> None:
    reading = read(sample("wales"))
    assert reading.findings == []
    assert reading.drafts[0]["legalName"] == {"forename": "Siân", "surname": "Tŷ"}
    assert [each.path for each in reading.report.ignored if "NAW" in each.path] == ["Pupil/NAWdetails"]


def test_an_admissions_file_is_read_without_a_home_school(
    read: Read, ctf: Callable[..., bytes], pupil: Callable[..., str]
) -> None:
    header = (
        "<Header><ATFversion>9.0</ATFversion><SourceSchool><SchoolName>X</SchoolName></SourceSchool></Header>"
    )
    inside = pupil(ApplicationReference="<ApplicationReference>A1</ApplicationReference>")
    reading = read(ctf(inside, header=header, root="ATfile"))
    assert reading.drafts[0]["dateOfBirth"] == "2012-02-29"
    assert "homeSchool" not in reading.drafts[0]
    assert reading.codes() == ["ctf.no_home_school"]


def test_the_demo_has_the_same_two_pupils(sample: Sample) -> None:
    demo = Path(__file__).parents[2] / "gateway" / "demo" / "data" / "ash-vale-ctf.xml"
    assert demo.read_bytes() == sample("two-pupils")
