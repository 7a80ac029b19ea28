"""One contract for where an outbox is kept, held by memory, SQLite and PostgreSQL alike."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from registry.client.edge import (
    ItemState,
    MemoryOutboxStore,
    Refused,
    Sent,
    SqlOutboxStore,
    Waiting,
)
from registry.client.edge.item import Arriving
from registry.client.edge.outbox import Outbox
from registry.client.edge.ports import OutboxStore
from registry.client.edge.sql_outbox import METADATA
from registry.model.envelope import Entry
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.database import open_database
from tests.support.registry import AT, grant, organisation

FIRST, SECOND, THIRD = (Waiting.of(grant(name).raw) for name in ("first", "second", "third"))
LATER = AT + timedelta(seconds=7)


def arriving(*entries: Waiting) -> list[Arriving]:
    """These, as they are before they are kept."""
    return [Arriving(Entry.parse(each.entry), each.after) for each in entries]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OutboxStore]:
    if request.param == "memory":
        yield MemoryOutboxStore()
        return
    url = f"sqlite:///{tmp_path / 'edge.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    engine = open_database(url)
    yield SqlOutboxStore(engine)
    engine.dispose()


def test_what_is_put_waits_in_its_order(store: OutboxStore) -> None:
    store.put(arriving(SECOND, FIRST), at=AT)
    store.put(arriving(THIRD), at=AT)

    assert store.waiting(10) == [SECOND, FIRST, THIRD]
    assert store.waiting(2) == [SECOND, FIRST]
    assert store.count_waiting() == 3


def test_the_same_bytes_are_one_item(store: OutboxStore) -> None:
    (item,) = store.put(arriving(FIRST), at=AT)

    (again, new) = store.put(arriving(FIRST, SECOND), at=LATER)

    assert again == item
    assert item.state is ItemState.QUEUED
    assert item.queued_at == AT
    assert item.about == grant("first").id
    assert new.number > item.number
    assert store.count_waiting() == 2


def test_what_was_sent_has_an_index_and_no_bytes_any_more(store: OutboxStore) -> None:
    store.put(arriving(FIRST), at=AT)

    store.settle([Sent(FIRST.leaf, 41, LATER)])

    found = store.find(FIRST.leaf)
    assert found is not None
    assert (found.state, found.index, found.settled_at) == (ItemState.SENT, 41, LATER)
    assert found.entry == b""
    assert store.waiting(10) == []
    assert store.put(arriving(FIRST), at=LATER) == [found]


def test_what_was_refused_is_kept_with_the_reason(store: OutboxStore) -> None:
    store.put(arriving(FIRST, SECOND), at=AT)

    store.settle([Refused(FIRST.leaf, "conflict", "ended before", LATER), Sent(SECOND.leaf, 5, AT)])

    (refused,) = store.of_state(ItemState.REFUSED)
    assert (refused.leaf, refused.code, refused.reason) == (FIRST.leaf, "conflict", "ended before")
    assert refused.entry == FIRST.entry


def test_only_what_was_refused_is_dismissed_and_it_is_kept(store: OutboxStore) -> None:
    store.put(arriving(FIRST, SECOND, THIRD), at=AT)
    refused = Refused(FIRST.leaf, "conflict", "ended before", LATER)
    store.settle([refused, Sent(SECOND.leaf, 5, AT)])

    for each in (FIRST, SECOND, THIRD):
        store.dismiss(each.leaf)

    (dismissed,) = store.of_state(ItemState.DISMISSED)
    assert (dismissed.entry, dismissed.refusal()) == (FIRST.entry, refused)
    assert store.of_state(ItemState.REFUSED) == []
    assert store.waiting(10) == [THIRD]
    store.settle([Sent(FIRST.leaf, 6, LATER)])
    assert store.put(arriving(FIRST), at=LATER) == [dismissed]


def test_what_is_settled_is_never_settled_in_another_way(store: OutboxStore) -> None:
    store.put(arriving(FIRST), at=AT)
    store.settle([Sent(FIRST.leaf, 41, AT)])

    store.settle([Refused(FIRST.leaf, "conflict", "too late", LATER)])

    found = store.find(FIRST.leaf)
    assert found is not None
    assert (found.state, found.code) == (ItemState.SENT, None)


def test_what_counts_is_queued_or_beyond_what_was_seen(store: OutboxStore) -> None:
    store.put(arriving(FIRST, SECOND, THIRD), at=AT)
    store.settle([Sent(FIRST.leaf, 3, AT), Sent(SECOND.leaf, 9, AT)])

    assert [item.leaf for item in store.effective(seen=9)] == [SECOND.leaf, THIRD.leaf]
    assert [item.leaf for item in store.effective(seen=10)] == [THIRD.leaf]


def test_what_nobody_put_is_not_found(store: OutboxStore) -> None:
    assert store.find(FIRST.leaf) is None
    assert store.waiting(10) == []


def test_many_threads_that_put_one_entry_make_one_item(store: OutboxStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        items = list(pool.map(lambda _: store.put(arriving(FIRST), at=AT)[0], range(12)))

    assert {item.number for item in items} == {items[0].number}
    assert store.count_waiting() == 1


def test_who_was_first_and_what_an_entry_builds_on_are_kept(store: OutboxStore) -> None:
    built = Waiting(SECOND.entry, SECOND.leaf, FIRST.leaf)
    store.put(arriving(FIRST, built), at=AT)
    assert store.waiting(10) == [FIRST, built]

    store.settle([Refused(FIRST.leaf, "conflict", "second", LATER, 41)])

    first, second = store.find(FIRST.leaf), store.find(SECOND.leaf)
    assert first is not None
    assert second is not None
    assert (first.winner, first.after) == (41, None)
    assert (second.winner, second.after) == (None, FIRST.leaf)
    assert first.refusal() == Refused(FIRST.leaf, "conflict", "second", LATER, 41)
    assert second.refusal() is None


def test_what_is_unsent_about_one_thing_is_found_in_order(store: OutboxStore) -> None:
    given, clinic = grant("first"), organisation("clinic")
    end = Waiting.of(given.revoked())
    versions = [Waiting.of(clinic.op), Waiting.of(clinic.updates())]
    store.put(arriving(FIRST, *versions, end, SECOND), at=AT)
    store.settle([Refused(versions[0].leaf, "conflict", "second", LATER)])
    store.settle([Sent(SECOND.leaf, 3, LATER)])

    def found(subject: str) -> list[bytes]:
        return [item.leaf for item in store.unsent_about(subject)]

    assert found(given.id) == [FIRST.leaf, end.leaf]
    assert found(str(clinic.did)) == [each.leaf for each in versions]
    assert found(grant("second").id) == []
    assert found("z") == []


def test_a_chain_is_held_by_every_store(store: OutboxStore) -> None:
    clinic = organisation("clinic")
    first = clinic.publishes()
    second = clinic.publishes(previous=first)
    outbox = Outbox(store, FixedClock(AT))

    (_, later) = outbox.put_all([first, second])
    also = outbox.put(clinic.publishes(previous=second))

    assert later.after == Waiting.of(first).leaf
    assert also.after == later.leaf


def test_an_outbox_from_before_is_read_and_goes_on(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'edge.db'}")
    with engine.begin() as connection:
        METADATA.create_all(connection)
        for column in ("follows", "winner"):
            connection.exec_driver_sql(f"ALTER TABLE edge_outbox DROP COLUMN {column}")
        connection.exec_driver_sql(
            "INSERT INTO edge_outbox (leaf, entry, type, state, queued_at) "
            "VALUES (?, ?, 'consent.grant', 'queued', '2026-01-01 00:00:00')",
            (FIRST.leaf, FIRST.entry),
        )

    store = SqlOutboxStore(engine)
    store.put(arriving(Waiting(SECOND.entry, SECOND.leaf, FIRST.leaf)), at=AT)

    assert [each.leaf for each in store.waiting(10)] == [FIRST.leaf, SECOND.leaf]
    engine.dispose()
