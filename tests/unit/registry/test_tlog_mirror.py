"""What a mirror is told: packages of entries, and the proofs of their subtrees."""

from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.model.merkle import root_of
from registry.model.stored_nodes import consistency_path
from registry.model.tlog_mirror import (
    AddEntries,
    EntryPackage,
    MirrorInfo,
    Subtree,
    subtree_path,
    verify_subtree,
)
from ssi_core.errors import LogProofError, MalformedError, SsiError
from tests.support.trees import Tree

BIG = Tree(70)
LEAVES = [nodes[:32] for nodes in BIG.nodes]
SUBTREES = [
    Subtree(start, end)
    for start in range(33)
    for end in range(start + 1, 34)
    if start % (1 << (end - start - 1).bit_length()) == 0
]


def load(places):
    return {place: BIG.nodes[place] for place in places}


@pytest.mark.spec("C2SP tlog-mirror", "add-entries")
@pytest.mark.parametrize("size", [33, 47, 70])
def test_every_subtree_is_proved_and_nothing_else(size: int):
    root = root_of(LEAVES[:size])
    for subtree in SUBTREES:
        path = subtree_path(subtree, size, load=load)
        own = root_of(LEAVES[subtree.start : subtree.end])
        claims: dict[str, Any] = {"subtree_root": own, "size": size, "root": root, "path": path}

        verify_subtree(subtree, **claims)

        wrong: list[dict[str, Any]] = [
            {"subtree_root": bytes(32)},
            {"root": bytes(32)},
            {"path": (*path, bytes(32))},
        ]
        wrong += [{"path": path[1:]}, {"path": (bytes(32), *path[1:])}] if path else []
        for one in wrong:
            with pytest.raises(LogProofError):
                verify_subtree(subtree, **{**claims, **one})


def test_a_subtree_that_begins_with_the_tree_is_proved_as_consistency_is():
    for end in range(1, 71):
        expected = consistency_path(end, 70, load=load)
        assert subtree_path(Subtree(0, end), 70, load=load) == expected


@pytest.mark.parametrize(("start", "end"), [(0, 0), (1, 3), (2, 6), (5, 4), (-4, 0), (256, 600)])
def test_leaves_that_no_node_could_have_are_no_subtree(start: int, end: int):
    with pytest.raises(MalformedError):
        Subtree(start, end)


@pytest.mark.spec("C2SP tlog-mirror", "Request Body")
def test_packages_lie_between_multiples_of_256():
    packages = list(AddEntries("log.example", 300, 1_000).packages())

    assert [(one.start, one.end) for one in packages] == [(256, 512), (512, 768), (768, 1_000)]
    assert all(one.end == other.start for one, other in pairwise(packages))
    assert list(AddEntries("log.example", 300, 300).packages()) == []
    assert len(list(AddEntries("log.example", 0, 1).packages())) == 1


@given(
    st.text(min_size=1, max_size=40).filter(str.isprintable),
    st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)).map(sorted),
    st.lists(st.binary(max_size=40), max_size=20),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
)
def test_a_request_is_read_as_it_was_written(origin, bounds, entries, path):
    header = AddEntries(origin, bounds[0], bounds[1], b"ticket")
    package = EntryPackage(tuple(entries), tuple(path))

    read, rest = AddEntries.parse(header.render() + package.render() + b"next")
    again, after = EntryPackage.parse(rest, entries=len(entries))

    assert (read, again, after) == (header, package, b"next")


@given(st.binary(max_size=300), st.integers(0, 256))
def test_junk_is_read_or_refused(body: bytes, entries: int):
    for parse in (AddEntries.parse, MirrorInfo.parse):
        with suppress(SsiError):
            parse(body)
    with suppress(SsiError):
        EntryPackage.parse(body, entries=entries)


@pytest.mark.spec("C2SP tlog-mirror", "Processing")
def test_where_an_upload_goes_on_is_three_lines():
    info = MirrorInfo(1_000, 512, b"ticket")

    assert info.render() == "1000\n512\ndGlja2V0\n"
    assert MirrorInfo.parse(info.render().encode()) == info
    assert MirrorInfo.parse(b"0\n0\n\n") == MirrorInfo(0, 0)
    for body in (b"", b"1\n2\n", b"01\n2\n\n", b"1\n2\n!\n", b"1\n2\n\n\n"):
        with pytest.raises(MalformedError):
            MirrorInfo.parse(body)
