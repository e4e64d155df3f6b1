"""Rules about what stands in a document as words: licensed wording, who says it, and how it reads (PRF)."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from schemas.disclosure import kinds
from schemas.findings import UnknownName
from schemas.framework import licence
from schemas.rules._case import Case, Item, Outcome, Path, Verdict, at, part
from schemas.rules._catalogue import Rule
from schemas.rules._facts import Unseen, one, passed
from schemas.rules._look import Look
from schemas.rules.profile import hidden
from schemas.rules.record import Needs, lacking, needs_of

_HOLDERS = (dict, list)
_DEEP = "This is nested too deeply to be checked."
_SENTENCE_END = re.compile(r"[.!?:]+(?=\s|\Z)|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SAID: dict[Outcome, str] = {
    "error": "Wording or answers of single questions of a licensed instrument are in here.",
    "notEvaluable": "Single questions of an instrument are in here; its licence is not known.",
}


def no_item_responses(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-10: no wording and no answers of a licensed instrument, as far as names and codes tell.

    The published forms have room for them only in extensions, and in the code of a part of a scale. Withheld
    parts do not matter, for what did not travel cannot be in it.
    """
    envelope = [part(case.form, None, {"extensions": case.subject.get("extensions")})]
    for item in (*case.items(), *(envelope if case.form != "documents" else ())):
        verdict = one(item, case, rule, _single_questions)
        if verdict is not None:
            yield verdict


def _single_questions(item: Item, _case: Case, rule: Rule) -> Verdict | None:
    scales = {ref for mark in item.marks.values if (ref := _scale_of(mark.value)) is not None}
    found = [*_coded(item, rule), *_named(item, rule, scales)]
    standings = [(place, _standing(refs, rule)) for place, refs in found]
    for outcome, message in _SAID.items() if found else ():
        places = tuple(sorted(place for place, standing in standings if standing == outcome))
        if places:
            return Verdict(outcome, places, message)
    if item.marks.too_deep:
        return Verdict("notEvaluable", (at(item.path),), _DEEP)
    return passed(item) if scales or found else None


def _coded(item: Item, rule: Rule) -> Iterator[tuple[str, set[str]]]:
    """Yield each value whose code is that of a single question, with the scale that it is on."""
    for mark in item.marks.values:
        code, scale = mark.construct, _scale_of(mark.value)
        if isinstance(code, str) and re.fullmatch(rule.thresholds["codes"], code, re.IGNORECASE):
            yield at(mark.path), {scale} if scale is not None else set()


def _named(item: Item, rule: Rule, scales: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Yield each member named like an answer, with the scale beside it or else those of the document."""
    banned = _banned(*rule.thresholds["members"])
    if not _named_like(banned, item.marks.names):
        return
    waiting: list[tuple[Any, Path, set[str]]] = [(item.value, item.path, scales)]
    while waiting:
        value, path, near = waiting.pop()
        if isinstance(value, list):
            waiting.extend(
                (inner, (path, index), near) for index, inner in enumerate(value) if type(inner) in _HOLDERS
            )
            continue
        near = {value["scaleRef"]} if isinstance(value.get("scaleRef"), str) else near
        for name, inner in value.items():
            if isinstance(name, str) and _plain(name) in banned:
                yield at(path, name), near
            if type(inner) in _HOLDERS:
                waiting.append((inner, (path, name), near))


@cache
def _banned(*names: str) -> frozenset[str]:
    return frozenset(names)


@lru_cache(maxsize=1024)
def _named_like(banned: frozenset[str], names: frozenset[str]) -> bool:
    return any(_plain(name) in banned for name in names if isinstance(name, str))


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _scale_of(value: object) -> str | None:
    found = value.get("scaleRef") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _standing(scales: set[str], rule: Rule) -> Outcome:
    """Say what single questions of these scales are: a scale that is not registered is not judged."""
    known = {_licence(scale) for scale in scales}
    if known - {None} - set(rule.thresholds["allowed"]):
        return "error"
    return "pass" if known and None not in known else "notEvaluable"


def _licence(scale: str) -> str | None:
    try:
        return licence(scale)
    except UnknownName:
        return None


def statements_signed(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-13: each statement says who says so, when and on what basis; names in texts are not looked for."""
    for item in case.items():
        verdict = one(item, case, rule, _signed) if item.kind in kinds() else None
        if verdict is not None:
            yield verdict


def _signed(item: Item, case: Case, _rule: Rule) -> Verdict | None:
    if not _has_statements(item.kind):
        return None
    found = [
        (at(path, need.name), seen)
        for path, _, need, seen in lacking(item, case)
        if need.name == "provenance" or (path is not None and path[1] == "provenance")
    ]
    unsigned = tuple(place for place, seen in found if seen is Look.MISSING)
    if unsigned:
        return Verdict("warning", unsigned, "A statement does not say who says so, when or on what basis.")
    if found or item.marks.too_deep or hidden(item, ("provenance",)):
        raise Unseen(*(place for place, _ in found))
    return passed(item)


@cache
def _has_statements(kind: str) -> bool:
    return _signs(needs_of(kind))


def _signs(needs: Needs) -> bool:
    own = any(need.name == "provenance" for need in needs.own)
    return own or any(_signs(inner) for _, inner in needs.inner)


def readable(case: Case, rule: Rule) -> Iterator[Verdict]:
    """PRF-14: how a text reads, for its author only: nothing that travels or is kept is ever read."""
    for item in case.documents if set(case.subject) == {"documents"} else ():
        verdict = one(item, case, rule, _readable)
        if verdict is not None:
            yield verdict


def _readable(item: Item, _case: Case, rule: Rule) -> Verdict | None:
    if item.withheld or item.marks.too_deep:
        raise Unseen(why="Something was withheld or lies too deep, so this is not the author's own document.")
    texts = [(at(path), words) for path, words in _texts(item) if _enough(words, rule)]
    hard = tuple(sorted(place for place, words in texts if _is_hard(words, rule)))
    message = "A text here is hard to read: its sentences are long, or many of its words are."
    if hard:
        return Verdict("info", hard, message, rule.fix)
    return passed(item) if texts else None


def _texts(item: Item) -> Iterator[tuple[Path, str]]:
    """Yield every text of a document; what an extension holds is its own affair."""
    waiting: list[tuple[object, Path]] = [(item.value, item.path)]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, list):
            waiting.extend((inner, (path, index)) for index, inner in enumerate(value))
        elif isinstance(value, dict):
            waiting.extend((inner, (path, name)) for name, inner in value.items() if name != "extensions")


def _enough(words: str, rule: Rule) -> bool:
    minimum: int = rule.thresholds["words"]
    return len(_WORD.findall(words)) >= minimum


def _is_hard(text: str, rule: Rule) -> bool:
    """Say whether the LIX of a text (words per sentence, plus the per cent of long words) is over the limit."""
    words = _WORD.findall(text)
    sentences = sum(1 for piece in _SENTENCE_END.split(text) if _WORD.search(piece))
    long = sum(1 for word in words if len(word) >= rule.thresholds["longWord"])
    # Both sides times words and sentences, so that no fraction is rounded.
    limit: int = rule.thresholds["lix"]
    return len(words) ** 2 + 100 * long * sentences > limit * len(words) * sentences
