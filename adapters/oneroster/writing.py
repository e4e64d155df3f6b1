"""Writing a OneRoster set: the manifest, one organisation for each home school, and its pupils."""

import io
import sys
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from adapters.base import Draft, Hints, LossReport, Written
from adapters.carried import documents, not_carried
from adapters.oneroster.reading import read
from adapters.table.writing import text_table

Learner = Mapping[str, Any]
Rows = list[list[str]]

_RECORD = ("sourcedId", "status", "dateLastModified")
_PERSON = (
    "username",
    "userIds",
    "givenName",
    "familyName",
    "middleName",
    "identifier",
    "email",
    "sms",
    "phone",
)
_USERS = MappingProxyType(
    {
        "1.1": (
            *_RECORD,
            "enabledUser",
            "orgSourcedIds",
            "role",
            *_PERSON,
            "agentSourcedIds",
            "grades",
            "password",
        ),
        "1.2": (
            *(
                *_RECORD,
                "enabledUser",
                *_PERSON,
                "agentSourcedIds",
                "grades",
                "password",
                "userMasterIdentifier",
            ),
            *(
                "preferredGivenName",
                "preferredMiddleName",
                "preferredFamilyName",
                "primaryOrgSourcedId",
                "pronouns",
            ),
        ),
    }
)
_ORGS = (*_RECORD, "name", "type", "identifier", "parentSourcedId")
_ROLES = (
    *(
        *_RECORD,
        "userSourcedId",
        "roleType",
        "role",
        "beginDate",
        "endDate",
        "orgSourcedId",
        "userProfileSourcedId",
    ),
)
_DEMOGRAPHICS = (
    *(*_RECORD, "birthDate", "sex", "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican"),
    *(
        "nativeHawaiianOrOtherPacificIslander",
        "white",
        "demographicRaceTwoOrMoreRaces",
        "hispanicOrLatinoEthnicity",
    ),
    *("countryOfBirthCode", "stateOfBirthAbbreviation", "cityOfBirth", "publicSchoolResidenceStatus"),
)
#: Every table that a manifest names; those that are not written are absent.
_ALL = (
    *(
        "academicSessions",
        "categories",
        "classes",
        "classResources",
        "courses",
        "courseResources",
        "demographics",
    ),
    *("enrollments", "lineItems", "orgs", "resources", "results", "users"),
)
_SEXES = MappingProxyType({"M": "male", "F": "female", "U": "unspecified"})
_SPACE = uuid.UUID("6f0c3a52-7d0e-5b8e-9d51-3c1f1c0f7a11")
_NO_PLACE = "a OneRoster set has no place for it"

VERSIONS = frozenset(_USERS)
"""The versions that can be written."""


def written(
    learners: Sequence[Learner], bundles: Sequence[Mapping[str, Any]], version: str, today: date
) -> Written:
    """Return the set as an archive; its loss report is measured by reading it again."""
    tables = _tables(learners, version, f"{today.isoformat()}T00:00:00.000Z")
    content = _packed({name: text_table(rows, mark=False) for name, rows in tables.items()})
    again = [item.value for item in read(io.BytesIO(content), _NO_LIMIT) if isinstance(item, Draft)]
    lost = not_carried(learners, again, _NO_PLACE)
    loss = LossReport(ignored=(*lost, *documents(bundles, _NO_PLACE)))
    return Written(content, "oneroster.zip", "application/zip", loss)


_NO_LIMIT = Hints(max_bytes=sys.maxsize, max_pupils=sys.maxsize)


def _tables(learners: Sequence[Learner], version: str, stamp: str) -> dict[str, Rows]:
    orgs = {name: _id("org", name) for learner in learners if (name := _school(learner))}
    users: Rows = [list(_USERS[version])]
    roles: Rows = [list(_ROLES)]
    births: Rows = [list(_DEMOGRAPHICS)]
    for place, learner in enumerate(learners):
        user = _id("user", str(learner.get("upn") or place))
        org = orgs.get(_school(learner), "")
        head = {"sourcedId": user, "status": "active", "dateLastModified": stamp}
        users.append(_row(_USERS[version], head | _user(learner, org)))
        role = {"userSourcedId": user, "roleType": "primary", "role": "student", "orgSourcedId": org}
        roles.append(_row(_ROLES, head | role | {"sourcedId": _id("role", user)}))
        birth = {"birthDate": learner.get("dateOfBirth", ""), "sex": _SEXES.get(_code(learner), "")}
        births.append(_row(_DEMOGRAPHICS, head | birth))
    schools = [
        _row(
            _ORGS,
            {"sourcedId": org, "status": "active", "dateLastModified": stamp, "name": name, "type": "school"},
        )
        for name, org in orgs.items()
    ]
    tables = {"orgs": [list(_ORGS), *schools], "users": users, "demographics": births}
    if version == "1.2":
        tables["roles"] = roles
    return {"manifest": _manifest(version, tables), **tables}


def _manifest(version: str, tables: Mapping[str, Rows]) -> Rows:
    names = sorted({*_ALL, *(("roles", "userProfiles") if version == "1.2" else ())})
    return [
        ["propertyName", "value"],
        ["manifest.version", "1.0"],
        ["oneroster.version", version],
        *([f"file.{name}", "bulk" if name in tables else "absent"] for name in names),
        ["source.systemName", "Learner Transfer Profile"],
        ["source.systemCode", "ltp"],
    ]


def _user(learner: Learner, org: str) -> dict[str, str]:
    legal = learner.get("legalName") or {}
    upn = learner.get("upn")
    return {
        "enabledUser": "true",
        "orgSourcedIds": org,
        "primaryOrgSourcedId": org,
        "role": "student",
        "userIds": f"{{UPN:{upn}}}" if upn else "",
        "givenName": legal.get("forename", ""),
        "familyName": legal.get("surname", ""),
        "middleName": legal.get("middleNames", ""),
    }


def _school(learner: Learner) -> str:
    return str((learner.get("homeSchool") or {}).get("name", ""))


def _code(learner: Learner) -> str:
    return str((learner.get("sex") or {}).get("code", ""))


def _row(headings: Sequence[str], values: Mapping[str, str]) -> list[str]:
    return [str(values.get(heading, "")) for heading in headings]


def _id(kind: str, name: str) -> str:
    """Return an id that is the same each time, so that a second import changes a user and makes none."""
    return str(uuid.uuid5(_SPACE, f"{kind}:{name}"))


def _packed(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.csv", (2000, 1, 1, 0, 0, 0)), content)
    return stream.getvalue()
