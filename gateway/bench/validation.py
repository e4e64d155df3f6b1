"""The rows about validation: ours beside bare ``jsonschema_rs``, same document, same schema."""

import copy
from typing import Any

import jsonschema_rs

import schemas
from gateway.bench.figure import BenchError, Figure, figure
from gateway.bench.rounds import paired
from gateway.bench.subject import bundle, transfer


def bare_validator(name: str) -> jsonschema_rs.Draft202012Validator:
    """The library's own validator of one schema, made here and not taken from ``schemas``."""
    resources: list[tuple[str, Any]] = [
        (schemas.schema(known)["$id"], schemas.schema(known)) for known in schemas.names()
    ]
    return jsonschema_rs.Draft202012Validator(
        {"$ref": schemas.schema(name)["$id"]},
        validate_formats=True,
        registry=jsonschema_rs.Registry(resources),
        offline=True,
    )


def measure_validate(rounds: int, repeats: int) -> Figure:
    """CPU of one check of a valid 20 kB bundle."""
    body: dict[str, Any] = bundle(transfer())
    bare = bare_validator("bundle")
    if not bare.is_valid(body):
        raise BenchError("The bundle that should be measured is not valid against its schema.")
    measured = paired(lambda: schemas.check("bundle", body), lambda: bare.is_valid(body), rounds, repeats)
    return figure("validate", measured.ours, "us", measured.ratio)


def measure_errors(rounds: int, repeats: int) -> Figure:
    """CPU of every finding, in words, about a bundle with six faults, beside the library's own list of errors."""
    body = _faulty(bundle(transfer()))
    bare = bare_validator("bundle")
    found = schemas.validate("bundle", body)
    if len(found) < len(_FAULTS):
        raise BenchError("Not every fault of the bundle that should be measured was found.")
    measured = paired(
        lambda: schemas.validate("bundle", body), lambda: list(bare.iter_errors(body)), rounds, repeats
    )
    return figure("validate_errors", measured.ours, "us", measured.ratio)


#: Members of the report that are given a value of the wrong kind.
_FAULTS = ("createdAt", "documentId", "placementId", "version", "whatWorks", "pupilVoice")


def _faulty(body: dict[str, Any]) -> dict[str, Any]:
    bad = copy.deepcopy(body)
    bad["documents"][0] |= {name: {"of": "another kind"} for name in _FAULTS}
    return bad
