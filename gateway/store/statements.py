"""The statements of the hot path, each built once: building one costs four times what running it does.

Parameters that stand in conditions have the prefix ``b_``; those that are set have the column's own name.
"""

from functools import cache
from typing import Any

from sqlalchemy import Table, and_, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store import tables as t
from gateway.transfer import SETTLED, State

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _b(name: str, *, many: bool = False) -> Any:  # noqa: ANN401 - takes the type of the column beside it
    return bindparam(f"b_{name}", expanding=many)


@cache
def insert_into(table: Table) -> Any:  # noqa: ANN401 - a statement of any table
    """A plain insert."""
    return insert(table)


@cache
def insert_new(table: Table, dialect: str) -> Any:  # noqa: ANN401 - each dialect has a class of its own
    """An insert that leaves a row that is already there as it is."""
    return _INSERTS[dialect](table).on_conflict_do_nothing()


# --- sending ------------------------------------------------------------------------------------------------

request_by_key = select(t.idempotency.c.request_sha256).where(
    t.idempotency.c.org == _b("org"), t.idempotency.c.key == _b("key")
)
request_by_id = select(t.transfer.c.request_sha256).where(
    t.transfer.c.org == _b("org"), t.transfer.c.transfer_id == _b("transfer_id")
)
due_ids = (
    select(t.outgoing.c.id)
    .where(t.outgoing.c.due_ms <= _b("now_ms"))
    .order_by(t.outgoing.c.due_ms)
    .limit(_b("limit"))
    .with_for_update(skip_locked=True)
)
lease = (
    update(t.outgoing)
    .where(t.outgoing.c.id.in_(_b("ids", many=True)))
    .values(due_ms=bindparam("due_ms"), attempts=t.outgoing.c.attempts + 1)
)
delivering = (
    update(t.bundle)
    .where(t.bundle.c.id.in_(_b("ids", many=True)), t.bundle.c.state.in_([State.QUEUED, State.SENT]))
    .values(state=State.DELIVERING, changed_ms=bindparam("changed_ms"))
)
due_row = (
    select(t.outgoing, t.content.c.key_id, t.content.c.form, t.content.c.blob)
    .join(t.content, t.content.c.id == t.outgoing.c.content_id)
    .where(t.outgoing.c.id == _b("outgoing_id"))
)
newest_envelope = (
    select(t.sealed.c.envelope, t.sealed.c.envelope_sha256, t.sealed.c.exp)
    .where(t.sealed.c.outgoing_id == _b("outgoing_id"), t.sealed.c.envelope.isnot(None))
    .order_by(t.sealed.c.exp.desc())
    .limit(1)
)
drop_envelopes = update(t.sealed).where(t.sealed.c.outgoing_id == _b("outgoing_id")).values(envelope=None)
#: Fenced by ``attempts``: a receipt, or another worker, may have been faster.
attempt_ended = update(t.outgoing).where(
    t.outgoing.c.id == _b("id"), t.outgoing.c.attempts == _b("attempts"), t.outgoing.c.due_ms.isnot(None)
)
unsettled_bundle = update(t.bundle).where(t.bundle.c.id == _b("id"), t.bundle.c.state.notin_(SETTLED))
bundle_row = update(t.bundle).where(t.bundle.c.id == _b("id"))
outgoing_row = update(t.outgoing).where(t.outgoing.c.id == _b("id"))

# --- receiving ----------------------------------------------------------------------------------------------

seen_by_jti = select(t.seen.c.body_sha256, t.seen.c.iss, t.seen.c.bundle_row).where(
    t.seen.c.org == _b("org"), t.seen.c.iss == _b("iss"), t.seen.c.jti == _b("jti")
)
#: Whoever sent it: two bundles with one id in one inbox could not be told apart by their reader.
received_by_id = select(t.bundle.c.body_sha256, t.bundle.c.peer, t.bundle.c.id).where(
    t.bundle.c.direction == "in", t.bundle.c.org == _b("org"), t.bundle.c.bundle_id == _b("bundle_id")
)
bundle_state = select(t.bundle.c.state).where(t.bundle.c.id == _b("id"))
receipted_message = (
    select(t.sealed.c.content_sha256, t.outgoing.c.id, t.bundle.c.id, t.bundle.c.state, t.bundle.c.peer)
    .join(t.outgoing, t.outgoing.c.id == t.sealed.c.outgoing_id)
    .join(t.bundle, t.bundle.c.id == t.outgoing.c.bundle_row)
    .where(t.sealed.c.iss == _b("iss"), t.sealed.c.jti == _b("jti"), t.outgoing.c.mt == "bundle")
)
receipt_with_status = select(t.receipt.c.id).where(
    and_(t.receipt.c.bundle_row == _b("bundle_row"), t.receipt.c.status == _b("status"))
)
held_before = select(t.held.c.iss, t.held.c.jti, t.held.c.envelope_sha256).where(
    t.held.c.jti.in_(_b("jtis", many=True))
)

# --- reading ------------------------------------------------------------------------------------------------

transfer = select(t.transfer).where(
    t.transfer.c.org == _b("org"), t.transfer.c.transfer_id == _b("transfer_id")
)
bundles_of_transfer = (
    select(t.bundle)
    .where(
        t.bundle.c.org == _b("org"),
        t.bundle.c.transfer_id == _b("transfer_id"),
        t.bundle.c.direction == "out",
    )
    .order_by(t.bundle.c.id)
)
receipts_of_bundle = (
    select(t.receipt).where(t.receipt.c.bundle_row == _b("bundle_row")).order_by(t.receipt.c.id)
)
token = select(t.token).where(t.token.c.sha256 == _b("sha256"))
next_due = select(func.min(t.outgoing.c.due_ms))
