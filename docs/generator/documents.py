"""A page for each of the document types, and their list."""

import json
from collections.abc import Iterator

from docs.generator import words
from docs.generator.data import Json, Standard
from docs.generator.items import Item, item_table, items
from docs.generator.markdown import Pages, bullets, code, fence, link, page, table

_STAR = (
    "A star marks what every view that a reader may get holds. All other items can be held back from a reader, "
    "and then the view says so in `withheld`."
)


def pages(standard: Standard) -> Pages:
    """Every document page and the list of them."""
    made = {f"documents/{name}.md": document(standard, name) for name in standard.documents}
    return made | {"documents/index.md": index(standard)}


def index(standard: Standard) -> str:
    """The list of all document types with what each is for."""
    rows = (
        (link(standard.title(name), f"documents/{name}.md"), str(standard.schemas[name]["description"]))
        for name in standard.documents
    )
    return page(
        "# Documents",
        f"The standard has {len(standard.documents)} types of document. What is sent is a "
        f"{link('bundle', 'components/bundle.md')} of documents for one role at one desk.",
        table(("Document", "What it is for"), rows),
    )


def document(standard: Standard, name: str) -> str:
    """One document: purpose, ways, items, sections, rules, an example, files."""
    schema = standard.schemas[name]
    return page(
        f"# {schema['title']}",
        f"{schema['description']} Its type is {code(name)}.",
        "## Who sends it to whom",
        _ways(standard, name),
        "## Items",
        _items(standard, name, schema),
        "## Who may see what",
        _sections(standard, schema),
        "## Rules",
        bullets(_rules(standard, name)),
        "## A full example",
        "Every person and place in it is invented.",
        fence(full_example(standard, name)),
        "## Files",
        f"- {link('The schema', f'{standard.version}/{name}.schema.json')}",
    )


def full_example(standard: Standard, name: str) -> str:
    """The longest valid example that is no reader's view."""
    whole = [text for text in standard.examples[name].values() if "withheld" not in json.loads(text)]
    return max(whole, key=len)


def ways_of(standard: Standard, name: str) -> list[Json]:
    """The rows of the route table for one document."""
    return [way for way in standard.routes["routes"] if way["document"] == name]


def role_name(standard: Standard, role: str) -> str:
    """A role in words."""
    return "Any role with a desk" if role == "*" else str(standard.roles[role]["title"])


def way_rows(standard: Standard, ways: list[Json]) -> Iterator[tuple[str, ...]]:
    """From, to, desk, further readers and condition of each way."""
    for way in ways:
        readers = ", ".join(role_name(standard, role) for role in way["readers"])
        condition = standard.routes["conditions"].get(way.get("condition"), "")
        together = "Never without a chronology or nil return." if way.get("companion") else ""
        yield (
            role_name(standard, way["from"]),
            role_name(standard, way["to"]),
            way["desk"] or "printed copy",
            readers,
            " ".join(part for part in (condition, together) if part),
        )


def _ways(standard: Standard, name: str) -> str:
    rows = list(way_rows(standard, ways_of(standard, name)))
    heads = ("From", "To", "Desk", "Also read by", "Only if")
    return page(table(heads, rows), "What is not in this table is refused.").rstrip()


def _items(standard: Standard, name: str, schema: Json) -> str:
    common = {"type", "schemaVersion", "documentId", "version", "supersedes", "placementId", "createdAt"}
    common |= {"author", "withheld", "extensions"}

    def own(item: Item) -> bool:
        return item.place.split(".")[0].removesuffix("[]") not in common

    parts = [item_table(standard, schema, own if name != "receipt" else bool)]
    if name != "receipt":
        parts += ["### Items of every document", item_table(standard, schema, lambda item: not own(item))]
    parts.append(f"{_STAR} **Card.** is how many the sender's full record holds.")
    parts += [f"Class: {words.legend(words.CLASSES)}", f"Source: {words.legend(words.SOURCES)}"]
    return page(*parts).rstrip()


def _sections(standard: Standard, schema: Json) -> str:
    names = {item.node["x-ltp-section"] for item in items(schema) if "x-ltp-section" in item.node}
    if not names:
        return (
            "It holds nothing about a pupil beyond the items of every document: whoever may get it sees it."
        )
    listed = sorted(str(standard.disclosure["sections"][name]["title"]) for name in names)
    matrix = link("disclosure matrix", "disclosure/index.md")
    return page(
        f"The {matrix} decides for each reader. Its sections in this document:", bullets(listed)
    ).rstrip()


def _rules(standard: Standard, name: str) -> Iterator[str]:
    for rule in standard.rules["rules"]:
        if name in rule["inputs"] or ("*" in rule["inputs"] and name != "receipt"):
            page_link = link(rule["id"], f"rules/{rule['id']}.md")
            yield f"{page_link} {rule['statement']}"
