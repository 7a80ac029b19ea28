"""One contract for the stores of those who listen, held by memory, SQLite and PostgreSQL alike."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from registry.adapters.subscriptions_memory import MemorySubscriptionStore
from registry.adapters.subscriptions_sql import SqlSubscriptionStore
from registry.ports import Subscription
from ssi_core.adapters.database import open_database
from ssi_core.errors import OverloadedError

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ONE = Subscription(
    id="one", listener="did:key:z6Mk", url="https://a.example/hook", heard=3, renewed_at=NOW
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemorySubscriptionStore()
        return
    url = (
        f"sqlite:///{tmp_path / 'listeners.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = open_database(url)
    yield SqlSubscriptionStore(engine)
    engine.dispose()


def test_a_subscription_comes_back_as_it_was_kept(store):
    store.keep(ONE, limit=1)

    assert store.find("one") == ONE
    assert [store.find(other) for other in ("two", "", "\0", "é")] == [None] * 4
    assert list(store.all()) == [ONE]


def test_the_same_one_again_takes_the_place_of_the_first(store):
    store.keep(ONE, limit=1)
    again = replace(ONE, heard=0, renewed_at=NOW + timedelta(hours=1))

    store.keep(again, limit=1)

    assert list(store.all()) == [again]


def test_there_are_never_more_than_the_limit(store):
    store.keep(ONE, limit=2)
    store.keep(replace(ONE, id="two"), limit=2)

    with pytest.raises(OverloadedError):
        store.keep(replace(ONE, id="three"), limit=2)

    assert [each.id for each in store.all()] == ["one", "two"]


def test_an_acknowledgement_moves_one_listener_and_no_other(store):
    other = replace(ONE, id="two")
    store.keep(ONE, limit=9)
    store.keep(other, limit=9)
    later = NOW + timedelta(minutes=1)

    store.acknowledge("one", heard=7, acknowledgement="a.b.c", at=later)
    store.acknowledge("nobody", heard=7, acknowledgement="a.b.c", at=later)

    moved = replace(ONE, heard=7, acknowledgement="a.b.c", renewed_at=later)
    assert list(store.all()) == [moved, other]


def test_what_was_removed_is_gone_and_may_be_removed_again(store):
    store.keep(ONE, limit=9)

    store.remove("one")
    store.remove("one")
    store.acknowledge("one", heard=7, acknowledgement="a.b.c", at=NOW)

    assert list(store.all()) == []
