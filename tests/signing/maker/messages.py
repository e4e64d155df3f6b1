"""messages.json: one message for each algorithm, kind, class and number of recipients."""

import json
from typing import Any

import signing
from signing.encoding import b64u, unb64u
from tests.signing.maker.world import (
    ASH,
    ASH_DESK,
    DAY,
    DESKS,
    DSL,
    GENERAL,
    HOLLOW,
    MANY,
    NOW,
    PAIRS,
    Json,
    dumps,
    example,
    ident,
)


def message(name: str, why: str, to: str, body: Json, recipients: Any, **more: Any) -> Json:
    """One sealed message with everything that its receiver works out."""
    minimum = more.pop("minimum_class", 0)
    sender = more.pop("sender", ASH)
    members = {"mt": "bundle", "sv": "ltp:bundle/1.0", "iat": NOW, **more}
    outgoing = signing.Outgoing(
        iss=sender, aud=to, body=body, jti=ident(name), nonce=ident(f"{name} nonce"), **members
    )
    sealed = signing.seal(outgoing, PAIRS[sender], [key.public for key in recipients], minimum_class=minimum)
    envelope = json.loads(sealed.envelope)
    first = envelope["recipients"][0]
    content_key = recipients[0].unwrap(unb64u(first["header"]["ek"]), unb64u(first["encrypted_key"]))
    jws = json.loads(sealed.jws)
    return {
        "name": name,
        "why": why,
        "to": to,
        "kids": [key.kid for key in recipients],
        "contentKey": b64u(content_key),
        "sizeClass": sealed.size_class,
        "claims": json.loads(unb64u(jws["payload"])),
        "content_sha256": sealed.content_sha256,
        "body_sha256": sealed.body_sha256,
        "envelope_sha256": sealed.envelope_sha256,
        "envelope": sealed.envelope.decode(),
    }


def filled(size: int, name: str) -> Json:
    """A body with which the claims have exactly `size` bytes."""
    claims = {"aud": [GENERAL], "exp": NOW + 7 * DAY, "iat": NOW, "iss": ASH, "jti": ident(name)}
    claims |= {"mt": "bundle", "nonce": ident(name), "sv": "ltp:bundle/1.0", "body": {"text": ""}}
    words = "What helps on a hard morning: a quiet start, one task at a time. "
    text = words * (size // len(words) + 1)
    return {"text": text[: size - len(dumps(claims))]}


def receipt(of: Json, recipients: Any, **more: Any) -> Json:
    body = {
        "codes": [],
        "content_sha256": of["content_sha256"],
        "envelope_sha256": of["envelope_sha256"],
        "of": {"iss": ASH, "jti": of["claims"]["jti"]},
        "received": NOW + 100,
        "status": "delivered",
        **more,
    }
    alg, status = recipients[0].alg, body["status"]
    return message(
        f"receipt-{status}-{alg.lower()}",
        f"a receipt of state {status}, to a key of {alg}",
        ASH_DESK,
        body,
        recipients,
        sender=HOLLOW,
        mt="receipt",
        sv="ltp:receipt/1.0",
        iat=NOW + 100,
    )


UNICODE: Json = {
    "a": [1, -1, 0, 9007199254740991, -9007199254740991, True, False, None, {}, []],
    "B": "sorted before a",
    "text": 'quote " backslash \\ slash / tab \t line \n null \u0000 del \u007f é Šmíd 漢 🙂 \u2028',
    "extensions": {"10": "ten", "9": "nine", "__proto__": "a name like any other"},
}


def messages() -> list[Json]:
    nine, ten = DESKS[GENERAL]
    to_dsl = example("bundle/valid/nil-return-to-dsl.json")
    profile = example("bundle/valid/profile-to-provider.json")
    notice = example("bundle/valid/notification-to-local-authority.json")
    small = {"text": "a small body, for the desk general"}
    first = message("bundle-hpke-9", "the smallest case: one key of HPKE-9-KE", GENERAL, small, [nine])
    made = [
        first,
        message("bundle-hpke-10", "one key of HPKE-10-KE", GENERAL, small, [ten]),
        receipt(first, DESKS[ASH_DESK][:1]),
        receipt(first, DESKS[ASH_DESK][1:], status="rejected", codes=["misdirected"]),
        message("profile-two-keys", "a real bundle to both keys of a desk", GENERAL, profile, [nine, ten]),
        message("companion", "a nil return, raised to class 1", DSL, to_dsl, DESKS[DSL], minimum_class=1),
        message("notice-32-keys", "as many keys as a message may have", MANY, notice, DESKS[MANY]),
        message("characters", "all that canonical JSON has to spell in one way", GENERAL, UNICODE, [nine]),
        message("longest-life", "14 days", GENERAL, small, [nine], exp=NOW + 14 * DAY),
        message("five-minutes-early", "a sender's fast clock", GENERAL, small, [nine], iat=NOW + 300),
        message("answer", "with irt", GENERAL, small, [nine], irt=ident("bundle-hpke-9")),
        message("unknown-schema", "a version for step 13", GENERAL, small, [nine], sv="ltp:bundle/9999.9"),
    ]
    for size, recipients in ((20_332, [nine]), (60_204, [nine, ten])):
        name = f"claims-of-{size}"
        made.append(message(name, f"claims of {size} bytes", GENERAL, filled(size, name), recipients))
    return made
