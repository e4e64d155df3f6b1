"""The whole site as text: every page by its path, the names that become links, and the menu."""

import re
from collections.abc import Mapping
from typing import Any

from docs.generator import access, components, documents, lists, requirements, rules
from docs.generator.data import Standard
from docs.generator.markdown import Pages, code, ident, link, named, page, placed, table

_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
Menu = list[Any]


def site(standard: Standard, spec: Mapping[str, str], changelog: str) -> Pages:
    """Every page of the site; `spec` holds the written pages of docs/spec by file name."""
    made = documents.pages(standard) | components.pages(standard) | rules.pages(standard)
    made |= lists.pages(standard) | access.pages(standard)
    made |= {"changelog.md": changelog, "requirements.md": requirement_list(standard)}
    places = names(standard)
    written = {("index.md" if name == "index.md" else f"spec/{name}"): text for name, text in spec.items()}
    for path, text in written.items():
        made[path] = named(path, requirements.anchored(_moved(path, text)), places)
    return {path: placed(path, text) for path, text in made.items()}


def _moved(path: str, text: str) -> str:
    # The first page of docs/spec is the first page of the site, one folder further up.
    return (
        re.sub(r"\]\(([a-z0-9-]+\.md)", r"](spec/\1", text)
        if path == "index.md"
        else text.replace("](index.md", "](../index.md")
    )


def names(standard: Standard) -> dict[str, str]:
    """Every name that has a page, with the page."""
    found = {name: f"components/{name}.md" for name, _ in components.nodes(standard)}
    found |= {name: f"documents/{name}.md" for name in standard.documents}
    found |= {name: f"codes/{name}.md" for name in standard.codes}
    found |= {rule["id"]: f"rules/{rule['id']}.md" for rule in standard.rules["rules"]}
    found |= {row["id"]: requirement_place(row) for row in standard.requirements["requirements"]}
    files = ("routes", "roles", "rules", "disclosure", "requirements", "annotations")
    return found | {f"{name}.json": f"{standard.version}/{name}.json" for name in files}


def requirement_place(row: Mapping[str, Any]) -> str:
    """Where a requirement stands in the site."""
    return f"spec/{row['page']}#{row['id'].lower()}"


def requirement_list(standard: Standard) -> str:
    """Every requirement by area, with whom it binds and how it is tested."""
    data = standard.requirements
    rows = data["requirements"]
    parts = [
        f"## {title}\n\n{_area([row for row in rows if row['id'].split('-')[1] == area])}"
        for area, title in data["areas"].items()
        if any(row["id"].split("-")[1] == area for row in rows)
    ]
    return page(
        "# All requirements",
        f"{len(rows)} requirements. {link('How to read them', 'spec/requirements.md')}. The same list as data: "
        f"{link('requirements.json', f'{standard.version}/requirements.json')}.",
        table(("Role", "Who that is"), ((code(name), what) for name, what in data["roles"].items())),
        *parts,
    )


def _area(rows: list[dict[str, Any]]) -> str:
    cells = (
        (
            ident(row["id"], requirement_place(row)),
            row["statement"],
            ", ".join(row["roles"]),
            row["testability"],
        )
        for row in rows
    )
    return table(("Id", "Statement", "Binds", "Can be tested"), cells)


def menu(standard: Standard, made: Pages) -> Menu:
    """The menu: the written pages in the order of the first page, then what is made from data."""
    written = re.findall(r"\]\((spec/[a-z0-9-]+\.md)", made["index.md"])
    rest = sorted(path for path in made if path.startswith("spec/") and path not in written)
    spec = [{title(made[path]): path} for path in dict.fromkeys([*written, *rest]) if path in made]
    return [
        {"Start": "index.md"},
        {"The standard": [*spec, {"All requirements": "requirements.md"}]},
        {"Documents": ["documents/index.md", *(f"documents/{name}.md" for name in standard.documents)]},
        {"Components": _under(made, "components")},
        {"Rules": ["rules/index.md", *(f"rules/{rule['id']}.md" for rule in standard.rules["rules"])]},
        {"Code lists": [*_under(made, "codes"), "register-codes.md"]},
        {"Frameworks and scales": [*_under(made, "frameworks"), *_under(made, "scales")]},
        {"Who sees what": _under(made, "disclosure")},
        {"Routes, roles, calendars": ["routes.md", "roles.md", "calendars.md"]},
        {"Changelog": "changelog.md"},
    ]


def _under(made: Pages, folder: str) -> list[str]:
    """The pages of a folder by their titles, its own first page at the top."""
    found = [path for path in made if path.startswith(f"{folder}/")]
    return sorted(found, key=lambda path: (not path.endswith("/index.md"), title(made[path])))


def title(text: str) -> str:
    """The first heading of a page."""
    found = _TITLE.search(text)
    return found[1] if found else "Page"
