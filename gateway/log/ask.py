"""Asking another gateway's witness over HTTP, signed with this gateway's hop key."""

from collections.abc import Callable
from http.client import HTTPException

from gateway.exchange import Exchanges, TooLong
from gateway.hop import HopSigner
from gateway.log.witnessing import Ask, WitnessAway
from signing.log.checkpoint import number
from signing.log.errors import LogError


def http_witness(url: str, signer: HopSigner, exchanges: Exchanges, now: Callable[[], int]) -> Ask:
    """Asks the witness of the gateway at ``url``, which is its URL in the directory."""
    address = url.rstrip("/") + "/ltp/v1/log/add-checkpoint"

    def ask(body: bytes) -> bytes:
        headers = signer.request("POST", address, body, now())
        headers["Content-Type"] = "text/plain; charset=utf-8"
        try:
            answer = exchanges.post(address, body, headers)
        except (TimeoutError, OSError, HTTPException, TooLong):
            raise WitnessAway from None
        if answer.status == 200:
            return answer.body
        raise _refusal(answer.status, answer.body)

    return ask


def _refusal(status: int, body: bytes) -> Exception:
    """What the witness said: that it has seen the log at another size, that it has seen another log, or nothing."""
    if status != 409:
        return WitnessAway()
    try:
        return LogError("stale", number(body.decode("ascii").removesuffix("\n"), "bad_request"))
    except (LogError, UnicodeDecodeError):
        return LogError("split_view")
