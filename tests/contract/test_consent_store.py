"""One contract for the custodian's store, held by memory, SQLite and PostgreSQL alike."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from consent_contracts.adapters.memory import MemoryStore
from consent_contracts.adapters.sql import SqlStore
from consent_contracts.kept import Document, Kind
from ssi_core.adapters.database import open_database
from ssi_core.errors import ConflictError

FIRST = Document(
    kind=Kind.GRANT, id="a", revision=1, sealed=b"\x00\xff1", keys=frozenset({"k", "l"})
)
SECOND = replace(FIRST, id="b", sealed=b"2", keys=frozenset({"l"}))
THIRD = replace(FIRST, kind=Kind.DECISION, sealed=b"3", keys=frozenset())


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore()
        return
    url = (
        f"sqlite:///{tmp_path / 'consent.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = open_database(url)
    yield SqlStore(engine)
    engine.dispose()


def _as_kept(document, store):
    return replace(document, number=store.find(document.kind, document.id).number)


def test_a_document_comes_back_as_it_was_kept(store):
    store.commit([FIRST, SECOND, THIRD])

    assert store.find(Kind.GRANT, "a") == _as_kept(FIRST, store)
    assert store.find(Kind.DECISION, "a") == _as_kept(THIRD, store)
    assert store.find(Kind.GRANT, "c") is None
    assert store.find(Kind.REQUEST, "a") is None


def test_documents_are_found_by_any_of_their_keys_and_once(store):
    store.commit([FIRST, SECOND, THIRD])

    ids = [each.id for each in store.of_keys(Kind.GRANT, {"k", "l", "nothing"})]

    assert ids == ["a", "b"]
    assert [each.id for each in store.of_keys(Kind.GRANT, {"k"})] == ["a"]
    assert store.of_keys(Kind.GRANT, set()) == ()
    assert store.of_keys(Kind.DECISION, {"k", "l"}) == ()


def test_more_keys_than_a_database_takes_at_once_are_looked_up(store):
    store.commit([FIRST])

    found = store.of_keys(Kind.GRANT, {f"x{number}" for number in range(1200)} | {"k"})

    assert [each.id for each in found] == ["a"]


def test_pages_of_one_kind_go_on_where_the_last_one_ended(store):
    store.commit([FIRST, THIRD, SECOND])

    first = store.page(Kind.GRANT, after=0, limit=1)
    second = store.page(Kind.GRANT, after=first[-1].number, limit=5)

    assert [each.id for each in first] == ["a"]
    assert [each.id for each in second] == ["b"]
    assert store.page(Kind.GRANT, after=second[-1].number, limit=5) == ()


def test_the_next_revision_takes_the_place_of_the_last_with_its_keys(store):
    store.commit([FIRST, SECOND])
    changed = replace(FIRST, revision=2, sealed=b"new", keys=frozenset({"m"}))

    store.commit([changed])

    assert store.find(Kind.GRANT, "a") == _as_kept(changed, store)
    assert store.of_keys(Kind.GRANT, {"k"}) == ()
    assert [each.id for each in store.page(Kind.GRANT, after=0, limit=5)] == ["a", "b"]


@pytest.mark.parametrize("revision", [1, 3])
def test_a_revision_that_is_not_the_next_is_refused_and_nothing_of_it_stays(store, revision):
    store.commit([FIRST])

    with pytest.raises(ConflictError):
        store.commit([SECOND, replace(FIRST, revision=revision, sealed=b"new")])

    assert store.find(Kind.GRANT, "a") == _as_kept(FIRST, store)
    assert store.find(Kind.GRANT, "b") is None


def test_of_many_who_change_a_document_exactly_one_wins(store):
    store.commit([FIRST])

    def change(number):
        try:
            store.commit([replace(FIRST, revision=2, sealed=str(number).encode())])
        except ConflictError:
            return None
        return str(number).encode()

    with ThreadPoolExecutor(8) as pool:
        winners = [won for won in pool.map(change, range(16)) if won is not None]

    assert [store.find(Kind.GRANT, "a").sealed] == winners
