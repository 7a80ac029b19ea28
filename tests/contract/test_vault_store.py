"""What every vault store does, whatever it keeps its rows on."""

from pathlib import Path
from typing import Final

import pytest

from ssi_core.adapters.database import open_database
from ssi_core.errors import ConflictError
from wallet.adapters.memory import MemoryVaultStore
from wallet.adapters.sql import SqlVaultStore
from wallet.ports import AppendRow, DestroyRow, ReplaceRow, SealedRow, VaultStore

NO_TAGS: Final = frozenset[bytes]()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "memory":
        yield MemoryVaultStore()
        return
    url = (
        f"sqlite:///{tmp_path / 'vault.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = open_database(url)
    yield SqlVaultStore(engine)
    engine.dispose()


def row(
    row_id: str = "a",
    *,
    kind: str = "thing",
    version: int = 1,
    tags: frozenset[bytes] = NO_TAGS,
) -> SealedRow:
    return SealedRow(
        kind=kind,
        id=row_id,
        version=version,
        wrapped_key=b"wrapped " + row_id.encode(),
        sealed=b"sealed %d" % version,
        tags=tags,
    )


def test_a_new_store_has_no_header(store: VaultStore):
    assert store.load_header() is None


def test_a_header_is_replaced_only_by_who_knows_the_former(store: VaultStore):
    store.replace_header(b"one", expected=None)
    store.replace_header(b"two", expected=b"one")

    for stale in (None, b"one"):
        with pytest.raises(ConflictError):
            store.replace_header(b"three", expected=stale)

    assert store.load_header() == b"two"


def test_what_was_appended_is_loaded(store: VaultStore):
    store.apply([AppendRow(row("a"))])

    loaded = store.load("thing", "a")

    assert loaded is not None
    assert (loaded.id, loaded.version) == ("a", 1)
    assert (loaded.wrapped_key, loaded.sealed) == (b"wrapped a", b"sealed 1")


def test_a_row_belongs_to_its_kind(store: VaultStore):
    store.apply([AppendRow(row("a")), AppendRow(row("a", kind="other"))])

    assert store.load("neither", "a") is None
    assert [found.kind for found in store.find("other")] == ["other"]


def test_a_second_row_of_one_identity_is_a_conflict(store: VaultStore):
    store.apply([AppendRow(row("a"))])

    with pytest.raises(ConflictError):
        store.apply([AppendRow(row("a"))])


def test_a_row_is_replaced_only_from_the_version_before(store: VaultStore):
    store.apply([AppendRow(row("a"))])
    store.apply([ReplaceRow(row("a", version=2))])

    with pytest.raises(ConflictError):
        store.apply([ReplaceRow(row("a", version=2))])

    loaded = store.load("thing", "a")
    assert loaded is not None
    assert loaded.version == 2


def test_a_row_that_is_not_there_cannot_be_replaced(store: VaultStore):
    with pytest.raises(ConflictError):
        store.apply([ReplaceRow(row("a", version=2))])


def test_changes_are_made_all_or_none(store: VaultStore):
    store.apply([AppendRow(row("a", tags=frozenset({b"t"})))])

    with pytest.raises(ConflictError):
        store.apply([DestroyRow("thing", "a"), AppendRow(row("b")), AppendRow(row("b"))])

    assert [found.id for found in store.find("thing", b"t")] == ["a"]


def test_rows_are_found_by_tag_oldest_first(store: VaultStore):
    tagged = frozenset({b"t", b"u"})
    store.apply([AppendRow(row("b", tags=tagged)), AppendRow(row("c"))])
    store.apply([AppendRow(row("a", tags=tagged)), AppendRow(row("a", kind="other", tags=tagged))])
    store.apply([ReplaceRow(row("b", version=2, tags=frozenset({b"t"})))])

    assert [found.id for found in store.find("thing")] == ["b", "c", "a"]
    assert [found.id for found in store.find("thing", b"t")] == ["b", "a"]
    assert [found.id for found in store.find("thing", b"u")] == ["a"]


def test_what_was_destroyed_is_gone_and_may_be_destroyed_again(store: VaultStore):
    store.apply([AppendRow(row("a", tags=frozenset({b"t"})))])

    store.apply([DestroyRow("thing", "a")])
    store.apply([DestroyRow("thing", "a")])
    store.scrub()

    assert store.load("thing", "a") is None
    assert store.find("thing", b"t") == ()
