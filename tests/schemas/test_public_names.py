"""The public names of the package."""

import schemas


def test_the_public_names_are_these() -> None:
    assert schemas.__all__ == [
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


def test_every_public_name_is_there() -> None:
    for name in schemas.__all__:
        assert getattr(schemas, name) is not None


def test_every_error_is_one_of_the_packages_own() -> None:
    for error in (schemas.InvalidDocument, schemas.UnknownName):
        assert issubclass(error, schemas.SchemasError)
