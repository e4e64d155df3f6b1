from typing import Any

import pytest

import signing

DAY = 86_400


def refusal(jws: bytes, directory: signing.Directory, at: int) -> str:
    with pytest.raises(signing.UnsealError) as refused:
        signing.verify_jws(jws, directory, at)
    return refused.value.code


def test_the_archived_text_alone_proves_what_was_sent(world: Any) -> None:
    sealed = world.seal()
    evidence = signing.verify_jws(sealed.jws, world.directory(), world.now)
    verified = world.open(sealed.envelope)
    for name in (
        "iss",
        "aud",
        "jti",
        "iat",
        "exp",
        "mt",
        "sv",
        "irt",
        "body",
        "content_sha256",
        "body_sha256",
    ):
        assert getattr(evidence, name) == getattr(verified, name)


def test_evidence_outlives_the_senders_suspension_and_the_messages_time(world: Any) -> None:
    sealed = world.seal()
    world.content["orgs"]["ash-vale"]["status"] = "closed"
    assert signing.verify_jws(sealed.jws, world.directory(), world.now + 400 * DAY).jti == sealed.jti


def test_a_key_revoked_before_the_proved_time_is_refused_and_after_it_is_not(world: Any) -> None:
    sealed = world.seal()
    entry = world.content["orgs"]["ash-vale"]["keys"][1]
    entry["revoked"] = {"revoked_at": world.now + DAY, "reason": "replaced"}
    assert refusal(sealed.jws, world.directory(), world.now + DAY) == "key_revoked"
    assert signing.verify_jws(sealed.jws, world.directory(), world.now + DAY - 1).jti == sealed.jti


def test_a_key_that_was_not_valid_at_signing_is_refused(world: Any) -> None:
    sealed = world.seal()
    assert signing.verify_jws(sealed.jws, world.directory(), world.now)
    world.content["orgs"]["ash-vale"]["keys"][0]["exp"] = world.now
    assert refusal(sealed.jws, world.directory(), world.now) == "key_not_valid"


def test_evidence_from_before_it_was_signed_is_refused(world: Any) -> None:
    sealed = world.seal()
    assert refusal(sealed.jws, world.directory(), world.now - 301) == "not_yet_valid"
    assert signing.verify_jws(sealed.jws, world.directory(), world.now - 300)


def test_keys_of_another_organisation_prove_nothing(world: Any) -> None:
    message = world.outgoing()
    foreign = signing.seal(message, world.north, [world.hollow_key.public])
    assert refusal(foreign.jws, world.directory(), world.now) == "unknown_key"
    stranger = signing.seal(message, signing.SigningPair.generate(), [world.hollow_key.public])
    assert refusal(stranger.jws, world.directory(), world.now) == "unknown_key"
    assert signing.verify_jws(world.seal().jws, world.directory(), world.now)


def test_a_changed_text_is_refused(world: Any, forger: Any) -> None:
    jws = world.seal().jws
    directory = world.directory()
    for at in (3, 20, len(jws) // 2, len(jws) - 10):
        changed = bytearray(jws)
        changed[at] ^= 1
        assert refusal(bytes(changed), directory, world.now) in {"bad_jws", "bad_signature", "unknown_key"}
    assert refusal(forger.jws(b"{}"), directory, world.now) == "bad_claims"
    assert signing.verify_jws(jws, directory, world.now)
