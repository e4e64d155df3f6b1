"""Special educational needs, free school meals and care, as a Common Transfer File records them."""

import re
from typing import Any

from adapters.ctf.case import Case, iso_date
from adapters.ctf.codes import LEGACY_PROVISION, LEGACY_SEN_TYPE
from adapters.tree import Node, child, children, text

_PROVISION = re.compile(r"[A-Z]", re.ASCII)
_SEN_TYPE = re.compile(r"[A-Z]{2,4}", re.ASCII)
_RANK = re.compile(r"[1-9]|1[0-9]|20", re.ASCII)
_AUTHORITY = re.compile(r"[0-9]{3}", re.ASCII)
_UNRANKED = 99
_MOST = 20


def sen(pupil: Node, case: Case, value: dict[str, Any]) -> None:
    """Add the current SEN provision with its types, and whether there is an EHC plan."""
    history = child(pupil, "SENhistory")
    if not history:
        return
    details: dict[str, Any] = {}
    if provision := _provision(children(history, "SEN"), case):
        details["provision"] = provision
        value["ehcPlan"] = {"hasPlan": provision == "E"}
    if types := _types(child(history, "SENneeds"), case):
        details["senTypes"] = types
    if details:
        value["senDetails"] = details


def _provision(records: list[Node], case: Case) -> str:
    """Return the newest provision that has begun. The order of the file means nothing."""
    begun = [record for record in records if iso_date(text(record, "StartDate")) <= case.today]
    if not begun:
        return ""
    newest = max(begun, key=lambda record: (iso_date(text(record, "StartDate")), not text(record, "EndDate")))
    for _ in range(len(records) - 1):
        case.tally.ignore("Pupil/SENhistory/SEN/SENprovision", "earlier or later than the current provision")
    ended = iso_date(text(newest, "EndDate"))
    if ended and ended < case.today:
        case.warn(
            "sen_ended",
            "SENhistory",
            "The newest record of SEN provision has ended, so the present provision is not known.",
            "Ask the school and choose the provision.",
        )
        return ""
    code = case.pattern(text(newest, "SENprovision"), _PROVISION, "SENhistory/SEN/SENprovision")
    if code in LEGACY_PROVISION:
        case.tally.change("Pupil/SENhistory/SEN/SENprovision", "a code from before 2014 became today's")
        return LEGACY_PROVISION[code]
    return code


def _types(needs: Node, case: Case) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for need in children(needs, "SENneed"):
        ended = iso_date(text(need, "NeedEndDate"))
        if ended and ended < case.today:
            case.tally.ignore("Pupil/SENhistory/SENneeds/SENneed/SENtype", "a need that has ended")
            continue
        code = case.pattern(text(need, "SENtype"), _SEN_TYPE, "SENhistory/SENneeds/SENneed/SENtype")
        if not code:
            continue
        if code in LEGACY_SEN_TYPE:
            case.tally.change("Pupil/SENhistory/SENneeds/SENneed/SENtype", "an older code became today's")
            code = LEGACY_SEN_TYPE[code]
        rank = text(need, "SENtypeRank")
        found.append({"code": code, "rank": int(rank)} if _RANK.fullmatch(rank) else {"code": code})
    found.sort(key=lambda need: need.get("rank", _UNRANKED))
    return case.capped(found, _MOST, "SENhistory/SENneeds")


def free_school_meals(pupil: Node, case: Case) -> bool | None:
    """Return whether an instance of eligibility is current, None if the file does not say."""
    instances = children(child(pupil, "FSMhistory"), "FSMinstance")
    for instance in instances:
        for element in ("FSMstartDate", "FSMendDate"):
            written = text(instance, element)
            if written and not iso_date(written):
                case.warn(
                    "fsm_date",
                    f"FSMhistory/FSMinstance/{element}",
                    "A date of free school meal eligibility cannot be read, so eligibility was left out.",
                    "Ask the school and answer it here.",
                )
                return None
    return any(_current(instance, case.today) for instance in instances) if instances else None


def _current(instance: Node, today: str) -> bool:
    end = text(instance, "FSMendDate")
    return text(instance, "FSMstartDate") <= today and (not end or end >= today)


def care(pupil: Node, case: Case, value: dict[str, Any]) -> None:
    """Add whether the pupil is looked after, and by which authority."""
    node = child(pupil, "LookedAfter")
    if not node:
        return
    in_care = case.flag(text(node, "InCare"), "LookedAfter/InCare")
    if in_care is not None:
        value["lookedAfter"] = in_care
    authority = case.pattern(text(node, "CareAuthority"), _AUTHORITY, "LookedAfter/CareAuthority")
    if authority and in_care:
        value["careAuthority"] = authority
    elif authority:
        case.tally.ignore("Pupil/LookedAfter/CareAuthority", "the pupil is not in care")
    elif in_care:
        case.warn(
            "care_authority",
            "LookedAfter/CareAuthority",
            "The pupil is looked after, but the file does not name the authority.",
            "Ask the school and add the authority's code.",
        )


def medical(basic: Node, case: Case) -> None:
    """Point out medical needs and disabilities: the file has flags and codes, staff need words."""
    if case.flag(text(basic, "MedicalFlag"), "BasicDetails/MedicalFlag"):
        case.warn(
            "medical_flag",
            "BasicDetails/MedicalFlag",
            "The pupil has a medical need. The file has only this flag, no detail.",
            "Ask the school and type in what staff must know.",
        )
    disabilities = child(basic, "Disabilities")
    if disabilities and disabilities.get("Disability") not in ("NONE", ""):
        case.warn(
            "disability",
            "BasicDetails/Disabilities",
            "The file lists disability codes. They were not taken over: staff need to know what to do.",
            "Ask the school and type in what staff must know.",
        )
