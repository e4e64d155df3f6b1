"""Attendance totals and assessment results of a Common Transfer File."""

import re
from typing import Any

from adapters.ctf.case import Case, iso_date
from adapters.ctf.codes import NOT_ATTAINED
from adapters.tree import Node, child, children, text

_YEAR = re.compile(r"(?:19|20|21)[0-9]{2}", re.ASCII)
_SESSIONS = re.compile(r"[0-9]{1,4}", re.ASCII)
_MEMBERS = (
    ("possible", "SessionsPossible"),
    ("attended", "SessionsAttended"),
    ("authorised", "SessionsAuthorised"),
    ("unauthorised", "SessionsUnauthorised"),
)
_MOST_SESSIONS = 1000
_MOST_RESULTS = 500
_RESULT = "StageAssessments/KeyStage/StageAssessment"


def attendance(pupil: Node, case: Case) -> dict[str, Any]:
    """Return the totals of the newest school year in the file, those of several schools added up."""
    years: dict[str, list[Node]] = {}
    for node in children(child(pupil, "Attendance"), "YearData"):
        years.setdefault(text(node, "Year"), []).append(node)
    newest = max(filter(_YEAR.fullmatch, years), default="")
    if not newest:
        return {}
    current = years[newest]
    for _ in range(sum(map(len, years.values())) - len(current)):
        case.tally.ignore("Pupil/Attendance/YearData/Year", "an earlier school year")
    for _ in current[1:]:
        case.tally.change(
            "Pupil/Attendance/YearData/Year", "totals of several schools in a year were added up"
        )
    if case.header.academic_year and newest != case.header.academic_year:
        case.info(
            "attendance_year",
            "Attendance",
            "The newest attendance totals are not of the school year of the file.",
            "Ask the school for this year's totals.",
        )
    totals = _totals(current, case)
    return {**totals, "period": f"{newest}/{(int(newest) + 1) % 100:02}"} if totals else {}


def _totals(years: list[Node], case: Case) -> dict[str, int]:
    totals: dict[str, int] = {}
    for member, element in _MEMBERS:
        written = [text(node, element) for node in years]
        if all(map(_SESSIONS.fullmatch, written)):
            totals[member] = sum(map(int, written))
        elif any(written):
            case.warn(
                "attendance_number",
                f"Attendance/YearData/{element}",
                "A number of sessions is missing or is not a number, so this total was left out.",
                "Ask the school for the total.",
            )
    if max(totals.values(), default=0) > _MOST_SESSIONS:
        _do_not_add_up(case)
        return {}
    possible, absent = totals.get("possible"), totals.get("authorised", 0) + totals.get("unauthorised", 0)
    if possible is not None and max(absent, totals.get("attended", 0)) > possible:
        _do_not_add_up(case)
    return totals


def _do_not_add_up(case: Case) -> None:
    case.warn(
        "attendance_sum",
        "Attendance",
        "The attendance totals do not add up: more sessions than were possible.",
        "Ask the school for the totals.",
    )


def attainment(pupil: Node, case: Case) -> list[dict[str, str]]:
    """Return the results of all key stages. Targets, estimates and interim results are left out."""
    found = []
    for stage in children(child(pupil, "StageAssessments"), "KeyStage"):
        name = text(stage, "Stage")
        for node in children(stage, "StageAssessment"):
            left_out = NOT_ATTAINED.get(text(node, "ResultStatus"))
            if left_out:
                case.tally.ignore(f"Pupil/{_RESULT}/Result", left_out)
            elif result := _result(name, node, case):
                found.append(result)
    return case.capped(found, _MOST_RESULTS, "StageAssessments")


def _result(stage: str, node: Node, case: Case) -> dict[str, str]:
    subject = case.line(text(node, "Subject"), f"{_RESULT}/Subject")
    parts = [stage, *(text(node, name) for name in ("Year", "Method", "Component", "ResultQualifier"))]
    if text(node, "ResultStatus") == "P":
        parts.append("provisional")
    measure = case.line(" ".join(part for part in parts if part), _RESULT)
    if not subject or not measure:
        case.warn(
            "result_subject",
            _RESULT,
            "A result has no subject, so it was left out.",
            "Look at the original file and type the result in.",
        )
        return {}
    result = {"subject": subject, "measure": measure}
    if value := case.line(text(node, "Result"), f"{_RESULT}/Result"):
        result["value"] = value
    if day := iso_date(text(node, "ResultDate")):
        result["date"] = day
    return result
