"""Records of keys: read strictly, and inseparable from the keys that they lie with."""

from typing import Any

import pytest

import signing
from signing.records import KeyRecord

KEK = bytes(range(32))


def record(world: Any) -> KeyRecord:
    key = world.hollow_key.public
    return KeyRecord(
        purpose="encryption", public=(key,), created=1, not_before=2, expires=3, desk="general", replaced=4
    )


def test_records_come_back_with_their_keys(world: Any) -> None:
    keys = signing.KeySet(encryption=(world.hollow_key,), records=(record(world),))
    assert signing.open_keys(signing.seal_keys(keys, KEK), KEK) == keys
    pair = KeyRecord(
        purpose="signing",
        public=(world.ash.public.ed25519, world.ash.public.ml_dsa),
        created=1,
        not_before=2,
        expires=3,
    )
    assert KeyRecord.from_members(pair.members()) == pair
    assert len(pair.kids) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": "hop"},
        {"purpose": "signing"},
        {"desk": "kitchen"},
        {"created": "1"},
        {"exp": True},
        {"replaced": 1.5},
        {"public": [{}]},
        {"more": 1},
    ],
)
def test_a_record_of_another_form_is_refused(world: Any, change: dict[str, Any]) -> None:
    members = record(world).members()
    assert KeyRecord.from_members(members)
    with pytest.raises(signing.KeyMaterialError):
        KeyRecord.from_members({**members, **change})
    for name in members.keys() - {"replaced"}:
        with pytest.raises(signing.KeyMaterialError):
            KeyRecord.from_members({n: v for n, v in members.items() if n != name})


@pytest.mark.parametrize("records", [7, [7], [{}], {"purpose": 1}])
def test_a_set_with_records_of_another_form_is_refused(records: object) -> None:
    from signing.encoding import canonical
    from signing.lockbox import lock

    good, bad = (lock(canonical({"keys": [], "records": some}), KEK, "ltp-keys") for some in ([], records))
    assert signing.open_keys(good, KEK) == signing.KeySet()
    with pytest.raises(signing.KeyFileError) as refused:
        signing.open_keys(bad, KEK)
    assert refused.value.code == "bad_key_file"


def test_a_box_is_opened_as_what_it_was_locked_as_only() -> None:
    from signing.lockbox import lock, type_of, unlock

    file = lock(b"secret", KEK, "ltp-backup")
    assert (unlock(file, KEK, "ltp-backup"), type_of(file)) == (b"secret", "ltp-backup")
    for typ, found in (("ltp-keys", file), ("ltp-keys", file.replace(b"ltp-backup", b"ltp-keys"))):
        with pytest.raises(signing.KeyFileError):
            unlock(found, KEK, typ)
    assert type_of(b"\x00" * 32) is None
    with pytest.raises(signing.KeyFileError):
        unlock(file, KEK, "ltp-backup", most=20)
