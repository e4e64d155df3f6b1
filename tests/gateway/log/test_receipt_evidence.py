"""From a message that was really sent to a receipt that is checked years later with nothing but a file."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.contents import archived, kept
from gateway.files import Home
from gateway.log import keys
from gateway.store import log
from gateway.store.writer import each
from signing.log import leaf

if TYPE_CHECKING:
    from tests.gateway.conftest import World

ASH, HOLLOW = "urn:ltp:org:ash-vale", "urn:ltp:org:hollow-farm"


class Case:
    """Ash Vale sent a profile to Hollow Farm and has its receipt; its gateway has a log."""

    def __init__(self, world: "World", folder: Path) -> None:
        self.world, self.folder = world, folder
        self.home = Home(world.ash.settings)
        if not keys.has_log(self.home):
            keys.make_log_keys(self.home)
        world.change(
            "gateways", "ash", **world.entry("gateways", "ash"), log=keys.public_keys(self.home)["log"]
        )
        transfer = world.start()
        world.ash.send(transfer)
        world.settle()
        self.bundle = world.ash.sent(transfer)[f"{HOLLOW}/general"].bundle_id

    def entry(self) -> bytes:
        """What the log says about the receipt."""
        services = self.world.ash.services
        (row,) = [row for row in self.world.ash.rows("bundle") if row.bundle_id == self.bundle]
        (receipt,) = [one for one in self.world.ash.rows("receipt") if one.bundle_row == row.id]
        text = archived(kept(services.vault, services.store.content(receipt.content_id)))
        return leaf.entry(
            "receipt",
            services.clock.seconds,
            content_sha256=text.body["content_sha256"],
            receipt_sha256=text.content_sha256,
            status=text.body["status"],
        )

    def log(self, *, sign: bool = True) -> None:
        book = keys.open_book(self.home)
        book.writer.run(each(log.append), [self.entry()])
        if sign:
            book.sign(self.world.ash.services.clock.seconds)
        book.close()

    def export(self, *more: str) -> Path:
        words = [
            "receipt",
            "export",
            self.bundle,
            "--home",
            str(self.home.settings.home),
            "--organisation",
            ASH,
        ]
        result = CliRunner().invoke(app, [*words, *more], catch_exceptions=False)
        assert result.exit_code == 0
        file = self.folder / "receipt.json"
        file.write_text(result.stdout)
        return file

    def roots(self) -> Path:
        """The directory's root, brought to another machine."""
        return Path(shutil.copy(self.home.settings.path(self.home.settings.directory_root), self.folder))


@pytest.fixture
def case(world: "World", tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(world, tmp_path_factory.mktemp("elsewhere"))


def verified(file: Path, roots: Path) -> tuple[int, Any]:
    words = ["receipt", "verify", str(file), "--roots", str(roots), "-o", "json"]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    return result.exit_code, json.loads(result.stdout)


def test_a_receipt_is_proved_by_its_file_after_every_gateway_and_its_keys_are_gone(case: Case) -> None:
    case.log()
    file, roots = case.export(), case.roots()
    case.world.close()
    shutil.rmtree(case.world.base)
    code, found = verified(file, roots)
    assert code == 0
    assert (found["status"], found["signedBy"], found["to"]) == ("delivered", HOLLOW, ASH)
    assert found["messageChecked"]
    assert found["log"]["origin"] == "w3id.org/ltp/log/ash"
    result = CliRunner().invoke(app, ["receipt", "verify", str(file), "--roots", str(roots)])
    assert result.exit_code == 0
    assert f"Good: {HOLLOW} signed the receipt 'delivered' for a message of {ASH}." in result.stdout


def test_without_the_message_the_file_holds_nothing_about_the_pupil(case: Case) -> None:
    case.log()
    file = case.export("--no-message")
    assert "message" not in orjson.loads(file.read_bytes())
    code, found = verified(file, case.roots())
    assert (code, found["messageChecked"]) == (0, False)
    shown = CliRunner().invoke(app, ["receipt", "verify", str(file), "--roots", str(case.roots())])
    assert "names it by its digest alone" in shown.stdout


def test_a_changed_file_is_not_good(case: Case) -> None:
    case.log()
    file = case.export()
    value: dict[str, str] = orjson.loads(file.read_bytes())
    value["entry"] = value["entry"].replace("delivered", "accepted")
    file.write_bytes(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
    code, found = verified(file, case.roots())
    assert (code, found["good"], found["code"]) == (1, False, "not_included")
    shown = CliRunner().invoke(app, ["receipt", "verify", str(file), "--roots", str(case.roots())])
    assert (shown.exit_code, shown.stdout.splitlines()[-1].strip()) == (1, "code: not_included")


def test_roots_in_another_form_are_wrong_use(case: Case) -> None:
    case.log()
    file, bad = case.export(), case.folder / "bad.json"
    bad.write_text("[1]")
    result = CliRunner().invoke(app, ["receipt", "verify", str(file), "--roots", str(bad)])
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"status": "accepted"}, "There is no such receipt"),
        ({"bundle": "00000000-0000-4000-8000-000000000000"}, "No such bundle was sent"),
    ],
)
def test_what_is_not_here_is_said(case: Case, change: dict[str, str], expected: str) -> None:
    case.log()
    assert case.export()
    case.bundle = change.get("bundle", case.bundle)
    with pytest.raises(Exception, match=expected):
        case.export(*(["--status", change["status"]] if "status" in change else []))


def test_a_receipt_behind_the_last_checkpoint_waits_for_the_next(case: Case) -> None:
    case.log(sign=False)
    with pytest.raises(Exception, match="not signed since"):
        case.export()
    book = keys.open_book(case.home)
    book.sign(case.world.ash.services.clock.seconds)
    book.close()
    assert verified(case.export(), case.roots())[0] == 0
