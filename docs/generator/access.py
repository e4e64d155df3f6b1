"""Pages of the disclosure matrix, one for each reader, and of the routes and roles."""

from collections.abc import Iterator, Sequence

from docs.generator.data import Json, Standard
from docs.generator.documents import role_name, way_rows, ways_of
from docs.generator.items import items
from docs.generator.markdown import Pages, bullets, code, link, page, table
from docs.generator.words import FAMILIES

_WIDE = 5
_SECTIONED = ("learner", "placement")


def pages(standard: Standard) -> Pages:
    """The matrix, each reader's column, what sections and projections hold, routes and roles."""
    columns = standard.disclosure["columns"]
    made = {f"disclosure/{name}.md": column(standard, name) for name in columns}
    made["disclosure/index.md"] = matrix(standard)
    made["disclosure/sections.md"] = sections(standard)
    made["disclosure/projections.md"] = projections(standard)
    made["routes.md"] = routes(standard)
    made["roles.md"] = roles(standard)
    return made


def matrix(standard: Standard) -> str:
    """The whole matrix, in tables of a few readers each so that they fit a page."""
    data = standard.disclosure
    names = list(data["columns"])
    groups = [names[start : start + _WIDE] for start in range(0, len(names), _WIDE)]
    tables = [_part(standard, group) for group in groups]
    more = [link("What each section holds", "disclosure/sections.md")]
    more.append(link("Projections, filters and what is always left out", "disclosure/projections.md"))
    return page(
        "# Who may see what",
        data["note"],
        "Choose a reader's name for their whole column with conditions.",
        *tables,
        "## Levels",
        table(("Level", "What the reader sees"), ((code(k), v) for k, v in data["levels"].items())),
        "## Conditions",
        table(("Condition", "What it says"), ((code(k), v) for k, v in data["conditions"].items())),
        "## More",
        bullets(more),
    )


def _part(standard: Standard, group: Sequence[str]) -> str:
    data = standard.disclosure
    heads = ["Section", *(link(data["columns"][name], f"disclosure/{name}.md") for name in group)]
    rows = (
        [entry["title"], *(_short(entry["cells"][name]) for name in group)]
        for entry in data["sections"].values()
    )
    return table(heads, rows)


def _short(cell: Json) -> str:
    if cell["level"] == "never":
        return "never"
    narrowed = f" ({cell['projection']})" if "projection" in cell else ""
    return f"{cell['level']}{narrowed}" + (" \\*" if "condition" in cell else "")


def column(standard: Standard, name: str) -> str:
    """What one reader may see of each section."""
    data = standard.disclosure
    readers = [role["title"] for role in standard.roles.values() if role["column"] == name]
    rows = ((entry["title"], *_cell(standard, entry["cells"][name])) for entry in data["sections"].values())
    return page(
        f"# {data['columns'][name]}",
        "Roles that read this column: " + ", ".join(readers) + "." if readers else "",
        table(("Section", "Level", "Only these items", "Only if", "Note"), rows),
    )


def _cell(standard: Standard, cell: Json) -> tuple[str, str, str, str]:
    narrowed = [code(cell[key]) for key in ("projection", "filter") if key in cell]
    roles = f"For {', '.join(cell['roles'])}. " if "roles" in cell else ""
    condition = standard.disclosure["conditions"].get(cell.get("condition", ""), "")
    return code(cell["level"]), ", ".join(narrowed), condition, roles + cell.get("note", "")


def sections(standard: Standard) -> str:
    """The items of each section, by document."""
    found: dict[str, list[str]] = {}
    for name in (*_SECTIONED, *standard.documents):
        for item in items(standard.schemas[name]):
            if "x-ltp-section" in item.node and "." not in item.place:
                entry = f"{standard.title(name)}: {item.node['title']} ({code(item.place)})"
                found.setdefault(item.node["x-ltp-section"], []).append(entry)
    parts = [
        f"## {section['title']}\n\n{bullets(found.get(name, ()))}"
        for name, section in standard.disclosure["sections"].items()
    ]
    return page("# What each section holds", "Every item names its section in its schema.", *parts)


def projections(standard: Standard) -> str:
    """Named lists of items, filters and the members that a flag suppresses."""
    data = standard.disclosure
    return page(
        "# Projections, filters and what is always left out",
        "A projection is a named list of items; an unknown one shows nothing.",
        *(_projection(name, entry) for name, entry in data["projections"].items()),
        "## Filters",
        table(("Filter", "What it does"), ((code(k), v["note"]) for k, v in data["filters"].items())),
        "## Always left out",
        *(_projection(k, v | v["members"], "###") for k, v in data["suppressions"].items()),
        "## Extensions",
        data["extensions"]["note"],
    )


def _projection(name: str, entry: Json, mark: str = "##") -> str:
    kinds = {kind: places for kind, places in entry.items() if isinstance(places, list)}
    rows = ((code(kind), ", ".join(code(place) for place in places)) for kind, places in kinds.items())
    return page(f"{mark} {name}", entry.get("note", ""), table(("In", "Items"), rows)).rstrip()


def routes(standard: Standard) -> str:
    """The whole table of routes, document by document."""
    data = standard.routes
    return page(
        "# Routes",
        data["note"],
        *_routes(standard),
        "## Conditions",
        table(("Condition", "What it says"), ((code(k), v) for k, v in data["conditions"].items())),
        "## Left out on purpose",
        table(("What", "Why"), data["leftOut"].items()),
        "## How the sources were read",
        table(("Where", "Reading"), data["judgements"].items()),
    )


def _routes(standard: Standard) -> Iterator[str]:
    for name in standard.documents:
        rows = way_rows(standard, ways_of(standard, name))
        yield f"## {standard.title(name)}"
        yield table(("From", "To", "Desk", "Also read by", "Only if"), rows)


def roles(standard: Standard) -> str:
    """Every role with its desk and its column of the matrix."""
    rows = (
        (
            code(name),
            role_name(standard, name),
            FAMILIES[role["family"]],
            *_place(standard, role),
            role.get("note", ""),
        )
        for name, role in standard.roles.items()
    )
    return page(
        "# Roles",
        "A role is what a person is to the pupil. Parents and pupils have no desk: they get a printed copy.",
        table(("Role", "Title", "Family", "Desk", "Reads the column", "Note"), rows),
    )


def _place(standard: Standard, role: Json) -> tuple[str, str]:
    column = role["column"]
    name = link(standard.disclosure["columns"][column], f"disclosure/{column}.md") if column else "none"
    return role["desk"] or "printed copy", name
