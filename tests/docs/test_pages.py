"""The pages made from the data files: everything has its page, and a page says what its data says."""

import json
import re

import pytest

import schemas
from docs.generator import data, items, pages, publish
from docs.generator.documents import full_example
from docs.generator.markdown import Pages, named, placed, table, wrapped

STANDARD = data.load(publish.STANDARD)
MADE: Pages = pages.site(STANDARD, publish.spec_pages(), "# Changelog\n")


def test_there_are_34_types_of_document() -> None:
    assert len(STANDARD.documents) == len(set(STANDARD.documents)) == 34


@pytest.mark.parametrize("name", STANDARD.documents)
def test_a_document_has_its_page_with_every_part(name: str) -> None:
    text = MADE[f"documents/{name}.md"]

    assert text.startswith(f"# {STANDARD.title(name)}\n\n{STANDARD.schemas[name]['description']}")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    wanted = ["Who sends it to whom", "Items", "Who may see what", "Rules", "A full example", "Files"]
    assert headings == wanted


@pytest.mark.parametrize("name", STANDARD.documents)
def test_a_document_page_lists_every_item_with_all_that_the_schema_says_of_it(name: str) -> None:
    text = MADE[f"documents/{name}.md"]

    for item in items.items(STANDARD.schemas[name]):
        (line,) = (line for line in text.splitlines() if line.startswith(f"| {wrapped(item.place)}"))
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        assert cells[0].endswith("\\*") == item.on_wire
        assert cells[1].startswith(item.node["title"].rstrip("."))
        assert cells[3:] == [
            item.node["x-ltp-card"],
            ", ".join(item.node["x-ltp-class"]),
            item.node["x-ltp-source"],
        ]


@pytest.mark.parametrize("name", STANDARD.documents)
def test_the_example_of_a_page_is_valid_and_no_reader_s_view(name: str) -> None:
    example = full_example(STANDARD, name)

    value = json.loads(example)

    assert schemas.validate(name, value) == ()
    assert "withheld" not in value
    assert example in MADE[f"documents/{name}.md"]


def test_a_document_page_has_every_way_of_the_route_table() -> None:
    for name in STANDARD.documents:
        ways = [way for way in STANDARD.routes["routes"] if way["document"] == name]
        text = MADE[f"documents/{name}.md"].partition("## Items")[0]
        assert text.count("\n| ") - 2 == len(ways), name


def test_a_document_page_names_the_rules_that_read_the_document() -> None:
    text = MADE["documents/final-report.md"]

    assert "[REI-03](../rules/REI-03.md)" in text
    assert "LA-02" not in text


def test_everything_with_a_name_has_a_page() -> None:
    wanted = {f"rules/{rule['id']}.md" for rule in STANDARD.rules["rules"]}
    wanted |= {f"codes/{name}.md" for name in STANDARD.codes}
    wanted |= {f"frameworks/{name}.md" for name in STANDARD.frameworks}
    wanted |= {f"scales/{name}.md" for name in STANDARD.scales}
    wanted |= {f"disclosure/{name}.md" for name in STANDARD.disclosure["columns"]}
    wanted |= {f"components/{name}.md" for name in ("learner", "placement", "provider", "strategy", "bundle")}
    wanted |= {"index.md", "routes.md", "roles.md", "requirements.md", "changelog.md", "calendars.md"}
    wanted |= {f"spec/{name}" for name in publish.spec_pages() if name != "index.md"}
    assert wanted <= set(MADE)


def test_every_shared_definition_is_on_a_page() -> None:
    simple = MADE["components/simple.md"]
    for name in STANDARD.schemas["common"]["$defs"]:
        assert f"components/{name}.md" in MADE or f"{{ #{name.lower()} }}" in simple, name


def test_a_code_list_page_holds_every_code() -> None:
    for name, entry in STANDARD.codes.items():
        text = MADE[f"codes/{name}.md"]
        assert all(f"| `{row['code']}` | " in text for row in entry["codes"])


def test_the_matrix_shows_every_cell() -> None:
    shown = MADE["disclosure/index.md"].count("\n| ")
    sections, columns = len(STANDARD.disclosure["sections"]), len(STANDARD.disclosure["columns"])
    tables = -(-columns // 5)
    notes = len(STANDARD.disclosure["levels"]) + len(STANDARD.disclosure["conditions"]) + 4
    assert shown == tables * (sections + 2) + notes


def test_every_requirement_stands_in_the_list_and_at_its_anchor() -> None:
    for row in STANDARD.requirements["requirements"]:
        assert f"[{row['id']}](spec/{row['page']}#{row['id'].lower()})" in MADE["requirements.md"]
        assert f"{{ #{row['id'].lower()} }}" in MADE[f"spec/{row['page']}"]


def test_no_page_keeps_a_link_that_was_not_placed() -> None:
    assert [path for path, text in MADE.items() if "](@" in text] == []


def test_every_page_has_one_title() -> None:
    for path, text in MADE.items():
        outside = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
        assert len(re.findall(r"^# ", outside, re.MULTILINE)) == 1, path


def test_the_menu_leads_to_pages_only() -> None:
    menu = json.dumps(pages.menu(STANDARD, MADE))

    named_pages = set(re.findall(r'"([^"]+\.md)"', menu))

    assert named_pages <= set(MADE)
    assert {f"documents/{name}.md" for name in STANDARD.documents} <= named_pages


def test_the_name_of_something_with_a_page_becomes_a_link() -> None:
    text = named("spec/rules.md", "See `OSD-01` and `no-such`.", {"OSD-01": "rules/OSD-01.md"})

    assert placed("spec/rules.md", text) == "See [`OSD-01`](../rules/OSD-01.md) and `no-such`."


@pytest.mark.parametrize("text", ["# About `OSD-01`", "```\n`OSD-01`\n```", "[`OSD-01`](x.md)"])
def test_a_name_in_a_heading_a_block_of_code_or_a_link_stays_as_it_is(text: str) -> None:
    assert named("spec/rules.md", text, {"OSD-01": "rules/OSD-01.md"}) == text


def test_a_table_survives_bars_and_line_breaks_in_its_cells() -> None:
    assert table(("A", "B"), [("a|b", "c\nd")]) == "| A | B |\n| --- | --- |\n| a\\|b | c d |"


def test_a_table_without_rows_says_so() -> None:
    assert table(("A",), []) == "None."
