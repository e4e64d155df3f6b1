"""The types in C#: records and enums for System.Text.Json."""

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

_PLAIN = {
    "text": "string",
    "whole": "long",
    "flag": "bool",
    "open": "IReadOnlyDictionary<string, JsonElement>",
}


def write(model: Model) -> str:
    """Return the file."""
    types = [
        *(_choice(choice) for choice in model.choices),
        *(_record(record, model.unions_of(record.name)) for record in model.records),
        *(_union(union) for union in model.unions),
    ]
    return filled("LtpTypes.cs.txt", HEADING=heading(model.version, "//"), TYPES="\n".join(types))


def _summary(note: str, indent: str = "") -> str:
    text = note.replace("&", "&amp;").replace("<", "&lt;")
    return f"{indent}/// <summary>{text}</summary>"


def _choice(choice: Choice) -> str:
    values = "\n".join(
        f"    [JsonStringEnumMemberName({quoted(value)})]\n    {_constant(value)}," for value in choice.values
    )
    return f"""{_summary(choice.note)}
[JsonConverter(typeof(ChoiceConverter<{choice.name}>))]
public enum {choice.name}
{{
{values}
}}
"""


def _union(union: Union) -> str:
    cases = "\n".join(
        f"            {quoted(kind)} => root.Deserialize<{name}>(options)," for kind, name in union.records
    )
    return f"""{_summary(union.note)}
[JsonConverter(typeof({union.name}Converter))]
public interface I{union.name}
{{
    /// <summary>Which of the types this is.</summary>
    string Type {{ get; }}
}}

/// <summary>Tells the types of {union.name} apart.</summary>
public sealed class {union.name}Converter : JsonConverter<I{union.name}>
{{
    /// <inheritdoc/>
    public override I{union.name} Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {{
        using JsonDocument parsed = JsonDocument.ParseValue(ref reader);
        JsonElement root = parsed.RootElement;
        string? kind = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("type", out JsonElement type)
            && type.ValueKind == JsonValueKind.String ? type.GetString() : null;
        I{union.name}? found = kind switch
        {{
{cases}
            _ => null,
        }};
        return found ?? throw new JsonException("The type is not one of the permitted values.");
    }}

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, I{union.name} value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, value.GetType(), options);
}}
"""


def _record(record: Record, unions: tuple[str, ...]) -> str:
    base = f" : {', '.join(f'I{name}' for name in unions)}" if unions else ""
    members = "\n\n".join(_member(member, record.name) for member in record.members)
    return f"""{_summary(record.note)}
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record {record.name}{base}
{{
{members}
}}
"""


def _member(member: Member, owner: str) -> str:
    fixed = member.kind if isinstance(member.kind, Fixed) else None
    note = f"{member.note}: always {_literal(fixed)}." if fixed else member.note
    name, kind = _name(member, owner), _type(member.kind)
    attributes = f"    [JsonPropertyName({quoted(member.name)})]"
    if not member.required:
        ignore = "    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]"
        line = f"{attributes}\n{ignore}\n    public {kind}? {name} {{ get; init; }}"
    elif fixed:
        line = f"{attributes}\n    [JsonRequired]\n    public {kind} {name} {{ get; init; }} = {_literal(fixed)};"
    else:
        line = f"{attributes}\n    public required {kind} {name} {{ get; init; }}"
    return f"{_summary(note, '    ')}\n{line}"


def _name(member: Member, owner: str) -> str:
    # C# lets no member have the name of its own type.
    name = pascal(member.name)
    return f"{name}Member" if name == owner else name


def _constant(value: str) -> str:
    name = pascal(value)
    return f"V{name}" if name[0].isdigit() else name


def _literal(kind: Fixed) -> str:
    return quoted(kind.value) if isinstance(kind.value, str) else str(kind.value).lower()


def _type(kind: Kind) -> str:
    match kind:
        case Fixed(value):
            return "string" if isinstance(value, str) else "bool"
        case Named(name, "union"):
            return f"I{name}"
        case Named(name):
            return name
        case Many(each):
            return f"IReadOnlyList<{_type(each)}>"
        case _:
            return _PLAIN[kind.form]
