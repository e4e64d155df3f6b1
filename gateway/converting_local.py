"""The route ``POST /api/v1/convert``: a file in, drafts and reports out; nothing is kept."""

import asyncio
import base64
import io
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from adapters import Hints, Wishes
from gateway.converting import Conversion, convert
from gateway.services import Services
from gateway.tokens import check
from gateway.wire import read_limited

_Name = Annotated[str | None, Query(max_length=40)]


def router(services: Services) -> APIRouter:
    """The route for one gateway."""
    api = APIRouter(prefix="/api/v1", tags=["local"])

    @api.post(
        "/convert", summary="Turn a school system's file into drafts or another format; nothing is kept"
    )
    async def post_convert(
        request: Request,
        source: Annotated[_Name, Query(alias="from")] = None,
        target: Annotated[_Name, Query(alias="to")] = None,
    ) -> Response:
        def allowed() -> None:
            check(services.store, request.headers.get("authorization"), services.clock.ms).demand("validate")

        await asyncio.to_thread(allowed)
        today = datetime.fromtimestamp(services.clock.ms / 1000, UTC).date()
        hints = Hints(today=today)
        body = await read_limited(request, hints.max_bytes)
        wishes = Wishes(today, _wishes(request))
        done = await asyncio.to_thread(convert, io.BytesIO(body), source, target, hints, wishes)
        return Response(orjson.dumps(_shown(done)), media_type="application/json")

    return api


def _wishes(request: Request) -> dict[str, str]:
    """The written format's own choices: every other name in the query."""
    return {name: value for name, value in request.query_params.items() if name not in ("from", "to")}


def _shown(done: Conversion) -> dict[str, Any]:
    shown = done.to_json()
    if done.written is not None:
        shown["written"]["content"] = base64.b64encode(done.written.content).decode("ascii")
    return shown
