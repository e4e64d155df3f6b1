"""OneRoster sets as they are exported, with the deviations that real ones have."""

import io
import zipfile
from datetime import date
from typing import Any

import pytest

import schemas
from adapters import ADAPTERS, CannotRead, CannotWrite, Draft, Hints, LossReport, Wishes, detect
from schemas.findings import Finding

TODAY = date(2026, 11, 24)
V12 = {
    "manifest.csv": "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\n",
    "orgs.csv": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
    "o1,active,,Ash Vale School,school,,\no2,active,,History,department,,o1\n",
    "users.csv": "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,"
    "identifier,email,grades,password,prefferedGivenName,primaryOrgSourcedId\n"
    'u1,active,1/05/2023,TRUE,zoe,"{LDAP:1},{UPN:Z999100119001}",Zoë,O’Néill,Ann,42,,09,,Zo,o1\n'
    "u2,active,,TRUE,lin,,Mei,Lin,,,,,,,o1\n"
    "u3,tobedeleted,,TRUE,sam,,Sam,Okonkwo,,,,,,,o1\n",
    "roles.csv": "sourcedId,status,dataLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,,\n"
    "r1,active,,u1,primary,student,,,o1\nr2,active,,u2,primary,teacher,,,o1\nr3,active,,u3,primary,student,,,o1\n",
    "demographics.csv": "sourcedId,status,dateLastModified,birthDate,sex\nu1,active,,2012-02-29,female\n",
    "classes.csv": "sourcedId,title\nc1,Maths\n",
}
V11 = {
    "users.csv": "sourcedId,role,userId,familyName,givenName,ext_upn\nu1,student,{UPN: k99910011900a },Okonkwo,Sam,\n"
    "u2,parent,,Okonkwo,Ada,\n",
    "demographics.csv": "userSourcedId,birthdate,sex\nu1,2012-03-01,other\n",
    "orgs.csv": "sourcedId,name,type\n",
}


def packed(files: dict[str, str], folder: str = "") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return stream.getvalue()


def read(data: bytes, **hints: Any) -> tuple[list[Draft], list[Finding], LossReport]:
    items = list(ADAPTERS.reader("oneroster")(io.BytesIO(data), Hints(today=TODAY, **hints)))
    report = items.pop()
    assert isinstance(report, LossReport)
    return (
        [item for item in items if isinstance(item, Draft)],
        [item for item in items if isinstance(item, Finding)],
        report,
    )


@pytest.mark.parametrize("folder", ["", "export/"])
def test_a_set_of_1_2_gives_its_pupils_and_leaves_staff_and_deleted_users(folder: str) -> None:
    [draft], findings, report = read(packed(V12, folder))
    assert draft.value == {
        "legalName": {"forename": "Zoë", "middleNames": "Ann", "surname": "O’Néill"},
        "preferredName": "Zo O’Néill",
        "upn": "Z999100119001",
        "dateOfBirth": "2012-02-29",
        "sex": {"code": "F", "source": "OneRoster sex"},
        "homeSchool": {"name": "Ash Vale School"},
    }
    assert not schemas.validate("learner", draft.value)
    assert (draft.place, draft.about) == ("users.csv row 2", {"localId": "42"})
    assert findings == []
    left = {loss.path: loss.note for loss in report.ignored}
    assert left["users.csv"] == "users who are not pupils, or are deleted"
    assert left["users.csv column L (grades)"] == "grades are not the year groups of England"
    assert "classes.csv" in left


def test_a_set_of_1_1_has_the_role_in_the_users_row() -> None:
    [draft], findings, _ = read(packed(V11))
    assert draft.value["upn"] == "K99910011900A"
    assert draft.value["dateOfBirth"] == "2012-03-01"
    assert "sex" not in draft.value
    assert [(finding.code, finding.pointer) for finding in findings] == [
        ("oneroster.not_a_code", "/demographics.csv/row/2/3")
    ]


def test_without_roles_every_user_is_taken_and_that_is_said() -> None:
    files = {name: content for name, content in V12.items() if name != "roles.csv"}
    drafts, findings, _ = read(packed(files))
    assert len(drafts) == 2
    assert [(finding.code, finding.severity) for finding in findings] == [
        ("oneroster.date_of_birth_missing", "error"),
        ("oneroster.no_roles", "warning"),
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"users.csv": None}, "oneroster.no_users"),
        ({"users.csv": "a,b\n1,2\n"}, "table.no_headings"),
        ({"users.csv": ""}, "table.empty"),
        ({"../users.csv": "x"}, "archive.leads_out"),
        ({"classes.csv": "x" * 3_000_000}, "archive.bomb"),
    ],
)
def test_a_broken_set_is_refused_in_one_sentence(change: dict[str, str | None], code: str) -> None:
    files = {name: content for name, content in {**V12, **change}.items() if content is not None}
    with pytest.raises(CannotRead) as refused:
        read(packed(files))
    assert str(refused.value) == code


def test_limits_and_doubles() -> None:
    twice = V12["users.csv"].replace("u3,tobedeleted,,TRUE,sam,,", "u3,active,,TRUE,sam,{UPN:Z999100119001},")
    files = {**V12, "users.csv": twice}
    with pytest.raises(CannotRead) as refused:
        read(packed(files), max_pupils=1)
    assert str(refused.value) == "oneroster.too_many_pupils"
    _, findings, _ = read(packed(files))
    assert "oneroster.duplicate" in [finding.code for finding in findings]


LEARNER: dict[str, Any] = {
    "upn": "Z999100119001",
    "legalName": {"forename": "=Zoë", "middleNames": "Ann", "surname": "O’Néill"},
    "dateOfBirth": "2012-02-29",
    "sex": {"code": "F", "source": "OneRoster sex"},
    "homeSchool": {"name": "Ash Vale School"},
}


def write(version: str, **more: Any) -> Any:
    bundles = [{"learner": {**LEARNER, **more}, "documents": [{"type": "final-report"}]}]
    return ADAPTERS.writer("oneroster")(bundles, Wishes(TODAY, {"version": version}))


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_written_set_reads_back_and_has_no_password(version: str) -> None:
    done = write(version)
    assert detect(io.BytesIO(done.content)) == "oneroster"
    [draft], findings, _ = read(done.content)
    assert draft.value == LEARNER
    assert findings == []
    assert [loss.path for loss in done.loss.ignored] == ["/documents/final-report"]
    with zipfile.ZipFile(io.BytesIO(done.content)) as archive:
        users = archive.read("users.csv").decode()
        assert f"oneroster.version,{version}" in archive.read("manifest.csv").decode()
    assert "'=Zoë" in users
    assert write(version).content == done.content


def test_what_a_set_cannot_carry_is_counted() -> None:
    done = write("1.2", yearGroup="10", preferredName="Zo")
    assert {(loss.path, loss.count) for loss in done.loss.ignored} == {
        ("/learner/yearGroup", 1),
        ("/learner/preferredName", 1),
        ("/documents/final-report", 1),
    }


def test_there_is_nothing_to_write_without_a_learner_or_in_another_version() -> None:
    with pytest.raises(CannotWrite, match=r"^oneroster\.nobody$"):
        ADAPTERS.writer("oneroster")([{}], Wishes(TODAY))
    with pytest.raises(CannotWrite, match=r"^oneroster\.version$"):
        write("2.0")
