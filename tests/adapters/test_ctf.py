"""The CTF reader: versions, files as a whole, and the rules of each block."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from schemas.findings import Finding

Read = Callable[..., Any]
Refused = Callable[..., Finding]
Ctf = Callable[..., bytes]
Pupil = Callable[..., str]

HEADER = (
    "<Header><CTFversion>{version}</CTFversion><SourceSchool><SchoolName>Ash Vale School</SchoolName>"
    "</SourceSchool></Header>"
)


def contact(inside: str = "", surname: str = "Canarycontact", relationship: str = "PAM") -> str:
    return (
        f"<Contact><Surname>{surname}</Surname><Relationship>{relationship}</Relationship>{inside}</Contact>"
    )


def contacts(*each: str) -> str:
    return f"<Contacts>{''.join(each)}</Contacts>"


def address(postcode: str) -> str:
    return (
        "<Address><AddressLines><AddressLine1>1 Invented Lane</AddressLine1></AddressLines>"
        f"<PostCode>{postcode}</PostCode></Address>"
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


@pytest.mark.parametrize("version", ["26.0", "25.0", "26", "26.1"])
def test_the_current_version_and_the_one_before_pass(
    read: Read, ctf: Ctf, pupil: Pupil, version: str
) -> None:
    assert read(ctf(pupil(), header=HEADER.format(version=version))).codes() == []


@pytest.mark.parametrize("version", ["9.0", "19.0", "24.0", "27.0", "", "twenty", "٢٦.0"])
def test_another_version_is_read_with_a_warning(read: Read, ctf: Ctf, pupil: Pupil, version: str) -> None:
    reading = read(ctf(pupil(), header=HEADER.format(version=version)))
    assert reading.codes() == ["ctf.version"]
    assert len(reading.drafts) == 1


@pytest.mark.parametrize("version", ["8.0", "0.0", "1"])
def test_a_version_before_nine_is_refused(refused: Refused, ctf: Ctf, pupil: Pupil, version: str) -> None:
    assert refused(ctf(pupil(), header=HEADER.format(version=version))).code == "ctf.version_too_old"


def test_the_other_spelling_of_the_version_is_understood(read: Read, ctf: Ctf, pupil: Pupil) -> None:
    header = HEADER.format(version="26.0").replace("CTFversion", "CTFVersion")
    assert read(ctf(pupil(), header=header)).codes() == []


def test_a_file_without_pupils_is_an_error_and_one_pupil_is_enough(
    read: Read, ctf: Ctf, pupil: Pupil, sample: Callable[[str], bytes]
) -> None:
    for nobody in (ctf(), sample("no-pupils")):
        reading = read(nobody)
        assert reading.codes("error") == ["ctf.no_pupils"]
        assert reading.drafts == []
        assert len(reading.reports) == 1
    assert "ctf.no_pupils" not in read(ctf(pupil())).codes()


def test_a_pupil_without_a_date_of_birth_still_has_a_draft(
    read: Read, sample: Callable[[str], bytes]
) -> None:
    reading = read(sample("no-date-of-birth"))
    assert reading.codes("error") == ["ctf.date_of_birth_missing"]
    assert "dateOfBirth" not in reading.drafts[0]
    assert reading.drafts[0]["legalName"]["forename"] == "Siân"
    assert read(sample("wales")).codes("error") == []


def test_the_same_upn_twice_is_an_error_at_the_second_pupil(read: Read, ctf: Ctf, pupil: Pupil) -> None:
    reading = read(ctf(pupil(), pupil(UPN="<UPN>z999100119001</UPN>")))
    (finding,) = [each for each in reading.findings if each.severity == "error"]
    assert (finding.code, finding.pointer) == ("ctf.duplicate", "/Pupil/2/UPN")
    assert read(ctf(pupil(), pupil(UPN="<UPN>R999100120014</UPN>"))).codes("error") == []
    assert read(ctf(pupil(UPN=""), pupil(UPN=""))).codes("error") == []


def test_the_number_of_pupils_is_limited(read: Read, refused: Refused, ctf: Ctf, pupil: Pupil) -> None:
    two = ctf(pupil(), pupil(UPN=""))
    assert refused(two, max_pupils=1).code == "ctf.too_many_pupils"
    assert len(read(two, max_pupils=2).drafts) == 2


def test_a_missing_header_is_a_warning(read: Read, ctf: Ctf, pupil: Pupil) -> None:
    reading = read(ctf(pupil(), header="<!-- none -->"))
    assert reading.codes() == ["ctf.no_header"]
    assert "homeSchool" not in reading.drafts[0]


def test_a_pupil_with_nothing_in_it_is_an_error_and_not_a_crash(read: Read, ctf: Ctf) -> None:
    reading = read(ctf(""))
    assert reading.codes("error") == ["ctf.name_missing", "ctf.date_of_birth_missing"]
    assert reading.drafts == [
        {"legalName": {}, "homeSchool": {"name": "Ash Vale School", "laEstab": "9991001"}}
    ]


def test_what_is_not_known_is_counted_as_unmapped(read: Read, ctf: Ctf, pupil: Pupil) -> None:
    blocks = "<NewBlock><Inside>canary</Inside><Inside/></NewBlock><Ordnungszahl_é>1</Ordnungszahl_é>"
    unmapped = read(ctf(pupil(blocks=blocks))).report.unmapped
    assert [(each.path, each.count) for each in unmapped] == [
        ("Pupil/NewBlock/Inside", 2),
        ("Pupil/(other elements)", 1),
    ]


def test_names_keep_their_letters_and_lose_only_outer_space(read: Read, ctf: Ctf, pupil: Pupil) -> None:
    inside = pupil(Surname="<Surname>\n  Mc Donald‑O'Neil  </Surname>", Forename="<Forename>a\nb</Forename>")
    reading = read(ctf(inside))
    assert reading.drafts[0]["legalName"] == {"forename": "a b", "surname": "Mc Donald‑O'Neil"}
    assert [each.path for each in reading.report.changed] == ["Pupil/Forename"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_sen_provision_counts_whatever_the_order(
    read: Read, ctf: Ctf, pupil: Pupil, order: int
) -> None:
    records = [
        "<StartDate>2020-09-01</StartDate><SENprovision>N</SENprovision>",
        "<StartDate>2026-01-12</StartDate><SENprovision>E</SENprovision>",
        "<StartDate>2022-09-01</StartDate><SENprovision>K</SENprovision><EndDate>2026-01-11</EndDate>",
        "<StartDate>2027-01-01</StartDate><SENprovision>N</SENprovision>",
    ]
    draft = read(ctf(pupil(blocks=sen(*records[::order])))).drafts[0]
    assert draft["senDetails"] == {"provision": "E"}
    assert draft["ehcPlan"] == {"hasPlan": True}


@pytest.mark.parametrize(
    ("code", "now"), [("A", "K"), ("P", "K"), ("Q", "K"), ("S", "E"), ("K", "K"), ("N", "N")]
)
def test_older_sen_provision_becomes_todays(read: Read, ctf: Ctf, pupil: Pupil, code: str, now: str) -> None:
    blocks = sen(f"<StartDate>2013-09-01</StartDate><SENprovision>{code}</SENprovision>")
    draft = read(ctf(pupil(blocks=blocks))).drafts[0]
    assert (draft["senDetails"]["provision"], draft["ehcPlan"]["hasPlan"]) == (now, now == "E")


def test_a_need_that_has_ended_is_left_out(read: Read, ctf: Ctf, pupil: Pupil) -> None:
    ended = "<SENtypeRank>1</SENtypeRank><SENtype>MLD</SENtype><NeedEndDate>2025-01-01</NeedEndDate>"
    reading = read(ctf(pupil(blocks=needs(ended, "<SENtypeRank>2</SENtypeRank><SENtype>ASD</SENtype>"))))
    assert reading.drafts[0]["senDetails"] == {"senTypes": [{"code": "ASD", "rank": 2}]}
    assert "a need that has ended" in [each.note for each in reading.report.ignored]


@pytest.mark.parametrize(
    ("instances", "eligible"),
    [
        (["<FSMstartDate>2024-09-01</FSMstartDate>"], True),
        (["<FSMstartDate>2024-09-01</FSMstartDate><FSMendDate>2026-11-24</FSMendDate>"], True),
        (["<FSMstartDate>2024-09-01</FSMstartDate><FSMendDate>2026-11-23</FSMendDate>"], False),
        (["<FSMstartDate>2026-11-25</FSMstartDate>"], False),
        (
            [
                "<FSMstartDate>2020-09-01</FSMstartDate><FSMendDate>2021-01-01</FSMendDate>",
                "<FSMstartDate>2026-09-01</FSMstartDate>",
            ],
            True,
        ),
        ([], None),
    ],
)
def test_free_school_meals_follow_the_instance_of_today(
    read: Read, ctf: Ctf, pupil: Pupil, instances: list[str], eligible: bool | None
) -> None:
    draft = read(ctf(pupil(blocks=fsm(*instances)))).drafts[0]
    assert draft.get("fsmEligible") is eligible


def test_today_is_the_readers_day_or_the_files(read: Read, ctf: Ctf, pupil: Pupil) -> None:
    data = ctf(
        pupil(blocks=fsm("<FSMstartDate>2024-09-01</FSMstartDate><FSMendDate>2026-11-20</FSMendDate>"))
    )
    assert read(data, today=date(2026, 11, 24)).drafts[0]["fsmEligible"] is False
    assert read(data, today=None).drafts[0]["fsmEligible"] is True
    assert read(data.replace(b"<DateTime>2026-11-16T10:32:05</DateTime>", b""), today=None).drafts


def test_nothing_is_claimed_about_blocks_that_are_missing(read: Read, ctf: Ctf, pupil: Pupil) -> None:
    draft = read(ctf(pupil())).drafts[0]
    assert not {"lookedAfter", "ehcPlan", "senDetails", "fsmEligible", "registrationStatus"} & draft.keys()


def test_contacts_are_never_merged(read: Read, ctf: Ctf, pupil: Pupil) -> None:
    same = contact("<Order>1</Order>")
    drafts = read(ctf(pupil(blocks=contacts(same, same)))).drafts
    assert len(drafts[0]["parentContacts"]) == 2


def test_a_finding_about_a_contact_points_at_that_contact(read: Read, ctf: Ctf, pupil: Pupil) -> None:
    blocks = contacts(contact(), contact("<Email>none</Email>"), contact(relationship=""))
    found = read(ctf(pupil(blocks=blocks + address("CANARY")))).findings
    assert [(each.code, each.pointer) for each in found] == [
        ("ctf.postcode", "/Pupil/1/Address/PostCode"),
        ("ctf.email", "/Pupil/1/Contacts/Contact/2/Email"),
        ("ctf.contact_relationship", "/Pupil/1/Contacts/Contact/3"),
    ]


def test_a_contact_at_the_pupils_address_without_one_has_none(read: Read, ctf: Ctf, pupil: Pupil) -> None:
    there = contacts(contact("<Address><AddressAsPupil>true</AddressAsPupil></Address>"))
    assert "address" not in read(ctf(pupil(blocks=there))).drafts[0]["parentContacts"][0]
    at_home = read(ctf(pupil(blocks=address("NT99 9ZZ") + there))).drafts[0]
    assert at_home["parentContacts"][0]["address"] == at_home["homeAddress"]
    assert at_home["parentContacts"][0]["address"]["lines"] is not at_home["homeAddress"]["lines"]


@pytest.mark.parametrize(("status", "kept"), [("R", 1), ("P", 1), ("", 1), ("T", 0), ("E", 0), ("I", 0)])
def test_only_results_that_were_attained_are_taken(
    read: Read, ctf: Ctf, pupil: Pupil, status: str, kept: int
) -> None:
    blocks = result(f"<Subject>MAT</Subject><ResultStatus>{status}</ResultStatus>")
    assert len(read(ctf(pupil(blocks=blocks))).drafts[0].get("attainmentData", [])) == kept
