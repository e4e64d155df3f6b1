"""Receipts: the receiving organisation's signed word on a bundle, made here and checked here.

A receipt's body keeps LTP-1's own names and epoch seconds (§2.5). It carries codes only, never content, and is
itself never receipted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import schemas
from gateway.problems import Refused
from gateway.sealing import CannotSeal, Letter, canonical, kept_body, sealed_letter
from gateway.services import Services
from gateway.store.records import ArrivedReceipt, Content, NewReceipt
from gateway.transfer import DEFAULT_DEADLINE_DAYS, State
from gateway.vault import DataKey
from signing import Verified


@dataclass(frozen=True, slots=True)
class Subject:
    """The message that a receipt is about, as its receiver knows it."""

    organisation: str
    sender: str
    jti: str
    content_sha256: str
    envelope_sha256: str


def make(
    services: Services,
    subject: Subject,
    status: State,
    key: DataKey,
    *,
    codes: Sequence[str] = (),
    role: str | None = None,
) -> NewReceipt:
    """A receipt, sealed to the sender's general desk where its keys are known, else kept to be sealed later."""
    now = services.clock.seconds
    body: dict[str, Any] = {
        "codes": list(codes),
        "content_sha256": subject.content_sha256,
        "envelope_sha256": subject.envelope_sha256,
        "of": {"iss": subject.sender, "jti": subject.jti},
        "received": now,
        "status": status.value,
    }
    if role is not None:
        body["by"] = {"role": role}
    aud = f"{subject.sender}/general"
    sealed = None
    try:
        _, sealed = sealed_letter(services, Letter(subject.organisation, aud, "receipt", body), key)
        content = sealed.jws
    except CannotSeal:
        content = kept_body(canonical(body), key)
    return NewReceipt(
        status=status,
        codes=tuple(codes),
        by_role=role,
        of_jti=subject.jti,
        received=now,
        iss=subject.organisation,
        aud=aud,
        content=content,
        sealed=sealed,
        deadline_ms=services.clock.ms + DEFAULT_DEADLINE_DAYS * 86_400_000,
        content_sha256=subject.content_sha256,
    )


def take(services: Services, verified: Verified, key: DataKey, jws: Content) -> State:
    """Moves our bundle on as a verified receipt says. Raises Refused for one that is not about a message of ours.

    The store compares it with what was sent: the sender of the receipt must be the organisation that the message
    went to, and the content hash the one kept for that very message.
    """
    if verified.sv != f"ltp:receipt/{schemas.VERSION}":
        raise Refused("receipt.version", "The receipt is of a version that is not known here.")
    body = _checked(verified.body)
    if body["of"]["iss"] != verified.aud.partition("/")[0]:
        raise _not_ours()
    arrived = ArrivedReceipt(
        org=verified.aud.partition("/")[0],
        peer=verified.iss,
        of_jti=body["of"]["jti"],
        status=State(body["status"]),
        codes=tuple(body["codes"]),
        by_role=body.get("by", {}).get("role"),
        received=body["received"],
        content_sha256=body["content_sha256"],
        receipt_sha256=verified.content_sha256,
        content=jws,
        now_ms=services.clock.ms,
    )
    try:
        return services.store.take_receipt(arrived)
    except LookupError:
        raise _not_ours() from None


def _checked(body: Mapping[str, Any]) -> Mapping[str, Any]:
    problems = schemas.validate("receipt", body)
    if problems:
        raise Refused("receipt.invalid", "The receipt is not in the published form.", findings=problems)
    return body


def _not_ours() -> Refused:
    return Refused(
        "receipt.not-ours",
        "The receipt does not fit any message that was sent from here to the organisation that signed it.",
    )
