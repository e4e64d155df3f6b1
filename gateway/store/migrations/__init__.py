"""Migrations of the content database, run by Alembic through `gateway.store.migrate`."""
