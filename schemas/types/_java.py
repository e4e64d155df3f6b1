"""The types in Java 17: records, enums and one sealed interface, without any library."""

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
    camel,
    constant,
    heading,
    quoted,
)
from schemas.types._templates import filled

_PLAIN = {"text": "String", "whole": "Long", "flag": "Boolean", "open": "Map<String, Object>"}
# Of the words that Java keeps for itself, those that a schema may well use as a name.
_KEPT = frozenset(
    """
    abstract assert boolean break byte case catch char class const continue default do double else enum extends
    final finally float for goto if implements import instanceof int interface long native new package private
    protected public return short static strictfp super switch synchronized this throw throws transient try void
    volatile while true false null clone finalize getClass hashCode notify notifyAll toString wait read
    """.split()  # noqa: SIM905 - a list of fifty quoted words is harder to read
)


def write(model: Model) -> str:
    """Return the file."""
    types = [
        *(_choice(choice) for choice in model.choices),
        *(_record(record, model.unions_of(record.name)) for record in model.records),
        *(_union(union) for union in model.unions),
    ]
    return filled("LtpTypes.java.txt", HEADING=heading(model.version, "//"), TYPES="\n".join(types))


def _choice(choice: Choice) -> str:
    values = ",\n".join(f"    {_constant(value)}({quoted(value)})" for value in choice.values)
    return f"""  /** {choice.note} */
  public enum {choice.name} implements Choice {{
{values};

    private final String text;

    {choice.name}(String text) {{
      this.text = text;
    }}

    @Override
    public String text() {{
      return text;
    }}

    static {choice.name} read(Object value, String where) {{
      return choice(values(), value, where);
    }}
  }}
"""


def _union(union: Union) -> str:
    cases = "\n".join(
        f"        case {quoted(kind)} -> {name}.read(json, where);" for kind, name in union.records
    )
    return f"""  /** {union.note} */
  public sealed interface {union.name} extends Item {{
    /** Which of the types this is. */
    String type();

    /** Reads parsed JSON, or throws FormException. */
    static {union.name} fromJson(Object json) {{
      return read(json, "");
    }}

    private static {union.name} read(Object json, String where) {{
      Object kind = json instanceof Map<?, ?> map ? map.get("type") : null;
      return switch (kind instanceof String text ? text : "") {{
{cases}
        default -> throw new FormException(where + "/type", "this is not one of the permitted values");
      }};
    }}
  }}
"""


def _record(record: Record, unions: tuple[str, ...]) -> str:
    members = ",\n".join(f"      /** {m.note} */\n      {_type(m.kind)} {_name(m)}" for m in record.members)
    known = "".join(f",\n          {quoted(member.name)}" for member in record.members)
    return f"""  /** {record.note} */
  public record {record.name}(
{members})
      implements {", ".join(unions or ("Item",))} {{
    /** Reads parsed JSON, or throws FormException. */
    public static {record.name} fromJson(Object json) {{
      return read(json, "");
    }}

    private static {record.name} read(Object json, String where) {{
      Reading in = new Reading(json, where{known});
      return new {record.name}(
{_arguments(record)});
    }}

    @Override
    public Map<String, Object> toJson() {{
      Map<String, Object> out = new LinkedHashMap<>();
{_puts(record)}
      return out;
    }}
  }}
"""


def _arguments(record: Record) -> str:
    return ",\n".join(
        f"          in.{'need' if member.required else 'may'}({quoted(member.name)}, {_read(member.kind)})"
        for member in record.members
    )


def _puts(record: Record) -> str:
    return "\n".join(f"      put(out, {quoted(m.name)}, {_name(m)});" for m in record.members)


def _name(member: Member) -> str:
    name = camel(member.name)
    return f"{name}_" if name in _KEPT else name


def _constant(value: str) -> str:
    name = constant(value)
    return f"V_{name}" if name[0].isdigit() else name


def _type(kind: Kind) -> str:
    match kind:
        case Fixed(value):
            return "String" if isinstance(value, str) else "Boolean"
        case Named(name):
            return name
        case Many(each):
            return f"List<{_type(each)}>"
        case _:
            return _PLAIN[kind.form]


def _read(kind: Kind) -> str:
    match kind:
        case Fixed(value):
            return f"fixed({quoted(value) if isinstance(value, str) else str(value).lower()})"
        case Named(name):
            return f"{name}::read"
        case Many(each):
            return f"many({_read(each)})"
        case _:
            return f"LtpTypes::{kind.form}"
