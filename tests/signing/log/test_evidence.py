"""A receipt's evidence: good from the file alone years later, and refused when any part of it is another."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

import signing
from signing.log import leaf
from signing.log.errors import LogError
from signing.log.evidence import ReceiptEvidence, log_policy, read_archived, verify_receipt
from signing.log.keys import LogKey

YEARS = 6 * 365 * 86_400
HOLLOW, ASH = "urn:ltp:org:hollow-farm", "urn:ltp:org:ash-vale"


class Case:
    """Ash Vale sent a message to Hollow Farm, which answered; Ash Vale's gateway logged the receipt."""

    def __init__(self, world: Any, site: Any) -> None:
        self.world, self.site = world, site
        self.hollow = signing.SigningPair.generate()
        world.content["gateways"]["ash-vale"]["log"] = site.policy.log.vkeys()
        keys = [
            {"jwk": jwk, "nbf": world.now - 100, "exp": world.now + 86_400}
            for jwk in self.hollow.public.jwks()
        ]
        world.content["orgs"]["hollow-farm"]["keys"] += keys
        self.message = world.seal()

    def receipt(self, **change: Any) -> bytes:
        body = {
            "codes": [],
            "content_sha256": self.message.content_sha256,
            "envelope_sha256": self.message.envelope_sha256,
            "of": {"iss": ASH, "jti": self.message.jti},
            "received": self.world.now,
            "status": "accepted",
            **change.pop("body", {}),
        }
        members = {"iss": HOLLOW, "aud": f"{ASH}/general", "mt": "receipt", "sv": "ltp:receipt/1.0", **change}
        out = signing.Outgoing(body=body, iat=self.world.now, **members)
        signer = change.get("pair", self.world.ash if members["iss"] == ASH else self.hollow)
        return signing.seal(out, signer, [self.world.hollow_key.public]).jws

    def evidence(self, receipt: bytes | None = None, **change: Any) -> ReceiptEvidence:
        text = self.receipt() if receipt is None else receipt
        signed = signing.verify_jws(text, self.world.directory(), self.world.now)
        said = {
            "content_sha256": self.message.content_sha256,
            "receipt_sha256": signed.content_sha256,
            "status": "accepted",
        }
        entry = leaf.entry("receipt", self.world.now, **said)
        entries = [*self.site.entries(4), entry]
        parts = {
            "receipt": text,
            "message": self.message.jws,
            "directory": signing.sign_directory(self.world.content, self.world.root),
            "entry": entry,
            "proof": self.site.proof(entries, 4, self.world.now + 300).text(),
        }
        return ReceiptEvidence(**{**parts, **change})

    def verify(self, evidence: ReceiptEvidence, now: int | None = None) -> Any:
        at = self.world.now + YEARS if now is None else now
        read = ReceiptEvidence.parse(evidence.file())
        return verify_receipt(read, read_archived(read.directory, [self.world.root.public]), at)


@pytest.fixture
def case(world: Any, site: Any) -> Case:
    return Case(world, site)


def code(work: Callable[[], object]) -> str:
    with pytest.raises(signing.SigningError) as caught:
        work()
    return caught.value.code


def test_a_receipt_is_proved_years_later_from_its_file_and_the_roots_alone(case: Case) -> None:
    found = case.verify(case.evidence())
    assert (found.status, found.receipt.iss, found.directory_version) == ("accepted", HOLLOW, 7)
    assert found.included.checkpoint.at == case.world.now + 300
    assert found.message.jti == case.message.jti


def test_a_receipt_is_proved_without_its_message_after_that_was_erased(case: Case) -> None:
    evidence = case.evidence(message=None)
    assert b'"message"' not in evidence.file()
    assert case.verify(evidence).message is None


def test_the_receivers_keys_may_be_revoked_after_the_log_was_signed_but_not_before(case: Case) -> None:
    keys = case.world.content["orgs"]["hollow-farm"]["keys"]
    receipt = case.receipt()
    keys[-1]["revoked"] = {"revoked_at": case.world.now + 301, "reason": "lost"}
    assert case.verify(case.evidence(receipt)).status == "accepted"
    evidence = case.evidence(receipt)
    keys[-1]["revoked"]["revoked_at"] = case.world.now + 300
    directory = signing.sign_directory(case.world.content, case.world.root)
    assert code(lambda: case.verify(replace(evidence, directory=directory))) == "key_revoked"


def test_another_root_does_not_vouch_for_the_directory(case: Case) -> None:
    other, directory = signing.SigningPair.generate().public, case.evidence().directory
    assert code(lambda: read_archived(directory, [other])) == "unknown_root"
    assert read_archived(directory, [other, case.world.root.public]).version == 7


@pytest.mark.parametrize(
    "directory", [b"{}", b"x", b"[]", b'{"payload":"!"}', b'{"payload":"e30"}', b'{"payload":"W10"}']
)
def test_what_is_no_directory_is_refused(case: Case, directory: bytes) -> None:
    assert code(lambda: case.verify(case.evidence(directory=directory))) == "bad_directory"


def test_a_directory_that_says_no_time_is_refused(case: Case) -> None:
    directory = orjson.dumps({"payload": signing.encoding.b64u(b'{"issued":"1"}')})
    assert code(lambda: case.verify(case.evidence(directory=directory))) == "bad_jws"


def test_a_log_counts_only_when_one_gateway_of_the_directory_has_it(case: Case) -> None:
    gateways = case.world.content["gateways"]
    evidence = case.evidence()
    policy = log_policy(case.world.directory(), case.site.origin)
    assert policy == case.site.policy
    gateways["relay"]["log"] = case.site.policy.log.vkeys()
    assert code(lambda: log_policy(case.world.directory(), case.site.origin)) == "unknown_log"
    del gateways["relay"]["log"], gateways["ash-vale"]["log"]
    directory = signing.sign_directory(case.world.content, case.world.root)
    assert code(lambda: case.verify(replace(evidence, directory=directory))) == "unknown_log"


def test_the_logs_keys_in_the_directory_are_read_strictly(case: Case) -> None:
    gateways = case.world.content["gateways"]
    wrong_keys: list[Any] = [[], None, case.site.policy.log.vkeys()[:1], case.site.witness().identity.vkeys()]
    for wrong in wrong_keys:
        gateways["ash-vale"]["log"] = wrong
        with pytest.raises(signing.DirectoryError) as caught:
            case.world.directory()
        assert (caught.value.code, caught.value.where) == ("bad_key", "gateways/ash-vale/log")


def test_another_entry_proof_or_log_is_refused(case: Case) -> None:
    evidence, world = case.evidence(), case.world
    other = leaf.entry(
        "receipt",
        world.now,
        content_sha256=case.message.content_sha256,
        receipt_sha256=case.site.digest("another"),
        status="accepted",
    )
    assert code(lambda: case.verify(replace(evidence, entry=other))) == "not_included"
    logged = case.site.proof([other], 0).text()
    assert code(lambda: case.verify(replace(evidence, entry=other, proof=logged))) == "not_its_entry"
    sent = case.site.entry(3)
    logged = case.site.proof([sent], 0).text()
    assert code(lambda: case.verify(replace(evidence, entry=sent, proof=logged))) == "not_its_entry"
    held = leaf.entry("held", world.now, envelope_sha256=case.message.envelope_sha256)
    logged = case.site.proof([held], 0).text()
    assert code(lambda: case.verify(replace(evidence, entry=held, proof=logged))) == "not_its_entry"


def test_a_changed_or_foreign_receipt_is_refused(case: Case) -> None:
    evidence = case.evidence()
    second = case.receipt()
    assert code(lambda: case.verify(replace(evidence, receipt=second))) == "not_its_entry"
    changed = evidence.receipt.replace(b'"signature":"', b'"signature":"AAAA', 1)
    assert code(lambda: case.verify(replace(evidence, receipt=changed))) == "bad_signature"
    assert code(lambda: case.verify(replace(evidence, receipt=case.message.jws))) == "not_a_receipt"


@pytest.mark.parametrize("body", [{"of": "x"}, {"content_sha256": 1}, {"status": None}])
def test_a_receipt_without_what_it_must_say_is_refused(case: Case, body: dict[str, Any]) -> None:
    assert code(lambda: case.verify(case.evidence(case.receipt(body=body)))) == "not_a_receipt"


def test_another_message_is_refused(case: Case) -> None:
    evidence = case.evidence()
    assert code(lambda: case.verify(replace(evidence, message=case.world.seal().jws))) == "not_its_message"
    assert code(lambda: case.verify(replace(evidence, message=evidence.receipt))) == "not_its_message"
    for of in ({"iss": HOLLOW, "jti": case.message.jti}, {"iss": ASH, "jti": "A" * 22}, {}):
        receipt = case.receipt(body={"of": of})
        assert code(lambda receipt=receipt: case.verify(case.evidence(receipt))) == "not_its_message"  # type: ignore[misc]


def test_only_the_receivers_own_word_to_the_sender_counts(case: Case) -> None:
    by_sender = case.receipt(iss=ASH)
    elsewhere = case.receipt(aud="urn:ltp:org:northshire/general")
    for receipt in (by_sender, elsewhere):
        assert code(lambda receipt=receipt: case.verify(case.evidence(receipt))) == "not_the_receiver"  # type: ignore[misc]


def test_a_file_in_another_form_is_refused(case: Case) -> None:
    evidence = case.evidence()
    value = orjson.loads(evidence.file())
    assert ReceiptEvidence.parse(evidence.file()) == evidence
    wrong = [
        {**value, "v": 2},
        {**value, "type": "x"},
        {**value, "more": "x"},
        {**value, "proof": 1},
        {name: text for name, text in value.items() if name != "entry"},
        [],
    ]
    for one in (
        *(orjson.dumps(w, option=orjson.OPT_SORT_KEYS) for w in wrong),
        b"x",
        evidence.file() + b"\n",
    ):
        assert code(lambda one=one: ReceiptEvidence.parse(one)) == "bad_evidence"  # type: ignore[misc]


def test_a_checkpoint_from_after_today_is_refused(case: Case) -> None:
    evidence = case.evidence()
    assert case.verify(evidence, case.world.now)
    assert code(lambda: case.verify(evidence, case.world.now - 1)) == "from_the_future"


def test_log_keys_are_kept_like_all_others() -> None:
    keys = signing.KeySet(log=(LogKey.generate(), LogKey.generate()))
    data = signing.seal_keys(keys, b"k" * 32)
    opened = signing.open_keys(data, b"k" * 32)
    assert [key.private_jwks() for key in opened.log] == [key.private_jwks() for key in keys.log]
    assert "priv" not in repr(keys)
    with pytest.raises(LogError):
        opened.log[0].identity("log", "two words")
