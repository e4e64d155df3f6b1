"""Statements of the report (strategies, interventions, priorities …) as entries that one macro prints."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.pages.reference import Reference
from gateway.pages.wording import code, count, day, joined, mapping, sentence, sequence, text

Fact = tuple[str, str]

_SHARING = {
    "everyoneInvolved": "may be shared with everyone involved",
    "staffWhoWorkWithMe": "to be shared only with staff who work with the pupil",
    "namedPeopleOnly": "to be shared only with people the pupil names",
    "askMeFirst": "ask the pupil before sharing",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One statement: a title, its words, labelled facts, where it comes from, and whether it is disputed."""

    title: str = ""
    words: str = ""
    facts: tuple[Fact, ...] = ()
    source: str = ""
    dispute: str = ""

    @property
    def reduced(self) -> bool:
        """Whether there is neither a title nor words: what a summary leaves of a statement."""
        return not (self.title or self.words)


@dataclass(frozen=True, slots=True)
class Quotation:
    """What the pupil said: the question, the answer, whether word for word, and how it was taken."""

    prompt: str
    words: str
    own_words: bool
    source: str
    dispute: str = ""


@dataclass(frozen=True, slots=True)
class Writer:
    """Turns members of the report into entries, with titles from the reference data and known names."""

    reference: Reference
    organisations: Mapping[str, str]

    def strategy(self, item: object) -> Entry:
        """A strategy with how to deliver it."""
        found, delivery = mapping(item), mapping(mapping(item).get("delivery"))
        effect, agrees = text(found.get("effect")), text(found.get("pupilAgrees"))
        facts = _facts(
            ("Who", joined(delivery.get("who"))),
            ("How", joined(delivery.get("how"))),
            ("When", joined(delivery.get("when"))),
            ("Say", joined(delivery.get("wordsToUse"))),
            ("Avoid", joined(delivery.get("avoid"))),
            ("Effect", "" if effect in ("works", "doesNotWork") else sentence(code(effect))),
            ("Tried in", sentence(joined([code(where) for where in sequence(found.get("settingsTried"))]))),
            ("Areas", self.areas(found)),
            ("Pupil agrees", sentence(code(agrees))),
        )
        return self._entry(found, facts=facts)

    def intervention(self, item: object) -> Entry:
        """An intervention with what it was and what came of it."""
        found, impact = mapping(item), mapping(mapping(item).get("impact"))
        facts = _facts(
            ("Type", sentence(code(found.get("type")))),
            ("Given by", text(found.get("provider"))),
            ("Dates", _span(found.get("start"), found.get("end"))),
            ("Amount", _dose(mapping(found.get("dose")))),
            ("Impact", _judgement(impact)),
            ("Carry on", sentence(code(found.get("continue")))),
            ("Areas", self.areas(found, "targetAreaRefs")),
        )
        return self._entry(
            found, title=text(found.get("name")), words=text(impact.get("statement")), facts=facts
        )

    def evidence(self, item: object) -> Entry:
        """A piece of evidence with its kind and date."""
        found = mapping(item)
        facts = _facts(("Date", day(found.get("date"))), ("Evidence", sentence(code(found.get("type")))))
        return self._entry(found, words=text(found.get("summary")), facts=facts)

    def achievement(self, item: object) -> Entry:
        """An achievement: plain words, or a statement."""
        found = mapping(item)
        return (
            self._entry(found, facts=_facts(("Date", day(found.get("date")))))
            if found
            else Entry(words=text(item))
        )

    def priority(self, item: object) -> Entry:
        """A remaining priority with its owner."""
        found = mapping(item)
        facts = _facts(
            ("Who", self.reference.role(text(found.get("ownerRole")))),
            ("By", day(found.get("byWhen"))),
            ("Areas", self.areas(found)),
        )
        return self._entry(found, facts=facts)

    def support(self, item: object) -> Entry:
        """Support that is recommended."""
        found = mapping(item)
        facts = _facts(
            ("Who", text(found.get("who"))),
            ("From", day(found.get("from"))),
            ("Areas", self.areas(found)),
        )
        return self._entry(found, facts=facts)

    def voice(self, item: object) -> Quotation:
        """The pupil's words."""
        found = mapping(item)
        words = text(found.get("response"))
        by = self.reference.role(text(found.get("capturedByRole")))
        source = _dotted(
            "" if found.get("ownWords") is True or not words else "Not word for word",
            sentence(code(found.get("method"))),
            f"taken down by {by}" if by else "",
            day(found.get("capturedOn")),
            f"with {supports}" if (supports := joined(found.get("supportUsed"))) else "",
            _SHARING.get(text(found.get("sharingPreference")), ""),
        )
        attached = "The answer is in an attached file." if found.get("attachmentRef") else ""
        return Quotation(
            prompt=text(found.get("question")),
            words=words or attached,
            own_words=found.get("ownWords") is True and bool(words),
            source=source,
            dispute=self.dispute(mapping(found.get("provenance"))),
        )

    def areas(self, found: Mapping[str, Any], member: str = "areaRefs") -> str:
        """The titles of the areas a statement names."""
        return joined([self.reference.area(text(ref)) for ref in sequence(found.get(member))], "; ")

    def organisation(self, value: object) -> str:
        """The name of an organisation that the bundle or its evidence names, else the value itself."""
        return self.organisations.get(text(value), text(value))

    def person(self, author: object) -> str:
        """A person as name, role and organisation, as far as each is known."""
        found = mapping(author)
        role = self.reference.role(text(found.get("role")))
        return joined([text(found.get("name")), role, self.organisation(found.get("organisation"))])

    def provenance(self, given: Mapping[str, Any]) -> str:
        """Who said it, in which role, when, and whether it was seen or told."""
        role = self.reference.role(text(given.get("authorRole")))
        reviewed = day(given.get("reviewedOn"))
        return _dotted(
            sentence(code(given.get("basis"))),
            joined([role, self.organisation(given.get("authorOrg"))]),
            day(given.get("authoredOn")),
            f"reviewed {reviewed}" if reviewed else "",
        )

    def dispute(self, given: Mapping[str, Any]) -> str:
        """A dispute about a statement: it travels with it, and is never left out."""
        disputed = mapping(given.get("disputed"))
        if not disputed:
            return ""
        by = text(disputed.get("by"))
        lead = joined(
            ["Disputed" + (f" by {self.reference.role(by)}" if by else ""), day(disputed.get("on"))]
        )
        note = text(disputed.get("note"))
        return f"{lead}: {note}" if note else f"{lead}."

    def _entry(
        self, found: Mapping[str, Any], *, title: str = "", words: str = "", facts: tuple[Fact, ...] = ()
    ) -> Entry:
        given = mapping(found.get("provenance"))
        words = words or text(found.get("text"))
        return Entry(title, words, facts, self.provenance(given), self.dispute(given))


def _facts(*pairs: Fact) -> tuple[Fact, ...]:
    return tuple((label, words) for label, words in pairs if words)


def _dotted(*parts: str) -> str:
    return joined(_kept(parts), " · ")


def _kept(parts: Iterable[str]) -> list[str]:
    return [part for part in parts if part]


def _span(start: object, end: object) -> str:
    return joined(_kept([day(start), day(end)]), " to ")


def _dose(dose: Mapping[str, Any]) -> str:
    sessions, minutes = dose.get("sessions"), dose.get("minutes")
    words = count(sessions, "session", "sessions") if type(sessions) is int else ""
    return joined(_kept([words, f"{minutes} minutes" if type(minutes) is int else ""]), " of ")


def _judgement(impact: Mapping[str, Any]) -> str:
    judged = code(impact.get("judgement"))
    words = "no impact seen" if judged == "none" else judged
    return joined(_kept([sentence(words), day(impact.get("date"))]))
