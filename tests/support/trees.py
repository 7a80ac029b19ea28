"""Trees of a log that is nothing but numbers, honest ones and forks."""

from registry.model import checkpoint
from registry.model.checkpoint import Checkpoint
from registry.model.merkle import CompactRange, leaf_hash
from registry.model.stored_nodes import consistency_path
from registry.model.tlog_witness import AddCheckpoint
from tests.support.registry import LOG_SIGNER, ORIGIN


class Tree:
    """So many numbers; from `fork` on they are other ones."""

    def __init__(self, size: int, fork: int | None = None) -> None:
        edge = CompactRange()
        self.fork, self.size = fork, size
        self.nodes = [b"".join(edge.push(leaf_hash(self._entry(n)))) for n in range(size)]
        self.root = edge.root()

    @property
    def note(self) -> str:
        """The checkpoint that the log signed."""
        head = Checkpoint(ORIGIN, self.size, self.root)
        return checkpoint.sign(head, signer=LOG_SIGNER)

    def after(self, old: int) -> AddCheckpoint:
        """The request to cosign it, proved against its own beginning."""
        path: tuple[bytes, ...] = ()
        if 0 < old < self.size:
            path = consistency_path(
                old, self.size, load=lambda places: {one: self.nodes[one] for one in places}
            )
        return AddCheckpoint(old, path, self.note)

    def _entry(self, number: int) -> bytes:
        is_other = self.fork is not None and number >= self.fork
        return f"{number}{f' after {self.fork}' if is_other else ''}".encode()
