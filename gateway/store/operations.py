"""The writes, each as a function of a connection: called by the writer thread inside its transaction.

Every operation leaves its audit row in the same transaction. An operation that raises has, by the writer's
rule, changed nothing.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from typing import Any

import orjson
from sqlalchemy import Connection, Table, and_, select, update

from gateway.problems import Conflict
from gateway.store import statements as s
from gateway.store import tables as t
from gateway.store.records import (
    Arrived,
    ArrivedReceipt,
    Attempt,
    Content,
    Due,
    Envelope,
    Held,
    NewBundle,
    NewReceipt,
    NewTransfer,
)
from gateway.transfer import State, after_receipt

_HELD = tuple(field.name for field in fields(Held))
_HELD_OTHERWISE = "A message with the same id is held with another content."


def audit(connection: Connection, events: Sequence[Mapping[str, Any]]) -> None:
    """Appends event records: ids, hashes and outcomes, nothing about a child."""
    rows = []
    for event in events:
        record = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
        # RFC 9162 §2.1.1: the leaf hash is over 0x00 and the entry.
        rows.append({"record": record, "leaf": hashlib.sha256(b"\x00" + record).digest()})
    connection.execute(s.insert_into(t.audit), rows)


def _insert(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    key = connection.execute(s.insert_into(table), values).inserted_primary_key
    assert key is not None  # noqa: S101 - a single-row insert always has one
    return int(key[0])


def _insert_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Inserts unless the row is already there; says whether it was new."""
    return bool(connection.execute(s.insert_new(table, connection.dialect.name), values).rowcount)


def _keep(connection: Connection, content: Content) -> int:
    return _insert(
        connection, t.content, {"key_id": content.key_id, "form": content.form, "blob": content.blob}
    )


def _keep_envelope(connection: Connection, outgoing_id: int, sealed: Envelope, content_id: int) -> None:
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
    connection.execute(s.insert_into(t.sealed), values)


def accept_transfer(connection: Connection, new: NewTransfer) -> bool:
    """Keeps a transfer and all its deliveries. False when this very request was accepted before.

    Raises Conflict when its Idempotency-Key or its transferId was used for another request.
    """
    if _known_request(connection, new):
        return False
    under_key = _request_under_key(new)
    connection.execute(s.insert_into(t.transfer), {k: v for k, v in under_key.items() if k != "key"})
    connection.execute(s.insert_into(t.idempotency), under_key)
    for bundle in new.bundles:
        _send_bundle(connection, new, bundle)
    audit(connection, [_event(new.now_ms, "bundle.queued", b.org, b.sealed) for b in new.bundles])
    return True


def _known_request(connection: Connection, new: NewTransfer) -> bool:
    by_key = {"b_org": new.org, "b_key": new.idempotency_key}
    by_id = {"b_org": new.org, "b_transfer_id": new.transfer_id}
    queries = ((s.request_by_key, by_key, "Idempotency-Key"), (s.request_by_id, by_id, "transferId"))
    for query, where, what in queries:
        known = connection.execute(query, where).scalar_one_or_none()
        if known is None:
            continue
        if known != new.request_sha256:
            raise Conflict(
                "transfer.conflict",
                f"This {what} was already used for a transfer with another content.",
                f"Use a new {what} for a new transfer; to correct a document, raise its version.",
            )
        if what == "transferId":
            # The same transfer under another key: that key has its answer from now on as well.
            _insert_new(connection, t.idempotency, _request_under_key(new))
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


def _event(now_ms: int, name: str, iss: str, sealed: Envelope | None) -> dict[str, Any]:
    event: dict[str, Any] = {"at": now_ms // 1000, "ev": name, "iss": iss, "outcome": "ok"}
    if sealed is not None:
        event |= {
            "jti": sealed.jti,
            "content_sha256": sealed.content_sha256,
            "envelope_sha256": sealed.envelope_sha256,
        }
    return event


def _send_bundle(connection: Connection, new: NewTransfer, bundle: NewBundle) -> None:
    content = bundle.sealed.jws if bundle.sealed else bundle.content
    assert content is not None  # noqa: S101 - the type says one of the two; both absent is a bug
    content_id = _keep(connection, content)
    row = _insert(
        connection,
        t.bundle,
        {
            "direction": "out",
            "org": bundle.org,
            "peer": bundle.peer,
            "bundle_id": bundle.bundle_id,
            "transfer_id": new.transfer_id,
            "desk": bundle.desk,
            "readers": bundle.readers,
            "state": State.QUEUED,
            "reason": bundle.reason,
            "body_sha256": bundle.body_sha256,
            "content_id": content_id,
            "created_ms": new.now_ms,
            "changed_ms": new.now_ms,
        },
    )
    outgoing_id = _insert(
        connection,
        t.outgoing,
        {
            "bundle_row": row,
            "mt": "bundle",
            "iss": bundle.org,
            "aud": bundle.aud,
            "content_id": content_id,
            "minimum_class": bundle.minimum_class,
            "due_ms": new.now_ms,
            "deadline_ms": bundle.deadline_ms,
        },
    )
    if bundle.sealed:
        _keep_envelope(connection, outgoing_id, bundle.sealed, content_id)


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
    )


def sealed_again(connection: Connection, new: tuple[int, Envelope]) -> None:
    """Keeps a fresh envelope for a delivery, durable before it goes out; older ones give up their bytes."""
    outgoing_id, sealed = new
    _drop_envelopes(connection, outgoing_id)
    _keep_envelope(connection, outgoing_id, sealed, _keep(connection, sealed.jws))


def _drop_envelopes(connection: Connection, outgoing_id: int) -> None:
    connection.execute(s.drop_envelopes, {"b_outgoing_id": outgoing_id})


def attempted(connection: Connection, attempt: Attempt) -> None:
    """Writes down how an attempt ended, unless a receipt or another worker was faster (fenced by attempts)."""
    ended = {"due_ms": attempt.due_ms, "reason": attempt.reason}
    mine = {"b_id": attempt.outgoing_id, "b_attempts": attempt.attempts}
    if not connection.execute(s.attempt_ended, {**mine, **ended}).rowcount:
        return
    if attempt.mt == "receipt":
        if attempt.due_ms is None:
            _drop_envelopes(connection, attempt.outgoing_id)
        return
    moved = {"state": attempt.state, "reason": attempt.reason, "changed_ms": attempt.now_ms}
    connection.execute(s.unsettled_bundle, {"b_id": attempt.bundle_row, **moved})


def arrive(connection: Connection, new: Arrived) -> bool:
    """Keeps a bundle and its receipt. False when it was here before: then its receipts so far go out again.

    Raises Conflict when the same ``jti`` or ``bundleId`` came before with another body.
    """
    known = _known_bundle(connection, new)
    if known is not None:
        _remember(connection, new, known)
        _resend_receipts(connection, known, new)
        return False
    content_id = _keep(connection, new.content) if new.content else None
    row = _insert(
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
            "body_sha256": new.body_sha256,
            "content_id": content_id,
            "created_ms": new.now_ms,
            "changed_ms": new.now_ms,
        },
    )
    _remember(connection, new, row)
    _issue(connection, row, new.receipt, new.now_ms)
    event = {
        "at": new.now_ms // 1000,
        "ev": f"bundle.{new.receipt.status}",
        "iss": new.peer,
        "jti": new.jti,
        "content_sha256": new.content_sha256,
        "envelope_sha256": new.envelope_sha256,
        "outcome": ",".join(new.receipt.codes) or "ok",
    }
    audit(connection, [event])
    return True


def _known_bundle(connection: Connection, new: Arrived) -> int | None:
    by_jti = {"b_org": new.org, "b_iss": new.peer, "b_jti": new.jti}
    by_bundle = {"b_org": new.org, "b_bundle_id": new.bundle_id}
    for query, where in ((s.seen_by_jti, by_jti), (s.received_by_id, by_bundle)):
        row = connection.execute(query, where).one_or_none()
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
    _insert_new(connection, t.seen, {"iss": new.peer, "jti": new.jti, **values})


def _issue(connection: Connection, row: int, receipt: NewReceipt, now_ms: int) -> None:
    content_id = _keep(connection, receipt.sealed.jws if receipt.sealed else receipt.content)
    values = {
        "bundle_row": row,
        "status": receipt.status,
        "codes": ",".join(receipt.codes),
        "by_role": receipt.by_role,
        "of_jti": receipt.of_jti,
        "received": receipt.received,
        "content_id": content_id,
    }
    connection.execute(s.insert_into(t.receipt), values)
    outgoing_id = _queue_receipt(
        connection, row, content_id, (receipt.iss, receipt.aud, receipt.deadline_ms, now_ms)
    )
    if receipt.sealed:
        _keep_envelope(connection, outgoing_id, receipt.sealed, content_id)


def _queue_receipt(
    connection: Connection, row: int, content_id: int, address: tuple[str, str, int, int]
) -> int:
    iss, aud, deadline_ms, now_ms = address
    return _insert(
        connection,
        t.outgoing,
        {
            "bundle_row": row,
            "mt": "receipt",
            "iss": iss,
            "aud": aud,
            "content_id": content_id,
            "minimum_class": 0,
            "due_ms": now_ms,
            "deadline_ms": deadline_ms,
        },
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
        address = (new.receipt.iss, new.receipt.aud, new.receipt.deadline_ms, new.now_ms)
        _queue_receipt(connection, row, content_id, address)


def issue_receipt(connection: Connection, new: tuple[int, NewReceipt, int]) -> bool:
    """Moves a received bundle on and queues the receipt that says so. False when it is there already."""
    row, receipt, now_ms = new
    state = State(connection.execute(s.bundle_state, {"b_id": row}).scalar_one())
    if after_receipt(state, receipt.status) == state:
        return False
    connection.execute(s.bundle_row, {"b_id": row, "state": receipt.status, "changed_ms": now_ms})
    _issue(connection, row, receipt, now_ms)
    audit(connection, [_event(now_ms, f"receipt.{receipt.status}", receipt.iss, receipt.sealed)])
    return True


def revoke_token(connection: Connection, which: tuple[str, str, int]) -> bool:
    """Ends a token of an organisation, the first time; says whether there is such a token."""
    org, token_id, now_ms = which
    mine = and_(t.token.c.org == org, t.token.c.token_id == token_id)
    still_good = and_(mine, t.token.c.revoked_ms.is_(None))
    connection.execute(update(t.token).where(still_good).values(revoked_ms=now_ms))
    return connection.execute(select(t.token.c.token_id).where(mine)).one_or_none() is not None


def take_receipt(connection: Connection, new: ArrivedReceipt) -> State:
    """Moves our bundle on, as a verified receipt says, and gives the state that it has now.

    Raises LookupError when no message of ours has that id, or it went to somebody else, or had another content:
    a receipt that does not fit is never taken for one that does.
    """
    found = connection.execute(s.receipted_message, {"b_iss": new.org, "b_jti": new.of_jti}).one_or_none()
    if found is None or found[0] != new.content_sha256 or found[4] != new.peer:
        raise LookupError("no message of ours fits this receipt")
    _, outgoing_id, row, state, _ = found
    kept = {
        "codes": ",".join(new.codes),
        "by_role": new.by_role,
        "received": new.received,
        "of_jti": new.of_jti,
    }
    have = {"b_bundle_row": row, "b_status": new.status}
    if connection.execute(s.receipt_with_status, have).scalar_one_or_none() is None:
        content_id = _keep(connection, new.content)
        values = {"bundle_row": row, "status": new.status, "content_id": content_id, **kept}
        connection.execute(s.insert_into(t.receipt), values)
    after = after_receipt(State(state), new.status)
    moved = {"state": after, "reason": "", "changed_ms": new.now_ms}
    connection.execute(s.bundle_row, {"b_id": row, **moved})
    connection.execute(s.outgoing_row, {"b_id": outgoing_id, "due_ms": None, "reason": ""})
    _drop_envelopes(connection, outgoing_id)
    event = {
        "at": new.now_ms // 1000,
        "ev": f"receipt.{new.status}.received",
        "iss": new.peer,
        "jti": new.of_jti,
        "content_sha256": new.content_sha256,
        "outcome": "ok",
    }
    audit(connection, [event])
    return after


def hold(connection: Connection, messages: Sequence[Held]) -> Sequence[bool | Conflict]:
    """Keeps sealed messages for organisations that collect, a whole group at once.

    One answer for each: True when it is held now, False when the very same envelope was held before.
    An id that comes with another envelope gets a Conflict as its answer.
    """
    stored = connection.execute(s.held_before, {"b_jtis": [message.jti for message in messages]})
    known = {(iss, jti): digest for iss, jti, digest in stored}
    fresh: list[Held] = []
    answers: list[bool | Conflict] = []
    for message in messages:
        before = known.get((message.iss, message.jti))
        if before is None:
            known[message.iss, message.jti] = message.envelope_sha256
            fresh.append(message)
        same = before in (None, message.envelope_sha256)
        answers.append(before is None if same else Conflict("message.conflict", _HELD_OTHERWISE))
    _keep_held(connection, fresh)
    return answers


def _keep_held(connection: Connection, fresh: Sequence[Held]) -> None:
    if not fresh:
        return
    connection.execute(s.insert_into(t.held), [dict(zip(_HELD, astuple(m), strict=True)) for m in fresh])
    events = [
        {
            "at": m.received_ms // 1000,
            "ev": "message.held",
            "iss": m.iss,
            "jti": m.jti,
            "envelope_sha256": m.envelope_sha256,
            "outcome": "ok",
        }
        for m in fresh
    ]
    audit(connection, events)
