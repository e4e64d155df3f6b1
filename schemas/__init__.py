"""The standard itself and the only way to check a document against it.

`load` reads bytes, `check` and `validate` hold a value against a schema. The parts `rules`, `codes`, `case`,
`routes` and `disclosure` are imported by name: `from schemas import rules`.
"""

from schemas.findings import Finding, InvalidDocument, SchemasError, Severity, UnknownName
from schemas.framework import Area, Scale, areas, scale
from schemas.registry import VERSION, names, schema
from schemas.strict_json import DEFAULT_LIMIT, load
from schemas.validate import check, is_valid, validate

__all__ = [
    "DEFAULT_LIMIT",
    "VERSION",
    "Area",
    "Finding",
    "InvalidDocument",
    "Scale",
    "SchemasError",
    "Severity",
    "UnknownName",
    "areas",
    "check",
    "is_valid",
    "load",
    "names",
    "scale",
    "schema",
    "validate",
]
