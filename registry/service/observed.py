"""One moment of the log with its cosigned checkpoint, and the evidence that it gives."""

from dataclasses import dataclass
from typing import Self

from registry.model.evidence import LogEvidence
from registry.model.proof import EntryProof
from registry.model.stored_nodes import LoadNodes
from registry.ports import LogSnapshot
from registry.service.evidence import Shown
from registry.service.stored_map import StoredMaps
from registry.service.stored_view import StoredView
from registry.service.tree import entry_proofs


@dataclass(frozen=True, slots=True)
class Ending:
    """The snapshot that ends the tree of `size`, proved; none if it ends with something else."""

    size: int
    snapshot: EntryProof | None

    @classmethod
    def of(cls, log: LogSnapshot, view: StoredView, size: int) -> Self:
        """Read it; `log` is a snapshot of `size` entries, as `view` has it."""
        if size == 0 or view.log().latest != size - 1:
            return cls(size, None)
        return cls(size, entry_proofs(log, [size - 1], size=size)[0])


@dataclass(frozen=True, slots=True)
class Observed:
    """A snapshot of `size` entries, and `note`, which says so."""

    log: LogSnapshot
    view: StoredView
    size: int
    note: str
    maps: StoredMaps
    ending: Ending
    load: LoadNodes

    def evidence(self, shown: Shown) -> LogEvidence:
        """Return the entries with what proves them; none of them if there is nothing to show."""
        if not shown.entries:
            return LogEvidence((), self.note)
        entries = entry_proofs(
            self.log, shown.entries, size=self.size, read=shown.read, load=self.load
        )
        if self.ending.snapshot is None:
            # A log from before there were snapshots: nobody can be shown what is in force.
            return LogEvidence(entries, self.note)
        return LogEvidence(
            entries=(*entries, self.ending.snapshot),
            checkpoint=self.note,
            statuses=self.maps.prove(self.log, shown.statuses, size=self.size - 1),
        )
