"""The row ``validate``: ``schemas.check`` beside bare ``jsonschema_rs``, same document, same schema."""

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
