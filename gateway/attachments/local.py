"""The routes for attached files of an organisation's own systems and staff, under ``/api/v1``.

Sending: ``PUT /attachments/{id}`` the whole file, or pieces with ``Content-Range``; ``HEAD`` says how far it is.
Reading: ``GET /inbox/{bundleId}/attachments/{id}``, whole or one ``Range`` of it. Memory stays small either way.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import orjson
from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from gateway.attachments import reading, upload
from gateway.attachments.wire import span
from gateway.problems import Refused
from gateway.services import Services
from gateway.tokens import Rights, check

R = TypeVar("R")

#: A block has to follow the one before within this time.
_BLOCK_S = 30.0


def router(services: Services) -> APIRouter:
    """The routes for attached files of one gateway."""
    api = APIRouter(prefix="/api/v1", tags=["attachments"])

    def rights(request: Request, scope: str) -> Rights:
        return check(services.store, request.headers.get("authorization"), services.clock.ms).demand(scope)

    async def work(function: Callable[..., R], *args: object) -> R:
        return await asyncio.to_thread(function, *args)

    @api.put("/attachments/{upload_id}", summary="Hand a file in for a transfer, whole or in pieces")
    async def put_file(request: Request, upload_id: str) -> Response:
        who = await work(rights, request, "transfers")
        piece = upload.piece_of(request.headers.get("content-range"), request.headers.get("content-length"))
        writing = await work(upload.Writing, services, who.organisation, upload.check_id(upload_id), piece)
        try:
            await _write(request, writing)
            return _progress(await work(writing.finish))
        finally:
            await work(writing.close)

    @api.head("/attachments/{upload_id}", summary="How far a file has come")
    async def head_file(request: Request, upload_id: str) -> Response:
        who = await work(rights, request, "transfers")
        found = await work(upload.progress, services, who.organisation, upload_id)
        return Response(
            headers={"Upload-Offset": str(found.received), "Upload-Length": str(found.size)}, status_code=204
        )

    @api.get("/attachments/{upload_id}", summary="How far a file has come, in JSON")
    async def get_progress(request: Request, upload_id: str) -> Response:
        who = await work(rights, request, "transfers")
        return _progress(await work(upload.progress, services, who.organisation, upload_id))

    path = "/inbox/{bundle_id}/attachments/{attachment_id}"

    @api.get(path, summary="Open a file that was received with a bundle, whole or a range of it")
    @api.head(path, summary="The length and kind of a file that was received")
    async def get_file(request: Request, bundle_id: str, attachment_id: str) -> Response:
        who = await work(rights, request, "inbox")
        opened = await work(reading.opened, services, who, bundle_id, attachment_id)
        return _file(services, request, opened)

    return api


async def _write(request: Request, writing: upload.Writing) -> None:
    """Passes the body on, block by block; only the block at hand is in memory."""
    stream = aiter(request.stream())
    try:
        while True:
            async with asyncio.timeout(_BLOCK_S):
                block = await anext(stream, None)
            if block is None:
                return
            await asyncio.to_thread(writing.write, block)
    except (ClientDisconnect, TimeoutError):
        raise Refused(
            "body.incomplete",
            "The request ended before its body was complete.",
            "Ask how far it came, and go on.",
        ) from None


def _progress(found: upload.Progress) -> Response:
    told: dict[str, str | int] = {"id": found.upload_id, "received": found.received, "size": found.size}
    if found.sha256 is not None:
        told["sha256"] = found.sha256
    status = 200 if found.sha256 is None else 201
    return Response(orjson.dumps(told), status, media_type="application/json")


def _file(services: Services, request: Request, opened: reading.Opened) -> Response:
    start, stop = span(request.headers.get("range"), opened.length)
    ranged = "range" in request.headers
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(stop - start),
        # Whatever the sender says it is, a browser saves it and runs nothing of it.
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "LTP-Scan": opened.scan,
    }
    if ranged:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{opened.length}"
    status = 206 if ranged else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=opened.media_type)
    return StreamingResponse(opened.read(services, start, stop), status, headers, opened.media_type)
