"""The first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Applies this revision."""

    op.create_table(
        "access",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org", sa.String(length=80), nullable=False),
        sa.Column("token_id", sa.String(length=36), nullable=False),
        sa.Column("bundle_id", sa.String(length=36), nullable=False),
        sa.Column("desk", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access")),
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_table(
        "content",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("form", sa.String(length=4), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content")),
    )
    op.create_table(
        "held",
        sa.Column("iss", sa.String(length=80), nullable=False),
        sa.Column("jti", sa.String(length=22), nullable=False),
        sa.Column("org", sa.String(length=80), nullable=False),
        sa.Column("aud", sa.String(length=100), nullable=False),
        sa.Column("envelope_sha256", sa.String(length=43), nullable=False),
        sa.Column("exp", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("iss", "jti", name=op.f("pk_held")),
    )
    with op.batch_alter_table("held", schema=None) as batch_op:
        batch_op.create_index("ix_held_org", ["org", "received_ms"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("org", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_sha256", sa.String(length=43), nullable=False),
        sa.Column("transfer_id", sa.String(length=36), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "token",
        sa.Column("token_id", sa.String(length=36), nullable=False),
        sa.Column("org", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("roles", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_token")),
        sa.UniqueConstraint("sha256", name=op.f("uq_token_sha256")),
    )
    op.create_table(
        "transfer",
        sa.Column("org", sa.String(length=80), nullable=False),
        sa.Column("transfer_id", sa.String(length=36), nullable=False),
        sa.Column("request_sha256", sa.String(length=43), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org", "transfer_id", name=op.f("pk_transfer")),
    )
    op.create_table(
        "bundle",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("org", sa.String(length=80), nullable=False),
        sa.Column("peer", sa.String(length=80), nullable=False),
        sa.Column("bundle_id", sa.String(length=36), nullable=False),
        sa.Column("transfer_id", sa.String(length=36), nullable=False),
        sa.Column("desk", sa.String(length=16), nullable=False),
        sa.Column("readers", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("body_sha256", sa.String(length=43), nullable=False),
        sa.Column("content_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_bundle_content_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle")),
        sa.UniqueConstraint("direction", "org", "bundle_id", name=op.f("uq_bundle_direction_org_bundle_id")),
    )
    with op.batch_alter_table("bundle", schema=None) as batch_op:
        batch_op.create_index("ix_bundle_inbox", ["org", "direction", "id"], unique=False)
        batch_op.create_index("ix_bundle_transfer", ["org", "transfer_id"], unique=False)

    op.create_table(
        "outgoing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bundle_row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mt", sa.String(length=8), nullable=False),
        sa.Column("iss", sa.String(length=80), nullable=False),
        sa.Column("aud", sa.String(length=100), nullable=False),
        sa.Column("content_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("minimum_class", sa.Integer(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=True),
        sa.Column("deadline_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["bundle_row"], ["bundle.id"], name=op.f("fk_outgoing_bundle_row")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_outgoing_content_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
    )
    with op.batch_alter_table("outgoing", schema=None) as batch_op:
        batch_op.create_index("ix_outgoing_bundle_row", ["bundle_row"], unique=False)
        batch_op.create_index(
            "ix_outgoing_due",
            ["due_ms"],
            unique=False,
            sqlite_where=sa.text("due_ms IS NOT NULL"),
            postgresql_where=sa.text("due_ms IS NOT NULL"),
        )

    op.create_table(
        "receipt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bundle_row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("codes", sa.String(length=400), nullable=False),
        sa.Column("by_role", sa.String(length=16), nullable=True),
        sa.Column("of_jti", sa.String(length=22), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("content_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["bundle_row"], ["bundle.id"], name=op.f("fk_receipt_bundle_row")),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_receipt_content_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("bundle_row", "status", name=op.f("uq_receipt_bundle_row_status")),
    )
    op.create_table(
        "seen",
        sa.Column("org", sa.String(length=80), nullable=False),
        sa.Column("iss", sa.String(length=80), nullable=False),
        sa.Column("jti", sa.String(length=22), nullable=False),
        sa.Column("body_sha256", sa.String(length=43), nullable=False),
        sa.Column("envelope_sha256", sa.String(length=43), nullable=False),
        sa.Column("bundle_row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("exp", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["bundle_row"], ["bundle.id"], name=op.f("fk_seen_bundle_row")),
        sa.PrimaryKeyConstraint("org", "iss", "jti", name=op.f("pk_seen")),
    )
    with op.batch_alter_table("seen", schema=None) as batch_op:
        batch_op.create_index("ix_seen_exp", ["exp"], unique=False)

    op.create_table(
        "sealed",
        sa.Column("iss", sa.String(length=80), nullable=False),
        sa.Column("jti", sa.String(length=22), nullable=False),
        sa.Column("outgoing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content_sha256", sa.String(length=43), nullable=False),
        sa.Column("envelope_sha256", sa.String(length=43), nullable=False),
        sa.Column("content_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("exp", sa.BigInteger(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_sealed_content_id")),
        sa.ForeignKeyConstraint(["outgoing_id"], ["outgoing.id"], name=op.f("fk_sealed_outgoing_id")),
        sa.PrimaryKeyConstraint("iss", "jti", name=op.f("pk_sealed")),
    )
    with op.batch_alter_table("sealed", schema=None) as batch_op:
        batch_op.create_index("ix_sealed_outgoing_id", ["outgoing_id"], unique=False)
