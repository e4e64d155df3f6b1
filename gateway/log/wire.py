"""The routes of a gateway's log on the wire: reading is public, asking its witness takes a hop signature."""

from starlette.requests import Request
from starlette.routing import Route

from gateway.log import http
from gateway.services import Services
from gateway.wire import caller, read_limited, unsigned


def routes(services: Services) -> list[Route]:
    """The routes of this gateway's log and witness; none when it has no log."""
    if services.log is None:
        return []

    async def admit(request: Request, limit: int) -> bytes:
        if "signature-input" not in request.headers:
            raise unsigned()
        body = await read_limited(request, limit)
        caller(services, request, body)
        return body

    def now() -> int:
        return services.clock.seconds

    return [*http.routes(services.log.book, now), *http.witness_routes(services.log.witness, admit, now)]
