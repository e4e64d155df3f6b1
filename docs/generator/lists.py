"""Pages for code lists, frameworks, scales and school calendars."""

from collections.abc import Iterator

from docs.generator.data import Json, Standard
from docs.generator.markdown import Pages, code, ident, link, page, table


def pages(standard: Standard) -> Pages:
    """Every list, framework, scale and calendar, with their indexes."""
    made = {f"codes/{name}.md": code_list(standard, entry) for name, entry in standard.codes.items()}
    made |= {f"frameworks/{name}.md": framework(standard, name) for name in standard.frameworks}
    made |= {f"scales/{name}.md": scale(standard, name) for name in standard.scales}
    made["codes/index.md"] = _codes(standard)
    made["frameworks/index.md"] = _frameworks(standard)
    made |= {"calendars.md": _calendars(standard), "register-codes.md": _register_codes(standard)}
    return made


def _codes(standard: Standard) -> str:
    rows = (
        (link(entry["title"], f"codes/{name}.md"), code(name), entry["publisher"], entry["version"])
        for name, entry in standard.codes.items()
    )
    return page(
        "# Code lists",
        "A list that somebody else publishes is open: a newer code that this copy does not know is kept and "
        "warned about, never refused. A list of our own is closed.",
        table(("List", "Id", "Publisher", "Version"), rows),
    )


def code_list(standard: Standard, entry: Json) -> str:
    """One code list with every code."""
    labels = {value["code"]: value["label"] for value in entry.get("categories", {}).get("values", ())}
    return page(
        f"# {entry['title']}",
        entry.get("note", ""),
        table(("About it", "Value"), _list_facts(entry)),
        "## Codes",
        table(("Code", "Meaning", "Status", "Group", "Note"), (_code(row, labels) for row in entry["codes"])),
        entry.get("categories", {}).get("note", ""),
        "## Files",
        "- " + link("The list", f"{standard.version}/codes/{entry['id']}.json"),
    )


def _list_facts(entry: Json) -> Iterator[tuple[str, str]]:
    yield "Id", code(entry["id"])
    yield "Publisher", entry["publisher"]
    yield "Version", entry["version"]
    yield "Source", entry["source"]
    yield "Newer codes", "kept and warned about" if entry["open"] else "refused: the list is ours and closed"


def _code(row: Json, labels: Json) -> tuple[str, ...]:
    instead = f"now {code(row['replacedBy'])}. " if "replacedBy" in row else ""
    group = labels.get(row.get("category", ""), "")
    return code(row["code"]), row["label"], row["status"], group, instead + row.get("note", "")


def _frameworks(standard: Standard) -> str:
    kept = (
        (link(entry["titles"][0], f"frameworks/{name}.md"), code(entry["id"]), entry["version"])
        for name, entry in standard.frameworks.items()
    )
    scales = (
        (
            link(entry["title"], f"scales/{name}.md"),
            code(entry["id"]),
            entry["kind"],
            entry["licence"]["status"],
        )
        for name, entry in standard.scales.items()
    )
    return page(
        "# Frameworks and scales",
        "A framework names areas; it has no levels. A scale is what a value was measured on. No scale is built in, "
        "no two scales are compared, and nothing is added up: there is no composite, average, readiness score or "
        "ranking in this standard. Instruments under licence are here with codes and numbers, never their wording.",
        "## Frameworks",
        table(("Framework", "Id", "Version"), kept),
        "## Scales",
        table(("Scale", "Id", "Kind", "Licence"), scales),
    )


def framework(standard: Standard, name: str) -> str:
    """One version of a framework: its domains with their areas."""
    entry = standard.frameworks[name]
    rows = ((d["label"], code(a["code"]), a["label"]) for d in entry["domains"] for a in d["areas"])
    return page(
        f"# {entry['titles'][0]}",
        f"Also known as: {', '.join(entry['titles'][1:])}." if entry["titles"][1:] else "",
        entry["note"],
        f"Id {code(entry['id'])}, version {entry['version']}. {entry['publisher']}.",
        table(("Domain", "Code", "Area"), rows),
        "## Files",
        f"- {link('The framework', f'{standard.version}/frameworks/{name}.json')}",
    )


def scale(standard: Standard, name: str) -> str:
    """One scale: bounds, direction, points and constructs."""
    entry = standard.scales[name]
    points = ((str(point["value"]), point.get("label", "")) for point in entry["points"])
    parts = (
        (code(part["code"]), part["label"], _range(part), part["direction"]) for part in entry["constructs"]
    )
    return page(
        f"# {entry['title']}",
        entry["note"],
        table(("About it", "Value"), _scale_facts(entry)),
        *(("## Points", table(("Value", "Name"), points)) if entry["points"] else ()),
        *(
            ("## What it measures", table(("Code", "Title", "Values", "Better"), parts))
            if entry["constructs"]
            else ()
        ),
        "## Files",
        f"- {link('The scale', f'{standard.version}/scales/{name}.json')}",
    )


def _scale_facts(entry: Json) -> Iterator[tuple[str, str]]:
    yield "Id", code(entry["id"])
    yield "Publisher", entry["publisher"]
    yield "Kind", entry["kind"]
    yield "Values", _range(entry)
    yield (
        "Decimals",
        f"the last {entry['decimals']} digits of the whole number" if entry["decimals"] else "none",
    )
    yield "Better", entry["direction"]
    yield "Licence", f"{entry['licence']['status']}, {entry['licence']['holder']}"
    yield "Filled in by", ", ".join(entry["informants"])


def _range(entry: Json) -> str:
    return (
        f"{entry['min']} to {entry['max']}" if "min" in entry else "no range on record, so no value is judged"
    )


def _calendars(standard: Standard) -> str:
    rows = (
        (code(name), entry.get("title", ""), entry["from"], entry["to"])
        for name, entry in standard.calendars.items()
    )
    return page(
        "# School calendars",
        "Rules that count school days need the home school's calendar. Days outside it are unknown, never holidays.",
        table(("Calendar", "Title", "First day known", "Last day known"), rows),
        "## Files",
        "- "
        + link("What a calendar holds (schema)", f"{standard.version}/calendars/school-calendar.schema.json"),
        *(f"- {link(name, f'{standard.version}/calendars/{name}.json')}" for name in standard.calendars),
    )


def _register_codes(standard: Standard) -> str:
    data = standard.register_codes
    rows = (
        (
            row["name"],
            ident(row["rule"], f"rules/{row['rule']}.md"),
            ", ".join(row.get("session", ())),
            ", ".join([*map(code, row["home"]["codes"]), *row["home"]["categories"]]),
            "yes" if row["confirmed"] else "no",
        )
        for row in data["rows"]
    )
    return page(
        f"# {data['title']}",
        data["note"],
        table(("Where", "Rule", "Session", "Codes that are right", "Checked"), rows),
        "## Files",
        "- " + link("The table", f"{standard.version}/register-codes.json"),
    )
