"""Files that belong together: what each one is, and the placement records that they make.

Nothing is guessed. What belongs to a placement carries its id, or stands in one transfer, bundle or record with
something that does; a learner who stands alone belongs to the only placement there is, or to none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas._assembly_words import told
from schemas.findings import Finding
from schemas.pointers import pointer

CALENDAR = "school-calendar"
EVIDENCE = ("deliveries", "otherPlacements", "providerPlacements")
MESSAGES = ("transfer", "bundle")
_ASSEMBLED = ("document", "learner", "placement", *MESSAGES, "placement-record")
# The first of these that shares a member with the object says what the object is.
_TELLING: tuple[tuple[str, frozenset[str]], ...] = (
    (CALENDAR, frozenset({"terms", "afternoonEnd"})),
    ("receipt", frozenset({"content_sha256", "envelope_sha256"})),
    ("learner", frozenset({"legalName", "upn", "uln", "dateOfBirth"})),
    ("placement", frozenset({"placementId"})),
    ("provider", frozenset({"providerName", "registeredSchool"})),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was found: in which file, where in it, and what it says."""

    file: str
    pointer: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """A placement record to evaluate, and where each part of it came from."""

    subject: Mapping[str, Any]
    parts: Mapping[str, Part]

    def files(self) -> tuple[str, ...]:
        """Return the files that the record was made of, each once."""
        return tuple(dict.fromkeys(part.file for part in self.parts.values()))

    def place(self, where: str) -> tuple[str | None, str]:
        """Return the file and the pointer in it for a pointer into the record; no file for the record itself."""
        steps = where.split("/")
        for length in (3, 2):
            part = self.parts.get("/".join(steps[:length]))
            if part is not None:
                return part.file, part.pointer + "".join(f"/{step}" for step in steps[length:])
        return None, where


@dataclass(frozen=True, slots=True)
class Assembly:
    """The placement records that some files make, and by file what was found out on the way."""

    records: tuple[Record, ...]
    findings: tuple[tuple[str, Finding], ...]


@dataclass(slots=True)
class _Source:
    """What one file holds."""

    documents: list[Part] = field(default_factory=list)
    learner: Part | None = None
    placement: Part | None = None
    message: Part | None = None
    evidence: dict[str, list[Part]] = field(default_factory=dict)

    def ids(self) -> list[str]:
        """Return the placements that the file names, each once; the placement itself first."""
        parts = [self.placement, *self.documents] if self.placement else self.documents
        named = (part.value.get("placementId") for part in parts)
        return list(dict.fromkeys(known for known in named if isinstance(known, str)))


@dataclass(slots=True)
class _Group:
    """What belongs to one placement."""

    documents: list[Part] = field(default_factory=list)
    learners: list[Part] = field(default_factory=list)
    placements: list[Part] = field(default_factory=list)
    messages: list[Part] = field(default_factory=list)
    evidence: dict[str, list[Part]] = field(default_factory=dict)


def kind_of(value: object) -> str | None:
    """Return what an object says it is: the name of a schema, `school-calendar`, or None."""
    if not isinstance(value, dict):
        return None
    if "documents" in value:
        if value.keys() & {"bundleId", "to"}:
            return "bundle"
        return "transfer" if value.keys() & {"transferId", "recipients"} else "placement-record"
    if "type" in value:
        return "document"
    return next((kind for kind, members in _TELLING if members & value.keys()), None)


def assemble(files: Mapping[str, object]) -> Assembly:
    """Put the values of some files, by name, together into placement records; never raises."""
    sources = [_source(name, value) for name, value in files.items() if kind_of(value) in _ASSEMBLED]
    groups: dict[str, _Group] = {}
    for source in sources:
        _sort_in(source, groups)
    findings = list(_alone(sources, groups))
    records = []
    for group in groups.values():
        record, found = _record(group)
        records.append(record)
        findings += found
    return Assembly(tuple(records), tuple(findings))


def _source(name: str, value: Any) -> _Source:  # noqa: ANN401 - what a file holds
    kind = kind_of(value)
    if kind == "document":
        return _Source(documents=[Part(name, "", value)])
    if kind == "learner":
        return _Source(learner=Part(name, "", value))
    if kind == "placement":
        return _Source(placement=Part(name, "", value))
    return _Source(
        documents=_entries(name, value, "documents"),
        learner=_member(name, value, "learner"),
        placement=_member(name, value, "placement"),
        evidence={
            member: _entries(name, value, member) for member in EVIDENCE if _is_list(value.get(member))
        },
        message=_member(name, value, "message"),
    )


def _is_list(value: object) -> bool:
    """Say whether this is a list of objects: what is not says nothing, and must not count as an empty list."""
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def _member(name: str, value: Mapping[str, Any], member: str) -> Part | None:
    found = value.get(member)
    return Part(name, f"/{member}", found) if isinstance(found, dict) else None


def _entries(name: str, value: Mapping[str, Any], member: str) -> list[Part]:
    found = value[member]
    listed = enumerate(found) if isinstance(found, list) else ()
    return [Part(name, pointer((member, index)), entry) for index, entry in listed if isinstance(entry, dict)]


def _sort_in(source: _Source, groups: dict[str, _Group]) -> None:
    """Give each part of a file to the placement that it names, or that the file is about."""
    ids = source.ids()
    for part in source.documents:
        named = part.value.get("placementId")
        own = named if isinstance(named, str) else ids[0] if len(ids) == 1 else f"{part.file}#{part.pointer}"
        groups.setdefault(own, _Group()).documents.append(part)
    if source.placement is not None:
        home = ids[0] if isinstance(source.placement.value.get("placementId"), str) else source.placement.file
        groups.setdefault(home, _Group()).placements.append(source.placement)
    # Whatever travels together is about one pupil, so its learner is the learner of each placement in it.
    if source.learner is not None:
        for known in ids:
            groups[known].learners.append(source.learner)
    if len(ids) == 1 or (ids and source.placement is not None):
        for member, entries in source.evidence.items():
            groups[ids[0]].evidence.setdefault(member, []).extend(entries)
        groups[ids[0]].messages += [source.message] if source.message else []


def _alone(sources: Iterable[_Source], groups: dict[str, _Group]) -> Iterator[tuple[str, Finding]]:
    """Find the placement of each learner who came without one, only where there is no choice."""
    for part in [source.learner for source in sources if source.learner is not None and not source.ids()]:
        if not groups:
            groups[part.file] = _Group()
        known = [group for group in groups.values() if any(_upns(part) & _upns(o) for o in group.learners)]
        if not known and len(groups) > 1:
            yield part.file, told("check.learner-ambiguous", part.pointer)
            continue
        for group in known or groups.values():
            group.learners.append(part)


def _record(group: _Group) -> tuple[Record, list[tuple[str, Finding]]]:
    findings: list[tuple[str, Finding]] = []
    parts: dict[str, Part] = {}
    subject: dict[str, Any] = {}
    documents = list(_distinct(group.documents, findings))
    for member, candidates in (("learner", group.learners), ("placement", group.placements)):
        found = _one(member, candidates, findings)
        if found is not None:
            subject[member], parts[f"/{member}"] = found.value, found
        elif not candidates and documents:
            findings.append((documents[0].file, told(f"check.no-{member}")))
    for part in group.messages[:1]:
        subject["message"], parts["/message"] = part.value, part
    lists = {"documents": documents, **group.evidence}
    for member, entries in lists.items():
        subject[member] = [entry.value for entry in entries]
        parts |= {f"/{member}/{index}": entry for index, entry in enumerate(entries)}
    return Record(subject, parts), findings


def _one(member: str, found: list[Part], findings: list[tuple[str, Finding]]) -> Part | None:
    """Return the fullest of several views of the same thing, or None where they contradict each other."""
    if not found:
        return None
    first = _fullest(found)
    agree = _same if member == "learner" else _alike
    strangers = [part for part in found if not agree(first, part)]
    findings += [(part.file, told(f"check.{member}-conflict", part.pointer)) for part in strangers]
    return None if strangers else first


def _distinct(documents: list[Part], findings: list[tuple[str, Finding]]) -> Iterator[Part]:
    """Yield each version of each document once, in its fullest view."""
    copies: dict[object, list[Part]] = {}
    for part in documents:
        known, version = part.value.get("documentId"), part.value.get("version")
        named = isinstance(known, str) and isinstance(version, int)
        copies.setdefault((known, version) if named else id(part), []).append(part)
    for same in copies.values():
        first = _fullest(same)
        others = [part for part in same if not _alike(first, part)]
        findings += [(part.file, told("check.document-conflict", part.pointer)) for part in others]
        yield first


def _fullest(found: list[Part]) -> Part:
    return min(found, key=lambda part: (_held_back(part), -len(part.value)))


def _held_back(part: Part) -> int:
    withheld = part.value.get("withheld", [])
    return len(withheld) if isinstance(withheld, list) else 0


def _alike(one: Part, other: Part) -> bool:
    """Say whether two copies can be of one thing: equal, or one of them a view of it."""
    return one.value == other.value or bool(_held_back(one) or _held_back(other))


def _same(one: Part, other: Part) -> bool:
    """Say whether two learners can be one pupil, as far as both records say."""
    left, right = _upns(one), _upns(other)
    if left and right:
        return bool(left & right)
    compared = [name for name in ("legalName", "dateOfBirth") if name in one.value and name in other.value]
    return all(one.value[name] == other.value[name] for name in compared)


def _upns(learner: Part) -> set[str]:
    """Return the pupil numbers that a learner has or had."""
    former = learner.value.get("formerUpns")
    found = [learner.value.get("upn"), *(former if isinstance(former, list) else ())]
    return {upn for upn in found if isinstance(upn, str)}
