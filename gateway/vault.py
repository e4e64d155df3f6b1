"""Encryption at rest: a data key for each placement and desk, in a store of its own.

Content is sealed under a data key; the data key is wrapped by its organisation's key; that key is wrapped by
a master key that lives outside every database (a file with mode 600). Destroying a data key erases what it
sealed, which is why wrapped keys stay out of the content database and of its backups (docs/adr/0009).
Nothing here depends on the HPKE keys of LTP-1: those can be destroyed on schedule.
"""

import os
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
)

from gateway.store.engine import open_engine

_metadata = MetaData()
_organisation_key = Table(
    "organisation_key",
    _metadata,
    Column("org", String(80), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
_data_key = Table(
    "data_key",
    _metadata,
    Column("key_id", String(36), primary_key=True),
    Column("org", String(80), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("desk", String(16), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    UniqueConstraint("org", "subject", "desk"),
)

_NONCE = 12


class VaultError(RuntimeError):
    """A key is missing or does not open what it should; the text never holds content."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """One data key, ready for use."""

    key_id: str
    _aead: AESGCM = field(repr=False)

    def seal(self, data: bytes, purpose: str) -> bytes:
        """``data`` encrypted; only ``open`` with the same purpose gives it back."""
        nonce = os.urandom(_NONCE)
        return nonce + self._aead.encrypt(nonce, data, f"{self.key_id}/{purpose}".encode())

    def open(self, blob: bytes, purpose: str) -> bytes:
        """What ``seal`` was given. Raises VaultError when the blob was changed or belongs elsewhere."""
        try:
            return self._aead.decrypt(blob[:_NONCE], blob[_NONCE:], f"{self.key_id}/{purpose}".encode())
        except (InvalidTag, ValueError):  # the second for a blob cut short
            raise VaultError("stored content does not open under its key") from None


class Vault:
    """The store of wrapped data keys beside, never inside, the content database."""

    def __init__(self, path: Path, master: bytes) -> None:
        self._engine = open_engine(path, writer=True)
        self._master = AESGCM(master)
        self._lock = threading.Lock()
        self._by_id: dict[str, DataKey] = {}
        self._by_subject: dict[tuple[str, str, str], DataKey] = {}
        self._organisations: dict[str, AESGCM] = {}
        with self._engine.begin() as connection:
            _metadata.create_all(connection)

    def close(self) -> None:
        """Gives the database file back."""
        self._engine.dispose()

    def key_for(self, org: str, subject: str, desk: str) -> DataKey:
        """The key of one subject (a placement) at one desk; made, durably, the first time it is asked for."""
        with self._lock:
            known = self._by_subject.get((org, subject, desk))
            if known is None:
                with self._engine.begin() as connection:
                    known = self._load_or_make(connection, (org, subject, desk))
                self._by_subject[org, subject, desk] = self._by_id[known.key_id] = known
            return known

    def key(self, key_id: str) -> DataKey:
        """The key with that id. Raises VaultError when it was destroyed or never existed."""
        with self._lock:
            known = self._by_id.get(key_id)
            if known is None:
                with self._engine.begin() as connection:
                    row = connection.execute(
                        select(_data_key).where(_data_key.c.key_id == key_id)
                    ).one_or_none()
                    if row is None:
                        raise VaultError("the data key of this content does not exist any more")
                    known = self._unwrap(connection, row.org, row.key_id, row.wrapped)
                self._by_id[key_id] = known
            return known

    def _load_or_make(self, connection: Connection, where: tuple[str, str, str]) -> DataKey:
        org, subject, desk = where
        query = select(_data_key.c.key_id, _data_key.c.wrapped).where(
            _data_key.c.org == org, _data_key.c.subject == subject, _data_key.c.desk == desk
        )
        row = connection.execute(query).one_or_none()
        if row is not None:
            return self._unwrap(connection, org, row.key_id, row.wrapped)
        key_id, secret, nonce = str(uuid.uuid4()), os.urandom(32), os.urandom(_NONCE)
        wrapped = nonce + self._organisation(connection, org).encrypt(nonce, secret, key_id.encode())
        connection.execute(
            insert(_data_key).values(key_id=key_id, org=org, subject=subject, desk=desk, wrapped=wrapped)
        )
        return DataKey(key_id, AESGCM(secret))

    def _unwrap(self, connection: Connection, org: str, key_id: str, wrapped: bytes) -> DataKey:
        secret = _opened(self._organisation(connection, org), wrapped, key_id)
        return DataKey(key_id, AESGCM(secret))

    def _organisation(self, connection: Connection, org: str) -> AESGCM:
        known = self._organisations.get(org)
        if known is None:
            row = connection.execute(
                select(_organisation_key).where(_organisation_key.c.org == org)
            ).one_or_none()
            if row is None:
                secret, nonce = os.urandom(32), os.urandom(_NONCE)
                wrapped = nonce + self._master.encrypt(nonce, secret, org.encode())
                connection.execute(insert(_organisation_key).values(org=org, wrapped=wrapped))
                # Not remembered yet: if this transaction fails to commit, the key never existed.
                return AESGCM(secret)
            known = self._organisations[org] = AESGCM(_opened(self._master, row.wrapped, org))
        return known


def _opened(key: AESGCM, wrapped: bytes, label: str) -> bytes:
    try:
        return key.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], label.encode())
    except (InvalidTag, ValueError):
        raise VaultError("the master key does not open this key store") from None
