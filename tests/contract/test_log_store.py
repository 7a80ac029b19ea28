"""What every LogStore promises, checked on each backend we ship."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from registry.adapters.memory import MemoryLogStore
from registry.adapters.sql import SqlLogStore
from registry.model.merkle import leaf_hash
from registry.model.status_map import CHUNK_BYTES
from registry.ports import Head, StateRow
from registry.service.dropping_ports import DroppableLogStore
from ssi_core.adapters.database import open_database
from ssi_core.errors import ConflictError, GoneError, MalformedError, NotFoundError
from tests.support.log_batches import EMPTY, batch, everything

GRANT = StateRow("grant", "z1", None, "{}")


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DroppableLogStore]:
    if request.param == "memory":
        yield MemoryLogStore()
        return
    url = f"sqlite:///{tmp_path / 'log.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    engine = open_database(url)
    yield SqlLogStore(engine)
    engine.dispose()


@pytest.fixture
def grown(store: DroppableLogStore) -> Callable[[int], Head]:
    def grow(size: int) -> Head:
        store.create(EMPTY)
        first = batch(EMPTY, *[str(number).encode() for number in range(size)])
        store.append(first)
        return first.head

    return grow


def test_before_it_is_created_there_is_no_log(store):
    with store.snapshot() as log:
        assert log.head() is None


def test_a_log_is_created_once(store):
    store.create(EMPTY)

    with pytest.raises(ConflictError):
        store.create(EMPTY)

    with store.snapshot() as log:
        assert log.head() == EMPTY


def test_what_is_appended_is_found_in_every_way(store, grown):
    head = grown(5)

    with store.snapshot() as log:
        assert log.head() == head
        assert log.entries([0, 4, 9]) == {0: b"0", 4: b"4"}
        assert list(log.entries_from(3, limit=10)) == [b"3", b"4"]
        assert list(log.entries_from(0, limit=2)) == [b"0", b"1"]
        assert log.indexes([leaf_hash(b"2"), leaf_hash(b"x")]) == {leaf_hash(b"2"): 2}
        assert log.nodes([0, 99]) == {0: leaf_hash(b"0")}
        assert log.nodes([3])[3][:32] == leaf_hash(b"3")
        assert len(log.nodes([3])[3]) == 3 * 32


def test_asking_for_nothing_finds_nothing(store, grown):
    grown(2)

    with store.snapshot() as log:
        assert log.entries([]) == log.indexes([]) == log.nodes([]) == log.rows("grant", []) == {}


def test_text_that_no_database_holds_finds_nothing(store, grown):
    grown(1)

    with store.snapshot() as log:
        assert log.rows("grant", ["a\0b"]) == {}
        assert log.rows_by_lookup("grant", "a\0b", limit=1) == []
        assert log.rows_by_lookup("grant", "", limit=1) == []
        assert log.rows_by_lookup("grant", "\u00e9\U0010ffff", limit=1) == []


def test_an_append_after_another_head_changes_nothing(store, grown):
    head = grown(3)

    with pytest.raises(ConflictError):
        store.append(batch(EMPTY, b"late", created=(GRANT,)))

    with store.snapshot() as log:
        assert log.head() == head
        assert log.rows("grant", ["z1"]) == {}


def test_a_leaf_stands_in_the_log_once(store, grown):
    head = grown(3)

    with pytest.raises(ConflictError):
        store.append(batch(head, b"1"))

    with store.snapshot() as log:
        assert log.head() == head


def test_records_are_written_with_the_entries_and_replaced(store):
    store.create(EMPTY)
    first = batch(EMPTY, b"0", created=(GRANT, StateRow("did", "z1", "a", '{"n":1}')))
    store.append(first)
    changed = StateRow("did", "z1", "b", '{"n":2}')
    store.append(batch(first.head, b"1", replaced=(changed,)))

    with store.snapshot() as log:
        assert log.rows("grant", ["z1", "z2"]) == {"z1": GRANT}
        assert log.rows("did", ["z1"]) == {"z1": changed}
        assert set(log.all_rows()) == {GRANT, changed}


def test_records_come_back_letter_for_letter_whatever_they_are_made_of(store):
    store.create(EMPTY)
    texts = ["NULL", "", "a b", 'q"q', "b\\b", "{a,b}", "%s %b", "é\U0001f600", "'; --", "\n\t"]
    rows = [StateRow("acc", text, text or None, text) for text in texts]
    rows.append(StateRow("acc", "long", "x" * 3_000, "y" * 70_000))
    raws = [bytes(range(256)), b"\\x00", b"\xff" * 70_000]
    first = batch(EMPTY, *raws, created=tuple(rows))
    store.append(first)
    changed = tuple(replace(row, body=row.body + "é") for row in rows)
    store.append(batch(first.head, b"last", replaced=changed))

    with store.snapshot() as log:
        assert log.rows("acc", [row.key for row in rows]) == {row.key: row for row in changed}
        assert log.rows("acc", ["null", "{a", "e", '"q"']) == {}
        assert list(log.entries_from(0, limit=9)) == [*raws, b"last"]


def test_a_batch_of_a_thousand_is_found_whole(store):
    store.create(EMPTY)
    raws = [str(number).encode() * 99 for number in range(1_000)]
    rows = tuple(StateRow("grant", f"z{number}", None, "{}") for number in range(1_000))
    store.append(batch(EMPTY, *raws, created=rows))

    leaves = {leaf_hash(raw): number for number, raw in enumerate(raws)}
    with store.snapshot() as log:
        assert log.indexes([*leaves, leaf_hash(b"x")]) == leaves
        assert log.rows("grant", [row.key for row in rows]) == {row.key: row for row in rows}
        assert log.entries(range(2_000)) == dict(enumerate(raws))
        assert log.entries([0, 2**40, 2**62]) == {0: raws[0]}


def test_records_are_found_by_the_beginning_of_their_lookup_letter_for_letter(store):
    store.create(EMPTY)
    lookups = ["did:a issue r1", "did:a issue r2", "did:A issue r1", "did:a_issue", "did:b"]
    rows = tuple(StateRow("acc", str(n), text, "{}") for n, text in enumerate(lookups))
    store.append(batch(EMPTY, b"0", created=(*rows, StateRow("did", "0", "did:a issue r1", "{}"))))

    with store.snapshot() as log:
        assert log.rows_by_lookup("acc", "did:a issue ", limit=9) == [rows[0], rows[1]]
        assert log.rows_by_lookup("acc", "did:a issue ", limit=1) == [rows[0]]
        assert log.rows_by_lookup("acc", "did:c", limit=9) == []


def test_a_snapshot_does_not_see_what_is_appended_later(store, grown):
    head = grown(2)

    with store.snapshot() as log:
        log.head()
        store.append(batch(head, b"2"))

        assert log.head() == head
        assert log.entries([2]) == {}


def test_of_many_writers_exactly_one_wins(store, grown):
    head = grown(1)

    def attempt(number: int) -> bool:
        try:
            store.append(batch(head, f"writer {number}".encode()))
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))

    with store.snapshot() as log:
        assert outcomes.count(True) == 1
        assert log.head().size == 2
        assert len(log.entries([0, 1, 2])) == 2


def test_a_new_writer_fences_the_one_before(store, grown):
    grown(1)
    first, second = store.claim(), store.claim()

    with pytest.raises(ConflictError):
        store.append(batch(first, b"too late"))
    store.append(batch(second, b"1"))

    with store.snapshot() as log:
        assert second.epoch == first.epoch + 1
        assert log.entries([0, 1, 2]) == {0: b"0", 1: b"1"}


def test_a_writer_that_claims_the_log_finds_it_as_it_was(store, grown):
    head = grown(3)

    claimed = store.claim()

    with store.snapshot() as log:
        assert claimed == log.head() == replace(head, epoch=head.epoch + 1)


def test_there_is_nothing_to_claim_before_there_is_a_log(store):
    with pytest.raises(NotFoundError):
        store.claim()


def test_a_batch_cannot_raise_the_epoch_or_rename_the_log():
    good = batch(EMPTY, b"0")

    for change in ({"epoch": 1}, {"origin": "other.example"}):
        with pytest.raises(MalformedError):
            replace(good, head=replace(good.head, **change))


def test_chunks_of_the_status_map_are_written_with_the_entries_and_replaced(store):
    full, young = b"a" * CHUNK_BYTES, b"\0b".ljust(CHUNK_BYTES, b"\0")
    store.create(EMPTY)
    first = batch(EMPTY, b"0", chunks={0: full, 7: bytes(CHUNK_BYTES)})
    store.append(first)
    store.append(batch(first.head, b"1", chunks={7: young}))

    with store.snapshot() as log:
        assert log.chunks([0, 1, 7]) == {0: full, 7: young}
        assert log.chunks([]) == {}


def test_chunks_are_not_written_with_a_batch_that_is_refused(store, grown):
    grown(3)

    with pytest.raises(ConflictError):
        store.append(batch(EMPTY, b"late", chunks={0: b"a" * CHUNK_BYTES}, redacted=[1]))

    with store.snapshot() as log:
        assert log.chunks([0]) == {}
        assert log.entries([1]) == {1: b"1"}


def test_of_a_redacted_entry_only_its_hashes_stay(store, grown):
    head = grown(4)
    last = batch(head, b"4", b"5", redacted=[1, 5])
    store.append(last)

    with store.snapshot() as log:
        assert log.entries([0, 1, 4, 5]) == {0: b"0", 4: b"4"}
        assert list(log.entries_from(0, limit=9)) == [b"0", None, b"2", b"3", b"4", None]
        assert log.indexes([leaf_hash(b"1")]) == {leaf_hash(b"1"): 1}
        assert log.nodes([1])[1].startswith(leaf_hash(b"1"))
        assert log.nodes([5])[5].startswith(leaf_hash(b"5"))
        assert log.head() == last.head


def test_a_snapshot_opened_before_a_redaction_still_has_the_entry(store, grown):
    head = grown(2)

    with store.snapshot() as log:
        log.head()
        store.append(batch(head, b"2", redacted=[0]))

        assert log.entries([0]) == {0: b"0"}


def test_of_a_dropped_log_nothing_is_left_but_what_was_to_remain(store):
    store.create(EMPTY)
    rows = (GRANT, StateRow("did", "d", "here", "{}"))
    store.append(batch(EMPTY, b"0", b"1", created=rows, chunks={0: b"a" * CHUNK_BYTES}))
    head = store.claim()

    before = store.remains()
    store.drop(head, remains=b"where it went")

    assert (before, store.remains()) == (None, b"where it went")
    with store.snapshot() as log:
        with pytest.raises(GoneError):
            log.head()
        assert log.entries([0, 1]) == log.nodes([0, 1]) == log.indexes([leaf_hash(b"0")]) == {}
        assert list(log.entries_from(0, limit=9)) == list(log.all_rows()) == []
        assert log.rows_by_lookup("did", "here", limit=9) == []
        assert log.chunks([0]) == {}


def test_where_a_log_was_dropped_none_is_begun_claimed_continued_or_dropped_again(store, grown):
    grown(2)
    head = store.claim()
    store.drop(head, remains=b"where it went")

    for attempt in (
        lambda: store.create(EMPTY),
        store.claim,
        lambda: store.append(batch(head, b"2")),
        lambda: store.append(batch(EMPTY, b"0")),
        lambda: store.drop(head, remains=b"elsewhere"),
    ):
        with pytest.raises(GoneError):
            attempt()

    assert store.remains() == b"where it went"


def test_a_log_that_has_changed_is_not_dropped(store, grown):
    head = grown(3)
    claimed = store.claim()

    for other in (head, replace(claimed, size=2), replace(claimed, root=bytes(32))):
        with pytest.raises(ConflictError):
            store.drop(other, remains=b"where it went")

    assert store.remains() is None
    with store.snapshot() as log:
        assert log.head() == claimed
        assert log.entries([0, 1, 2]) == {0: b"0", 1: b"1", 2: b"2"}


def test_of_a_writer_and_somebody_who_drops_the_log_the_first_wins(store, grown):
    grown(1)
    writer = store.claim()
    dropping = store.claim()

    with pytest.raises(ConflictError):
        store.append(batch(writer, b"1"))
    store.drop(dropping, remains=b"where it went")

    with pytest.raises(GoneError):
        store.append(batch(writer, b"1"))


def test_wiping_changes_nothing_that_can_be_read(store, grown):
    head = grown(3)
    store.append(batch(head, b"3", redacted=[1]))
    kept = everything(store)

    store.wipe()

    assert everything(store) == kept
    store.drop(store.claim(), remains=b"where it went")
    store.wipe()
    store.wipe()
    assert store.remains() == b"where it went"
