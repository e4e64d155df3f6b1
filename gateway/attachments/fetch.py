"""One encrypted file from another gateway, or to one: in parts, going on where it broke off, checked by its address."""

from collections.abc import Iterable

from gateway.attachments.blobs import blocks_of
from gateway.attachments.carrier import Brought, FetchFailed, Span
from gateway.problems import GatewayError
from gateway.services import Services
from signing import Directory, Gateway
from signing.stream import address_of

#: How much is asked for, or brought, at once. A part has to be here within the time of an exchange.
PART = 1 << 20


def sources(directory: Directory, sender: str, reader: str, me: str) -> list[Gateway]:
    """Who may have a file that ``sender`` sends to ``reader``: the sender's gateways, then the reader's relays."""
    links = [link for link in directory.organisation(sender).gateways if link.how != "relay"]
    links += [link for link in directory.organisation(reader).gateways if link.how == "relay"]
    found = [directory.gateway(link.gateway) for link in links if link.gateway != me]
    return [gateway for gateway in found if gateway.active and gateway.url is not None]


def fetch(services: Services, address: str, size: int, gateways: Iterable[Gateway]) -> None:
    """Brings a file into the blobs, from the first gateway that has it. Raises FetchFailed with the last reason."""
    failed = FetchFailed("nobody-has-it")
    for gateway in gateways:
        try:
            _fetch_from(services, gateway, address, size)
        except FetchFailed as problem:
            failed = problem
        except GatewayError as problem:
            failed = FetchFailed(problem.code)
        else:
            return
    raise failed


def _fetch_from(services: Services, gateway: Gateway, address: str, size: int) -> None:
    parts, name = services.files.parts, f"in-{address}"
    with parts.appending(name) as file:
        at = parts.length(name)
        if at > size:
            file.truncate(0)
            at = 0
        parts.make_room(size - at)
        while at < size:
            stop = min(at + PART, size)
            file.write(services.carrier.get(gateway, Span(address, at, stop, size), services.clock.seconds))
            at = stop
    if not keep(services, name, address):
        raise FetchFailed("file_address")


def keep(services: Services, name: str, address: str) -> bool:
    """Puts a whole part under its address; one that is not what the address says is taken away, and this False."""
    path = services.files.parts.path(name)
    if address_of(blocks_of(path)) != address:
        services.files.parts.drop(name)
        return False
    services.files.blobs.put(address, path)
    return True


def bring(services: Services, gateway: Gateway, address: str, reader: str) -> None:
    """Brings a file of ours to a gateway that keeps it for ``reader``. Raises FetchFailed.

    For a sender whose gateway nobody can call. Of a file that was interrupted, what is there already is not
    written again; a file that is whole there already is not sent on.
    """
    blobs = services.files.blobs
    size = blobs.size(address)
    if size is None:
        raise FetchFailed("nobody-has-it")
    for start in range(0, size, PART):
        stop = min(start + PART, size)
        what = Brought(blobs.read(address, start, stop), reader, services.clock.seconds)
        if services.carrier.put(gateway, Span(address, start, stop, size), what):
            return
