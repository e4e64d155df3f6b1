"""What is no entry, step or voucher is refused by name and code; nothing is guessed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tuf.api.exceptions import DownloadError

from gateway.directory import continuity, vouching
from gateway.directory.continuity import submission
from gateway.directory.entry import Entry
from gateway.directory.errors import DirectoryRefused
from gateway.directory.fetch import FOLDER, FolderFetcher, http_client
from gateway.directory.resolve import NOTES, Note, entry_name
from gateway.directory.source import sentences
from signing import SigningPair, jws
from signing.encoding import canonical

NAME = "orgs/hollow-farm.json"
Change = Callable[[dict[str, Any]], Any]


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(DirectoryRefused) as refused:
        call()
    assert refused.value.where == NAME
    assert NAME in str(refused.value)
    return refused.value.code


def recovery(**changes: Any) -> Change:
    said = {"ver": 2, "sha256": "x", "kids": [], "effective": 1, "reason": "lost", **changes}
    return lambda e: e["steps"].append({"recovery": {k: v for k, v in said.items() if v is not ...}})


def jws_of(text: Any) -> Change:
    return lambda e: e["steps"].append({"jws": text})


BAD: list[tuple[str, str, Change]] = [
    ("an unknown member", "bad_entry", lambda e: e.update(note="x")),
    ("no steps", "bad_entry", lambda e: e.pop("steps")),
    ("steps that are no list", "bad_entry", lambda e: e.update(steps={})),
    ("an organisation without a step", "bad_entry", lambda e: e.update(steps=[])),
    ("a step that is no object", "bad_entry", lambda e: e["steps"].append(1)),
    ("a step of two kinds", "bad_entry", lambda e: e["steps"][0].update(recovery={})),
    ("a step of no kind", "bad_entry", lambda e: e["steps"].append({"other": 1})),
    ("a step that is no text", "bad_entry", jws_of(1)),
    ("a step that is no signed text", "bad_jws", jws_of("{}")),
    ("the same step twice", "bad_entry", lambda e: e["steps"].append(e["steps"][0])),
    ("a recovery that is no object", "bad_entry", lambda e: e["steps"].append({"recovery": 1})),
    ("a recovery without a reason", "bad_entry", recovery(reason=" ")),
    ("a recovery without its time", "bad_entry", recovery(effective=...)),
    ("a recovery at no time", "bad_entry", recovery(effective="1")),
    ("a recovery before 1970", "bad_entry", recovery(effective=-1)),
    ("a recovery of keys that are no list", "bad_entry", recovery(kids="x")),
    ("a recovery of no keys", "bad_entry", recovery(kids=[1])),
    ("a last step to another document", "continuity_missing", recovery()),
    ("a former document without a recovery", "bad_entry", lambda e: e.update(replaced=e["document"])),
    ("a suspension that is no object", "bad_entry", lambda e: e.update(suspended=True)),
    ("a suspension without a reason", "bad_entry", lambda e: e.update(suspended={"at": 1, "reason": ""})),
    ("a suspension at no time", "bad_entry", lambda e: e.update(suspended={"at": "1", "reason": "x"})),
    ("a voucher that is no text", "voucher_invalid", lambda e: e.update(voucher=1)),
    ("a voucher that is no signed text", "bad_jws", lambda e: e.update(voucher="{}")),
]


@pytest.mark.parametrize(("code", "change"), [pytest.param(c, f, id=name) for name, c, f in BAD])
def test_an_entry_out_of_form_is_refused(site: Any, code: str, change: Change) -> None:
    value = site.entry(NAME)
    assert Entry.parse(NAME, canonical(value)).token == "hollow-farm"
    change(value)
    assert code_of(lambda: Entry.parse(NAME, canonical(value))) == code


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"a": 1}', b'{"a":1.5}', b"\xff", b" " * 2_000_000])
def test_what_is_not_canonical_json_is_no_entry(data: bytes) -> None:
    assert code_of(lambda: Entry.parse(NAME, data)) == "bad_entry"


SAID = {"org": "urn:ltp:org:hollow-farm", "ver": 2, "sha256": "x", "kids": [], "at": 1}


@pytest.mark.parametrize(
    "payload",
    [
        b"x",
        b"[]",
        canonical({**SAID, "more": 1}),
        canonical({**SAID, "org": "urn:ltp:org:beacon"}),
        canonical({**SAID, "ver": "2"}),
        canonical({**SAID, "at": True}),
        canonical({**SAID, "kids": [2]}),
    ],
)
def test_a_rightly_signed_step_that_says_something_else_is_refused(site: Any, payload: bytes) -> None:
    value = site.entry(NAME)
    assert Entry.parse(NAME, canonical(value))
    text = jws.sign(payload, site.pair("hollow-farm"), continuity.TYPE).decode()
    value["steps"].append({"jws": text})
    assert code_of(lambda: Entry.parse(NAME, canonical(value))) == "bad_entry"


VOUCHED = {"org": "urn:ltp:org:hollow-farm", "name": "x", "kids": [], "by": "urn:ltp:org:northshire", "at": 1}


@pytest.mark.parametrize(
    "payload",
    [
        b"x",
        b"[]",
        canonical({**VOUCHED, "more": 1}),
        canonical({**VOUCHED, "kids": "x"}),
        canonical({**VOUCHED, "kids": [1]}),
        canonical({**VOUCHED, "name": 1}),
        canonical({**VOUCHED, "at": "1"}),
    ],
)
def test_a_rightly_signed_voucher_that_says_something_else_is_refused(site: Any, payload: bytes) -> None:
    value = site.entry(NAME)
    assert Entry.parse(NAME, canonical(value))
    value["voucher"] = jws.sign(payload, site.pair("northshire"), vouching.TYPE).decode()
    assert code_of(lambda: Entry.parse(NAME, canonical(value))) == "voucher_invalid"


def test_a_step_by_keys_that_are_nowhere_in_the_entry_is_refused(site: Any) -> None:
    value = site.entry(NAME)
    value["steps"].append(
        {"jws": jws.sign(canonical(SAID), SigningPair.generate(), continuity.TYPE).decode()}
    )
    assert code_of(lambda: Entry.parse(NAME, canonical(value))) == "continuity_missing"


def test_an_organisation_signs_with_the_oldest_pair_that_is_listed(site: Any) -> None:
    document, now = site.documents["hollow-farm"], site.now
    old, new, other = site.pair("hollow-farm"), site.pair("hollow-farm 2027"), site.pair("other")
    listed = [key.public.kid for key in (old.ed25519, old.ml_dsa)]
    assert "step" in submission(document, [old, new], listed, now)
    assert "step" in submission(document, [other, old], listed, now)
    assert "step" in submission(document, [old], [], now)
    assert submission(document, [other], listed, now) == {"document": document}
    assert submission(document, [other], listed[:1], now) == {"document": document}


def test_names_of_entries_are_those_on_the_wire() -> None:
    assert entry_name("urn:ltp:org:ash-vale") == "orgs/ash-vale.json"
    assert entry_name("urn:ltp:gw:ash-vale") == "gateways/ash-vale.json"
    assert Note("orgs/ash-vale.json", "suspended").urn == "urn:ltp:org:ash-vale"
    assert Note("gateways/ash-vale.json", "suspended").urn == "urn:ltp:gw:ash-vale"
    for bad, code in (("ash-vale", "unknown"), ("urn:ltp:org:../x", "bad_name")):
        with pytest.raises(DirectoryRefused) as refused:
            entry_name(bad)
        assert refused.value.code == code


@pytest.mark.parametrize("code", NOTES)
def test_every_note_is_a_sentence(code: str) -> None:
    text = Note("orgs/a.json", code, since=0, until=86_400, by="urn:ltp:org:b").sentence
    assert "{" not in text
    assert len(text) > 20


def test_a_state_is_told_in_sentences(site: Any) -> None:
    none: dict[str, Any] = {"lastTried": None, "refused": None, "why": None, "sending": False}
    assert sentences(none) == [
        "There is no directory yet: nothing can be sent or received.",
        "Nothing is sent until a newer directory is taken: ltp directory refresh.",
    ]
    good: dict[str, Any] = {
        **none,
        "version": 3,
        "verifiedAt": 0,
        "sendUntil": 86_400,
        "sending": True,
        "notes": [],
    }
    assert sentences(good)[1] == "Sending goes on until 1970-01-02 00:00 UTC without a newer one."
    told = sentences({**good, "refused": "rollback", "why": "Why.", "lastTried": 0})
    assert told[1] == "The last refresh, 1970-01-01 00:00 UTC, was refused. Why."
    noted = sentences({**good, "notes": [{"entry": "orgs/a.json", "note": "waits"}]})
    assert noted[-1] == "orgs/a.json: waits"


def test_a_folder_in_the_place_of_a_file_is_a_failed_download(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    with pytest.raises(DownloadError):
        b"".join(FolderFetcher(tmp_path).fetch(f"{FOLDER}/metadata"))


def test_the_client_of_the_web_follows_no_redirect_and_no_proxy() -> None:
    with http_client() as client:
        assert client.follow_redirects is False
        assert client.trust_env is False
