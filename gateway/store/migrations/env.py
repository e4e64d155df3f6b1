"""Alembic's entry point: runs on the connection that ``gateway.store.migrate`` hands over."""

from alembic import context

from gateway.store import log  # noqa: F401 - the log's tables are part of the same metadata
from gateway.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
