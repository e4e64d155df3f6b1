"""The types in TypeScript: interfaces, and one function that reads parsed JSON into them."""

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
    heading,
    quoted,
)
from schemas.types._templates import filled

_PLAIN = {"text": "string", "whole": "number", "flag": "boolean", "open": "Open"}


def write(model: Model) -> str:
    """Return the module."""
    types = [
        *(_choice(choice) for choice in model.choices),
        *(_interface(record) for record in model.records),
        *(_union(union) for union in model.unions),
    ]
    names = [*(record.name for record in model.records), *(union.name for union in model.unions)]
    choices = {choice.name: choice for choice in model.choices}
    return filled(
        "ltp-types.ts.txt",
        HEADING=heading(model.version, "//"),
        TYPES="\n".join(types),
        NAMES="\n".join(f"  {name}: {name};" for name in names),
        UNIONS="\n".join(_branches(union) for union in model.unions),
        RECORDS="\n".join(_table(record, choices) for record in model.records),
    )


def _choice(choice: Choice) -> str:
    values = " | ".join(quoted(value) for value in choice.values)
    return f"/** {choice.note} */\nexport type {choice.name} = {values};\n"


def _union(union: Union) -> str:
    names = " | ".join(name for _, name in union.records)
    return f"/** {union.note} */\nexport type {union.name} = {names};\n"


def _interface(record: Record) -> str:
    members = "\n".join(_member(member) for member in record.members)
    return f"/** {record.note} */\nexport interface {record.name} {{\n{members}\n}}\n"


def _member(member: Member) -> str:
    mark = "" if member.required else "?"
    return f"  /** {member.note} */\n  readonly {member.name}{mark}: {_type(member.kind)};"


def _type(kind: Kind) -> str:
    match kind:
        case Fixed():
            return _literal(kind.value)
        case Named(name):
            return name
        case Many(each):
            return f"readonly {_type(each)}[]"
        case _:
            return _PLAIN[kind.form]


def _literal(value: str | bool) -> str:
    return quoted(value) if isinstance(value, str) else str(value).lower()


def _branches(union: Union) -> str:
    pairs = "\n".join(f"    {quoted(kind)}: {quoted(name)}," for kind, name in union.records)
    return f"  {union.name}: {{\n{pairs}\n  }},"


def _table(record: Record, choices: dict[str, Choice]) -> str:
    rows = (f"    {m.name}: [{_literal(m.required)}, {_kind(m.kind, choices)}]," for m in record.members)
    return f"  {record.name}: {{\n" + "\n".join(rows) + "\n  },"


def _kind(kind: Kind, choices: dict[str, Choice]) -> str:
    match kind:
        case Fixed(value):
            return f"{{ oneOf: [{_literal(value)}] }}"
        case Named(name, "choice"):
            return f"{{ oneOf: [{', '.join(quoted(value) for value in choices[name].values)}] }}"
        case Named(name):
            return f"{{ type: {quoted(name)} }}"
        case Many(each):
            return f"{{ many: {_kind(each, choices)} }}"
        case _:
            return quoted(kind.form)
