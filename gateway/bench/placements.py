"""The rows about rules: one placement of sixty documents, and ten thousand of them on two cores."""

import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache
from importlib import resources
from itertools import cycle, islice
from multiprocessing import get_context
from statistics import median
from typing import Any

import schemas
from gateway.bench.figure import BenchError, Figure, figure
from schemas import rules
from schemas.calendar import SchoolCalendar

DOCUMENTS = 60
TODAY = date(2027, 1, 20)

#: What a year of a placement mostly consists of; every other document comes once.
_OFTEN = ("absence-notice", "attendance-summary", "visit-record", "placement-review", "attendance-summary")
_PLACEMENT = "5c81d0a7-3e42-4b96-8f15-000000000000"
_CORES = 2
Json = dict[str, Any]


def measure_placement(rounds: int, repeats: int) -> Figure:
    """CPU of all rules over one placement of sixty documents, loading left out, against 5 ms."""
    subject, calendar = record(), school_calendar()
    times = []
    for _ in range(rounds):
        start = time.thread_time_ns()
        for _ in range(repeats):
            rules.evaluate(subject, "trust-policy", calendar=calendar, today=TODAY)
        times.append((time.thread_time_ns() - start) / repeats / 1e6)
    took = median(times)
    return figure("rules_placement", took, "ms", took / 5)


def measure_many(placements: int) -> Figure:
    """Wall time of re-evaluating many placements from their bytes on two cores, against 6 ms for each."""
    took = _evaluate_all(placements)
    return figure("rules_many", took, f"s for {placements:,}", took / (placements * 6e-3))


def measure_growth(placements: int) -> Figure:
    """What each of many placements takes beside what each of a tenth of them takes: 1 is linear."""
    few, many = _evaluate_all(placements // 10), _evaluate_all(placements)
    return figure("rules_growth", many / placements * 1e3, "ms each", many / (few * 10))


def _evaluate_all(placements: int) -> float:
    shares = [range(core, placements, _CORES) for core in range(_CORES)]
    with ProcessPoolExecutor(_CORES, mp_context=get_context("spawn")) as pool:
        list(pool.map(_warm, range(_CORES)))
        start = time.perf_counter()
        done = sum(pool.map(_share, shares))
        took = time.perf_counter() - start
    if done != placements:
        raise BenchError("Not every placement was evaluated.")
    return took


def _warm(_: int) -> int:
    return _share(range(1))


def _share(numbers: range) -> int:
    calendar = school_calendar()
    done = 0
    for text in _records(numbers):
        subject = schemas.load(text)
        results = rules.evaluate(subject, "trust-policy", calendar=calendar, today=TODAY)  # type: ignore[arg-type]
        done += bool(results)
    return done


def _records(numbers: range) -> Iterator[bytes]:
    """The same placement again and again, each under ids of its own."""
    text = json.dumps(record(), ensure_ascii=False).encode()
    for number in numbers:
        yield text.replace(_PLACEMENT.encode(), f"{_PLACEMENT[:-12]}{number:012x}".encode())


@cache
def record() -> Json:
    """A placement record of sixty documents, made of the standard's own examples."""
    start = _example("transfer", "start-of-placement")
    documents = []
    for number, document in enumerate(islice(_documents(), DOCUMENTS)):
        own = {"documentId": str(uuid.UUID(int=number + (4 << 76) + (8 << 60))), "placementId": _PLACEMENT}
        documents.append({**document, **own})
    placement = {**start["placement"], "placementId": _PLACEMENT}
    return {"learner": start["learner"], "placement": placement, "documents": documents, "deliveries": []}


def _documents() -> Iterator[Json]:
    kinds = [name for name in schemas.names() if _is_document(name)]
    yield from (_example(kind) for kind in kinds)
    yield from (_example(kind) for kind in cycle(_OFTEN))


def _is_document(name: str) -> bool:
    properties = schemas.schema(name).get("properties", {})
    return "documentId" in properties and "type" in properties


def _example(kind: str, name: str | None = None) -> Json:
    folder = resources.files("schemas") / "v1" / "examples" / kind / "valid"
    files = sorted((path for path in folder.iterdir() if path.name.endswith(".json")), key=lambda p: p.name)
    path = folder / f"{name}.json" if name else files[0]
    value: Json = json.loads(path.read_text("utf-8"))
    return value


@cache
def school_calendar() -> SchoolCalendar:
    """The invented school year of the standard's examples."""
    path = resources.files("schemas") / "v1" / "calendars" / "northshire-2026-27.json"
    return SchoolCalendar.parse(json.loads(path.read_text("utf-8")))
