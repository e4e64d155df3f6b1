"""The log over HTTP, under ``/ltp/v1/log``: checkpoint, tiles, proofs, and the witness of this gateway.

Every GET is public and unsigned: nothing here is about a person. Answers are as C2SP has them, so that any
client, mirror or monitor of such logs can be used: ``checkpoint``, ``tile/…`` (tlog-tiles), ``inclusion``
(tlog-proof), ``add-checkpoint`` (tlog-witness); ``consistency`` and ``find`` are small JSON objects.
"""

import asyncio
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.log.book import Book
from gateway.log.folder import WIDTH, pack, tile_path
from gateway.log.witnessing import WitnessService
from gateway.problems import Forbidden, GatewayError, NotFound, Refused
from gateway.store.log import LogRead
from signing.log.checkpoint import MAX_NOTE, MAX_SIZE, Unverified
from signing.log.errors import LogError

R = TypeVar("R")

PREFIX = "/ltp/v1/log"
MAX_REQUEST = 2 * MAX_NOTE

_TEXT = "text/plain; charset=utf-8"
_DIGEST = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_TILE = re.compile(r"((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_FOR_EVER, _SHORT = "public, max-age=31536000, immutable", "public, max-age=5"

#: Reads and admits a request that is not public: gives its body, or raises a GatewayError.
Admit = Callable[[Request, int], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class _Tile:
    """A tile that a path asks for."""

    number: int
    width: int

    @classmethod
    def of(cls, path: str) -> "_Tile":
        match = _TILE.fullmatch(path)
        if match is None:
            raise _nothing()
        number = int(match[1].replace("x", "").replace("/", ""))
        width = WIDTH if match[2] is None else int(match[2])
        # One address for each tile: what is kept for ever is kept once.
        if width > WIDTH or tile_path(number, width) != path:
            raise _nothing()
        return cls(number, width)


def routes(book: Book, now: Callable[[], int]) -> list[Route]:
    """The public routes of a log; ``now`` is the gateway's clock in seconds."""

    async def checkpoint(_request: Request) -> Response:
        signed = await asyncio.to_thread(book.newest, now())
        if signed is None:
            raise _nothing()
        return Response(signed.note, media_type=_TEXT, headers={"Cache-Control": _SHORT})

    async def inclusion(request: Request) -> Response:
        size = _number(request, "size") if "size" in request.query_params else None
        proof = await asyncio.to_thread(book.prove, _number(request, "index"), size)
        return Response(proof.text(), media_type=_TEXT)

    async def consistency(request: Request) -> Response:
        old, size = _number(request, "old"), _number(request, "size")
        hashes = await _read(book, lambda read: _consistency(read, old, size))
        listed = [b64encode(one).decode() for one in hashes]
        return _json({"old": old, "size": size, "hashes": listed})

    async def find(request: Request) -> Response:
        digest = request.query_params.get("digest", "")
        if _DIGEST.fullmatch(digest) is None:
            raise _bad_number("digest")
        return _json({"indexes": await _read(book, lambda read: _places(read, digest))})

    async def tile(request: Request) -> Response:
        level, wanted = request.path_params["level"], _Tile.of(request.path_params["path"])
        data = await _read(book, lambda read: _tile(read, level, wanted))
        headers = {"Cache-Control": _FOR_EVER}
        return Response(data, media_type="application/octet-stream", headers=headers)

    listed: list[tuple[str, Callable[[Request], Awaitable[Response]]]] = [
        ("/checkpoint", checkpoint),
        ("/inclusion", inclusion),
        ("/consistency", consistency),
        ("/find", find),
        ("/tile/{level}/{path:path}", tile),
    ]
    return [Route(PREFIX + path, _answering(work), methods=["GET"]) for path, work in listed]


def witness_routes(service: WitnessService, admit: Admit, now: Callable[[], int]) -> list[Route]:
    """The route by which other gateways ask the witness here; ``admit`` checks who calls."""

    async def add_checkpoint(request: Request) -> Response:
        body = await admit(request, MAX_REQUEST)
        try:
            lines = await asyncio.to_thread(service.cosign, body, now())
        except LogError as refused:
            if refused.code != "stale":
                raise
            # The form of this one answer is the protocol's, not ours.
            size = f"{refused.where}\n".encode()
            return Response(size, status_code=409, headers={"Content-Type": "text/x.tlog.size"})
        return Response(lines, media_type=_TEXT)

    return [Route(f"{PREFIX}/add-checkpoint", _answering(add_checkpoint), methods=["POST"])]


def _answering(work: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return await work(request)
        except LogError as refused:
            raise _problem(refused) from None

    return answer


class _Disagrees(GatewayError):
    """The log that a witness is shown is not the one that it saw."""

    status = 409
    title = "This is not the log that was seen before"


#: What is answered to each refusal; the protocol of witnesses sets these.
_KINDS: dict[str, type[GatewayError]] = {
    "bad_position": NotFound,
    "unknown_log": NotFound,
    "bad_signature": Forbidden,
    "split_view": _Disagrees,
}


def _problem(refused: LogError) -> GatewayError:
    return _KINDS.get(refused.code, Refused)(f"log.{refused.code.replace('_', '-')}", str(refused))


async def _read(book: Book, work: Callable[[LogRead], R]) -> R:
    """What ``work`` reads, in a thread of its own."""

    def reading() -> R:
        with book.read() as read:
            return work(read)

    return await asyncio.to_thread(reading)


def _signed(read: LogRead) -> int:
    """How far the log is signed: what is behind is not shown to anybody yet."""
    note = read.checkpoint()
    return 0 if note is None else Unverified.parse(note).head.size


def _places(read: LogRead, digest: str) -> list[int]:
    signed = _signed(read)
    return [place for place in read.find(digest) if place < signed]


def _consistency(read: LogRead, old: int, size: int) -> list[bytes]:
    if size > _signed(read):
        raise LogError("bad_position", size)
    return read.consistency(old, size)


def _tile(read: LogRead, level: str, wanted: _Tile) -> bytes:
    start = wanted.number * WIDTH
    height = 0 if level == "entries" else int(level) if re.fullmatch(r"[0-7]", level) else None
    if height is None or start + wanted.width > _signed(read) >> 8 * height:
        raise _nothing()
    if level == "entries":
        return pack(read.entries(start, start + wanted.width))
    return b"".join(read.hashes(8 * height, start, start + wanted.width))


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text) or int(text) > MAX_SIZE:
        raise _bad_number(name)
    return int(text)


def _bad_number(name: str) -> Refused:
    return Refused("request.parameters", f"The parameter {name} is missing or not of the right kind.")


def _nothing() -> NotFound:
    return NotFound("not-found", "There is nothing at this address.")


def _json(value: object) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")
