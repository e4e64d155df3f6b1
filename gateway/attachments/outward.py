"""Bringing our files to others, where our own gateway cannot be called and so nobody could fetch them."""

from dataclasses import dataclass, field

from gateway.attachments.carrier import FetchFailed
from gateway.attachments.fetch import bring
from gateway.services import Services
from gateway.transfer import Backoff
from signing import DirectoryError

_BACKOFF = Backoff(first_ms=5_000, most_ms=3_600_000)

#: A file at its reader's gateway: its address and the reader.
Way = tuple[str, str]


@dataclass(slots=True)
class Outward:
    """What was brought, and what is tried again when. Known to this process only: bringing twice costs one part."""

    done: set[Way] = field(default_factory=set)
    waiting: dict[Way, tuple[int, int]] = field(default_factory=dict)

    def work_off(self, services: Services) -> int:
        """Brings what may be fetched here to those who cannot fetch it; says how many files that were."""
        try:
            directory = services.directory.current()
            if directory.gateway(services.gateway).url is not None:
                return 0
        except DirectoryError:
            return 0
        now_ms = services.clock.ms
        ways = services.files.ledger.travelling(now_ms)
        self.done &= ways
        due = [way for way in sorted(ways - self.done) if self.waiting.get(way, (0, 0))[1] <= now_ms]
        return sum(self._brought(services, way) for way in due)

    def _brought(self, services: Services, way: Way) -> bool:
        address, reader = way
        if services.cabinet.serves(reader):
            self.done.add(way)
            return False
        try:
            gateway = services.directory.current().route(reader).gateway
            bring(services, gateway, address, reader)
        except (FetchFailed, DirectoryError):
            attempts = self.waiting.get(way, (0, 0))[0] + 1
            self.waiting[way] = (attempts, services.clock.ms + _BACKOFF.delay(attempts, 0))
            return False
        self.waiting.pop(way, None)
        self.done.add(way)
        return True
