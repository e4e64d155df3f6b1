"""What to say about each kind of schema error: one sentence and what to do, from the schema's own words."""

from collections.abc import Callable, Mapping

from schemas.titles import Place

_Words = tuple[str, str]
_Detail = Mapping[str, object]

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_FORMATS = {"date": "a date", "date-time": "a date and time", "uuid": "a UUID", "email": "an e-mail address"}


def words(here: Place, keyword: str, detail: Mapping[str, object]) -> tuple[str, str]:
    """Return the message and the fix for a failed keyword at a place; neither holds a submitted value."""
    return _WORDS.get(keyword, _other)(here, {**detail, "keyword": keyword})


def _type(here: Place, _detail: _Detail) -> _Words:
    wanted = _TYPES.get(str(here.keyword("type")), "of the kind that the schema names")
    return f"'{here.title}' must be {wanted}.", here.fix or f"Write {wanted}."


def _pattern(here: Place, _detail: _Detail) -> _Words:
    fix = here.fix or "Write it in the form that the schema describes."
    return f"'{here.title}' is not written in the form that is needed.", fix


def _format(here: Place, detail: _Detail) -> _Words:
    wanted = _FORMATS.get(str(detail["format"]), "a value")
    return f"'{here.title}' is not {wanted} that exists.", here.fix or f"Write {wanted}."


def _enum(here: Place, detail: _Detail) -> _Words:
    listed = detail["options"]
    options = ", ".join(map(str, listed)) if isinstance(listed, list) else "those in the schema"
    return f"'{here.title}' is not one of the permitted values.", f"Use one of: {options}."


def _const(here: Place, detail: _Detail) -> _Words:
    wanted = "true" if detail["expected_value"] is True else detail["expected_value"]
    return f"'{here.title}' does not have the only permitted value.", f"Write {wanted}."


def _bounds(here: Place, _detail: _Detail) -> _Words:
    low, high = here.keyword("minimum"), here.keyword("maximum")
    return f"'{here.title}' is out of range.", f"Use a whole number from {low} to {high}."


def _length(here: Place, detail: _Detail) -> _Words:
    return f"'{here.title}' is longer than {detail['limit']} characters.", here.fix or "Shorten it."


def _empty(here: Place, _detail: _Detail) -> _Words:
    return f"'{here.title}' is empty.", here.fix or "Write something, or leave the item out."


def _too_many(here: Place, detail: _Detail) -> _Words:
    return (
        f"'{here.title}' has more than {detail['limit']} entries.",
        f"Keep to {detail['limit']} entries or fewer.",
    )


def _too_few(here: Place, detail: _Detail) -> _Words:
    return f"'{here.title}' needs at least {detail['limit']} entry.", "Add an entry."


def _repeated(here: Place, _detail: _Detail) -> _Words:
    return f"'{here.title}' holds the same entry twice.", "Remove the repeated entry."


def _choice(here: Place, detail: _Detail) -> _Words:
    fix = here.choice(str(detail["keyword"])) or "Give exactly one of the forms that the schema describes."
    return f"'{here.title}' does not have a permitted combination of items.", fix


def _other(here: Place, _detail: _Detail) -> _Words:
    return f"'{here.title}' does not meet the standard.", "Compare it with the schema."


_WORDS: dict[str, Callable[[Place, _Detail], _Words]] = {
    "type": _type,
    "pattern": _pattern,
    "format": _format,
    "enum": _enum,
    "const": _const,
    "minimum": _bounds,
    "maximum": _bounds,
    "minLength": _empty,
    "maxLength": _length,
    "maxItems": _too_many,
    "minItems": _too_few,
    "maxProperties": _too_many,
    "uniqueItems": _repeated,
    "oneOf": _choice,
    "anyOf": _choice,
    "not": _choice,
}
