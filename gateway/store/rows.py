"""What the writes share: rows that go in, envelopes that come and go, and the audit row of every event."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Table

from gateway.store import log
from gateway.store import statements as s
from gateway.store import tables as t
from gateway.store.records import (
    Content,
    Due,
    Envelope,
    Queued,
)
from gateway.transfer import LEASE_MS


def audit(connection: Connection, events: Sequence[Mapping[str, Any]]) -> None:
    """Appends event records: ids, hashes and outcomes, nothing about a child; their digests go into the log."""
    rows = []
    for event in events:
        record = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
        # RFC 9162 §2.1.1: the leaf hash is over 0x00 and the entry.
        rows.append({"record": record, "leaf": hashlib.sha256(b"\x00" + record).digest()})
    s.insert_into(t.audit).run_many(connection, rows)
    log.append(connection, log.entries_of(events))


def insert_row(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """Inserts a row and gives its id."""
    return int(s.insert_one(table).first(connection, values)[0])


def insert_if_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Inserts unless the row is already there; says whether it was new."""
    return bool(s.insert_new(table, connection.dialect.name).run(connection, values))


def keep(connection: Connection, content: Content) -> int:
    """Keeps encrypted content and gives its id."""
    return insert_row(
        connection, t.content, {"key_id": content.key_id, "form": content.form, "blob": content.blob}
    )


def keep_envelope(connection: Connection, outgoing_id: int, sealed: Envelope, content_id: int) -> None:
    """Keeps an envelope with everything that a receipt for it will be compared with."""
    values = {
        "iss": sealed.iss,
        "jti": sealed.jti,
        "outgoing_id": outgoing_id,
        "content_sha256": sealed.content_sha256,
        "envelope_sha256": sealed.envelope_sha256,
        "content_id": content_id,
        "exp": sealed.exp,
        "envelope": sealed.envelope,
    }
    s.insert_into(t.sealed).run(connection, values)


def drop_envelopes(connection: Connection, outgoing_id: int) -> None:
    """Gives up the bytes of every envelope of a delivery; what is known of them stays."""
    s.drop_envelopes.run(connection, {"b_outgoing_id": outgoing_id})


def event(now_ms: int, name: str, iss: str, sealed: Envelope | None) -> dict[str, Any]:
    """The audit record of an event, with the hashes of the envelope where there is one."""
    event: dict[str, Any] = {"at": now_ms // 1000, "ev": name, "iss": iss, "outcome": "ok"}
    if sealed is not None:
        event |= {
            "jti": sealed.jti,
            "content_sha256": sealed.content_sha256,
            "envelope_sha256": sealed.envelope_sha256,
        }
    return event


def receipt_event(now_ms: int, iss: str, answer: tuple[str, str], sealed: Envelope | None) -> dict[str, Any]:
    """The audit record of a receipt of ours: what it says, of which message, and its hashes once it is signed."""
    status, content_sha256 = answer
    record = event(now_ms, f"receipt.{status}", iss, sealed)
    if sealed is not None:
        record |= {
            "receipt_sha256": sealed.content_sha256,
            "content_sha256": content_sha256,
            "status": status,
        }
    return record


def queue(connection: Connection, new: Queued) -> int:
    """Puts a delivery, with its envelope where there is one, into the outbox and gives its id."""
    values = {
        "bundle_row": new.bundle_row,
        "mt": new.mt,
        "iss": new.iss,
        "aud": new.aud,
        "content_id": new.content_id,
        "minimum_class": new.minimum_class,
        "due_ms": new.now_ms + LEASE_MS if new.leased else new.now_ms,
        "deadline_ms": new.deadline_ms,
        "attempts": int(new.leased),
        "reason": "",
    }
    outgoing_id = insert_row(connection, t.outgoing, values)
    if new.sealed:
        keep_envelope(connection, outgoing_id, new.sealed, new.content_id)
    return outgoing_id


def claimed(outgoing_id: int, new: Queued, content: Content) -> Due:
    """A delivery that was leased as it was queued, in the form in which a worker gets it."""
    return Due(
        outgoing_id=outgoing_id,
        bundle_row=new.bundle_row,
        mt=new.mt,
        iss=new.iss,
        aud=new.aud,
        minimum_class=new.minimum_class,
        deadline_ms=new.deadline_ms,
        attempts=1,
        content=content,
        envelope=new.sealed.envelope if new.sealed else None,
        envelope_sha256=new.sealed.envelope_sha256 if new.sealed else "",
        exp=new.sealed.exp if new.sealed else 0,
    )
