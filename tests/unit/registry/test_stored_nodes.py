from collections.abc import Mapping, Sequence

import pytest

from registry.model.merkle import (
    EMPTY_ROOT,
    CompactRange,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from registry.model.stored_nodes import Place, Span, consistency_path, inclusion_path
from ssi_core.errors import LogProofError, NotFoundError

LEAVES = [leaf_hash(bytes([number])) for number in range(40)]


def stored() -> list[bytes]:
    edge = CompactRange()
    return [b"".join(edge.push(leaf)) for leaf in LEAVES]


def load(indexes: Sequence[int]) -> Mapping[int, bytes]:
    nodes = stored()
    return {index: nodes[index] for index in indexes}


def test_the_empty_tree_has_the_hash_of_nothing():
    assert CompactRange().root() == EMPTY_ROOT


def test_an_entry_is_kept_with_the_nodes_that_it_completes():
    assert [len(nodes) // 32 for nodes in stored()[:8]] == [1, 2, 1, 3, 1, 2, 1, 4]
    assert Place(7, 3).of(load([7])) == root_of(LEAVES[:8])


def test_a_node_that_the_store_lost_is_noticed():
    with pytest.raises(LogProofError):
        Place(7, 4).of(load([7]))
    with pytest.raises(LogProofError):
        Place(7, 0).of({})


def test_a_span_is_covered_by_perfect_subtrees():
    assert Span(0, 7).peaks() == (Place(3, 2), Place(5, 1), Place(6, 0))
    assert Span(4, 7).peaks() == (Place(5, 1), Place(6, 0))


def test_every_entry_of_every_tree_can_be_proved():
    for size in range(1, len(LEAVES) + 1):
        root = root_of(LEAVES[:size])
        for index in range(size):
            path = inclusion_path(index, size, load=load)

            verify_inclusion(LEAVES[index], index=index, size=size, path=path, root=root)


def test_every_tree_can_be_proved_to_begin_with_every_earlier_one():
    for new_size in range(1, len(LEAVES) + 1):
        for old_size in range(1, new_size + 1):
            path = consistency_path(old_size, new_size, load=load)

            verify_consistency(
                old_size=old_size,
                new_size=new_size,
                old_root=root_of(LEAVES[:old_size]),
                new_root=root_of(LEAVES[:new_size]),
                path=path,
            )


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_an_entry_outside_the_tree_is_not_found(index, size):
    with pytest.raises(NotFoundError):
        inclusion_path(index, size, load=load)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5)])
def test_a_tree_that_never_was_is_not_found(old, new):
    with pytest.raises(NotFoundError):
        consistency_path(old, new, load=load)
