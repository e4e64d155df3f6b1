"""Checking what a gateway has kept, from its files alone: no network, no running gateway.

Every archived inner message, bundle or receipt, is taken out of the vault and both its signatures are verified
again against the directory file.
"""

import time
from dataclasses import dataclass

from gateway.contents import kept
from gateway.files import Home, read_roots
from gateway.sealing import JWS
from gateway.settings import Settings
from gateway.store import Store
from gateway.vault import Vault
from signing import Directory, Evidence, verify_jws


@dataclass(frozen=True, slots=True)
class Checked:
    """One message whose two signatures were verified from the files."""

    message_type: str
    signer: str
    status: str | None

    @classmethod
    def of(cls, evidence: Evidence) -> "Checked":
        """What is worth saying about verified evidence; nothing of its content."""
        status = evidence.body.get("status") if evidence.mt == "receipt" else None
        return cls(evidence.mt, evidence.iss, status)


def verify_files(settings: Settings, now: int | None = None) -> list[Checked]:
    """Every message kept in a gateway's home, verified. Raises UnsealError, VaultError or DirectoryError."""
    at = int(time.time()) if now is None else now
    home = Home(settings)
    roots = read_roots(settings.path(settings.directory_roots))
    directory = Directory.parse(settings.path(settings.directory).read_bytes(), roots, at)
    store, vault = Store(home.store), Vault(home.vault, home.vault_key())
    try:
        rows = [row for row in store.rows("content") if row.form == JWS]
        return [Checked.of(verify_jws(kept(vault, store.content(row.id)), directory, at)) for row in rows]
    finally:
        store.close()
        vault.close()
