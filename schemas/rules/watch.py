"""Rules that only watch what a government intends or has not yet brought into force (POL)."""

from collections.abc import Iterator

from schemas.rules._case import Case, Item, Verdict, at
from schemas.rules._catalogue import Rule
from schemas.rules._facts import Unseen, entries, find, learner, need, need_day, one
from schemas.rules._look import text
from schemas.rules._placing import placed
from schemas.rules.pupil import compulsory


def limits(case: Case, rule: Rule) -> Iterator[Verdict]:
    """POL-01: how long, or how much of the week, somewhere that is not a school."""
    return placed(case, rule, _limits)


def _limits(item: Item, _case: Case, rule: Rule) -> Verdict | None:
    if need(item, "boolean", "provider", "registeredSchool", "registered"):
        return None
    sessions = len(entries(item, "attendancePattern"))
    if not sessions:
        raise Unseen(at(item.path, "attendancePattern"))
    length = (need_day(item, "plannedEndDate") - need_day(item, "startDate")).days + 1
    places = (at(item.path, "attendancePattern"), at(item.path, "plannedEndDate"))
    if sessions <= rule.thresholds["sessionsPerWeek"] or length <= rule.thresholds["weeks"] * 7:
        return Verdict("pass", places)
    message = "The placement is longer and fuller than the limits that the government intends."
    return Verdict("info", places, message)


def register(case: Case, rule: Rule) -> Iterator[Verdict]:
    """POL-02: whether the register of children not in school would cover the pupil."""
    return placed(case, rule, _register)


def _register(item: Item, case: Case, _rule: Rule) -> Verdict:
    first, last = compulsory(need_day(learner(case), "dateOfBirth"))
    school = need(item, "boolean", "provider", "registeredSchool", "registered")
    arranged = need(item, "string", "commissioner", "role") == "school"
    place = at(item.path, "provider", "registeredSchool")
    if arranged and not school and first <= need_day(item, "startDate") <= last:
        message = "Once it is in force, the register of children not in school would cover this pupil."
        return Verdict("info", (place,), message)
    return Verdict("pass", (place,))


def identifier(case: Case, rule: Rule) -> Iterator[Verdict]:
    """POL-03: a consistent identifier is content and never a key; whether there must be one is data."""
    for item in case.components:
        verdict = one(item, case, rule, _identifier) if item.kind == "learner" else None
        yield from (verdict,) if verdict else ()


def _identifier(item: Item, case: Case, rule: Rule) -> Verdict | None:
    place = at(item.path, "consistentIdentifier")
    if find(item, "object", "consistentIdentifier") is None:
        message = "The pupil has no consistent identifier."
        return Verdict("info", (place,), message) if rule.thresholds["required"] else None
    need(item, "string", "consistentIdentifier", "type")
    mine = _plain(need(item, "string", "consistentIdentifier", "value"))
    used = [key for key, value in _keys(case) if _plain(value) == mine]
    used += [name for name, value in _file_names(case) if mine in _plain(value)]
    message = "The consistent identifier is used as a key or in the name of a file."
    return Verdict("info", tuple(used), message) if used else Verdict("pass", (place,))


def _keys(case: Case) -> Iterator[tuple[str, str]]:
    """Yield each id by which something is filed or sent, with its place."""
    for name in ("bundleId", "transferId"):
        yield f"/{name}", text(case.subject, name) or ""
    for item in case.items():
        for name in ("documentId", "placementId", "pupilPlacementRecordRef"):
            yield at(item.path, name), text(item.value, name) or ""


def _file_names(case: Case) -> Iterator[tuple[str, str]]:
    files = case.subject.get("attachments")
    for index, entry in enumerate(files if isinstance(files, list) else ()):
        yield f"/attachments/{index}/title", (text(entry, "title") or "") if isinstance(entry, dict) else ""


def _plain(value: str) -> str:
    return value.replace(" ", "").replace("-", "").casefold()
