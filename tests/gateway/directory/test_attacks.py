"""Attacks on the directory: each is refused with its code, changes nothing that is trusted, and has a passing twin."""

from collections.abc import Iterator
from typing import Any

import httpx2
import orjson
import pytest
from tuf.ngclient.fetcher import FetcherInterface

import signing
from gateway.directory import repository, roles
from gateway.directory.client import Client
from gateway.directory.continuity import Step
from gateway.directory.errors import DirectoryRefused
from gateway.directory.fetch import HttpFetcher
from gateway.directory.keeper import holder_pair, read_holder, sign_root
from gateway.directory.model import Metadata, MetaFile
from signing.encoding import b64u

HOUR, DAY = 3_600, 86_400
ASH = "urn:ltp:org:ash-vale"


# --- what TUF is for ----------------------------------------------------------------------------------------


def test_an_older_timestamp_is_refused(site: Any) -> None:
    old = site.file("timestamp.json").read_bytes()
    site.publish()
    new = site.file("timestamp.json").read_bytes()
    site.refresh()
    with site.refuses("rollback"):
        site.put("timestamp.json", old)
    site.put("timestamp.json", new)
    assert site.refresh().versions["timestamp"] == 2


def test_an_older_timestamp_is_refused_after_a_restart(site: Any) -> None:
    old = site.file("timestamp.json").read_bytes()
    site.publish()
    site.refresh()
    site.client = site.another("trust")
    with site.refuses("rollback"):
        site.put("timestamp.json", old)
    stranger = site.another("never-refreshed")
    assert stranger.refresh(site.now).versions["timestamp"] == 1


def test_an_older_snapshot_is_refused_even_under_a_newer_timestamp(site: Any) -> None:
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    assert site.refresh().versions["snapshot"] == 2
    good = site.file("timestamp.json").read_bytes()
    old = site.file("1.snapshot.json").read_bytes()

    def back(signed: Any) -> None:
        signed["version"] += 1
        signed["meta"]["snapshot.json"] = MetaFile.from_data(1, old, ["sha256"]).to_dict()

    with site.refuses("rollback"):
        site.signed(roles.TIMESTAMP, back, "timestamp.json")
    site.put("timestamp.json", good)
    assert site.refresh().versions["snapshot"] == 2


def test_older_targets_are_refused_even_under_a_newer_snapshot(site: Any) -> None:
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    site.refresh()
    old = MetaFile.from_data(1, site.file("1.targets.json").read_bytes(), ["sha256"]).to_dict()
    site.put("3.snapshot.json", site.metadata("2.snapshot.json"))
    good = site.file("timestamp.json").read_bytes()
    site.signed(roles.SNAPSHOT, lambda s: s.update(version=3, meta={"targets.json": old}), "3.snapshot.json")
    new = MetaFile.from_data(3, site.file("3.snapshot.json").read_bytes(), ["sha256"]).to_dict()
    with site.refuses("rollback"):
        site.signed(
            roles.TIMESTAMP, lambda s: s.update(version=9, meta={"snapshot.json": new}), "timestamp.json"
        )
    site.client = site.another("somebody-else")
    site.put("timestamp.json", good)
    assert site.refresh().versions["targets"] == 2


def renewed_root(site: Any, *change: str) -> Any:
    """The next root with new keys for these roles, signed by three of the four holders."""
    folders = [site.keeper.folder / "holders" / str(number) for number in range(1, 5)]
    holders = [read_holder(folder / "holder.json") for folder in folders]
    path = site.keeper.renew_root(holders, change, site.now)
    for folder in folders[:3]:
        sign_root(path, holder_pair(folder))
    return path


def test_an_older_root_is_refused(site: Any) -> None:
    renewed_root(site)
    site.publish()
    assert site.refresh().versions["root"] == 2
    with site.refuses("rollback"):
        site.put("3.root.json", site.metadata("1.root.json"))
    site.file("3.root.json").unlink()
    assert site.refresh().versions["root"] == 2


def test_an_expired_timestamp_is_refused_and_sending_stops_a_day_later(site: Any) -> None:
    directory = site.trusted()[1]
    issued = site.now
    site.advance(DAY - 1)
    site.refresh()
    site.advance(1)
    with site.refuses("expired"):
        pass
    known = site.client.load()
    directory = known.directory(site.now)
    directory.check_fresh(issued + 2 * DAY - 1)
    with pytest.raises(signing.DirectoryError) as stale:
        directory.check_fresh(issued + 2 * DAY)
    assert stale.value.code == "directory_expired"
    # What comes in is still verified, with the keys that are known.
    assert directory.status(ASH) == "active"
    site.publish()
    site.refresh().directory(site.now).check_fresh(issued + 2 * DAY)


def test_a_timestamp_that_is_to_last_longer_than_a_day_is_refused(site: Any) -> None:
    site.publish()
    good = site.file("timestamp.json").read_bytes()
    with site.refuses("too_long_a_life"):
        site.signed(roles.TIMESTAMP, lambda s: s.update(expires="2099-01-01T00:00:00Z"), "timestamp.json")
    site.client = site.another("somebody-else")
    site.put("timestamp.json", good)
    assert site.refresh().versions["timestamp"] == 2


def test_files_of_two_snapshots_are_not_mixed(site: Any) -> None:
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    good = site.file("2.targets.json").read_bytes()
    with site.refuses("mixed"):
        site.put("2.targets.json", site.metadata("1.targets.json"))
    site.put("2.targets.json", good)
    assert site.refresh().directory(site.now).organisation(ASH).name == "Ash Vale High School"


def test_a_target_file_that_was_swapped_is_refused(site: Any) -> None:
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    (new,) = [
        path
        for path in (site.served / "targets" / "orgs").glob("*.ash-vale.json")
        if b"Ash Vale High School" in path.read_bytes()
    ]
    good = new.read_bytes()
    with site.refuses("mixed"):
        new.write_bytes(good.replace(b"Ash Vale High School", b"Ash Vale Evil School"))
    new.write_bytes(good)
    assert site.refresh().directory(site.now).organisation(ASH).name == "Ash Vale High School"


def test_after_a_leap_in_versions_new_keys_bring_the_count_back(site: Any) -> None:
    site.publish()
    good = site.file("timestamp.json").read_bytes()
    site.signed(roles.TIMESTAMP, lambda s: s.update(version=2**31), "timestamp.json")
    assert site.refresh().versions["timestamp"] == 2**31
    with site.refuses("rollback"):
        site.put("timestamp.json", good)
    # Whoever made the leap had the old keys of the role: a new root takes them away.
    renewed_root(site, roles.TIMESTAMP, roles.SNAPSHOT)
    site.publish()
    assert site.refresh().versions["timestamp"] == 3


@pytest.mark.parametrize("stripped", ["ed25519", "ml-dsa"])
@pytest.mark.parametrize("name", ["timestamp.json", "2.snapshot.json", "2.targets.json"])
def test_one_family_of_keys_is_not_enough(site: Any, name: str, stripped: str) -> None:
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    value = site.metadata(name)
    root = site.metadata("1.root.json")["signed"]
    keep = [s for s in value["signatures"] if root["keys"][s["keyid"]]["keytype"] != stripped]
    assert len(keep) == 1
    if name == "timestamp.json":
        with site.refuses("not_enough_signatures"):
            site.put(name, {**value, "signatures": keep})
        site.put(name, value)
    else:
        good = {path: site.file(path).read_bytes() for path in ("timestamp.json", "2.snapshot.json", name)}
        with site.refuses("not_enough_signatures"):
            site.put(name, {**value, "signatures": keep})
            repoint(site, name)
        site.client = site.another("somebody-else")
        for path, data in good.items():
            site.put(path, data)
    assert site.refresh().versions["targets"] == 2


def repoint(site: Any, name: str) -> None:
    """Somebody with the keys above a role points to the changed file, so that only its signatures are wrong."""
    if name == "2.targets.json":
        meta = MetaFile.from_data(2, site.file(name).read_bytes(), ["sha256"]).to_dict()
        site.signed(roles.SNAPSHOT, lambda s: s.update(meta={"targets.json": meta}), "2.snapshot.json")
    meta = MetaFile.from_data(2, site.file("2.snapshot.json").read_bytes(), ["sha256"]).to_dict()
    site.signed(roles.TIMESTAMP, lambda s: s.update(meta={"snapshot.json": meta}), "timestamp.json")


def test_a_root_needs_three_of_its_four_holders(site: Any) -> None:
    path = renewed_root(site)
    enough = orjson.loads(path.read_bytes())
    with site.refuses("not_enough_signatures"):
        site.put("2.root.json", {**enough, "signatures": enough["signatures"][:4]})
    site.put("2.root.json", enough)
    assert site.refresh().versions["root"] == 2


def test_one_family_of_all_holders_and_one_key_of_the_other_make_no_root(site: Any) -> None:
    path = site.keeper.folder / renewed_root(site).name
    sign_root(path, holder_pair(site.keeper.folder / "holders" / "4"))
    root = orjson.loads(path.read_bytes())
    kinds = {keyid: key["keytype"] for keyid, key in root["signed"]["keys"].items()}
    by_kind = sorted(root["signatures"], key=lambda s: str(kinds[s["keyid"]]))
    with site.refuses("not_enough_signatures"):
        site.put("2.root.json", {**root, "signatures": by_kind[:5]})
    site.put("2.root.json", {**root, "signatures": by_kind[:6]})
    assert site.refresh().versions["root"] == 2


# --- a hostile or broken server -----------------------------------------------------------------------------


class Endless(FetcherInterface):
    """A server that never stops sending one file."""

    def __init__(self, true: FetcherInterface, name: str) -> None:
        self.true, self.name, self.sent = true, name, 0

    def _fetch(self, url: str) -> Iterator[bytes]:
        if not url.endswith(self.name):
            yield from self.true.fetch(url)
            return
        while True:
            self.sent += 1
            yield bytes(8192)


@pytest.mark.parametrize("name", ["timestamp.json", "2.root.json", "2.snapshot.json", ".ash-vale.json"])
def test_endless_data_are_cut_off(site: Any, name: str) -> None:
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    true = site.client
    endless = Endless(true.fetcher, name)
    site.client = Client(true.folder, true.anchor, true.base, endless)
    with site.refuses("too_long"):
        pass
    assert endless.sent < 40
    site.client = true
    assert site.refresh().versions["snapshot"] == 2


class Dripping(httpx2.SyncByteStream):
    """Sends byte by byte, each a pause after the one before, by a clock of the test."""

    def __init__(self, data: bytes, clock: list[float], pause: float) -> None:
        self.data, self.clock, self.pause = data, clock, pause

    def __iter__(self) -> Iterator[bytes]:
        for number in range(len(self.data)):
            self.clock[0] += self.pause
            yield self.data[number : number + 1]


@pytest.mark.parametrize(("pause", "code"), [(0.0001, None), (9.0, "too_slow")])
def test_a_server_that_sends_slowly_is_left(site: Any, pause: float, code: str | None) -> None:
    clock = [0.0]

    def answer(request: httpx2.Request) -> httpx2.Response:
        path = site.served / request.url.path.removeprefix("/dir/")
        if not path.exists():
            return httpx2.Response(404)
        return httpx2.Response(200, stream=Dripping(path.read_bytes(), clock, pause))

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http:
        true = site.client
        site.client = Client(
            true.folder, true.anchor, "https://directory.example/dir", HttpFetcher(http, lambda: clock[0])
        )
        if code is None:
            assert site.refresh().versions["timestamp"] == 1
        else:
            with site.refuses(code):
                pass


def test_more_than_a_disk_can_be_asked_for_is_refused_before_anything_is_fetched(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish()
    with site.refuses("too_long"):
        monkeypatch.setattr("gateway.directory.client._LARGEST", 1000)
    monkeypatch.undo()


@pytest.mark.parametrize(
    "name",
    [
        "../../../evil.json",
        "orgs/../evil.json",
        "orgs/%2e%2e.json",
        "/orgs/evil.json",
        "orgs//evil.json",
        "orgs/evil.json/..",
        "orgs/Evil.json",
        "orgs/e\\vil.json",
        "keys/evil.json",
        f"orgs/{'e' * 65}.json",
    ],
)
def test_a_target_name_that_leads_elsewhere_is_refused_before_anything_is_fetched(
    site: Any, name: str
) -> None:
    asked: list[str] = []

    class Listening(FetcherInterface):
        def _fetch(self, url: str) -> Iterator[bytes]:
            asked.append(url)
            yield from true.fetcher.fetch(url)

    files = {entry.name: entry.to_bytes() for entry in site.keeper.entries().values()}
    files[name] = b"{}"
    online = site.keeper._online()
    done = repository.publish(site.keeper._published(), files, online, site.now)
    for path, metadata in (
        ("2.targets.json", done.targets),
        ("2.snapshot.json", done.snapshot),
        ("timestamp.json", done.timestamp),
    ):
        site.put(path, metadata.to_bytes())
    true = site.client
    site.client = Client(true.folder, true.anchor, true.base, Listening())
    with site.refuses("bad_name"):
        pass
    assert not [url for url in asked if "/targets/" in url]
    site.client = site.another("somebody-else")
    site.publish()
    assert site.refresh().versions["timestamp"] == 2


# --- a hostile or careless keeper ---------------------------------------------------------------------------


def test_a_document_under_another_organisations_name_is_refused(site: Any) -> None:
    theirs = site.entry("orgs/beacon.json")
    with site.refuses("bad_directory", "orgs/ash-vale"):
        site.hostile({"orgs/ash-vale.json": theirs})
    site.hostile({})
    assert site.refresh().directory(site.now).organisation(ASH).name == "Ash Vale"


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("kid_mismatch", {"kid": b64u(bytes(32))}),
        ("private_key", {"d": "AAAA"}),
        ("bad_key", {"x": "AAAA"}),
        ("bad_key", {"alg": "ML-DSA-65"}),
    ],
)
def test_a_key_that_is_not_what_it_says_is_refused(site: Any, code: str, change: Any) -> None:
    entry = site.entry("orgs/ash-vale.json")
    entry["document"]["keys"][0]["jwk"] |= change
    with site.refuses(code, "orgs/ash-vale/keys/0"):
        site.hostile({"orgs/ash-vale.json": entry})
    site.hostile({})
    assert site.refresh().directory(site.now).status(ASH) == "active"


def test_a_new_document_that_former_keys_did_not_sign_is_refused(site: Any) -> None:
    entry = site.entry("orgs/ash-vale.json")
    before = site.documents["ash-vale"]
    site.documents["ash-vale"] = {**before, "ver": 2, "name": "Ash Vale in other hands"}
    for step in (entry["steps"][0], site.step("ash-vale", "beacon")):
        stolen = {"document": site.documents["ash-vale"], "steps": [step]}
        with site.refuses("continuity_missing", "orgs/ash-vale.json"):
            site.hostile({"orgs/ash-vale.json": stolen})
    site.documents["ash-vale"] = before
    site.hostile({})
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    assert site.refresh().directory(site.now).organisation(ASH).name == "Ash Vale High School"


def test_keys_slipped_in_and_signed_by_themselves_are_refused(site: Any) -> None:
    before = site.documents["ash-vale"]
    slipped = [*site.documents["beacon"]["keys"][:2], *before["keys"]]
    site.documents["ash-vale"] = {**before, "ver": 2, "keys": slipped}
    stolen = {"document": site.documents["ash-vale"], "steps": [site.step("ash-vale", "beacon")]}
    with site.refuses("continuity_missing", "orgs/ash-vale.json"):
        site.hostile({"orgs/ash-vale.json": stolen})
    site.documents["ash-vale"] = before
    site.hostile({})
    assert site.refresh().directory(site.now).status(ASH) == "active"


def test_the_same_version_with_other_words_is_refused(site: Any) -> None:
    before = site.documents["ash-vale"]
    site.documents["ash-vale"] = {**before, "name": "Ash Vale in other hands"}
    other = {"document": site.documents["ash-vale"], "steps": [site.step("ash-vale")]}
    with site.refuses("continuity_missing", "orgs/ash-vale.json"):
        site.hostile({"orgs/ash-vale.json": other})
    site.hostile({})
    assert site.refresh().directory(site.now).organisation(ASH).name == "Ash Vale"


def test_an_older_document_in_a_newer_snapshot_is_refused(site: Any) -> None:
    old = site.entry("orgs/ash-vale.json")
    site.change("ash-vale", name="Ash Vale High School")
    site.publish()
    site.refresh()
    with site.refuses("rollback", "orgs/ash-vale.json"):
        site.hostile({"orgs/ash-vale.json": old})
    site.hostile({})
    assert site.refresh().directory(site.now).organisation(ASH).version == 2


def test_nobody_is_taken_out_and_put_back_with_other_keys(site: Any) -> None:
    with site.refuses("removed", "orgs/ash-vale.json"):
        site.hostile({"orgs/ash-vale.json": None})
    site.hostile({})
    assert site.refresh().directory(site.now).status(ASH) == "active"


def recovery(site: Any, effective: int, *, replaced: bool = True) -> Any:
    """An entry with other keys that Ash Vale's former keys did not sign."""
    before = site.documents["ash-vale"]
    new = {**before, "ver": 2, "name": "Ash Vale, recovered"}
    entry = {"document": new, "steps": [Step.of(new, effective, "the keys are lost").members()]}
    return {**entry, "replaced": before} if replaced else entry


def test_a_recovery_is_never_dated_back(site: Any) -> None:
    for effective, replaced in (
        (site.now - 4 * DAY, True),
        (site.now + 71 * HOUR, True),
        (site.now + 73 * HOUR, False),
    ):
        with site.refuses("recovery_too_soon", "orgs/ash-vale.json"):
            site.hostile({"orgs/ash-vale.json": recovery(site, effective, replaced=replaced)})
    site.hostile({"orgs/ash-vale.json": recovery(site, site.now + 72 * HOUR)})
    assert site.refresh().directory(site.now).organisation(ASH).name == "Ash Vale"
    with site.refuses("recovery_too_soon", "orgs/ash-vale.json"):
        site.hostile({"orgs/ash-vale.json": recovery(site, site.now + HOUR)})


def test_kept_files_that_were_changed_by_hand_are_not_believed(site: Any) -> None:
    said = orjson.loads(site.client.state.read_bytes())
    kept = site.client.folder / "files" / said["files"]["orgs/ash-vale.json"]
    good = kept.read_bytes()
    kept.write_bytes(good.replace(b"Ash Vale", b"Ash Evil"))
    with pytest.raises(DirectoryRefused) as refused:
        site.client.load()
    assert refused.value.code == "damaged"
    # Nothing is fetched in the place of what is damaged: that would forget what must not be gone back on.
    with pytest.raises(DirectoryRefused) as refused:
        site.refresh()
    assert refused.value.code == "damaged"
    kept.unlink()
    with pytest.raises(DirectoryRefused) as refused:
        site.refresh()
    assert refused.value.code == "damaged"
    kept.write_bytes(good)
    assert site.client.load() is not None
    metadata = Metadata.from_bytes(said["metadata"]["targets"].encode())
    assert len(metadata.signatures) == 2
