"""The two payloads that Wonde takes back: marks of a register, and events of behaviour. Never the profile.

A mark is written as the id that the school's own list of codes has for it, which only the caller can look up.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from adapters.base import Loss, LossReport, Wishes, Written
from adapters.carried import documents
from adapters.errors import CannotWrite
from schemas.findings import Finding

OPTIONS: Mapping[str, str] = {
    "student": "the id that Wonde has for the pupil",
    "codes": "the ids of the school's attendance codes, as CODE:ID pairs with commas, such as B:A1,C2:A2",
    "employee": "the id of the member of staff who enters it (for events of behaviour)",
}
"""What `write` lets one choose; the first two must be given for marks."""

_SESSIONS = frozenset({"AM", "PM"})
_WORDS = ("description", "courseOfAction", "accidentDetails")
_NOT_MARKED = "only register marks and events of behaviour can be written back"


def write(bundles: Sequence[Mapping[str, Any]], wishes: Wishes) -> Written:
    """Return the payload for one pupil: `session_register` marks from summaries, `behaviours` from incident reports.

    Raises CannotWrite when the pupil's id is missing, when a code has no id, or when there is nothing to write back.
    """
    student, codes = wishes.options.get("student", ""), _codes(wishes.options.get("codes", ""))
    found = [document for bundle in bundles for document in bundle.get("documents", ())]
    marks = [mark for document in found for mark in _marks(document)]
    events = [document for document in found if document.get("type") == "incident-report"]
    faults = [
        fault
        for fault, wrong in (
            (_NO_STUDENT, not student),
            (_NOTHING, not marks and not events),
            (_NO_CODE, any(mark["code"] not in codes for mark in marks)),
        )
        if wrong
    ]
    if faults:
        raise CannotWrite(*faults)
    payload: dict[str, Any] = {}
    if marks:
        payload["session_register"] = [_mark(mark, student, codes) for mark in marks]
    if events:
        payload["behaviours"] = [
            _event(event, student, wishes.options.get("employee", "")) for event in events
        ]
    others = [
        {**bundle, "documents": [d for d in bundle.get("documents", ()) if not _written(d)]}
        for bundle in bundles
    ]
    loss = LossReport(ignored=(*_withheld(events), *documents(others, _NOT_MARKED)))
    return Written(orjson.dumps(payload, option=orjson.OPT_INDENT_2), "wonde.json", "application/json", loss)


def _codes(text: str) -> dict[str, str]:
    pairs = (pair.partition(":") for pair in text.split(",") if pair)
    return {code.strip(): number.strip() for code, _, number in pairs}


def _written(document: Mapping[str, Any]) -> bool:
    return document.get("type") in ("attendance-summary", "incident-report")


def _marks(document: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if document.get("type") != "attendance-summary":
        return
    for session in document.get("sessions", ()):
        if session.get("session") in _SESSIONS and isinstance(session.get("homeRegisterCode"), str):
            yield {
                "date": session["date"],
                "session": session["session"],
                "code": session["homeRegisterCode"],
            }


def _mark(mark: Mapping[str, str], student: str, codes: Mapping[str, str]) -> dict[str, str]:
    return {
        "student_id": student,
        "date": mark["date"],
        "session": mark["session"],
        "attendance_code_id": codes[mark["code"]],
    }


def _event(document: Mapping[str, Any], student: str, employee: str) -> dict[str, Any]:
    """Return one event with its kind and day; what was written about it does not leave by this way."""
    return {
        "students": [{"student_id": student, "role": "AG"}],
        **({"employee_id": employee} if employee else {}),
        "date": document.get("incidentDate"),
        "status": "1",
        "type": document.get("incidentType"),
    }


def _withheld(events: Sequence[Mapping[str, Any]]) -> list[Loss]:
    told = sum(member in event for event in events for member in _WORDS)
    return (
        [Loss("/documents/incident-report/*", "what was written about an incident stays here", told)]
        if told
        else []
    )


def _fault(code: str, message: str, fix: str) -> Finding:
    return Finding(f"wonde.{code}", "error", "", message, fix)


_NO_STUDENT = _fault(
    "student", "The pupil's id in Wonde is not given.", "Look the pupil up and give the id as student."
)
_NOTHING = _fault(
    "nothing",
    "There are no register marks and no incidents here, and nothing else can be written back.",
    "Choose a bundle with an attendance summary or an incident report.",
)
_NO_CODE = _fault(
    "code",
    "The school's list has no id for one of the attendance codes.",
    "Fetch the school's attendance codes, and give each code with its id as codes.",
)
