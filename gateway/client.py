"""A client of the local API, for the command line and the demonstration: what any system of a school can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson


class ApiProblem(Exception):
    """The gateway answered with a problem; ``problem`` is its RFC 9457 document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail", "The gateway could not carry this out.")))
        self.status = status
        self.problem = problem


class GatewayAway(Exception):
    """Nobody answers at the gateway's address."""


@dataclass(frozen=True, slots=True)
class LocalApi:
    """One organisation's access to its gateway."""

    url: str
    token: str
    timeout_s: float = 30.0

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """The JSON at a path under ``/api/v1``. Raises ApiProblem or GatewayAway."""
        return orjson.loads(self._ask("GET", path))

    def page(self, path: str) -> str:
        """The printable page at a path."""
        return self._ask("GET", path, accept="text/html").decode()

    def post(self, path: str, value: object = None, idempotency_key: str | None = None) -> Any:  # noqa: ANN401
        """Posts a value as JSON and gives the answer. Raises ApiProblem or GatewayAway."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        body = value if isinstance(value, bytes) else b"" if value is None else orjson.dumps(value)
        return orjson.loads(self._ask("POST", path, body, headers))

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
    ) -> bytes:
        sent = {"Authorization": f"Bearer {self.token}", "Accept": accept, **(headers or {})}
        address = f"{self.url.rstrip('/')}/api/v1{path}"
        try:
            with httpx2.Client(timeout=self.timeout_s, trust_env=False) as client:
                answer = client.request(method, address, content=body, headers=sent)
        except httpx2.HTTPError as problem:
            raise GatewayAway(f"The gateway does not answer ({type(problem).__name__}).") from None
        if answer.status_code >= 400:
            raise ApiProblem(answer.status_code, _problem(answer.content))
        return answer.content


def _problem(content: bytes) -> Mapping[str, Any]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
