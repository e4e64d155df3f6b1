"""The running gateway's side: what it goes by, what it shows, and that nothing waits for a refresh."""

import threading
from typing import Any

import pytest

import signing
from gateway.directory.client import Client
from gateway.directory.fetch import FolderFetcher, HttpFetcher
from gateway.directory.source import Refresher, TrustedDirectory, open_client
from gateway.files import HomeError
from gateway.settings import Settings

DAY = 86_400
ASH = "urn:ltp:org:ash-vale"


def source(site: Any, client: Any = None) -> TrustedDirectory:
    return TrustedDirectory(client or site.client, lambda: site.now)


def test_before_the_first_refresh_there_is_nothing_to_go_by(site: Any) -> None:
    new = source(site, site.another("new"))
    with pytest.raises(signing.DirectoryError):
        new.current()
    assert new.state()["sending"] is False
    assert new.refresh()
    assert new.current().status(ASH) == "active"
    assert new.state()["sending"] is True


def test_a_refused_refresh_is_shown_and_changes_nothing(site: Any) -> None:
    here = source(site)
    old = site.file("timestamp.json").read_bytes()
    before = here.current()
    site.publish()
    assert here.refresh()
    good = site.file("timestamp.json").read_bytes()
    site.put("timestamp.json", old)
    assert not here.refresh()
    assert here.state()["refused"] == "rollback"
    assert here.current().organisations == before.organisations
    site.put("timestamp.json", good)
    assert here.refresh()
    assert here.state()["refused"] is None


def test_a_server_that_is_away_changes_nothing_until_48_hours_are_over(site: Any) -> None:
    away = Client(
        site.client.folder, site.client.anchor, site.client.base, FolderFetcher(site.base / "nowhere")
    )
    here = source(site, away)
    assert here.current().status(ASH) == "active"
    assert not here.refresh()
    assert here.state()["refused"] == "unreachable"
    assert here.state()["sending"] is True
    site.advance(2 * DAY)
    assert here.state()["sending"] is False
    assert here.current().status(ASH) == "active"


def test_what_another_process_accepted_is_taken_without_a_restart(site: Any) -> None:
    here = source(site)
    assert here.current().status(ASH) == "active"
    site.keeper.suspend("orgs/ash-vale.json", "keys stolen", site.now)
    site.publish()
    site.refresh()
    assert here.current().status(ASH) == "suspended"
    assert [note["entry"] for note in here.state()["notes"]] == ["orgs/ash-vale.json"]


def test_files_that_were_changed_by_hand_do_not_replace_what_is_in_use(site: Any) -> None:
    here = source(site)
    before = here.current()
    good = site.client.state.read_bytes()
    site.client.state.write_bytes(good.replace(b"signatures", b"signatored"))
    assert here.current() is before
    assert source(site).state()["sending"] is False
    # A gateway that runs knows what it trusted, and mends its files; one that starts asks a person.
    assert not source(site).refresh()
    assert here.refresh()
    assert source(site).current().organisations == before.organisations


def test_the_refresher_begins_at_once_and_stops_without_waiting() -> None:
    begun, asked = threading.Event(), []

    class Counting:
        def refresh(self) -> bool:
            asked.append(True)
            begun.set()
            return False

    refresher = Refresher(Counting(), 3600)  # type: ignore[arg-type]
    refresher.start()
    assert begun.wait(10)
    refresher.stop()
    assert asked == [True]
    Refresher(Counting(), 3600).stop()  # type: ignore[arg-type]


def test_an_address_is_https_or_loopback_or_a_folder(site: Any) -> None:
    (site.base / "directory-root.json").write_bytes(site.client.anchor)

    def opened(where: str) -> Client:
        return open_client(Settings(home=site.base, gateway="urn:ltp:gw:ash", directory=where))

    assert isinstance(opened("https://directory.example/").fetcher, HttpFetcher)
    assert isinstance(opened("http://127.0.0.1:9/x").fetcher, HttpFetcher)
    assert opened("served").refresh(site.now).versions["root"] == 1
    for where in ("http://directory.example", "ftp://directory.example", "file:///x"):
        with pytest.raises(HomeError):
            opened(where)
    (site.base / "directory-root.json").unlink()
    with pytest.raises(HomeError):
        opened("served")
