"""The statements of the hot path, each built once: building one costs four times what running it does.

Parameters that stand in conditions have the prefix ``b_``; those that are set have the column's own name.
"""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, insert, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store import tables as t
from gateway.store.prepared import Prepared
from gateway.transfer import SETTLED, State

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _b(name: str, *, many: bool = False) -> Any:  # noqa: ANN401 - takes the type of the column beside it
    return bindparam(f"b_{name}", expanding=many)


def _set(table: Table, where: ColumnElement[bool], *columns: str) -> Prepared:
    """An update of some columns to values that have the columns' names."""
    return Prepared(update(table).where(where).values({name: bindparam(name) for name in columns}))


@cache
def insert_into(table: Table) -> Prepared:
    """A plain insert of every column but a number that the database counts itself."""
    return Prepared(_whole(insert(table), table).inline())


@cache
def insert_one(table: Table) -> Prepared:
    """The same, giving the number that the database counted."""
    return Prepared(_whole(insert(table), table).returning(*table.primary_key))


@cache
def insert_new(table: Table, dialect: str) -> Prepared:
    """An insert that leaves a row that is already there as it is."""
    return Prepared(_whole(_INSERTS[dialect](table), table).on_conflict_do_nothing())


def _whole(statement: Any, table: Table) -> Any:  # noqa: ANN401 - each dialect has a class of its own
    counted = table.autoincrement_column
    return statement.values(
        {column.name: bindparam(column.name) for column in table.c if column is not counted}
    )


# --- sending ------------------------------------------------------------------------------------------------

request_by_key = Prepared(
    select(t.idempotency.c.request_sha256).where(
        t.idempotency.c.org == _b("org"), t.idempotency.c.key == _b("key")
    )
)
request_by_id = Prepared(
    select(t.transfer.c.request_sha256).where(
        t.transfer.c.org == _b("org"), t.transfer.c.transfer_id == _b("transfer_id")
    )
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
drop_envelopes = Prepared(
    update(t.sealed).where(t.sealed.c.outgoing_id == _b("outgoing_id")).values(envelope=null())
)
#: Fenced by ``attempts``: a receipt, or another worker, may have been faster.
attempt_ended = _set(
    t.outgoing,
    and_(
        t.outgoing.c.id == _b("id"), t.outgoing.c.attempts == _b("attempts"), t.outgoing.c.due_ms.isnot(None)
    ),
    "due_ms",
    "reason",
)
unsettled_bundle = _set(
    t.bundle,
    and_(t.bundle.c.id == _b("id"), *(t.bundle.c.state != state for state in sorted(SETTLED))),
    "state",
    "reason",
    "changed_ms",
)
bundle_row = _set(t.bundle, t.bundle.c.id == _b("id"), "state", "reason", "changed_ms")
nothing_to_send = Prepared(
    update(t.outgoing).where(t.outgoing.c.id == _b("id")).values(due_ms=null(), reason="")
)

# --- receiving ----------------------------------------------------------------------------------------------

seen_by_jti = Prepared(
    select(t.seen.c.body_sha256, t.seen.c.iss, t.seen.c.bundle_row).where(
        t.seen.c.org == _b("org"), t.seen.c.iss == _b("iss"), t.seen.c.jti == _b("jti")
    )
)
#: Whoever sent it: two bundles with one id in one inbox could not be told apart by their reader.
received_by_id = Prepared(
    select(t.bundle.c.body_sha256, t.bundle.c.peer, t.bundle.c.id).where(
        t.bundle.c.direction == "in", t.bundle.c.org == _b("org"), t.bundle.c.bundle_id == _b("bundle_id")
    )
)
bundle_state = Prepared(select(t.bundle.c.state).where(t.bundle.c.id == _b("id")))
receipted_message = Prepared(
    select(
        t.sealed.c.content_sha256,
        t.sealed.c.outgoing_id,
        t.outgoing.c.bundle_row,
        t.bundle.c.state,
        t.bundle.c.peer,
    )
    .join(t.outgoing, t.outgoing.c.id == t.sealed.c.outgoing_id)
    .join(t.bundle, t.bundle.c.id == t.outgoing.c.bundle_row)
    .where(t.sealed.c.iss == _b("iss"), t.sealed.c.jti == _b("jti"), t.outgoing.c.mt == "bundle")
)
receipt_with_status = Prepared(
    select(t.receipt.c.id).where(
        and_(t.receipt.c.bundle_row == _b("bundle_row"), t.receipt.c.status == _b("status"))
    )
)
held_before = select(t.held.c.iss, t.held.c.jti, t.held.c.envelope_sha256).where(
    t.held.c.jti.in_(_b("jtis", many=True))
)

# --- reading ------------------------------------------------------------------------------------------------

transfer = Prepared(
    select(t.transfer).where(t.transfer.c.org == _b("org"), t.transfer.c.transfer_id == _b("transfer_id"))
)
bundles_of_transfer = Prepared(
    select(t.bundle)
    .where(
        t.bundle.c.org == _b("org"),
        t.bundle.c.transfer_id == _b("transfer_id"),
        t.bundle.c.direction == "out",
    )
    .order_by(t.bundle.c.id)
)
receipts_of_bundle = Prepared(
    select(t.receipt).where(t.receipt.c.bundle_row == _b("bundle_row")).order_by(t.receipt.c.id)
)
token = Prepared(select(t.token).where(t.token.c.sha256 == _b("sha256")))
tokens = Prepared(select(t.token).where(t.token.c.org == _b("org")).order_by(t.token.c.token_id))
next_due = Prepared(select(func.min(t.outgoing.c.due_ms).label("due_ms")))
