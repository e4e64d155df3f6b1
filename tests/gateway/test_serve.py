"""Logs: only keys of the list are ever written, whatever a line of code hands over."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from gateway.serve import LOGGED, allow_listed, configure_logging

CANARY = "Zoë-the-canary"


@pytest.fixture
def logging() -> Iterator[None]:
    configure_logging()
    yield
    structlog.reset_defaults()


def test_keys_of_the_list_pass_and_all_others_are_dropped_and_counted() -> None:
    line = {"event": "request.failed", "code": "internal", "name": CANARY, "body": {"upn": CANARY}}
    kept = allow_listed(None, "error", dict(line))
    assert kept == {"event": "request.failed", "code": "internal", "count": 2}
    assert allow_listed(None, "error", {"event": "x", "port": 1}) == {"event": "x", "port": 1}


@pytest.mark.usefixtures("logging")
def test_a_line_that_is_written_holds_keys_of_the_list_only(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    log = structlog.get_logger("a test")
    log.error("delivery.failed", error="ValueError", learner=CANARY, exc_info=ValueError(CANARY))
    log.info("gateway.started", gateway="urn:ltp:gw:ash", port=8700)
    log.debug("not at this level")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["delivery.failed", "gateway.started"]
    assert all(line.keys() <= LOGGED for line in lines)
    assert lines[0]["error"] == "ValueError"
    assert lines[1]["port"] == 8700
    assert CANARY not in str(lines)
