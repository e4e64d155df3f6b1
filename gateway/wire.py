"""The wire API, gateway to gateway: ``/ltp/v1`` and ``/.well-known/ltp``.

Posts are taken only from gateways of the directory, by their RFC 9421 signature; there are no bearer tokens
here. The body is read as raw bytes, with a limit, and nothing parses it before ``signing`` has seen it.
"""

import asyncio

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

import schemas
from gateway import hop
from gateway.log.http import PREFIX
from gateway.problems import (
    Forbidden,
    GatewayError,
    NotFound,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from gateway.receive import hold, outside, receive
from gateway.services import Services
from signing import Directory, DirectoryError, Gateway, UnsealError
from signing.message import MAX_ENVELOPE
from signing.stream import MAX_LENGTH

#: How a refusal by ``signing`` is answered: one status for each kind, and the published code.
_UNSEAL: dict[str, type[GatewayError]] = {
    "too_large": TooLarge,
    "unknown_sender": Forbidden,
    "sender_inactive": Forbidden,
    "not_for_me": NotFound,
}

#: What everybody may see of the directory that this gateway goes by.
_FRESHNESS = ("version", "verifiedAt", "sendUntil", "sending", "refused")

#: A whole body has to be here after this time; slow callers hold memory.
_BODY_S = 30.0


async def read_limited(request: Request, limit: int) -> bytes:
    """The raw body. Raises TooLarge as soon as it is longer than ``limit`` bytes."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    parts, size = [], 0
    try:
        async with asyncio.timeout(_BODY_S):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise _too_large(limit)
                parts.append(part)
    except (ClientDisconnect, TimeoutError):
        raise Refused("body.incomplete", "The request ended before its body was complete.") from None
    return b"".join(parts)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        "body.too-large", f"At most {limit:,} bytes are taken here.", "Send large files as attachments."
    )


def routes(services: Services) -> list[Route]:
    """The routes of the wire API for one gateway."""

    async def post_message(request: Request) -> Response:
        if "signature-input" not in request.headers:
            # Nothing is read, let alone held, for somebody who does not even say who they are.
            raise unsigned()
        envelope = await read_limited(request, MAX_ENVELOPE)
        calling = caller(services, request, envelope)
        try:
            header = outside(services, envelope, calling)
            if services.cabinet.serves(header.aud.partition("/")[0]):
                await asyncio.to_thread(receive, services, envelope, header)
            else:
                await asyncio.wrap_future(hold(services, envelope, header))
        except UnsealError as refused:
            raise _refusal(refused) from None
        return _acknowledgement(services, header.envelope_sha256)

    async def capabilities(_request: Request) -> Response:
        state = services.directory.state()
        body = {
            "gateway": services.gateway,
            "profile": ["ltp-1"],
            "accepts": [f"ltp:bundle/{schemas.VERSION}", f"ltp:receipt/{schemas.VERSION}"],
            "maxEnvelopeBytes": MAX_ENVELOPE,
            "messages": "/ltp/v1/messages",
            "attachments": "/ltp/v1/attachments/",
            "maxAttachmentBytes": MAX_LENGTH,
            "directory": {name: state.get(name) for name in _FRESHNESS},
        }
        if services.log is not None:
            body["log"] = {"origin": services.log.book.origin, "checkpoint": f"{PREFIX}/checkpoint"}
        return Response(orjson.dumps(body), media_type="application/json")

    return [
        Route("/ltp/v1/messages", post_message, methods=["POST"]),
        Route("/.well-known/ltp", capabilities, methods=["GET"]),
    ]


def caller(services: Services, request: Request, body: bytes) -> Gateway:
    """The gateway that signed a request with this body. Raises Unauthenticated, or Unavailable."""
    try:
        directory = services.directory.current()
        message = hop.Request(request.method, _own_url(services, directory, request), dict(request.headers))
        return hop.verify_request(message, body, directory, services.clock.seconds)
    except DirectoryError:
        raise Unavailable("directory.unusable", "This gateway has no directory that it can trust.") from None
    except hop.HopRefused:
        raise unsigned() from None


def unsigned() -> Unauthenticated:
    """What is answered to whoever does not say, or cannot prove, which gateway they are."""
    return Unauthenticated(
        "hop.signature",
        "The request is not signed by a gateway of the directory.",
        "Sign with your gateway's hop key (RFC 9421) and check both clocks.",
    )


def _own_url(services: Services, directory: Directory, request: Request) -> str:
    """The URL that the caller must have signed: this gateway's own in the directory, not the caller's Host.

    Otherwise a request signed for another gateway could be posted again here.
    """
    listed = directory.gateway(services.gateway).url
    path, query = request.url.path, request.url.query
    if listed is None:
        # Nobody can have been told to post here: this gateway only collects.
        raise hop.HopRefused
    return listed.rstrip("/") + path + (f"?{query}" if query else "")


def _refusal(refused: UnsealError) -> GatewayError:
    return _UNSEAL.get(refused.code, Refused)(f"message.{refused.code}", str(refused))


def _acknowledgement(services: Services, envelope_sha256: str) -> Response:
    """202 with this gateway's signed word that it holds this very envelope; it says nothing about its content."""
    body = orjson.dumps({"envelope_sha256": envelope_sha256, "held": True})
    headers = services.signer.answer(202, body, services.clock.seconds)
    return Response(body, status_code=202, media_type="application/json", headers=headers)
