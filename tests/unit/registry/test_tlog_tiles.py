"""Tiles and bundles: https://c2sp.org/tlog-tiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.model.merkle import CompactRange, leaf_hash, node_hash, root_of
from registry.model.tlog_tiles import Tile, bundle, parse_bundle, tiles_of
from ssi_core.errors import MalformedError, NotFoundError, SsiError


def nodes_of(size: int) -> list[bytes]:
    edge = CompactRange()
    return [b"".join(edge.push(leaf_hash(str(number).encode()))) for number in range(size)]


NODES = nodes_of(70_000)


def hashes(tile: Tile, size: int = 70_000) -> list[bytes]:
    content = tile.hashes(size=size, load=lambda places: {one: NODES[one] for one in places})
    return [content[at : at + 32] for at in range(0, len(content), 32)]


@pytest.mark.spec("C2SP tlog-tiles", "Merkle Tree")
@pytest.mark.parametrize(
    ("index", "path"),
    [(0, "000"), (7, "007"), (999, "999"), (1_000, "x001/000"), (1_234_067, "x001/x234/067")],
)
def test_an_index_is_written_in_groups_of_three_digits(index, path):
    assert Tile(0, index).path == path
    assert Tile.parse("0", path) == Tile(0, index)
    assert Tile.parse("3", f"{path}.p/17") == Tile(3, index, 17)


@pytest.mark.spec("C2SP tlog-tiles", "Merkle Tree")
@pytest.mark.parametrize(
    ("level", "path"),
    [
        ("00", "000"),
        ("64", "000"),
        ("-1", "000"),
        ("x", "000"),
        ("0", "0"),
        ("0", "0000"),
        ("0", "001/234"),
        ("0", "x000/001"),
        ("0", "x001/x234"),
        ("0", "000.p/0"),
        ("0", "000.p/256"),
        ("0", "000.p/01"),
        ("0", "000.p"),
        ("0", "\u0660\u0660\u0660"),
        ("0", ""),
        ("0", "x999/" * 6 + "999"),
    ],
)
def test_any_other_spelling_is_no_tile(level, path):
    with pytest.raises(MalformedError):
        Tile.parse(level, path)


@pytest.mark.spec("C2SP tlog-tiles", "Partial Tiles")
def test_a_tree_of_70_000_has_the_tiles_that_the_specification_says():
    assert tiles_of(70_000) == (Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1))
    assert tiles_of(256) == (Tile(0, 0), Tile(1, 0, 1))
    assert tiles_of(0) == ()


@pytest.mark.spec("C2SP tlog-tiles", "Merkle Tree")
def test_a_hash_of_one_level_is_the_root_of_the_tile_below():
    for tile in (Tile(1, 0), Tile(1, 1, 17)):
        roots = [root_of(hashes(Tile(0, tile.index * 256 + at))) for at in range(tile.width)]
        assert hashes(tile) == roots
    assert hashes(Tile(2, 0, 1)) == [root_of(hashes(Tile(1, 0)))]


def test_the_root_follows_from_the_tiles_at_the_right_edge():
    edge = [hash_ for tile in reversed(tiles_of(70_000)) for hash_ in _perfect(hashes(tile))]

    root = edge[-1]
    for left in edge[-2::-1]:
        root = node_hash(left, root)

    assert root == root_of(leaf_hash(str(number).encode()) for number in range(70_000))


@pytest.mark.spec("C2SP tlog-tiles", "Partial Tiles")
@pytest.mark.parametrize(
    ("tile", "size"), [(Tile(0, 0), 255), (Tile(0, 0, 6), 5), (Tile(1, 0, 1), 255), (Tile(9, 0), 9)]
)
def test_what_the_tree_does_not_have_yet_is_no_tile(tile, size):
    with pytest.raises(NotFoundError):
        hashes(tile, size)


@pytest.mark.spec("C2SP tlog-tiles", "Log entries")
@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_is_read_as_it_was_written(entries):
    assert list(parse_bundle(bundle(entries))) == entries


def test_an_entry_that_its_length_cannot_say_is_refused():
    assert bundle([bytes(65_535)])[:2] == b"\xff\xff"
    with pytest.raises(MalformedError):
        bundle([bytes(65_536)])


@given(st.binary(max_size=2_000))
def test_junk_is_a_bundle_or_refused(content):
    try:
        entries = parse_bundle(content)
    except SsiError:
        return
    assert bundle(entries) == content


def test_a_bundle_of_more_than_a_tile_is_refused():
    with pytest.raises(MalformedError):
        parse_bundle(bundle([b""] * 257))


def _perfect(hashes_: list[bytes]) -> list[bytes]:
    """The roots of the perfect subtrees that the hashes of a partial tile make, left to right."""
    roots, at = [], 0
    for bit in range(8, -1, -1):
        if len(hashes_) >> bit & 1:
            roots.append(root_of(hashes_[at : at + (1 << bit)]))
            at += 1 << bit
    return roots
