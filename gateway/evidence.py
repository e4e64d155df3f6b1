"""Checking what a gateway has kept, from its files alone: no network, no running gateway.

Every archived inner message, bundle or receipt, is taken out of the vault and both its signatures are verified
again against the directory that this gateway accepted last.
"""

import time
from dataclasses import dataclass

from gateway.contents import kept
from gateway.directory.source import open_client
from gateway.files import Home, HomeError
from gateway.sealing import JWS
from gateway.settings import Settings
from gateway.store import Store
from gateway.vault import Vault
from signing import Evidence, verify_jws


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
    """Every message kept in a gateway's home, verified. Raises UnsealError, VaultError or DirectoryRefused."""
    at = int(time.time()) if now is None else now
    home = Home(settings)
    known = open_client(settings).load()
    if known is None:
        raise HomeError("This gateway has no directory yet: ltp directory refresh.")
    directory = known.directory(at)
    store, vault = Store(home.store), Vault(home.vault, home.vault_key())
    try:
        rows = [row for row in store.rows("content") if row.form == JWS]
        return [Checked.of(verify_jws(kept(vault, store.content(row.id)), directory, at)) for row in rows]
    finally:
        store.close()
        vault.close()
