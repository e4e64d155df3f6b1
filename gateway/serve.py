"""Running a gateway as a process: uvicorn over the application, logs through an allow-list, a graceful stop."""

import logging
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
import uvicorn

from gateway.app import create_app
from gateway.bootstrap import build
from gateway.files import HomeError
from gateway.settings import Settings

#: The only keys that ever reach a log line: ids of processes, codes and kinds, nothing about a child.
LOGGED = frozenset({"event", "level", "timestamp", "logger", "error", "code", "gateway", "port", "count"})

Scope = MutableMapping[str, Any]
Asgi = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


def allow_listed(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drops every key that is not on the list and says how many there were."""
    kept = {key: value for key, value in event.items() if key in LOGGED}
    if len(kept) < len(event):
        kept["count"] = len(event) - len(kept)
    return kept


def configure_logging() -> None:
    """JSON lines on stderr, through the allow-list. The server's own access and error logs stay off."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            allow_listed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


def quiet(app: Asgi) -> Asgi:
    """The application with nothing left for the server to log: an exception's text may hold a child's data."""

    async def guarded(scope: Scope, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own callables
        try:
            await app(scope, receive, send)
        except Exception as problem:  # noqa: BLE001 - it was answered and logged by its kind already
            structlog.get_logger("serve").error("request.aborted", error=type(problem).__name__)

    return guarded


def server_config(app: Asgi, host: str, port: int) -> uvicorn.Config:
    """How every server of ours runs; the null server of ``ltp bench`` is measured under the same settings."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        log_level=logging.CRITICAL,
        timeout_graceful_shutdown=10,
        server_header=False,
        # Nothing here asks who a proxy says the caller is.
        proxy_headers=False,
    )


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; requests and deliveries under way are finished first.

    Raises HomeError when the address is taken: before anything of the gateway runs, because another gateway may
    be at work on the same database.
    """
    configure_logging()
    with _listening(settings) as listener:
        gateway = build(settings)
        app = create_app(gateway.services, on_stop=gateway.close)
        gateway.start()
        structlog.get_logger("serve").info("gateway.started", gateway=settings.gateway, port=settings.port)
        server = uvicorn.Server(server_config(quiet(app), settings.host, settings.port))
        server.run(sockets=[listener])


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as problem:
        raise HomeError(
            f"The gateway cannot listen on {settings.host} port {settings.port}: {problem.strerror}. "
            "Is another gateway running there?"
        ) from None
