"""The writes of receiving: bundles that arrive, receipts that are issued and taken.

Called by the writer thread inside its transaction; every operation leaves its audit row there. An operation that
raises has, by the writer's rule, changed nothing.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from gateway.problems import Conflict
from gateway.store import rows
from gateway.store import statements as s
from gateway.store import tables as t
from gateway.store.records import (
    Arrived,
    ArrivedReceipt,
    Due,
    Kept,
    NewReceipt,
    Queued,
)
from gateway.transfer import State, after_receipt


def arrive(connection: Connection, wanted: tuple[Arrived, int]) -> Kept:
    """Keeps a bundle and its receipt, leased when there is a place for it.

    Not fresh when it was here before: then its receipts so far go out again. Raises Conflict when the same ``jti``
    or ``bundleId`` came before with another body.
    """
    new, places = wanted
    known = _known_bundle(connection, new)
    if known is not None:
        _remember(connection, new, known)
        _resend_receipts(connection, known, new)
        return Kept(False)
    content_id = rows.keep(connection, new.content) if new.content else None
    row = rows.insert_row(
        connection,
        t.bundle,
        {
            "direction": "in",
            "org": new.org,
            "peer": new.peer,
            "bundle_id": new.bundle_id,
            "transfer_id": new.transfer_id,
            "desk": new.desk,
            "readers": new.readers,
            "state": new.receipt.status,
            "reason": "",
            "body_sha256": new.body_sha256,
            "content_id": content_id,
            "created_ms": new.now_ms,
            "changed_ms": new.now_ms,
        },
    )
    _remember(connection, new, row)
    leased = _issue(connection, row, new.receipt, new.now_ms, leased=places > 0)
    event = {
        "at": new.now_ms // 1000,
        "ev": f"bundle.{new.receipt.status}",
        "iss": new.peer,
        "jti": new.jti,
        "content_sha256": new.content_sha256,
        "envelope_sha256": new.envelope_sha256,
        "outcome": ",".join(new.receipt.codes) or "ok",
    }
    rows.audit(connection, [event, _issued(new.receipt, new.now_ms)])
    return Kept(True, leased)


def _issued(receipt: NewReceipt, now_ms: int) -> dict[str, Any]:
    answer = (str(receipt.status), receipt.content_sha256)
    return rows.receipt_event(now_ms, receipt.iss, answer, receipt.sealed)


def _known_bundle(connection: Connection, new: Arrived) -> int | None:
    by_jti = {"b_org": new.org, "b_iss": new.peer, "b_jti": new.jti}
    by_bundle = {"b_org": new.org, "b_bundle_id": new.bundle_id}
    for query, where in ((s.seen_by_jti, by_jti), (s.received_by_id, by_bundle)):
        row = query.first(connection, where)
        if row is not None:
            if (row[0], row[1]) != (new.body_sha256, new.peer):
                raise Conflict(
                    "message.conflict",
                    "A message with the same id was received before with another content.",
                    "Send a corrected document as a new bundle with a higher version.",
                )
            return int(row[2])
    return None


def _remember(connection: Connection, new: Arrived, row: int) -> None:
    values = {"org": new.org, "body_sha256": new.body_sha256, "bundle_row": row, "exp": new.exp}
    values["envelope_sha256"] = new.envelope_sha256
    rows.insert_if_new(connection, t.seen, {"iss": new.peer, "jti": new.jti, **values})


def _issue(
    connection: Connection, row: int, receipt: NewReceipt, now_ms: int, *, leased: bool
) -> tuple[Due, ...]:
    content = receipt.sealed.jws if receipt.sealed else receipt.content
    content_id = rows.keep(connection, content)
    values = {
        "bundle_row": row,
        "status": receipt.status,
        "codes": ",".join(receipt.codes),
        "by_role": receipt.by_role,
        "of_jti": receipt.of_jti,
        "received": receipt.received,
        "content_id": content_id,
    }
    s.insert_into(t.receipt).run(connection, values)
    queued = replace(_to_go(receipt, row, content_id, now_ms), sealed=receipt.sealed, leased=leased)
    outgoing_id = rows.queue(connection, queued)
    return (rows.claimed(outgoing_id, queued, content),) if leased else ()


def _to_go(receipt: NewReceipt, row: int, content_id: int, now_ms: int) -> Queued:
    """A receipt in the outbox that is still to be sealed."""
    return Queued(
        bundle_row=row,
        mt="receipt",
        iss=receipt.iss,
        aud=receipt.aud,
        minimum_class=0,
        deadline_ms=receipt.deadline_ms,
        content_id=content_id,
        sealed=None,
        now_ms=now_ms,
        leased=False,
    )


def _resend_receipts(connection: Connection, row: int, new: Arrived) -> None:
    """Queues the receipts so far again; without an envelope, so that each is sealed afresh.

    One that is still waiting to go out is not queued a second time.
    """
    waiting = select(t.outgoing.c.content_id).where(
        t.outgoing.c.bundle_row == row, t.outgoing.c.mt == "receipt", t.outgoing.c.due_ms.isnot(None)
    )
    again = select(t.receipt.c.content_id).where(
        t.receipt.c.bundle_row == row, t.receipt.c.content_id.notin_(waiting)
    )
    for content_id in connection.execute(again.order_by(t.receipt.c.id)).scalars().all():
        rows.queue(connection, _to_go(new.receipt, row, content_id, new.now_ms))


def issue_receipt(connection: Connection, wanted: tuple[int, NewReceipt, int, int]) -> Kept:
    """Moves a received bundle on and queues the receipt that says so, leased when there is a place for it.

    Not fresh when the bundle is there already.
    """
    row, receipt, now_ms, places = wanted
    state = State(s.bundle_state.first(connection, {"b_id": row}).state)
    if after_receipt(state, receipt.status) == state:
        return Kept(False)
    moved = {"state": receipt.status, "reason": "", "changed_ms": now_ms}
    s.bundle_row.run(connection, {"b_id": row, **moved})
    leased = _issue(connection, row, receipt, now_ms, leased=places > 0)
    rows.audit(connection, [_issued(receipt, now_ms)])
    return Kept(True, leased)


def take_receipt(connection: Connection, new: ArrivedReceipt) -> State:
    """Moves our bundle on, as a verified receipt says, and gives the state that it has now.

    Raises LookupError when no message of ours has that id, or it went to somebody else, or had another content:
    a receipt that does not fit is never taken for one that does.
    """
    found = s.receipted_message.first(connection, {"b_iss": new.org, "b_jti": new.of_jti})
    if found is None or (found.content_sha256, found.peer) != (new.content_sha256, new.peer):
        raise LookupError("no message of ours fits this receipt")
    _keep_receipt(connection, new, found.bundle_row)
    after = after_receipt(State(found.state), new.status)
    moved = {"state": after, "reason": "", "changed_ms": new.now_ms}
    s.bundle_row.run(connection, {"b_id": found.bundle_row, **moved})
    s.nothing_to_send.run(connection, {"b_id": found.outgoing_id})
    rows.drop_envelopes(connection, found.outgoing_id)
    event = {
        "at": new.now_ms // 1000,
        "ev": f"receipt.{new.status}.received",
        "iss": new.peer,
        "jti": new.of_jti,
        "content_sha256": new.content_sha256,
        "receipt_sha256": new.receipt_sha256,
        "status": str(new.status),
        "outcome": "ok",
    }
    rows.audit(connection, [event])
    return after


def _keep_receipt(connection: Connection, new: ArrivedReceipt, row: int) -> None:
    if s.receipt_with_status.first(connection, {"b_bundle_row": row, "b_status": new.status}) is not None:
        return
    values = {
        "bundle_row": row,
        "status": new.status,
        "codes": ",".join(new.codes),
        "by_role": new.by_role,
        "of_jti": new.of_jti,
        "received": new.received,
        "content_id": rows.keep(connection, new.content),
    }
    s.insert_into(t.receipt).run(connection, values)
