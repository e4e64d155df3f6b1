"""The tables, once: the migrations and the statements both read them.

Nothing here is about a child. Indexes and plain columns hold ids, organisations, states and times; whatever
says something about a learner is inside ``content.blob``, encrypted under a data key (``gateway.vault``).
Times are milliseconds since 1970 in ``*_ms`` columns and seconds in ``exp`` (the wire's own unit).
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

# Autoincrement ids must be plain INTEGER on SQLite to be row ids.
_Id = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: One row per transfer that a person or a system of ours sent in one go.
transfer = Table(
    "transfer",
    metadata,
    Column("org", String(80), primary_key=True),
    Column("transfer_id", String(36), primary_key=True),
    Column("request_sha256", String(43), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

#: The answer that was given under an Idempotency-Key, to be given again.
idempotency = Table(
    "idempotency",
    metadata,
    Column("org", String(80), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request_sha256", String(43), nullable=False),
    Column("transfer_id", String(36), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

#: Encrypted bytes: ``form`` is ``body`` (canonical JSON not sealed yet) or ``jws`` (the signed inner message).
content = Table(
    "content",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("key_id", String(36), nullable=False),
    Column("form", String(4), nullable=False),
    Column("blob", LargeBinary, nullable=False),
)

#: One row per bundle and side: ``out`` as its sender, ``in`` as its receiver.
bundle = Table(
    "bundle",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("direction", String(3), nullable=False),
    Column("org", String(80), nullable=False),
    Column("peer", String(80), nullable=False),
    Column("bundle_id", String(36), nullable=False),
    Column("transfer_id", String(36), nullable=False),
    Column("desk", String(16), nullable=False),
    Column("readers", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(80), nullable=False, default=""),
    Column("body_sha256", String(43), nullable=False),
    Column("content_id", ForeignKey("content.id"), nullable=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    UniqueConstraint("direction", "org", "bundle_id"),
    Index("ix_bundle_transfer", "org", "transfer_id"),
    Index("ix_bundle_inbox", "org", "direction", "id"),
)

#: What still has to leave: a bundle or a receipt, to exactly one address. ``due_ms`` is NULL once settled.
outgoing = Table(
    "outgoing",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("bundle_row", ForeignKey("bundle.id"), nullable=False),
    Column("mt", String(8), nullable=False),
    Column("iss", String(80), nullable=False),
    Column("aud", String(100), nullable=False),
    Column("content_id", ForeignKey("content.id"), nullable=False),
    Column("minimum_class", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=True),
    Column("deadline_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", String(80), nullable=False, default=""),
)
Index(
    "ix_outgoing_due",
    outgoing.c.due_ms,
    sqlite_where=outgoing.c.due_ms.isnot(None),
    postgresql_where=outgoing.c.due_ms.isnot(None),
)
Index("ix_outgoing_bundle_row", outgoing.c.bundle_row)

#: Every envelope made for an outgoing row; the hashes stay after the envelope itself is gone.
sealed = Table(
    "sealed",
    metadata,
    Column("iss", String(80), primary_key=True),
    Column("jti", String(22), primary_key=True),
    Column("outgoing_id", ForeignKey("outgoing.id"), nullable=False),
    Column("content_sha256", String(43), nullable=False),
    Column("envelope_sha256", String(43), nullable=False),
    Column("content_id", ForeignKey("content.id"), nullable=False),
    Column("exp", BigInteger, nullable=False),
    Column("envelope", LargeBinary, nullable=True),
    Index("ix_sealed_outgoing_id", "outgoing_id"),
)

#: Messages received, by their transport id: the replay cache that survives a restart.
seen = Table(
    "seen",
    metadata,
    Column("org", String(80), primary_key=True),
    Column("iss", String(80), primary_key=True),
    Column("jti", String(22), primary_key=True),
    Column("body_sha256", String(43), nullable=False),
    Column("envelope_sha256", String(43), nullable=False),
    Column("bundle_row", ForeignKey("bundle.id"), nullable=True),
    Column("exp", BigInteger, nullable=False),
    Index("ix_seen_exp", "exp"),
)

#: Receipts: issued by us for an ``in`` bundle, received by us for an ``out`` bundle.
receipt = Table(
    "receipt",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("bundle_row", ForeignKey("bundle.id"), nullable=False),
    Column("status", String(16), nullable=False),
    Column("codes", String(400), nullable=False),
    Column("by_role", String(16), nullable=True),
    Column("of_jti", String(22), nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("content_id", ForeignKey("content.id"), nullable=False),
    UniqueConstraint("bundle_row", "status"),
)

#: The relay's mailboxes: sealed messages for organisations whose keys are not here.
held = Table(
    "held",
    metadata,
    Column("iss", String(80), primary_key=True),
    Column("jti", String(22), primary_key=True),
    Column("org", String(80), nullable=False),
    Column("aud", String(100), nullable=False),
    Column("envelope_sha256", String(43), nullable=False),
    Column("exp", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Index("ix_held_org", "org", "received_ms"),
)

#: Tokens of an organisation's own systems and staff; only the SHA-256 is kept.
token = Table(
    "token",
    metadata,
    Column("token_id", String(36), primary_key=True),
    Column("org", String(80), nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("scopes", String(200), nullable=False),
    Column("roles", String(200), nullable=False),
    Column("holder", String(100), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger, nullable=True),
)

#: Every attempt to read content, allowed or not.
access = Table(
    "access",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("org", String(80), nullable=False),
    Column("token_id", String(36), nullable=False),
    Column("bundle_id", String(36), nullable=False),
    Column("desk", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

#: Append-only event records in canonical form and the RFC 9162 leaf hash of each.
audit = Table(
    "audit",
    metadata,
    Column("seq", _Id, primary_key=True),
    Column("record", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
)
