"""The status map: its bits, its tree, and how little a change costs."""

import json
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.model.merkle import leaf_hash, root_of, verify_inclusion
from registry.model.status_map import (
    CHUNK_BYTES,
    CHUNK_ENTRIES,
    EMPTY_CHUNK,
    Status,
    StatusMap,
    chunk_count,
    status_in,
)
from ssi_core.errors import MalformedError
from ssi_core.status.bitstring import BitstringStatusList

BODY = json.loads((files("registry") / "vectors" / "status-map.json").read_text("utf-8"))
VECTORS = BODY["cases"]
indexes = st.integers(0, 4 * CHUNK_ENTRIES - 1)
changes = st.lists(st.tuples(indexes, st.sampled_from(Status)), max_size=6)


def drawn(statuses: dict[int, Status], number: int) -> bytes:
    """A chunk as the reference says, one entry after another."""
    data = bytearray(CHUNK_BYTES)
    for index, status in statuses.items():
        if index // CHUNK_ENTRIES == number:
            place = index % CHUNK_ENTRIES
            data[place // 4] |= status << 6 - 2 * (place % 4)
    return bytes(data)


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_a_published_vector_has_the_root_and_path_that_it_says(case):
    found = StatusMap()
    found.apply((index, Status(status)) for index, status in case["statuses"])

    root, number = found.root(case["size"]), case["chunk"]

    assert root.hex() == case["root"]
    if number is not None:
        path = [node.hex() for node in found.path(number, case["size"])]
        assert (path, leaf_hash(found.chunk(number)).hex()) == (case["path"], case["leaf"])


@given(st.lists(st.tuples(changes, st.integers(0, 70_000), st.booleans()), max_size=5))
@settings(max_examples=60)
def test_a_map_that_grew_is_the_map_made_at_once(batches):
    found, statuses, size = StatusMap(), dict[int, Status](), 4 * CHUNK_ENTRIES
    for batch, more, copied in batches:
        size += more
        found = found.copy() if copied else found
        found.apply(batch)
        statuses.update(batch)
        chunks = [drawn(statuses, number) for number in range(chunk_count(size))]

        root = found.root(size)

        assert root == root_of(leaf_hash(chunk) for chunk in chunks)
        for number, chunk in enumerate(chunks):
            path = found.path(number, size)
            place = {"index": number, "size": len(chunks), "path": path, "root": root}
            verify_inclusion(leaf_hash(chunk), **place)
        assert all(found.get(index) is status for index, status in statuses.items())


def test_a_copy_changes_by_itself_and_says_what_it_changed():
    found = StatusMap()
    found.apply([(1, Status.ENDED)])
    before = found.root(2)

    twin = found.copy()
    twin.apply([(1, Status.SUPERSEDED), (CHUNK_ENTRIES, Status.SUSPENDED)])

    assert sorted(twin.changed()) == [0, 1]
    assert (found.root(2), found.get(1)) == (before, Status.ENDED)


def test_a_change_touches_the_chunks_that_it_is_in_and_no_others():
    found = StatusMap()
    found.apply([(number * 999_983, Status.ENDED) for number in range(1_000)])
    found.root(10**9)

    twin = found.copy()
    twin.apply([(5, Status.ENDED), (6, Status.ENDED), (10**8, Status.ENDED)])

    assert sorted(twin.changed()) == [0, 10**8 // CHUNK_ENTRIES]
    assert all(twin.chunk(n) is found.chunk(n) for n in range(15_000) if n not in twin.changed())


def test_a_chunk_is_a_bitstring_status_list_of_two_bits():
    found = StatusMap()
    statuses = {0: Status.SUSPENDED, 1: Status.ENDED, 2: Status.SUPERSEDED, 65_535: Status.ENDED}
    found.apply(statuses.items())

    encoded = BitstringStatusList(found.chunk(0), 2).encode()
    read = BitstringStatusList.decode(encoded, 2)

    assert len(read) == CHUNK_ENTRIES
    assert {index: read.get(index) for index in range(CHUNK_ENTRIES) if read.get(index)} == statuses
    assert all(status_in(read.data, index) is status for index, status in statuses.items())


def test_a_map_has_the_chunks_it_needs_and_whole_ones():
    assert [chunk_count(size) for size in (0, 1, 65_536, 65_537)] == [0, 1, 1, 2]
    for wrong in (EMPTY_CHUNK[:-1], EMPTY_CHUNK + b"\0", b""):
        with pytest.raises(MalformedError):
            StatusMap({0: wrong})
        with pytest.raises(MalformedError):
            status_in(wrong, 0)


def test_a_map_does_not_shrink_and_has_no_chunk_beyond_its_end():
    found = StatusMap()
    found.root(CHUNK_ENTRIES + 1)

    for ask in (lambda: found.root(1), lambda: found.path(2, CHUNK_ENTRIES + 1)):
        with pytest.raises(MalformedError):
            ask()
