"""Errors of the gateway as values, and their one form on the wire: RFC 9457 problem details.

    GatewayError              what a caller did or may know; carries a stable code, a sentence and a fix
     ├── Unauthenticated      401  no token, or one that is not valid
     ├── Forbidden            403  a valid token or gateway that may not do this
     ├── NotFound             404
     ├── WrongMethod          405
     ├── Conflict             409  the same id with another content
     ├── TooLarge             413
     ├── Refused              422  what was sent is not right; ``findings`` has every problem
     ├── Failed               500  a fault of the gateway itself
     └── Unavailable          503  the gateway cannot do this now

Nothing in here repeats a value that somebody submitted.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import orjson
from starlette.responses import Response

from schemas import Finding

#: Where the list of codes is published; ``type`` in a problem is this and the code.
PROBLEMS = "https://w3id.org/ltp/problems/"


class GatewayError(Exception):
    """Base of all errors that a caller of the gateway meets."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request cannot be carried out"

    def __init__(self, code: str, detail: str, fix: str = "", findings: Sequence[Finding] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.fix = fix
        self.findings = tuple(findings)

    def to_json(self) -> dict[str, Any]:
        """The members of the problem details document."""
        body: dict[str, Any] = {
            "type": PROBLEMS + self.code,
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.fix:
            body["fix"] = self.fix
        if self.findings:
            body["findings"] = [finding.to_json() for finding in self.findings]
        return body


class Unauthenticated(GatewayError):
    """No token, or one that is not valid."""

    status = 401
    title = "You are not signed in"


class Forbidden(GatewayError):
    """Known, but not allowed."""

    status = 403
    title = "This is not allowed"


class NotFound(GatewayError):
    """Nothing there that the caller may see."""

    status = 404
    title = "Not found"


class WrongMethod(GatewayError):
    """The address exists, but not for this kind of request."""

    status = 405
    title = "Not this way"


class Conflict(GatewayError):
    """The same id came with another content."""

    status = 409
    title = "This was already sent with another content"


class TooLarge(GatewayError):
    """More bytes than the gateway takes."""

    status = 413
    title = "Too large"


class Refused(GatewayError):
    """What was sent is not right; every problem is in ``findings``."""

    status = 422
    title = "Some things need to be put right first"


class Failed(GatewayError):
    """A fault of the gateway itself."""

    status = 500
    title = "Something went wrong here"


class Unavailable(GatewayError):
    """Not now."""

    status = 503
    title = "Not available at the moment"


def problem_response(error: GatewayError, headers: Mapping[str, str] | None = None) -> Response:
    """The error as an ``application/problem+json`` answer, with the headers that belong to it."""
    asked = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return Response(
        orjson.dumps(error.to_json()),
        status_code=error.status,
        media_type="application/problem+json",
        headers={**asked, **(headers or {})},
    )
