from collections.abc import Callable
from typing import Any

import orjson
import pytest

import signing
from signing.encoding import b64u, unb64u
from signing.jws import DIRECTORY_TYPE, MESSAGE_TYPE
from signing.jws import sign as sign_text

DAY = 86_400
ASH = "urn:ltp:org:ash-vale"
HOLLOW = "urn:ltp:org:hollow-farm"
GENERAL = f"{HOLLOW}/general"


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def code_of(call: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(signing.DirectoryError) as refused:
        call(*args)
    return refused.value.code


def test_a_signed_directory_is_read_whole(world: Any) -> None:
    directory = world.directory()
    ash = directory.organisation(ASH)
    assert (directory.version, directory.expires) == (7, world.now + 30 * DAY)
    assert (ash.name, ash.kind, ash.families, ash.status, ash.active) == (
        "Ash Vale",
        "school",
        ("HS",),
        "active",
        True,
    )
    assert ash.identifiers == {"urn": "999001"}
    assert ash.accepts == ("1.0",)
    assert [key.key for key in ash.signing_keys] == [world.ash.ed25519.public, world.ash.ml_dsa.public]
    assert directory.organisation(HOLLOW).vouched_by == {
        "organisation": "urn:ltp:org:northshire",
        "on": "2026-09-01",
    }
    assert [key.desk for key in directory.organisation(HOLLOW).desk_keys] == ["general", "general"]
    assert directory.gateway("urn:ltp:gw:relay").url == "https://relay.example"


def test_it_answers_who_is_unknown(world: Any) -> None:
    directory = world.directory()
    assert code_of(lambda: directory.organisation("urn:ltp:org:nobody")) == "unknown_organisation"
    assert code_of(lambda: directory.gateway("urn:ltp:gw:nobody")) == "unknown_gateway"
    assert directory.status("urn:ltp:org:nobody") is None
    assert directory.signing_key("nothing") is None
    assert directory.status(ASH) == "active"
    assert directory.signing_key(world.ash.ml_dsa.public.kid).organisation == ASH


def test_an_address_gives_its_keys_of_today(world: Any) -> None:
    directory = world.directory()
    assert directory.encryption_keys(GENERAL, world.now) == (
        world.hollow_key.public,
        world.hollow_next.public,
    )
    world.content["orgs"]["hollow-farm"]["keys"][0]["exp"] = world.now
    assert world.directory().encryption_keys(GENERAL, world.now) == (world.hollow_next.public,)
    world.content["orgs"]["hollow-farm"]["keys"][1]["revoked"] = {"revoked_at": 1, "reason": "lost"}
    assert code_of(lambda: world.directory().encryption_keys(GENERAL, world.now)) == "no_encryption_key"


def test_an_address_without_keys_or_organisation_is_refused(world: Any) -> None:
    world.content["orgs"]["northshire"]["desks"] = ["general"]
    directory = world.directory()
    cases = {
        HOLLOW: "unknown_address",
        f"{HOLLOW}/kitchen": "unknown_address",
        "urn:ltp:org:northshire/dsl": "unknown_address",
        "urn:ltp:org:nobody/general": "unknown_organisation",
        f"{HOLLOW}/dsl": "no_encryption_key",
    }
    for address, code in cases.items():
        assert code_of(directory.encryption_keys, address, world.now) == code
    world.content["orgs"]["hollow-farm"]["status"] = "suspended"
    assert code_of(lambda: world.directory().encryption_keys(GENERAL, world.now)) == "inactive"


def test_a_hop_key_names_its_gateway_while_it_is_valid(world: Any) -> None:
    directory = world.directory()
    gateway, key = directory.hop_key(world.relay_hop.kid, world.now)
    assert (gateway.urn, key.public_key) == ("urn:ltp:gw:relay", world.relay_hop.public_key)
    assert code_of(lambda: directory.hop_key(world.relay_hop.kid, world.now + 101 * DAY)) == "unknown_hop_key"
    assert code_of(lambda: directory.hop_key(world.ash.ed25519.public.kid, world.now)) == "unknown_hop_key"
    entry = world.content["gateways"]["relay"]
    entry["status"] = "closed"
    assert code_of(lambda: world.directory().hop_key(world.relay_hop.kid, world.now)) == "inactive"
    entry["keys"][0]["revoked"] = {"revoked_at": world.now, "reason": "lost"}
    assert code_of(lambda: world.directory().hop_key(world.relay_hop.kid, world.now)) == "unknown_hop_key"


def test_the_way_to_an_organisation_is_its_own_gateway_or_a_relay(world: Any) -> None:
    directory = world.directory()
    assert (directory.route(ASH).gateway.urn, directory.route(ASH).how) == ("urn:ltp:gw:ash-vale", "own")
    # Hollow Farm's own gateway only collects.
    assert (directory.route(GENERAL).gateway.urn, directory.route(GENERAL).how) == (
        "urn:ltp:gw:relay",
        "relay",
    )
    assert code_of(lambda: directory.route("urn:ltp:org:northshire")) == "no_route"
    world.content["gateways"]["collects"]["url"] = "http://127.0.0.1:8001/"
    assert world.directory().route(HOLLOW).how == "own"
    world.content["gateways"]["collects"]["status"] = "suspended"
    assert world.directory().route(HOLLOW).how == "relay"
    world.content["orgs"]["hollow-farm"]["status"] = "closed"
    assert code_of(lambda: world.directory().route(HOLLOW)) == "inactive"


def test_only_an_own_or_host_gateway_is_home(world: Any) -> None:
    directory = world.directory()
    assert directory.is_home("urn:ltp:gw:collects", HOLLOW)
    assert not directory.is_home("urn:ltp:gw:relay", HOLLOW)
    assert not directory.is_home("urn:ltp:gw:ash-vale", HOLLOW)


def test_a_directory_counts_between_its_times_and_never_goes_back(world: Any) -> None:
    signed = signing.sign_directory(world.content, world.root)
    roots = [world.root.public]

    def parse(now: int, minimum: int = 0) -> Any:
        return signing.Directory.parse(signed, roots, now, minimum_version=minimum)

    assert parse(world.now - DAY - 300).version == parse(world.now + 30 * DAY - 1, 7).version == 7
    assert code_of(lambda: parse(world.now - DAY - 301)) == "directory_expired"
    assert code_of(lambda: parse(world.now + 30 * DAY)) == "directory_expired"
    assert code_of(lambda: parse(world.now, 8)) == "rollback"


def test_a_root_signs_with_both_of_its_keys(world: Any) -> None:
    payload = dumps(world.content)
    other = signing.SigningPair.generate()
    mixed = signing.SigningPair(world.root.ed25519, other.ml_dsa)
    roots = [other.public, world.root.public]

    def parse(pair: signing.SigningPair, typ: str = DIRECTORY_TYPE) -> Any:
        return signing.Directory.parse(sign_text(payload, pair, typ), roots, world.now)

    assert parse(world.root).version == parse(other).version == 7
    assert code_of(lambda: parse(mixed)) == "unknown_root"
    assert code_of(lambda: parse(signing.SigningPair.generate())) == "unknown_root"
    assert code_of(lambda: parse(world.root, MESSAGE_TYPE)) == "bad_jws"


def test_a_changed_file_is_refused(world: Any) -> None:
    signed = signing.sign_directory(world.content, world.root)
    roots = [world.root.public]
    assert signing.Directory.parse(signed, roots, world.now)
    stripped = orjson.loads(signed)
    stripped["signatures"].pop()
    wrong = orjson.loads(signed)
    wrong["payload"] = b64u(
        unb64u(wrong["payload"]).replace(b"suspended", b"active").replace(b'"ver":1', b'"ver":2')
    )
    cases = {
        "bad_jws": [b"", signed[:-1], signed + b" ", dumps(stripped)],
        "bad_signature": [dumps(wrong)],
        "bad_directory": [b" " * (64 * 1024 * 1024 + 1)],
    }
    for code, files in cases.items():
        for file in files:
            assert code_of(signing.Directory.parse, file, roots, world.now) == code


Change = Callable[[dict[str, Any]], Any]


def ash(change: Change) -> Change:
    return lambda content: change(content["orgs"]["ash-vale"])


def hollow_key(change: Change) -> Change:
    return lambda content: change(content["orgs"]["hollow-farm"]["keys"][0])


def ash_key(change: Change) -> Change:
    return lambda content: change(content["orgs"]["ash-vale"]["keys"][0])


def relay(change: Change) -> Change:
    return lambda content: change(content["gateways"]["relay"])


def with_url(url: Any) -> Change:
    return relay(lambda g: g.update(url=url))


def rename(content: dict[str, Any]) -> None:
    content["orgs"]["Ash"] = content["orgs"].pop("ash-vale")


CONTENT: list[tuple[str, str, str, Change]] = [
    ("unknown member", "bad_directory", "", lambda c: c.update(note="x")),
    ("missing member", "bad_directory", "", lambda c: c.pop("gateways")),
    ("another type", "bad_directory", "", lambda c: c.update(type="list")),
    ("version not a number", "bad_directory", "", lambda c: c.update(version="7")),
    ("version true", "bad_directory", "", lambda c: c.update(version=True)),
    ("expired before issued", "bad_directory", "", lambda c: c.update(expires=c["issued"])),
    ("orgs a list", "bad_directory", "", lambda c: c.update(orgs=[])),
    ("gateways a list", "bad_directory", "", lambda c: c.update(gateways=[])),
    ("a float", "unsupported_value", "", lambda c: c.update(version=1.5)),
    ("a value that is not json", "bad_directory", "", lambda c: c.update(version=b"7")),
    ("organisation under another token", "bad_directory", "orgs/Ash", rename),
    (
        "organisation not an object",
        "bad_directory",
        "orgs/ash-vale",
        lambda c: c["orgs"].update({"ash-vale": 1}),
    ),
    (
        "unknown member of an organisation",
        "bad_directory",
        "orgs/ash-vale",
        ash(lambda o: o.update(note="x")),
    ),
    ("no name", "bad_directory", "orgs/ash-vale/name", ash(lambda o: o.update(name=" "))),
    ("unknown kind", "bad_directory", "orgs/ash-vale/kind", ash(lambda o: o.update(kind="shop"))),
    ("unknown family", "bad_directory", "orgs/ash-vale/families", ash(lambda o: o.update(families=["XX"]))),
    ("unknown status", "bad_directory", "orgs/ash-vale/status", ash(lambda o: o.update(status="new"))),
    ("negative version", "bad_directory", "orgs/ash-vale/ver", ash(lambda o: o.update(ver=-1))),
    (
        "unknown identifier",
        "bad_directory",
        "orgs/ash-vale/identifiers",
        ash(lambda o: o.update(identifiers={"x": "1"})),
    ),
    ("unknown desk", "bad_directory", "orgs/ash-vale/desks", ash(lambda o: o.update(desks=["kitchen"]))),
    ("desk twice", "bad_directory", "orgs/ash-vale/desks", ash(lambda o: o.update(desks=["dsl", "dsl"]))),
    ("desks not a list", "bad_directory", "orgs/ash-vale/desks", ash(lambda o: o.update(desks="dsl"))),
    ("bad schema version", "bad_directory", "orgs/ash-vale/accepts", ash(lambda o: o.update(accepts=["1"]))),
    (
        "link to no gateway",
        "bad_directory",
        "orgs/ash-vale/gateways",
        ash(lambda o: o.update(gateways=[{"gateway": "urn:ltp:gw:none", "as": "own"}])),
    ),
    (
        "link to no name",
        "bad_directory",
        "orgs/ash-vale/gateways",
        ash(lambda o: o.update(gateways=[{"gateway": "x", "as": "own"}])),
    ),
    (
        "link of no kind",
        "bad_directory",
        "orgs/ash-vale/gateways",
        ash(lambda o: o["gateways"][0].update({"as": "x"})),
    ),
    (
        "link twice",
        "bad_directory",
        "orgs/ash-vale/gateways",
        ash(lambda o: o.update(gateways=o["gateways"] * 2)),
    ),
    (
        "vouched by nobody",
        "bad_directory",
        "orgs/ash-vale/vouchedBy",
        ash(lambda o: o.update(vouchedBy={"organisation": "x", "on": "2026-09-01"})),
    ),
    (
        "vouched on no day",
        "bad_directory",
        "orgs/ash-vale/vouchedBy",
        ash(lambda o: o.update(vouchedBy={"organisation": HOLLOW, "on": "2026-02-30"})),
    ),
    (
        "unknown member of a key",
        "bad_directory",
        "orgs/ash-vale/keys/0",
        ash_key(lambda k: k.update(note="x")),
    ),
    ("key without times", "bad_directory", "orgs/ash-vale/keys/0", ash_key(lambda k: k.pop("nbf"))),
    (
        "key over before it begins",
        "bad_directory",
        "orgs/ash-vale/keys/0",
        ash_key(lambda k: k.update(exp=k["nbf"])),
    ),
    ("private material", "private_key", "orgs/ash-vale/keys/0", ash_key(lambda k: k["jwk"].update(d="AAAA"))),
    (
        "private material of a desk",
        "private_key",
        "orgs/hollow-farm/keys/0",
        hollow_key(lambda k: k["jwk"].update(priv="A")),
    ),
    (
        "wrong kid",
        "kid_mismatch",
        "orgs/ash-vale/keys/0",
        ash_key(lambda k: k["jwk"].update(kid=b64u(bytes(32)))),
    ),
    ("short key", "bad_key", "orgs/ash-vale/keys/0", ash_key(lambda k: k["jwk"].update(x="AAAA"))),
    ("changed alg", "bad_key", "orgs/ash-vale/keys/0", ash_key(lambda k: k["jwk"].update(alg="ML-DSA-65"))),
    (
        "revoked without reason",
        "bad_directory",
        "orgs/ash-vale/keys/0",
        ash_key(lambda k: k.update(revoked={"revoked_at": 1})),
    ),
    ("signing key of a desk", "bad_key", "orgs/ash-vale/keys/0", ash_key(lambda k: k.update(desk="general"))),
    ("desk key without desk", "bad_key", "orgs/hollow-farm/keys/0", hollow_key(lambda k: k.pop("desk"))),
    (
        "desk key of a foreign desk",
        "bad_directory",
        "orgs/hollow-farm/keys/0",
        hollow_key(lambda k: k.update(desk="kitchen")),
    ),
    ("key twice", "bad_directory", "", ash(lambda o: o["keys"].append(dict(o["keys"][0])))),
    ("keys not a list", "bad_directory", "orgs/ash-vale/keys", ash(lambda o: o.update(keys={}))),
    (
        "gateway under another token",
        "bad_directory",
        "gateways/relay",
        relay(lambda g: g.update(gateway="urn:ltp:gw:other")),
    ),
    (
        "gateway key of the wrong family",
        "bad_directory",
        "gateways/relay/keys/0",
        lambda c: c["gateways"]["relay"]["keys"][0].update(jwk=c["orgs"]["ash-vale"]["keys"][1]["jwk"]),
    ),
    *(
        (f"url {url}", "bad_directory", "gateways/relay/url", with_url(url))
        for url in (
            "http://relay.example",
            "ftp://relay.example",
            "https://",
            "https://user@relay.example",
            "https://relay.example/?x=1",
            "https://relay.example/#x",
            "https://relay.example:port",
            "https://[::1",
            "https://rélay.example",
            7,
        )
    ),
]


@pytest.mark.parametrize(
    ("code", "where", "change"), [pytest.param(c, w, f, id=name) for name, c, w, f in CONTENT]
)
def test_content_outside_the_form_is_neither_signed_nor_read(
    world: Any, code: str, where: str, change: Change
) -> None:
    assert world.directory().version == 7
    change(world.content)
    with pytest.raises(signing.DirectoryError) as refused:
        signing.sign_directory(world.content, world.root)
    assert (refused.value.code, refused.value.where) == (code, where)


@pytest.mark.parametrize("payload", [b"x", b"[]", b'{"type": "ltp-directory"}'])
def test_a_rightly_signed_payload_that_is_no_directory_is_refused(world: Any, payload: bytes) -> None:
    def parse(content: bytes) -> Any:
        signed = sign_text(content, world.root, DIRECTORY_TYPE)
        return signing.Directory.parse(signed, [world.root.public], world.now)

    assert parse(dumps(world.content)).version == 7
    assert code_of(lambda: parse(payload)) in {"malformed", "bad_directory", "not_canonical"}


def test_a_directory_that_is_too_old_to_send_on_still_says_whose_keys_it_knows(world: Any) -> None:
    directory = world.directory()
    last = directory.expires - 1
    directory.check_fresh(last)
    assert code_of(directory.check_fresh, last + 1) == "directory_expired"
    assert directory.encryption_keys(GENERAL, last)
    assert code_of(directory.encryption_keys, GENERAL, last + 1) == "directory_expired"
    assert directory.verified_at == world.now
    assert directory.signing_key(world.ash.ed25519.public.kid).organisation == ASH
