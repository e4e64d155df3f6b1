"""The types in PHP 8.2: classes with promoted read-only properties, and backed enums."""

from collections.abc import Iterable

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
    pascal,
    quoted,
)
from schemas.types._templates import filled

_SERIALIZABLE = "\\JsonSerializable"
_PLAIN = {"text": "string", "whole": "int", "flag": "bool", "open": "\\stdClass"}


def write(model: Model) -> str:
    """Return the file; what a class implements stands before it, as PHP wants it."""
    types = [
        *(_choice(choice) for choice in model.choices),
        *(_union(union) for union in model.unions),
        *(_record(record, model.unions_of(record.name)) for record in model.records),
    ]
    return filled("LtpTypes.php.txt", HEADING=heading(model.version, "//"), TYPES="\n".join(types))


def _choice(choice: Choice) -> str:
    cases = "\n".join(f"    case {_constant(value)} = {quoted(value)};" for value in choice.values)
    return f"/** {choice.note} */\nenum {choice.name}: string\n{{\n{cases}\n}}\n"


def _union(union: Union) -> str:
    cases = "\n".join(
        f"            {quoted(kind)} => {name}::read($value, $where)," for kind, name in union.records
    )
    return f"""/** {union.note} */
interface {union.name} extends \\JsonSerializable
{{
}}

/** Reads a value of the types of {union.name}. */
final class {union.name}Types
{{
    public static function read(mixed $value, string $where = ""): {union.name}
    {{
        return match ($value instanceof \\stdClass ? $value->type ?? null : null) {{
{cases}
            default => throw new FormException($where . "/type", "this is not one of the permitted values"),
        }};
    }}
}}
"""


def _record(record: Record, unions: tuple[str, ...]) -> str:
    members = record.ordered()
    known = ", ".join(quoted(member.name) for member in record.members)
    return f"""/** {record.note} */
final class {record.name} implements {", ".join(unions or (_SERIALIZABLE,))}
{{
    public function __construct(
{_lines(_property(member) for member in members)}
    ) {{
    }}

    public static function read(mixed $value, string $where = ""): self
    {{
        $in = new Reading($value, $where, [{known}]);
        return new self(
{_lines(_argument(member) for member in members)}
        );
    }}

    public function jsonSerialize(): object
    {{
        return (object) array_filter([
{_lines(f"            {quoted(m.name)} => $this->{m.name}," for m in record.members)}
        ], static fn (mixed $value): bool => $value !== null);
    }}
}}
"""


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _property(member: Member) -> str:
    note = f"        /** {_list_note(member)}{member.note} */"
    if member.required:
        return f"{note}\n        public readonly {_type(member.kind)} ${member.name},"
    return f"{note}\n        public readonly ?{_type(member.kind)} ${member.name} = null,"


def _list_note(member: Member) -> str:
    return f"@var {_documented(member.kind)} " if isinstance(member.kind, Many) else ""


def _documented(kind: Kind) -> str:
    return f"list<{_documented(kind.each)}>" if isinstance(kind, Many) else _type(kind)


def _argument(member: Member) -> str:
    verb = "need" if member.required else "may"
    return f"            {member.name}: $in->{verb}({quoted(member.name)}, {_read(member.kind)}),"


def _constant(value: str) -> str:
    name = pascal(value)
    return f"V{name}" if name[0].isdigit() else name


def _type(kind: Kind) -> str:
    match kind:
        case Fixed(value):
            return "string" if isinstance(value, str) else "bool"
        case Named(name):
            return name
        case Many():
            return "array"
        case _:
            return _PLAIN[kind.form]


def _read(kind: Kind) -> str:
    match kind:
        case Fixed(value):
            return f"Read::fixed({quoted(value) if isinstance(value, str) else str(value).lower()})"
        case Named(name, "choice"):
            return f"Read::choice({name}::class)"
        case Named(name, "union"):
            return f"{name}Types::read(...)"
        case Named(name):
            return f"{name}::read(...)"
        case Many(each):
            return f"Read::many({_read(each)})"
        case _:
            return f"Read::{kind.form}(...)"
