from collections.abc import Mapping, Sequence

import pytest

from registry.model.merkle import CompactRange, leaf_hash
from registry.model.stored_nodes import inclusion_path
from registry.service.kept_nodes import KeptNodes
from ssi_core.errors import LogProofError

SIZE = 1_000


class Counted:
    """The nodes of a log, and for how many entries somebody asked."""

    def __init__(self) -> None:
        edge = CompactRange()
        self.all = [b"".join(edge.push(leaf_hash(b"%d" % n))) for n in range(SIZE)]
        self.asked = 0

    def nodes(self, indexes: Sequence[int]) -> Mapping[int, bytes]:
        self.asked += len(indexes)
        return {index: self.all[index] for index in indexes if self.all[index]}


@pytest.mark.parametrize("most", [0, 10, 200, 10_000])
def test_every_path_is_the_same_however_much_is_kept(most: int) -> None:
    log, kept = Counted(), KeptNodes(most)
    load = kept.within(log)  # type: ignore[arg-type] # the rest of a log is not asked for

    paths = [inclusion_path(index, SIZE, load=load) for index in range(SIZE)]

    assert paths == [inclusion_path(index, SIZE, load=log.nodes) for index in range(SIZE)]


def test_what_was_asked_for_before_is_not_asked_for_again() -> None:
    log, kept = Counted(), KeptNodes()
    load = kept.within(log)  # type: ignore[arg-type] # as above
    inclusion_path(7, SIZE, load=load)
    before = log.asked

    inclusion_path(7, SIZE, load=load)

    assert log.asked == before


def test_a_node_that_the_log_lacks_is_missing_in_the_proof() -> None:
    log, kept = Counted(), KeptNodes()
    log.all[6] = b""

    with pytest.raises(LogProofError):
        inclusion_path(7, SIZE, load=kept.within(log))  # type: ignore[arg-type] # as above
