"""The store: durable writes through one writer thread, short reads beside it.

Whoever is told that something was accepted can rely on the disk: every write here returns after COMMIT.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, Table, and_, exists, insert, or_, select, update

from gateway.problems import Conflict, NotFound
from gateway.store import holding, receiving, sending, statements, tables
from gateway.store.engine import open_engine
from gateway.store.migrate import check_current
from gateway.store.prepared import Prepared
from gateway.store.records import (
    Arrived,
    ArrivedReceipt,
    Attempt,
    BundleRow,
    Content,
    Due,
    Held,
    Kept,
    NewReceipt,
    NewTransfer,
    ReceiptRow,
    SealedAgain,
    TokenRow,
    TransferRow,
)
from gateway.store.writer import Batch, Writer, each
from gateway.transfer import State

R = TypeVar("R")


def _revoke_token(connection: Connection, which: tuple[str, str, int]) -> bool:
    """Ends a token of an organisation, the first time; says whether there is such a token."""
    org, token_id, now_ms = which
    mine = and_(tables.token.c.org == org, tables.token.c.token_id == token_id)
    still_good = and_(mine, tables.token.c.revoked_ms.is_(None))
    connection.execute(update(tables.token).where(still_good).values(revoked_ms=now_ms))
    return connection.execute(select(tables.token.c.token_id).where(mine)).one_or_none() is not None


_accept = each(sending.accept_transfer)
_claim = each(sending.claim)
_release = each(sending.release_leases)
_sealed_again = each(sending.sealed_again)
_attempted = each(sending.attempted)
_arrive = each(receiving.arrive)
_issue = each(receiving.issue_receipt)
_revoke = each(_revoke_token)
_take = each(receiving.take_receipt)


class Store:
    """One database of one gateway process. Raises SchemaBehind when its tables are not the current ones."""

    def __init__(self, path: Path) -> None:
        #: What the gateway's log, which is in the same database, is read and written through too.
        self.reads = open_engine(path, writer=False)
        check_current(self.reads)
        self.writer = Writer(open_engine(path, writer=True))

    def close(self) -> None:
        """Commits what is waiting and gives the database back."""
        self.writer.stop()
        self.reads.dispose()

    # --- writes ---------------------------------------------------------------------------------------------

    # ``leased`` says how many of the deliveries that a write queues are leased to its caller in the same commit.

    def accept_transfer(self, new: NewTransfer, leased: int = 0) -> Kept:
        """Keeps a transfer with its deliveries, if this very request was not kept before. Raises Conflict."""
        return self.writer.run(_accept, (new, leased))

    def claim(self, now_ms: int, limit: int, lease_ms: int) -> list[Due]:
        """Leases deliveries that are due, so that no other worker takes them."""
        return self.writer.run(_claim, (now_ms, limit, lease_ms))

    def release_leases(self, now_ms: int) -> None:
        """Gives back what a former process of this gateway had claimed when it was killed."""
        self.writer.run(_release, now_ms)

    def sealed_again(self, new: SealedAgain) -> None:
        """Keeps a fresh envelope before it is sent."""
        self.writer.run(_sealed_again, new)

    def attempted(self, attempt: Attempt) -> None:
        """Keeps how an attempt ended."""
        self.writer.run(_attempted, attempt)

    def arrive(self, new: Arrived, leased: int = 0) -> Kept:
        """Keeps a received bundle with its receipt, if it was not here before. Raises Conflict."""
        return self.writer.run(_arrive, (new, leased))

    def issue_receipt(self, bundle_row: int, receipt: NewReceipt, now_ms: int, leased: int = 0) -> Kept:
        """Moves a received bundle on and queues the receipt, if it was not there already."""
        return self.writer.run(_issue, (bundle_row, receipt, now_ms, leased))

    def take_receipt(self, new: ArrivedReceipt) -> State:
        """Moves one of our bundles on. Raises LookupError when the receipt fits none of them."""
        return self.writer.run(_take, new)

    def hold(self, message: Held) -> "Future[bool | Conflict]":
        """Keeps a sealed message for a mailbox; the future raises Conflict for an id with another content."""
        return self.writer.submit(holding.hold, message)

    def add_token(self, row: TokenRow, sha256: str, now_ms: int) -> None:
        """Keeps a new token's hash and rights."""
        values = {
            "token_id": row.token_id,
            "org": row.org,
            "sha256": sha256,
            "scopes": " ".join(sorted(row.scopes)),
            "roles": " ".join(sorted(row.roles)),
            "holder": row.holder,
            "created_ms": now_ms,
            "expires_ms": row.expires_ms,
        }
        self._insert(tables.token, values)

    def revoke_token(self, org: str, token_id: str, now_ms: int) -> None:
        """Ends a token; one that has ended keeps its first end. Raises NotFound."""
        if not self.writer.run(_revoke, (org, token_id, now_ms)):
            raise NotFound("not-found", "There is no token with this id.")

    def log_access(self, token: TokenRow, bundle: BundleRow, outcome: str, now_ms: int) -> None:
        """Writes down an attempt to read content, before the content is shown."""
        values = {
            "org": token.org,
            "token_id": token.token_id,
            "bundle_id": bundle.bundle_id,
            "desk": bundle.desk,
            "outcome": outcome,
            "at_ms": now_ms,
        }
        self._insert(tables.access, values)

    def _insert(self, table: Table, values: dict[str, Any]) -> None:
        self.writer.run(_row_insert, (table, values))

    # --- reads ----------------------------------------------------------------------------------------------

    def transfer(self, org: str, transfer_id: str) -> TransferRow:
        """One transfer of this organisation. Raises NotFound."""
        row = self._one(statements.transfer, b_org=org, b_transfer_id=transfer_id)
        return TransferRow(row.org, row.transfer_id, row.request_sha256, row.created_ms)

    def transfers(self, org: str, before: tuple[int, str], limit: int, *, dsl: bool) -> list[TransferRow]:
        """The newest transfers of this organisation before a cursor (the last one's instant and id).

        Without ``dsl`` those that went to nobody but safeguarding leads are left out: they are not there for others.
        """
        t, b = tables.transfer, tables.bundle
        earlier = or_(
            t.c.created_ms < before[0], and_(t.c.created_ms == before[0], t.c.transfer_id < before[1])
        )
        query = select(t).where(t.c.org == org, earlier)
        if not dsl:
            mine = and_(b.c.org == t.c.org, b.c.transfer_id == t.c.transfer_id, b.c.direction == "out")
            query = query.where(exists().where(mine, b.c.desk != "dsl"))
        rows = self._all(query.order_by(t.c.created_ms.desc(), t.c.transfer_id.desc()).limit(limit))
        return [TransferRow(r.org, r.transfer_id, r.request_sha256, r.created_ms) for r in rows]

    def bundles_of(self, org: str, transfer_id: str) -> list[BundleRow]:
        """The bundles that one transfer of this organisation became, in the order in which they were made."""
        rows = self._all(statements.bundles_of_transfer, b_org=org, b_transfer_id=transfer_id)
        return [_bundle(row) for row in rows]

    def inbox(self, org: str, after: int, limit: int) -> list[BundleRow]:
        """Bundles received by this organisation, oldest first, after a cursor (the last row's id)."""
        t = tables.bundle
        query = select(t).where(t.c.org == org, t.c.direction == "in", t.c.id > after)
        query = query.where(t.c.content_id.isnot(None)).order_by(t.c.id).limit(limit)
        return [_bundle(row) for row in self._all(query)]

    def received(self, org: str, bundle_id: str) -> BundleRow:
        """One received bundle. Raises NotFound."""
        t = tables.bundle
        query = select(t).where(t.c.org == org, t.c.direction == "in", t.c.bundle_id == bundle_id)
        return _bundle(self._one(query.where(t.c.content_id.isnot(None)).order_by(t.c.id).limit(1)))

    def received_envelope(self, org: str, iss: str, jti: str) -> str:
        """The hash of the envelope in which a received message came. Raises NotFound."""
        t = tables.seen
        return str(
            self._one(select(t.c.envelope_sha256).where(t.c.org == org, t.c.iss == iss, t.c.jti == jti))[0]
        )

    def receipts(self, bundle_row: int) -> list[ReceiptRow]:
        """The receipts of a bundle, oldest first."""
        return [_receipt(row) for row in self._all(statements.receipts_of_bundle, b_bundle_row=bundle_row)]

    def content(self, content_id: int) -> Content:
        """Stored bytes, still encrypted. Raises NotFound."""
        t = tables.content
        row = self._one(select(t).where(t.c.id == content_id))
        return Content(row.key_id, row.form, row.blob)

    def token(self, sha256: str) -> TokenRow | None:
        """The token with this hash, expired or revoked ones too."""
        rows = self._all(statements.token, b_sha256=sha256)
        return _token(rows[0]) if rows else None

    def tokens(self, org: str) -> list[TokenRow]:
        """Every token of an organisation, expired and revoked ones too; never the tokens themselves."""
        return [_token(row) for row in self._all(statements.tokens, b_org=org)]

    def next_due_ms(self) -> int | None:
        """When the next delivery is due, or None when nothing waits."""
        due = self._one(statements.next_due)[0]
        return None if due is None else int(due)

    def rows(self, table: str) -> list[Row[Any]]:
        """All rows of a table, for a check of the files alone (the demo, a test): never on a hot path."""
        return self._all(select(tables.metadata.tables[table]))

    def _all(self, query: Select[Any] | Prepared, **values: object) -> list[Any]:
        with self.reads.connect() as connection:
            if isinstance(query, Prepared):
                return query.all(connection, values)
            return list(connection.execute(query).all())

    def _one(self, query: Select[Any] | Prepared, **values: object) -> Any:  # noqa: ANN401 - a row
        rows = self._all(query, **values)
        if not rows:
            raise NotFound("not-found", "There is nothing with this id that you may see.")
        return rows[0]


def _insert_row(connection: Connection, what: tuple[Table, dict[str, Any]]) -> None:
    table, values = what
    connection.execute(insert(table).values(values))


_row_insert: Batch[tuple[Table, dict[str, Any]], None] = each(_insert_row)


def _bundle(row: Row[Any]) -> BundleRow:
    return BundleRow(
        id=row.id,
        direction=row.direction,
        org=row.org,
        peer=row.peer,
        bundle_id=row.bundle_id,
        transfer_id=row.transfer_id,
        desk=row.desk,
        readers=row.readers,
        state=State(row.state),
        reason=row.reason,
        body_sha256=row.body_sha256,
        content_id=row.content_id,
        created_ms=row.created_ms,
        changed_ms=row.changed_ms,
    )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _receipt(row: Row[Any]) -> ReceiptRow:
    return ReceiptRow(
        id=row.id,
        bundle_row=row.bundle_row,
        status=State(row.status),
        codes=_codes(row.codes),
        by_role=row.by_role,
        of_jti=row.of_jti,
        received=row.received,
        content_id=row.content_id,
    )


def _token(row: Row[Any]) -> TokenRow:
    return TokenRow(
        token_id=row.token_id,
        org=row.org,
        scopes=frozenset(row.scopes.split()),
        roles=frozenset(row.roles.split()),
        holder=row.holder,
        expires_ms=row.expires_ms,
        revoked_ms=row.revoked_ms,
    )


__all__: Sequence[str] = ["Store"]
