import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine

from ssi_core import strict_json
from ssi_core.adapters.database import open_database
from ssi_core.errors import (
    AuthenticationError,
    ConflictError,
    MalformedError,
    NotFoundError,
    ProofError,
)
from ssi_core.sealing import PassphraseHardness
from wallet.adapters.memory import MemoryVaultStore
from wallet.adapters.sql import SqlVaultStore
from wallet.envelope import DeviceKey, Passphrase
from wallet.ports import AppendRow, DestroyRow, ReplaceRow
from wallet.vault import Destroy, Keep, Record, Vault

SOFT: Final = PassphraseHardness(memory_kib=64, iterations=1, lanes=1)
SECRET: Final = Passphrase("correct horse")
HEADER_THAT_ASKS_FOR_A_PEBIBYTE: Final = (
    b'{"v":1,"unlock":{"by":"passphrase","kdf":"argon2id","salt":"AAAAAAAAAAAAAAAAAAAAAA",'
    b'"memory_kib":1099511627776,"iterations":1,"lanes":1},"master":"AAAA"}'
)
PLANTED: Final = "Planted Northfield Insurance 73211009"


@pytest.fixture
def store() -> MemoryVaultStore:
    return MemoryVaultStore()


@pytest.fixture
def vault(store: MemoryVaultStore) -> Vault:
    return Vault.create(store, SECRET, hardness=SOFT)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'alice.wallet'}")
    yield engine
    engine.dispose()


def thing(record_id: str = "a", **body: str) -> Record:
    return Record(kind="thing", id=record_id, body=body, tags={"name": body.get("name", "none")})


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_what_was_kept_comes_back_after_the_vault_was_closed(store: MemoryVaultStore, vault: Vault):
    vault.keep(thing(name="Ångström", value="1"))

    again = Vault.open(store, SECRET).load("thing", "a")

    assert again.body == {"name": "Ångström", "value": "1"}
    assert again.tags == {"name": "Ångström"}
    assert again.version == 1


def test_another_passphrase_is_refused_and_damages_nothing(store: MemoryVaultStore, vault: Vault):
    vault.keep(thing(name="n"))

    for wrong in (Passphrase("correct hors"), DeviceKey(bytes(32))):
        with pytest.raises(AuthenticationError):
            Vault.open(store, wrong)

    assert Vault.open(store, SECRET).load("thing", "a").body == {"name": "n"}


def test_a_wrong_passphrase_is_told_within_a_second(store: MemoryVaultStore):
    Vault.create(store, SECRET)
    begun = time.perf_counter()

    with pytest.raises(AuthenticationError):
        Vault.open(store, Passphrase("wrong"))

    assert time.perf_counter() - begun < 1


def test_a_vault_is_laid_out_once(store: MemoryVaultStore, vault: Vault):
    with pytest.raises(ConflictError):
        Vault.create(store, SECRET, hardness=SOFT)

    assert vault.find("thing") == ()


def test_without_a_vault_nothing_opens():
    with pytest.raises(NotFoundError):
        Vault.open(MemoryVaultStore(), SECRET)


def test_an_empty_passphrase_protects_nothing_and_is_refused():
    with pytest.raises(MalformedError):
        Vault.create(MemoryVaultStore(), Passphrase(""), hardness=SOFT)


def test_secrets_do_not_show_when_printed():
    assert "horse" not in repr(SECRET)
    assert repr(DeviceKey(b"k" * 32)) == "DeviceKey(…)"


def test_after_a_change_only_the_new_passphrase_opens(store: MemoryVaultStore, vault: Vault):
    vault.keep(thing(name="n"))

    vault.change_unlock(Passphrase("new"), hardness=SOFT)

    with pytest.raises(AuthenticationError):
        Vault.open(store, SECRET)
    assert Vault.open(store, Passphrase("new")).load("thing", "a").body == {"name": "n"}


def test_a_device_key_opens_what_it_closed(store: MemoryVaultStore):
    Vault.create(store, DeviceKey(b"k" * 32)).keep(thing(name="n"))

    assert Vault.open(store, DeviceKey(b"k" * 32)).load("thing", "a").body == {"name": "n"}
    for wrong in (DeviceKey(b"l" * 32), SECRET):
        with pytest.raises(AuthenticationError):
            Vault.open(store, wrong)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b'{"v":2}',
        b'{"v":1,"unlock":{"by":"oracle"},"master":"AAAA"}',
        b'{"v":1,"unlock":{"by":"passphrase","kdf":"argon2id","salt":"AAAA"},"master":"AAAA"}',
        HEADER_THAT_ASKS_FOR_A_PEBIBYTE,
    ],
)
def test_a_header_that_makes_no_sense_is_malformed(store: MemoryVaultStore, header: bytes):
    store.replace_header(header, expected=None)

    with pytest.raises(MalformedError):
        Vault.open(store, SECRET)


def test_rows_cannot_be_swapped(store: MemoryVaultStore, vault: Vault):
    vault.apply(Keep(thing("a", name="one")), Keep(thing("b", name="two")))
    one, two = store.find("thing")

    store.apply([DestroyRow("thing", "a"), DestroyRow("thing", "b")])
    store.apply([AppendRow(replace(one, id="b")), AppendRow(replace(two, kind="other"))])

    for kind, record_id in (("thing", "b"), ("other", "b")):
        with pytest.raises(ProofError):
            vault.load(kind, record_id)


def test_an_older_content_under_a_newer_version_is_refused(store: MemoryVaultStore, vault: Vault):
    kept = vault.keep(thing("a", name="one"))
    former = store.find("thing")[0]
    vault.keep(replace(kept, body={"name": "two"}))

    store.apply([ReplaceRow(replace(former, version=3))])

    with pytest.raises(ProofError):
        vault.load("thing", "a")


def test_a_key_belongs_to_its_own_record(store: MemoryVaultStore, vault: Vault):
    vault.apply(Keep(thing("a", name="one")), Keep(thing("b", name="two")))
    one, two = store.find("thing")

    store.apply([DestroyRow("thing", "a")])
    store.apply([AppendRow(replace(one, wrapped_key=two.wrapped_key))])

    with pytest.raises(ProofError):
        vault.load("thing", "a")


def test_an_index_that_points_elsewhere_is_noticed(store: MemoryVaultStore, vault: Vault):
    vault.apply(Keep(thing("a", name="one")), Keep(thing("b", name="two")))
    one, two = store.find("thing")

    store.apply([DestroyRow("thing", "a"), DestroyRow("thing", "b")])
    store.apply([AppendRow(replace(one, tags=two.tags))])

    with pytest.raises(ProofError):
        vault.find("thing", name="two")


def test_a_record_is_found_by_its_tag_and_no_other(vault: Vault):
    vault.apply(Keep(thing("a", name="one")), Keep(thing("b", name="two")))

    assert [record.id for record in vault.find("thing", name="two")] == ["b"]
    assert vault.find("thing", name="three") == ()
    assert vault.find("other", name="two") == ()


def test_equal_values_have_other_indexes_in_another_vault(vault: Vault):
    other = Vault.create(MemoryVaultStore(), SECRET, hardness=SOFT)

    assert vault.blind("thing", "name", "x") == vault.blind("thing", "name", "x")
    assert vault.blind("thing", "name", "x") != other.blind("thing", "name", "x")


def test_of_two_who_change_a_record_one_is_told(store: MemoryVaultStore, vault: Vault):
    vault.keep(thing("a", name="one"))
    first, second = vault.load("thing", "a"), Vault.open(store, SECRET).load("thing", "a")
    vault.keep(replace(first, body={"name": "two"}))

    with pytest.raises(ConflictError):
        vault.keep(replace(second, body={"name": "three"}))


def test_no_file_of_the_store_holds_a_word_in_clear(engine: Engine, tmp_path: Path):
    vault = Vault.create(SqlVaultStore(engine), SECRET, hardness=SOFT)
    kept = vault.keep(thing("a", name=PLANTED, label="Planted label"))
    vault.keep(replace(kept, body={"issuer": PLANTED}))

    content = everything_in(tmp_path)

    assert len(list(tmp_path.iterdir())) == 3, "the write-ahead log is part of what was searched"
    for word in PLANTED.split():
        assert word.encode() not in content
    assert SECRET.text.encode() not in content


def test_what_was_destroyed_is_in_no_file_any_more(engine: Engine, tmp_path: Path):
    store = SqlVaultStore(engine)
    vault = Vault.create(store, SECRET, hardness=SOFT)
    vault.apply(Keep(thing("a", name="one")), Keep(thing("b", name="two")))
    row = store.find("thing")[0]
    assert row.wrapped_key in everything_in(tmp_path)

    vault.apply(Destroy("thing", "a"))
    vault.scrub()

    content = everything_in(tmp_path)
    assert row.wrapped_key not in content
    assert row.sealed not in content
    assert vault.load("thing", "b").body == {"name": "two"}


def test_a_former_header_is_in_no_file_any_more(engine: Engine, tmp_path: Path):
    store = SqlVaultStore(engine)
    vault = Vault.create(store, SECRET, hardness=SOFT)
    header = store.load_header()
    assert header is not None
    master = strict_json.as_text(strict_json.parse_object(header)["master"], at="/master").encode()
    assert master in everything_in(tmp_path)

    vault.change_unlock(Passphrase("new"), hardness=SOFT)

    assert master not in everything_in(tmp_path)


def test_every_file_is_readable_by_its_owner_alone(engine: Engine, tmp_path: Path):
    Vault.create(SqlVaultStore(engine), SECRET, hardness=SOFT).keep(thing(name="n"))

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == dict.fromkeys(("alice.wallet", "alice.wallet-shm", "alice.wallet-wal"), 0o600)


def test_a_flipped_byte_in_the_file_is_noticed(engine: Engine, tmp_path: Path):
    vault = Vault.create(SqlVaultStore(engine), SECRET, hardness=SOFT)
    vault.keep(thing(name="n"))
    with closing(sqlite3.connect(tmp_path / "alice.wallet")) as database, database:
        (sealed,) = database.execute("SELECT sealed FROM vaultrecord").fetchone()
        flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
        database.execute("UPDATE vaultrecord SET sealed = ?", (flipped,))

    with pytest.raises(ProofError):
        vault.load("thing", "a")
