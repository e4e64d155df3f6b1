"""The ASGI application: both APIs, one table from errors to answers, nothing else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import orjson
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

import schemas
from gateway import converting_local, local, wire
from gateway.attachments import local as local_files
from gateway.attachments import wire as wire_files
from gateway.log import wire as wire_log
from gateway.problems import (
    Failed,
    GatewayError,
    NotFound,
    Refused,
    Unavailable,
    WrongMethod,
    problem_response,
)
from gateway.services import Services
from signing import DirectoryError

_log = structlog.get_logger("app")

#: Requests at work at the same time. Most of them wait for the writer, which puts them into one commit.
_AT_ONCE = 40


def create_app(services: Services, on_stop: Callable[[], None] | None = None) -> ASGIApp:
    """The application over ``services``. ``on_stop`` runs after the last request was answered.

    The wire API is a bare Starlette application beside the local one: it has no use for parameters, schemas and
    the layers that bring them, and it is where the load is.
    """
    local_app = _local_app(services, on_stop)
    wire_app = Starlette(
        routes=[*wire.routes(services), *wire_files.routes(services), *wire_log.routes(services)]
    )
    for app in (local_app, wire_app):
        for error, handler in _ANSWERS.items():
            app.add_exception_handler(error, handler)

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        on_the_wire = scope["type"] == "http" and scope["path"].startswith(("/ltp/", "/.well-known/"))
        await (wire_app if on_the_wire else local_app)(scope, receive, send)

    return both


def _local_app(services: Services, on_stop: Callable[[], None] | None) -> FastAPI:
    app = FastAPI(
        title="Learner Transfer Profile gateway",
        version=schemas.VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        # A redirect would repeat the address, and with it what stands in its query.
        redirect_slashes=False,
        lifespan=_lifespan(on_stop),
    )
    app.include_router(local.router(services))
    app.include_router(local_files.router(services))
    app.include_router(converting_local.router(services))
    app.add_route("/healthz", _healthy, methods=["GET"])
    return app


def _lifespan(on_stop: Callable[[], None] | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_AT_ONCE, "request"))
        yield
        if on_stop is not None:
            on_stop()

    return lifespan


async def _healthy(_request: Request) -> Response:
    return Response(orjson.dumps({"status": "ok"}), media_type="application/json")


async def _gateway_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)  # noqa: S101 - the table above sends nothing else here
    return problem_response(error)


async def _invalid_document(_request: Request, error: Exception) -> Response:
    assert isinstance(error, schemas.InvalidDocument)  # noqa: S101 - as above
    return problem_response(
        Refused("document.unreadable", "This is not a document.", findings=error.findings)
    )


async def _no_directory(_request: Request, _error: Exception) -> Response:
    return problem_response(
        Unavailable("directory.unusable", "This gateway has no directory that it can trust at the moment.")
    )


async def _bad_parameters(_request: Request, _error: Exception) -> Response:
    # The framework's own answer would repeat what was submitted.
    return problem_response(
        Refused("request.parameters", "A parameter in the address is not of the right kind.")
    )


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    if error.status_code == 404:
        return problem_response(NotFound("not-found", "There is nothing at this address."))
    # With it comes the list of the methods that the address does take.
    return problem_response(
        WrongMethod("request.method", "This address does not take such a request."), error.headers
    )


async def _unexpected(_request: Request, error: Exception) -> Response:
    # The exception's text may hold a child's data: its kind is all that is written down.
    _log.error("request.failed", error=type(error).__name__)
    return problem_response(
        Failed("internal", "The gateway met a fault of its own. Nothing accepted was lost; try again.")
    )


#: The one table from errors to answers.
_ANSWERS: Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    GatewayError: _gateway_error,
    schemas.InvalidDocument: _invalid_document,
    DirectoryError: _no_directory,
    RequestValidationError: _bad_parameters,
    HTTPException: _http_error,
    Exception: _unexpected,
}
