"""The only place that constructs: settings in, a running gateway out."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.attachments.carrier import HttpCarrier
from gateway.attachments.clearing import Worker
from gateway.attachments.kept import FOLDER, open_files
from gateway.attachments.scan import chosen
from gateway.directory.source import Refresher, TrustedDirectory, open_client
from gateway.exchange import Exchanges
from gateway.files import Home
from gateway.hop import HopSigner
from gateway.log.running import Calls, open_log
from gateway.outbox import Outbox
from gateway.peers import HttpPeers
from gateway.services import Clock, Services
from gateway.settings import Settings
from gateway.store import Store
from gateway.store.records import Kept
from gateway.vault import Vault


@dataclass(slots=True)
class Gateway:
    """A gateway with everything open. ``start`` lets it deliver; ``close`` ends it in good order."""

    services: Services
    outbox: Outbox
    files: Worker
    refresher: Refresher

    def start(self) -> None:
        """Starts looking for a newer directory, the delivery workers and the one for attached files."""
        self.refresher.start()
        if self.services.log is not None:
            self.services.log.timer.start()
        self.outbox.start()
        self.files.start()

    def close(self) -> None:
        """Ends the attempts under way, commits what waits, and gives the files back."""
        self.refresher.stop()
        self.outbox.stop()
        self.files.stop()
        if self.services.log is not None:
            self.services.log.timer.stop()
        self.services.store.close()
        self.services.vault.close()
        self.services.files.close()
        self.services.peers.close()


class _Courier:
    """The outbox, which is made after the services that give it something to deliver."""

    outbox: Outbox

    def send_off(self, keep: Callable[[int], Kept], most: int) -> bool:
        return self.outbox.send_off(keep, most)


def build(settings: Settings, clock: Clock | None = None) -> Gateway:
    """Opens every file of the home folder. Raises HomeError, SchemaBehind or VaultError with what to do."""
    home, clock, courier = Home(settings), clock or Clock(), _Courier()
    signer = HopSigner(home.keys(home.hop_file()).hop[-1])
    exchanges = Exchanges(settings.timeout_s)
    directory = TrustedDirectory(open_client(settings), lambda: clock.seconds)
    store = Store(home.store)
    services = Services(
        gateway=settings.gateway,
        store=store,
        vault=Vault(home.vault, home.vault_key()),
        cabinet=home.cabinet(),
        files=open_files(
            settings.path(FOLDER),
            settings.attachments_mb * 1_000_000,
            chosen(settings.scan_command, settings.scan_clamd, settings.scan_timeout_s),
        ),
        directory=directory,
        signer=signer,
        peers=HttpPeers(signer, exchanges),
        carrier=HttpCarrier(signer, exchanges),
        courier=courier,
        clock=clock,
        log=open_log(home, store, Calls(directory.current, signer, exchanges, lambda: clock.seconds)),
    )
    courier.outbox = Outbox(services, settings.workers)
    refresher = Refresher(directory, settings.directory_refresh_s)
    return Gateway(services, courier.outbox, Worker(services), refresher)
