"""Every pattern on awkward text: both validators agree, and no text takes long however it is made."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

import schemas

GOOD = {
    "uuid": "0b8f5a52-6c1e-4f0a-9d3e-2a7c41d9e001",
    "instant": "2026-09-07T08:30:00Z",
    "date": "2026-09-07",
    "time": "09:15",
    "localId": "a1",
    "text": "Packs her pencils away.\nThen waits.",
    "shortText": "Zoë O’Brien-Šmíd",
    "organisation": "urn:ltp:org:ash-vale",
    "address": "urn:ltp:org:hollow-farm/dsl",
    "role": "HS.SEN",
    "areaRef": "pmi.self-management",
    "frameworkId": "urn:ltp:framework:ap-framework",
    "frameworkVersion": "1.0.0",
    "scaleRef": "urn:ltp:scale:demo-5:1",
    "upn": "K99910011900A",
    "uln": "1000000043",
    "urn": "999001",
    "ukprn": "10000001",
    "laCode": "999",
    "laEstab": "9994001",
    "attendanceCode": "/",
    "languageCode": "POL",
    "pointer": "/triggersAndRisks/*/text",
    "postcode": "ZZ99 3AB",
    "phoneNumber": "01632 960123",
    "email": "office@ashvale.example",
}
BAD = (
    "",
    " ",
    "x\x00",
    "{good}\n",
    "\n{good}",
    "{good} ",
    "{good}\u2028",
    "{good}٣",
    "{good}$",
    "{good}{good}" * 99,
)
HOSTILE = (
    "a" * 300_000,
    "a-" * 150_000,
    "a." * 150_000 + "\x01",
    "a@" + "a." * 150_000,
    "urn:ltp:org:" + "a-" * 150_000,
)


def _defs() -> Mapping[str, Any]:
    found: Mapping[str, Any] = schemas.schema("common")["$defs"]
    return found


def _patterns(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for part in node:
            yield from _patterns(part)
    if isinstance(node, Mapping):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for part in node.values():
            yield from _patterns(part)


EVERY = sorted({pattern for name in schemas.names() for pattern in _patterns(schemas.schema(name))})


@pytest.mark.parametrize("name", GOOD)
def test_both_validators_agree_on_good_and_awkward_text(name: str) -> None:
    first = jsonschema_rs.Draft202012Validator(_defs()[name])
    second = jsonschema.Draft202012Validator(_defs()[name])
    assert first.is_valid(GOOD[name])
    assert second.is_valid(GOOD[name])

    for form in BAD:
        awkward = form.replace("{good}", GOOD[name])
        assert first.is_valid(awkward) == second.is_valid(awkward)


@pytest.mark.parametrize("name", sorted(GOOD.keys() - {"text", "shortText", "phoneNumber", "email"}))
def test_a_code_takes_nothing_before_or_after_it(name: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(_defs()[name])
    assert validator.is_valid(GOOD[name])

    for form in ("{good}\n", "\n{good}", "{good} ", " {good}", "{good}\u2028", "{good}٣"):
        assert not validator.is_valid(form.replace("{good}", GOOD[name]))


@pytest.mark.parametrize("pattern", EVERY)
def test_hostile_text_ends_in_a_verdict(pattern: str) -> None:
    validator = jsonschema_rs.Draft202012Validator({"type": "string", "pattern": pattern})

    for text in HOSTILE:
        assert validator.is_valid(text) in (True, False)
        # Python's engine has no limit of its own: a pattern that backtracks without end would hang here.
        assert re.search(pattern, text[:20_000]) or True


def test_text_that_is_far_too_long_is_refused_in_plain_words() -> None:
    learner: dict[str, Any] = {
        "legalName": {"forename": "Zoë", "surname": "O’Brien-Šmíd"},
        "parentContacts": [{"email": GOOD["email"]}],
    }
    assert schemas.validate("learner", learner) == ()
    learner["parentContacts"][0]["email"] = "a@" + "a." * 400_000

    found = schemas.validate("learner", learner)

    assert [(finding.code, finding.pointer) for finding in found] == [
        ("schema.max-length", "/parentContacts/0/email")
    ]
    assert found[0].message == "'E-mail address' is longer than 254 characters."
