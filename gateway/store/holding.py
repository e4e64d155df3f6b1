"""The write of a relay: sealed messages for organisations that collect.

Called by the writer thread inside its transaction; every operation leaves its audit row there. An operation that
raises has, by the writer's rule, changed nothing.
"""

from collections.abc import Sequence
from dataclasses import astuple, fields

from sqlalchemy import Connection

from gateway.problems import Conflict
from gateway.store import rows
from gateway.store import statements as s
from gateway.store import tables as t
from gateway.store.records import (
    Held,
)

_HELD = tuple(field.name for field in fields(Held))
_HELD_OTHERWISE = "A message with the same id is held with another content."


def hold(connection: Connection, messages: Sequence[Held]) -> Sequence[bool | Conflict]:
    """Keeps sealed messages for organisations that collect, a whole group at once.

    One answer for each: True when it is held now, False when the very same envelope was held before.
    An id that comes with another envelope gets a Conflict as its answer.
    """
    stored = connection.execute(s.held_before, {"b_jtis": [message.jti for message in messages]})
    known = {(iss, jti): digest for iss, jti, digest in stored}
    fresh: list[Held] = []
    answers: list[bool | Conflict] = []
    for message in messages:
        before = known.get((message.iss, message.jti))
        if before is None:
            known[message.iss, message.jti] = message.envelope_sha256
            fresh.append(message)
        same = before in (None, message.envelope_sha256)
        answers.append(before is None if same else Conflict("message.conflict", _HELD_OTHERWISE))
    _keep_held(connection, fresh)
    return answers


def _keep_held(connection: Connection, fresh: Sequence[Held]) -> None:
    if not fresh:
        return
    s.insert_into(t.held).run_many(connection, [dict(zip(_HELD, astuple(m), strict=True)) for m in fresh])
    events = [
        {
            "at": m.received_ms // 1000,
            "ev": "message.held",
            "iss": m.iss,
            "jti": m.jti,
            "envelope_sha256": m.envelope_sha256,
            "outcome": "ok",
        }
        for m in fresh
    ]
    rows.audit(connection, events)
