"""The types in Python: frozen dataclasses that need nothing but Python 3.11."""

import keyword
from collections.abc import Iterator

from schemas.types._model import (
    Choice,
    Fixed,
    Kind,
    Many,
    Member,
    Model,
    Named,
    Record,
    Union,
    constant,
    heading,
    quoted,
    snake,
)
from schemas.types._templates import filled

_PLAIN = {"text": "str", "whole": "int", "flag": "bool", "open": "dict[str, Any]"}


def write(model: Model) -> str:
    """Return the module."""
    parts = [
        *(_choice(choice) for choice in model.choices),
        *(_reader(union) for union in model.unions),
        *("\n" + _record(record) for record in model.records),
        *(_union(union) for union in model.unions),
    ]
    return filled("ltp_types.py.txt", HEADING=heading(model.version, "#"), TYPES="\n".join(parts))


def _choice(choice: Choice) -> str:
    values = ", ".join(quoted(value) for value in choice.values)
    return f"# {choice.note}\n{choice.name}: TypeAlias = Literal[{values}]"


def _reader(union: Union) -> str:
    pairs = ", ".join(f"{quoted(kind)}: {quoted(name)}" for kind, name in union.records)
    return f"_{constant(union.name)} = _union({{{pairs}}})"


def _union(union: Union) -> str:
    names = " | ".join(name for _, name in union.records)
    return f"\n# {union.note}\n{union.name}: TypeAlias = {names}"


def _record(record: Record) -> str:
    return "\n".join(
        [
            "@dataclass(frozen=True, kw_only=True)",
            f"class {record.name}(Record):",
            f'    """{record.note}"""',
            "",
            *(line for member in record.members for line in _field(member)),
            "    _members: ClassVar[Mapping[str, _Member]] = {",
            *(_row(member) for member in record.members),
            "    }",
            "",
        ]
    )


def _field(member: Member) -> Iterator[str]:
    kind = _type(member.kind)
    given = _literal(member.kind) if member.required and isinstance(member.kind, Fixed) else ""
    yield f"    # {member.note}"
    if member.required:
        yield f"    {_name(member)}: {kind}" + (f" = {given}" if given else "")
    else:
        yield f"    {_name(member)}: {kind} | None = None"


def _row(member: Member) -> str:
    return f"        {quoted(member.name)}: _Member({quoted(_name(member))}, {member.required}, {_read(member.kind)}),"


def _name(member: Member) -> str:
    name = snake(member.name)
    return f"{name}_" if keyword.iskeyword(name) else name


def _type(kind: Kind) -> str:
    match kind:
        case Fixed():
            return f"Literal[{_literal(kind)}]"
        case Named(name):
            return name
        case Many(each):
            return f"list[{_type(each)}]"
        case _:
            return _PLAIN[kind.form]


def _literal(kind: Fixed) -> str:
    return quoted(kind.value) if isinstance(kind.value, str) else str(kind.value)


def _read(kind: Kind) -> str:
    match kind:
        case Fixed():
            return f"_fixed({_literal(kind)})"
        case Named(name, "record"):
            return f"_record({quoted(name)})"
        case Named(name, "choice"):
            return f"_choice({name})"
        case Named(name):
            return f"_{constant(name)}"
        case Many(each):
            return f"_many({_read(each)})"
        case _:
            return f"_{kind.form}"
