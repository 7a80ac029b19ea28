"""What is left of entries whose bytes were dropped, for whoever makes the log again."""

from collections.abc import Mapping, Sequence

from registry.model.merkle import HASH_BYTES
from registry.model.transfer import Gap
from registry.ports import LogSnapshot


def gaps(log: LogSnapshot, indexes: Sequence[int]) -> Mapping[int, Gap]:
    """Return what is left of each of these entries: its leaf hash."""
    nodes = log.nodes(indexes)
    return {index: Gap(nodes[index][:HASH_BYTES]) for index in indexes}
