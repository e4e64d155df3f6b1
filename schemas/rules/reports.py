"""Rules about what a provider reports, and to whom (SAF-11 to SAF-13)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from schemas.rules._case import Case, Item, Verdict, at, once, part
from schemas.rules._catalogue import Rule
from schemas.rules._facts import (
    Unseen,
    delivered,
    find,
    judged,
    need,
    need_day,
    written_on,
)
from schemas.rules._look import text
from schemas.rules._recipients import listed, roles_for
from schemas.rules._timeline import author_family, in_time, said, went_by

_CONCERN = "safeguarding-concern"
_PROVIDER = "AP"
# Where a recipient stands, the role and the organisation.
_Recipient = tuple[str, str, str | None]


def to_commissioner(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-11: a provider's concern goes to the safeguarding lead of the school that placed the pupil.

    A record shows every delivery, the school's own to others too, so that it can only show the right one.
    """
    return judged(case, rule, _CONCERN, _to_lead)


def _to_lead(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if _sender(item, case) != _PROVIDER:
        return None
    roles, schools = rule.thresholds["roles"], once(case, "schools", lambda: _schools(case))
    named = list(_named(item, case, roles))
    leads = [(place, organisation) for place, role, organisation in named if role in roles]
    right = [place for place, organisation in leads if organisation in schools.right]
    others = [(place, organisation) for place, organisation in leads if place not in right]
    unsure = [place for place, organisation in others if organisation is None or not schools.certain]
    if case.form == "documents" and not right:
        raise Unseen(at(item.path), why="To whom the provider sent this concern cannot be seen here.")
    wrong = [place for place, _, _ in named if place not in {*right, *unsure}]
    if right and (case.form == "documents" or not (wrong or unsure)):
        return Verdict("pass", tuple(right))
    if unsure and not wrong:
        raise Unseen(*unsure, why="Which school placed the pupil, or whose lead this is, is not stated.")
    message = "This concern is not addressed to the safeguarding lead of the pupil's school."
    return Verdict(rule.severity, tuple(wrong or ["/recipients"]), message)


def _sender(item: Item, case: Case) -> str:
    """Return whose role it is sent in: a school that passes on a provider's words is the sender itself."""
    sender = case.subject.get("from")
    role = text(sender, "role") if isinstance(sender, dict) else None
    return author_family(item) if role is None else role.partition(".")[0]


@dataclass(frozen=True, slots=True)
class _Schools:
    """The school that placed the pupil and the home school, and whether there can be no other."""

    right: frozenset[str]
    certain: bool


def _schools(case: Case) -> _Schools:
    known = {item.kind: item for item in case.components}
    here, pupil = known.get("placement"), known.get("learner")
    home = None if pupil is None else find(pupil, "string", "homeSchool", "organisation")
    role = None if here is None else find(here, "string", "commissioner", "role")
    placing = home
    if here is not None and role == "school":
        placing = find(here, "string", "commissioner", "organisation")
    certain = role is not None and placing is not None
    return _Schools(frozenset(name for name in (home, placing) if name is not None), certain)


def _named(item: Item, case: Case, roles: list[str]) -> Iterator[_Recipient]:
    """Yield to whom a concern goes; who is named for no document gets it only as a safeguarding lead."""
    if case.form == "bundle":
        bundle = part("bundle", None, case.subject)
        address = need(bundle, "string", "to", "address")
        yield "/to", need(bundle, "string", "to", "role"), address.partition("/")[0]
    elif case.form == "transfer":
        name = item.value.get("documentId")
        for entry, names in once(case, "recipients", lambda: _recipients(case)):
            role = need(entry, "string", "role")
            if role in roles if names is None else isinstance(name, str) and name in names:
                yield at(entry.path), role, find(entry, "string", "organisation")
    else:
        for entry in delivered(case, item):
            organisation = find(entry, "string", "to", "organisation")
            yield at(entry.path, "to"), need(entry, "string", "to", "role"), organisation


def _recipients(case: Case) -> list[tuple[Item, frozenset[str] | None]]:
    """Return each recipient of a transfer with the documents that it is named for, None if for no one."""
    named = case.subject.get("recipients")
    if not isinstance(named, list) or not all(isinstance(entry, dict) for entry in named):
        raise Unseen("/recipients")
    found = [part("recipient", ((None, "recipients"), index), entry) for index, entry in enumerate(named)]
    return [(entry, listed(entry.value) if find(entry, "array", "documents") else None) for entry in found]


def reported_at_once(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-12: the school hears of a serious incident or an accident on the same day."""
    return judged(case, rule, "incident-report", _reported)


def _reported(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if need(item, "string", "incidentType") not in rule.thresholds["types"]:
        return None
    last = need_day(item, "incidentDate") + timedelta(days=rule.thresholds["days"])
    done = went_by(case, item, rule.thresholds["roles"], last)
    message = "The school was not told of this incident on the day on which it happened."
    return said(rule, done, (at(item.path, "incidentDate"),), message)


def risks_shared(case: Case, rule: Rule) -> Iterator[Verdict]:
    """SAF-13: parents and school are both told of significant risks, again when they change."""
    return judged(case, rule, "health-safety-risk-notice", _shared)


def _shared(item: Item, case: Case, rule: Rule) -> Verdict | None:
    if case.form == "bundle":
        raise Unseen(at(item.path), why="Whoever else was told cannot be seen in what one recipient got.")
    wanted = set(rule.thresholds["roles"])
    message = "The parents and the school were not both told of these risks."
    if case.form == "transfer":
        return said(rule, wanted <= roles_for(case, item), ("/recipients",), message)
    sent = [entry for entry in delivered(case, item) if find(entry, "string", "rejected") is None]
    mine = [entry for entry in sent if entry.value.get("version") == item.value.get("version")]
    last = written_on(item) + timedelta(days=rule.thresholds["days"])
    told = wanted <= {need(entry, "string", "to", "role") for entry in mine}
    done = True if told else in_time(case, None, last)
    return said(rule, done, (at(item.path),), message)
