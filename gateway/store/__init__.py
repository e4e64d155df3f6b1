"""Durable storage of messages, deliveries, receipts and tokens (design: one writer, group commit, outbox)."""

from gateway.store.migrate import SchemaBehind, upgrade
from gateway.store.store import Store

__all__ = ["SchemaBehind", "Store", "upgrade"]
