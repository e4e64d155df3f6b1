"""A small world in one temporary folder: organisations, gateways, and the directory that names them all."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway import admin
from gateway.bench.process import HOST, free_port
from gateway.directory.keeper import Keeper
from gateway.directory.source import TrustedDirectory, open_client
from gateway.settings import Settings


@dataclass(slots=True)
class Site:
    """Everything that gateways need on disk before they start."""

    folder: Path
    now: int = field(default_factory=lambda: int(time.time()))
    homes: dict[str, Settings] = field(default_factory=dict)
    _entries: list[dict[str, Any]] = field(default_factory=list)

    def gateway(self, token: str) -> Settings:
        """Makes the home of a gateway with a port of its own."""
        settings = Settings(
            home=self.folder / token,
            gateway=f"urn:ltp:gw:{token}",
            port=free_port(),
            directory=str(self.folder / "directory" / "published"),
        )
        admin.make_home(settings)
        self._entries.append(admin.gateway_entry(settings, f"http://{HOST}:{settings.port}", self.now))
        self.homes[token] = settings
        return settings

    def organisation(
        self, new: admin.NewOrganisation, keys_at: Settings, link: tuple[str, str] | None = None
    ) -> None:
        """Makes an organisation's keys in a home; ``link`` names another gateway, and as what."""
        admin.make_keys(keys_at, new.organisation, self.now)
        entry = admin.organisation_entry(keys_at, new, self.now)
        if link is not None:
            entry["gateways"] = [{"gateway": link[0], "as": link[1]}]
        self._entries.append(admin.submission(keys_at, entry, None, self.now))

    def publish(self) -> None:
        """Signs the directory and gives it to every gateway."""
        keeper = Keeper(self.folder / "directory")
        keeper.init_alone(self.now)
        for entry in self._entries:
            keeper.add(entry, self.now)
        keeper.publish(self.now)
        for settings in self.homes.values():
            settings.path(settings.directory_root).write_bytes(keeper.anchor.read_bytes())
            TrustedDirectory(open_client(settings), lambda: self.now).refresh()
