"""Written Common Transfer Files: what a receiving system takes, nothing of the narrative, nothing made up."""

import copy
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

import schemas
from adapters import ADAPTERS, CannotWrite, Draft, Hints, Wishes, Written, detect
from schemas.identifiers import upn_check_letter

TODAY = date(2026, 11, 24)
GRAMMAR = etree.XMLSchema(etree.parse(Path(__file__).parent / "samples" / "ctf.xsd"))
LEARNER: dict[str, Any] = {
    "upn": "Z999100119001",
    "uln": "1000000043",
    "formerUpns": ["K99910011900A"],
    "legalName": {"forename": "Zoë", "middleNames": "Ann", "surname": "O’Néill"},
    "preferredName": "Zo O’Néill",
    "dateOfBirth": "2012-02-29",
    "yearGroup": "10",
    "sex": {"code": "F", "source": "CTF Sex"},
    "homeSchool": {"name": "Ash Vale School", "laEstab": "9991001"},
    "registrationStatus": "dualMain",
    "lookedAfter": True,
    "careAuthority": "999",
    "senDetails": {"senTypes": [{"code": "SEMH", "rank": 1}, {"code": "SLCN", "rank": 2}]},
    "ethnicity": {"code": "WOTH", "source": "P"},
    "languages": [{"code": "CZE", "type": "F"}],
    "homeAddress": {"lines": ["3 Mill Lane", "Northtown"], "postcode": "NT99 9ZZ"},
    "previousAttendance": {
        "possible": 120,
        "attended": 90,
        "authorised": 20,
        "unauthorised": 10,
        "period": "2025/26",
    },
    "parentContacts": [
        {
            "name": {"title": "Ms", "forename": "Ada", "surname": "O’Néill"},
            "order": 1,
            "relationship": "PAM",
            "parentalResponsibility": True,
            "phones": [{"type": "M", "number": "01632 960001"}],
            "email": "ada@home.example",
            "address": {"lines": ["3 Mill Lane", "Northtown"], "postcode": "NT99 9ZZ"},
        }
    ],
}
PROFILE = {
    "type": "learner-transfer-profile",
    "documentId": "7e1c9a40-52d8-4b6f-8e31-000000000001",
    "strengths": [{"text": "canary-narrative"}],
}


def write(*learners: dict[str, Any], **options: str) -> Written:
    bundles = [{"learner": learner, "documents": [PROFILE]} for learner in learners]
    wishes = {name.replace("_", "-"): value for name, value in options.items()}
    return ADAPTERS.writer("ctf")(bundles, Wishes(TODAY, wishes))


def again(done: Written) -> list[Any]:
    items = ADAPTERS.reader("ctf")(io.BytesIO(done.content), Hints(today=TODAY))
    return [item.value for item in items if isinstance(item, Draft)]


def refused(learner: dict[str, Any], **options: str) -> list[str]:
    with pytest.raises(CannotWrite) as caught:
        write(learner, **options)
    return [finding.code for finding in caught.value.findings]


@pytest.mark.parametrize("version", ["26", "25", "26.0"])
def test_a_full_core_is_valid_by_the_grammar_and_reads_back_equal(version: str) -> None:
    assert not schemas.validate("learner", LEARNER)
    done = write(LEARNER, version=version, destination="9991102", serial="007")
    GRAMMAR.assertValid(etree.fromstring(done.content))
    assert done.name == "9991001_CTF_9991102_007.xml"
    assert detect(io.BytesIO(done.content)) == "ctf"
    assert again(done) == [LEARNER]
    assert [loss.path for loss in done.loss.ignored] == ["/documents/learner-transfer-profile"]
    assert done.findings == ()


def test_the_file_carries_a_short_reference_and_nothing_of_the_profile() -> None:
    done = write(LEARNER)
    supp = etree.fromstring(done.content).find(".//SuppInfo")
    assert supp is not None
    assert [(node.tag, node.text) for node in supp] == [
        ("SuppID", "LTP"),
        ("ProfileReference", PROFILE["documentId"]),
    ]
    assert b"canary-narrative" not in done.content
    assert done.name == "9991001_CTF_XXXXXXX_001.xml"


def test_what_would_have_to_be_made_up_is_left_out_and_counted() -> None:
    learner = {
        **LEARNER,
        "preferredName": "Zo Smith",
        "ethnicity": {"code": "WOTH"},
        "languages": [{"code": "CZE"}],
        "senDetails": {"provision": "K", "senTypes": [{"code": "SEMH"}]},
        "ehcPlan": {"hasPlan": False},
        "fsmEligible": True,
        "previousAttendance": {"possible": 120, "period": "autumn"},
        "attainmentData": [{"subject": "MAT", "measure": "KS2"}],
        "gender": {"code": "M", "source": "P"},
    }
    del learner["careAuthority"]
    done = write(learner)
    GRAMMAR.assertValid(etree.fromstring(done.content))
    assert {loss.path for loss in done.loss.ignored} == {
        "/documents/learner-transfer-profile",
        "/learner/attainmentData/*/measure",
        "/learner/attainmentData/*/subject",
        "/learner/ehcPlan/hasPlan",
        "/learner/ethnicity/code",
        "/learner/fsmEligible",
        "/learner/gender/code",
        "/learner/gender/source",
        "/learner/languages/*/code",
        "/learner/lookedAfter",
        "/learner/preferredName",
        "/learner/previousAttendance/period",
        "/learner/previousAttendance/possible",
        "/learner/senDetails/provision",
        "/learner/senDetails/senTypes/*/code",
    }


def test_a_gender_never_stands_in_for_a_sex() -> None:
    learner = {**LEARNER, "gender": {"code": "M", "source": "P"}}
    del learner["sex"]
    done = write(learner)
    assert b"<Sex>" not in done.content
    assert [(finding.code, finding.pointer) for finding in done.findings] == [
        ("ctf.write_sex", "/0/learner/sex")
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"upn": "A999100119001"}, "ctf.write_upn"),
        ({"upn": None}, "ctf.write_upn"),
        ({"dateOfBirth": None}, "ctf.write_birth"),
        ({"legalName": {"forename": "Zoë"}}, "ctf.write_name"),
    ],
)
def test_a_pupil_who_would_reach_the_wrong_record_is_refused(change: dict[str, Any], code: str) -> None:
    assert refused({**LEARNER, **change}) == [code]


def test_every_reason_is_told_at_once() -> None:
    assert refused({**LEARNER, "upn": "", "dateOfBirth": ""}) == ["ctf.write_birth", "ctf.write_upn"]
    without_number = {**LEARNER, "homeSchool": {"name": "Hollow Farm"}}
    assert refused(without_number, version="24", destination="99", serial="000") == [
        "ctf.write_version",
        "ctf.write_source",
        "ctf.write_destination",
        "ctf.write_serial",
    ]
    assert write(without_number, source="9991102", source_name="Beacon").name.startswith("9991102_CTF_")


def test_control_characters_and_markup_in_a_name_do_no_harm() -> None:
    learner = copy.deepcopy(LEARNER)
    learner["legalName"]["surname"] = "O'<Neill>&\x07"
    done = write(learner)
    assert etree.fromstring(done.content).findtext(".//Surname") == "O'<Neill>& "


def test_a_long_name_is_written_whole_and_pointed_out() -> None:
    learner = {**LEARNER, "legalName": {"forename": "Z" * 36, "surname": "O’Néill"}}
    done = write(learner)
    assert again(done)[0]["legalName"]["forename"] == "Z" * 36
    assert [finding.code for finding in done.findings] == ["ctf.write_long_name"]


def test_several_pupils_go_into_one_file(ctf: Callable[..., bytes]) -> None:
    sam = {**LEARNER, "upn": "K99910011900A", "legalName": {"forename": "Sam", "surname": "Okonkwo"}}
    assert [value["upn"] for value in again(write(LEARNER, sam))] == ["Z999100119001", "K99910011900A"]


def upns() -> st.SearchStrategy[str]:
    rest = st.from_regex(r"999[0-9]{9}", fullmatch=True)
    return rest.map(lambda digits: upn_check_letter(digits) + digits)


NAMES = st.text(
    st.characters(categories=["L", "M", "P", "S", "N"], max_codepoint=0x2FFF), min_size=1, max_size=35
)


@given(upns(), NAMES, NAMES, st.dates(date(2005, 1, 1), TODAY), st.sampled_from(["R", "1", "11", "N2"]))
def test_any_core_in_the_documented_fields_survives(
    upn: str, forename: str, surname: str, born: date, year: str
) -> None:
    learner = {
        **LEARNER,
        "upn": upn,
        "legalName": {"forename": forename, "surname": surname},
        "preferredName": f"{forename} {surname}",
        "dateOfBirth": born.isoformat(),
        "yearGroup": year,
    }
    done = write(learner)
    GRAMMAR.assertValid(etree.fromstring(done.content))
    assert again(done) == [learner]
