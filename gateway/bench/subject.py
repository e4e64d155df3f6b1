"""What is measured: one invented final report whose bundle has claims of exactly 20,332 bytes.

The report is the example of the standard, with its interventions repeated until the size is nearly reached
and one text lengthened to the byte: a big ordinary document, not one long string.
"""

import copy
import json
import uuid
from importlib import resources
from typing import Any

import schemas
from gateway.disclosure import split
from gateway.sealing import Letter
from signing import Outgoing
from signing.claims import write

#: The size of "20 kB" in every figure of this project.
CLAIMS_BYTES = 20_332

SENDER, RECEIVER = "urn:ltp:org:hollow-farm", "urn:ltp:org:ash-vale"
ADDRESS = f"{RECEIVER}/general"

_ID = "A" * 22
_CREATED = "2026-12-15T11:30:00Z"
Json = dict[str, Any]


def transfer() -> Json:
    """A transfer of one final report to one recipient, of the exact size. Valid against its schema."""
    text = (resources.files("schemas") / "v1/examples/transfer/valid/end-of-placement.json").read_text(
        "utf-8"
    )
    value: Json = json.loads(text)
    # What goes beside the report is left away; the report alone makes the size.
    for member in ("attachments", "extensions", "deadline"):
        value.pop(member, None)
    report = value["documents"][0]
    first = report["interventionsAndImpact"][0]
    while CLAIMS_BYTES - claims_length(value) > 1_000:
        again = copy.deepcopy(first)
        again["id"] = f"more{len(report['interventionsAndImpact'])}"
        report["interventionsAndImpact"].append(again)
    report["pupilVoice"][0]["response"] += " I would come back." * 60
    surplus = claims_length(value) - CLAIMS_BYTES
    report["pupilVoice"][0]["response"] = report["pupilVoice"][0]["response"][:-surplus]
    return value


def fresh(value: Json) -> Json:
    """The same transfer under a new id."""
    return {**value, "transferId": str(uuid.uuid4())}


def bundle(value: Json) -> Json:
    """The body of the one bundle that the gateway makes of the transfer."""
    (part,) = split(value).parts
    return {"bundleId": str(uuid.uuid4()), "createdAt": _CREATED, **part.body}


def outgoing(body: Json, now: int) -> Outgoing:
    """The bundle as a message."""
    return Letter(SENDER, ADDRESS, "bundle", body).outgoing(now)


def of_size(size: int, now: int) -> Outgoing:
    """A message with claims of exactly ``size`` bytes: the report, or as much of its interventions."""
    if size == CLAIMS_BYTES:
        return outgoing(bundle(transfer()), now)
    item = transfer()["documents"][0]["interventionsAndImpact"][0]
    body: Json = {"items": [item], "text": ""}
    step = claims_size(body) - claims_size({"items": [], "text": ""}) + 1
    body["items"] = [copy.deepcopy(item) for _ in range((size - claims_size({**body, "items": []})) // step)]
    body["text"] = "x" * (size - claims_size(body))
    return outgoing(body, now)


def claims_size(body: Json) -> int:
    """How long the claims of a message with this body are."""
    return len(claims(outgoing(body, 1_790_000_000)))


def claims(message: Outgoing) -> bytes:
    """The claims that are signed for a message, with stand-ins of the right length for its random ids."""
    members = {
        "aud": [message.aud],
        "body": message.body,
        "exp": message.exp,
        "iat": message.iat,
        "iss": message.iss,
        "jti": message.jti or _ID,
        "mt": message.mt,
        "nonce": message.nonce or _ID,
        "sv": message.sv,
    }
    return write(members)[0]


def claims_length(value: Json) -> int:
    """How long the claims of a transfer's one bundle are."""
    return claims_size(bundle(value))


def receipt(now: int) -> Outgoing:
    """The receipt that answers the bundle, as a message."""
    digest = "A" * 43
    body = {
        "codes": [],
        "content_sha256": digest,
        "envelope_sha256": digest,
        "of": {"iss": SENDER, "jti": _ID},
        "received": now,
        "status": "delivered",
    }
    schemas.check("receipt", body)
    return Letter(RECEIVER, f"{SENDER}/general", "receipt", body).outgoing(now)
