"""The writes of sending: transfers, claims, envelopes made again, how attempts ended.

Called by the writer thread inside its transaction; every operation leaves its audit row there. An operation that
raises has, by the writer's rule, changed nothing.
"""

from typing import Any

from sqlalchemy import Connection, and_, select, update

from gateway.problems import Conflict
from gateway.store import rows
from gateway.store import statements as s
from gateway.store import tables as t
from gateway.store.records import (
    Attempt,
    Content,
    Due,
    Kept,
    NewBundle,
    NewTransfer,
    Queued,
    SealedAgain,
)
from gateway.transfer import State


def accept_transfer(connection: Connection, wanted: tuple[NewTransfer, int]) -> Kept:
    """Keeps a transfer and all its deliveries, as many of them leased as ``wanted`` says beside it.

    Not fresh when this very request was accepted before. Raises Conflict when its Idempotency-Key or its
    transferId was used for another request.
    """
    new, places = wanted
    if _known_request(connection, new):
        return Kept(False)
    under_key = _request_under_key(new)
    s.insert_into(t.transfer).run(connection, under_key)
    s.insert_into(t.idempotency).run(connection, under_key)
    dues = [_send_bundle(connection, new, b, leased=place < places) for place, b in enumerate(new.bundles)]
    rows.audit(connection, [rows.event(new.now_ms, "bundle.queued", b.org, b.sealed) for b in new.bundles])
    return Kept(True, tuple(due for due in dues if due is not None))


def _known_request(connection: Connection, new: NewTransfer) -> bool:
    by_key = {"b_org": new.org, "b_key": new.idempotency_key}
    by_id = {"b_org": new.org, "b_transfer_id": new.transfer_id}
    queries = ((s.request_by_key, by_key, "Idempotency-Key"), (s.request_by_id, by_id, "transferId"))
    for query, where, what in queries:
        known = query.first(connection, where)
        if known is None:
            continue
        if known.request_sha256 != new.request_sha256:
            raise Conflict(
                "transfer.conflict",
                f"This {what} was already used for a transfer with another content.",
                f"Use a new {what} for a new transfer; to correct a document, raise its version.",
            )
        if what == "transferId":
            # The same transfer under another key: that key has its answer from now on as well.
            rows.insert_if_new(connection, t.idempotency, _request_under_key(new))
        return True
    return False


def _request_under_key(new: NewTransfer) -> dict[str, Any]:
    return {
        "org": new.org,
        "transfer_id": new.transfer_id,
        "request_sha256": new.request_sha256,
        "created_ms": new.now_ms,
        "key": new.idempotency_key,
    }


def _send_bundle(connection: Connection, new: NewTransfer, bundle: NewBundle, *, leased: bool) -> Due | None:
    content = bundle.sealed.jws if bundle.sealed else bundle.content
    assert content is not None  # noqa: S101 - the type says one of the two; both absent is a bug
    content_id = rows.keep(connection, content)
    values = {
        "direction": "out",
        "org": bundle.org,
        "peer": bundle.peer,
        "bundle_id": bundle.bundle_id,
        "transfer_id": new.transfer_id,
        "desk": bundle.desk,
        "readers": bundle.readers,
        "state": State.DELIVERING if leased else State.QUEUED,
        "reason": bundle.reason,
        "body_sha256": bundle.body_sha256,
        "content_id": content_id,
        "created_ms": new.now_ms,
        "changed_ms": new.now_ms,
    }
    queued = Queued(
        bundle_row=rows.insert_row(connection, t.bundle, values),
        mt="bundle",
        iss=bundle.org,
        aud=bundle.aud,
        minimum_class=bundle.minimum_class,
        deadline_ms=bundle.deadline_ms,
        content_id=content_id,
        sealed=bundle.sealed,
        now_ms=new.now_ms,
        leased=leased,
    )
    outgoing_id = rows.queue(connection, queued)
    return rows.claimed(outgoing_id, queued, content) if leased else None


def claim(connection: Connection, wanted: tuple[int, int, int]) -> list[Due]:
    """Leases up to ``limit`` due deliveries until ``now_ms + lease_ms``: ``wanted`` is (now_ms, limit, lease_ms)."""
    now_ms, limit, lease_ms = wanted
    ids = list(connection.execute(s.due_ids, {"b_now_ms": now_ms, "b_limit": limit}).scalars())
    if not ids:
        return []
    connection.execute(s.lease, {"b_ids": ids, "due_ms": now_ms + lease_ms})
    claimed = [_due(connection, outgoing_id) for outgoing_id in ids]
    moving = [due.bundle_row for due in claimed if due.mt == "bundle"]
    if moving:
        connection.execute(s.delivering, {"b_ids": moving, "changed_ms": now_ms})
    return claimed


def release_leases(connection: Connection, now_ms: int) -> None:
    """Makes deliveries due at once that a former process had claimed; called once, before any worker runs."""
    moving = t.bundle.c.state == State.DELIVERING
    mine = select(t.bundle.c.id).where(moving)
    unfinished = and_(t.outgoing.c.due_ms.isnot(None), t.outgoing.c.bundle_row.in_(mine))
    receipts = and_(t.outgoing.c.due_ms > now_ms, t.outgoing.c.mt == "receipt", t.outgoing.c.reason == "")
    connection.execute(update(t.outgoing).where(unfinished | receipts).values(due_ms=now_ms))
    connection.execute(update(t.bundle).where(moving).values(state=State.QUEUED, changed_ms=now_ms))


def _due(connection: Connection, outgoing_id: int) -> Due:
    where = {"b_outgoing_id": outgoing_id}
    row = connection.execute(s.due_row, where).one()
    newest = connection.execute(s.newest_envelope, where).one_or_none()
    return Due(
        outgoing_id=row.id,
        bundle_row=row.bundle_row,
        mt=row.mt,
        iss=row.iss,
        aud=row.aud,
        minimum_class=row.minimum_class,
        deadline_ms=row.deadline_ms,
        attempts=row.attempts,
        content=Content(row.key_id, row.form, row.blob),
        envelope=newest.envelope if newest else None,
        envelope_sha256=newest.envelope_sha256 if newest else "",
        exp=newest.exp if newest else 0,
        reason=row.reason,
    )


def sealed_again(connection: Connection, new: SealedAgain) -> None:
    """Keeps a fresh envelope for a delivery, durable before it goes out; older ones give up their bytes."""
    sealed = new.sealed
    rows.drop_envelopes(connection, new.outgoing_id)
    rows.keep_envelope(connection, new.outgoing_id, sealed, rows.keep(connection, sealed.jws))
    if new.answer is None:
        event = rows.event(new.now_ms, "bundle.sealed", sealed.iss, sealed)
    else:
        event = rows.receipt_event(new.now_ms, sealed.iss, new.answer, sealed)
    rows.audit(connection, [event])


def attempted(connection: Connection, attempt: Attempt) -> None:
    """Writes down how an attempt ended, unless a receipt or another worker was faster (fenced by attempts)."""
    ended = {"due_ms": attempt.due_ms, "reason": attempt.reason}
    mine = {"b_id": attempt.outgoing_id, "b_attempts": attempt.attempts}
    if not s.attempt_ended.run(connection, {**mine, **ended}):
        return
    if attempt.mt == "receipt":
        if attempt.due_ms is None:
            rows.drop_envelopes(connection, attempt.outgoing_id)
        return
    moved = {"state": attempt.state, "reason": attempt.reason, "changed_ms": attempt.now_ms}
    s.unsettled_bundle.run(connection, {"b_id": attempt.bundle_row, **moved})
