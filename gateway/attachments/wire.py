"""Encrypted files between gateways: ``/ltp/v1/attachments/{sha256}``, every request signed with a hop key.

A file is given only to the own or host gateway of an organisation that it was sent to, and taken only for an
organisation that is served here or keeps its mailbox here. What is given or taken is ciphertext. A body is at
most one part, so memory stays small however large the file is; a whole file is given block by block.
"""

import asyncio
import hashlib
import re
from collections.abc import Iterator

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gateway.attachments import blobs
from gateway.attachments.fetch import keep
from gateway.problems import Conflict, Forbidden, NotFound, Refused
from gateway.services import Services
from gateway.wire import caller, read_limited, unsigned
from signing import Directory, DirectoryError, Gateway
from signing.stream import MAX_LENGTH, is_address, sealed_length

#: The longest part that is taken in one request.
MOST_PART = 4 << 20

#: How long a file that was brought for somebody waits to be fetched: as long as a transfer may take.
_KEPT_MS = 74 * 86_400_000

_RANGE = re.compile(r"bytes=([0-9]{1,10})-([0-9]{1,10})?")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,10})-([0-9]{1,10})/([0-9]{1,10})")
_TYPE = "application/octet-stream"


def routes(services: Services) -> list[Route]:
    """The routes for encrypted files of one gateway."""

    async def get_file(request: Request) -> Response:
        asking = caller(services, request, b"")
        return await asyncio.to_thread(_given, services, request, asking)

    async def put_part(request: Request) -> Response:
        if "signature-input" not in request.headers:
            raise unsigned()
        body = await read_limited(request, MOST_PART)
        bringing = caller(services, request, body)
        return await asyncio.to_thread(_taken, services, request, (bringing, body))

    path = "/ltp/v1/attachments/{sha256}"
    return [Route(path, get_file, methods=["GET"]), Route(path, put_part, methods=["PUT"])]


def _given(services: Services, request: Request, asking: Gateway) -> Response:
    address = _address(request)
    readers = services.files.ledger.readers(address, services.clock.ms)
    size = services.files.blobs.size(address)
    if size is None or not _is_home(services.directory.current(), asking, readers):
        # One answer for both: nobody learns here what exists.
        raise NotFound("attachment.unknown", "There is no file at this address that you may have.")
    start, stop = span(request.headers.get("range"), size)
    whole = (start, stop) == (0, size) and "range" not in request.headers
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(stop - start), "ETag": f'"{address}"'}
    if not whole:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    status = 200 if whole else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=_TYPE)
    return StreamingResponse(_stream(services, address, start, stop), status, headers, _TYPE)


def _stream(services: Services, address: str, start: int, stop: int) -> Iterator[bytes]:
    return blobs.stream(services.files.blobs, address, start, stop)


def span(header: str | None, size: int) -> tuple[int, int]:
    """From where to where a Range header asks. Raises Refused for more than one range, or one outside the file."""
    if header is None:
        return 0, size
    found = _RANGE.fullmatch(header)
    start = int(found[1]) if found else size
    stop = min(int(found[2]) + 1, size) if found and found[2] else size
    if start >= stop:
        raise Refused("attachment.range", f"The file has {size:,} bytes; ask for one range inside it.")
    return start, stop


def _taken(services: Services, request: Request, what: tuple[Gateway, bytes]) -> Response:
    bringing, body = what
    address, reader = _address(request), request.query_params.get("for", "")
    _check_reader(services, bringing, reader)
    start, total = _part(request.headers.get("content-range"), len(body))
    files = services.files
    if files.blobs.size(address) is None:
        name = _part_name(bringing, address)
        here = _append(services, name, (start, total), body)
        if here < total:
            return _answer({"held": here, "size": total})
        if not keep(services, name, address):
            raise Refused(
                "attachment.file_address", "The file is not the one that the address names.", "Begin again."
            )
    files.ledger.may_travel([address], reader, services.clock.ms + _KEPT_MS)
    return _answer({"held": total, "size": total}, 201)


def _append(services: Services, name: str, where: tuple[int, int], body: bytes) -> int:
    start, total = where
    parts = services.files.parts
    with parts.appending(name) as file:
        here = parts.length(name)
        if here == 0:
            parts.make_room(total)
        if start > here:
            raise Conflict("attachment.offset", f"The next byte that is needed is number {here}.")
        # What is here already of a part that comes again is not written twice.
        file.write(body[here - start :])
        return max(here, start + len(body))


def _part(header: str | None, length: int) -> tuple[int, int]:
    found = _CONTENT_RANGE.fullmatch(header or "")
    start, stop, total = (int(found[1]), int(found[2]) + 1, int(found[3])) if found else (0, 0, 0)
    if not start < stop <= total or stop - start != length or total > sealed_length(MAX_LENGTH):
        raise Refused(
            "attachment.range",
            "The request does not say which bytes of the file it brings.",
            "Send Content-Range: bytes <first>-<last>/<length>, and as many bytes.",
        )
    return start, total


def _check_reader(services: Services, bringing: Gateway, reader: str) -> None:
    """Take files only for those whose messages are taken here, from gateways that speak for somebody."""
    directory = services.directory.current()
    try:
        known = directory.organisation(reader)
    except DirectoryError:
        known = None
    here = known is not None and any(link.gateway == services.gateway for link in known.gateways)
    speaks = any(
        _is_home(directory, bringing, [org.urn]) for org in directory.organisations.values() if org.active
    )
    if not (here and speaks):
        raise Forbidden("attachment.not-for-us", "No files are taken here for this organisation.")


def _is_home(directory: Directory, gateway: Gateway, organisations: "frozenset[str] | list[str]") -> bool:
    return any(
        directory.is_home(gateway.urn, organisation)
        for organisation in organisations
        if organisation in directory.organisations
    )


def _part_name(bringing: Gateway, address: str) -> str:
    # One for each gateway: none can spoil what another brings.
    return "put-" + hashlib.sha256(f"{bringing.urn}/{address}".encode()).hexdigest()


def _address(request: Request) -> str:
    address = str(request.path_params["sha256"])
    if not is_address(address):
        raise NotFound("attachment.unknown", "There is no file at this address that you may have.")
    return address


def _answer(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
