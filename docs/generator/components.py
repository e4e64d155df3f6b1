"""A page for each shared component, and one for the simple definitions: identifiers, dates, texts."""

from collections.abc import Iterator

from docs.generator import words
from docs.generator.data import Json, Standard
from docs.generator.items import holds, is_component, item_table, place_of, references
from docs.generator.markdown import Pages, bullets, code, fence, link, page, table


def pages(standard: Standard) -> Pages:
    """Every component page, the simple definitions and the list."""
    made = {f"components/{name}.md": component(standard, name, node) for name, node in nodes(standard)}
    made |= {"components/simple.md": simple(standard), "components/annotations.md": annotations(standard)}
    return made | {"components/index.md": index(standard)}


def nodes(standard: Standard) -> Iterator[tuple[str, Json]]:
    """The components by name: whole schemas first, then the shared objects."""
    yield from ((name, standard.schemas[name]) for name in standard.wholes)
    shared = standard.schemas["common"]["$defs"]
    yield from ((name, node) for name, node in shared.items() if is_component(node))


def index(standard: Standard) -> str:
    """The list of components."""
    rows = (
        (link(str(node["title"]), f"components/{name}.md"), code(name), node.get("description", ""))
        for name, node in nodes(standard)
    )
    simple_page = link("Simple definitions", "components/simple.md")
    return page(
        "# Components",
        f"Objects that several documents share. {simple_page} are on a page of their own.",
        table(("Component", "Name in the schema", "What it is"), rows),
    )


def component(standard: Standard, name: str, node: Json) -> str:
    """One component: its items and who uses it."""
    whole = name in standard.wholes
    file = f"{name if whole else 'common'}.schema.json"
    return page(
        f"# {node['title']}",
        f"{node.get('description', '')} Its name in the schema is {code(name)}.".strip(),
        "## Items",
        item_table(standard, node),
        "A star marks what is always there.",
        f"Class: {words.legend(words.CLASSES)}",
        "## Used by",
        bullets(sorted(users(standard, name))),
        *_example(standard, name),
        "## Files",
        f"- {link('The schema', f'{standard.version}/{file}')}",
    )


def _example(standard: Standard, name: str) -> tuple[str, ...]:
    found = standard.examples.get(name)
    return ("## A full example", fence(max(found.values(), key=len))) if found else ()


def users(standard: Standard, name: str) -> Iterator[str]:
    """Links to everything that refers to a component."""
    for schema_name, schema in standard.schemas.items():
        if schema_name not in ("common", "document") and name in references(schema):
            yield link(str(schema["title"]), place_of(standard, schema_name))
    for other, node in standard.schemas["common"]["$defs"].items():
        if is_component(node) and other != name and name in references(node):
            yield link(str(node["title"]), f"components/{other}.md")


def annotations(standard: Standard) -> str:
    """What the schemas say beside JSON Schema."""
    data = standard.annotations
    rows = ((code(name), meaning) for name, meaning in data["keywords"].items())
    return page(f"# {data['title']}", data["description"], table(("Keyword", "Meaning"), rows))


def simple(standard: Standard) -> str:
    """Identifiers, dates, texts and lists of our own: one heading each."""
    shared = standard.schemas["common"]["$defs"]
    parts = [_simple(standard, name, node) for name, node in shared.items() if not is_component(node)]
    lead = "Each text has its pattern in the schema; the pattern is what counts."
    return page("# Simple definitions", lead, *parts)


def _simple(standard: Standard, name: str, node: Json) -> str:
    pattern = f"- Pattern: {code(node['pattern'])}" if "pattern" in node else ""
    how = f"- How to write it: {node['x-ltp-fix']}" if "x-ltp-fix" in node else ""
    lines = "\n".join(part for part in (f"- Holds: {holds(standard, node)}", pattern, how) if part)
    return page(f"## {node['title']} {{ #{name.lower()} }}", node.get("description", ""), lines).rstrip()
