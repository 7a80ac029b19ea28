"""What is shown over HTTP: a log of one's own, or a replica of another's."""

from collections.abc import Sequence
from typing import Protocol

from registry.model.signed_note import VerifierKey
from registry.service.hosting import Hosting
from registry.service.reader import LogReader
from registry.service.sequencer import Outcome, Queued, Receipt


class ServedLog(Protocol):
    """A log that takes entries and shows what it has."""

    @property
    def origin(self) -> str:
        """The log's name."""
        ...

    @property
    def log_key(self) -> VerifierKey:
        """The key that the log signs its checkpoints with."""
        ...

    @property
    def witness_keys(self) -> Sequence[VerifierKey]:
        """The keys of those who cosign its checkpoints."""
        ...

    @property
    def reader(self) -> LogReader:
        """What shows checkpoints, proofs and evidence."""
        ...

    @property
    def dids(self) -> Hosting:
        """What shows the DIDs in the log."""
        ...

    def submit(self, raw: bytes) -> Receipt | Queued:
        """Take one entry; return where it stands, or that it waits."""
        ...

    def submit_all(self, raws: Sequence[bytes]) -> Sequence[Outcome | Queued]:
        """Take entries in this order; return where each stands, or why it was refused."""
        ...

    def ends_of(self, grant_id: str) -> Sequence[bytes]:
        """Return entries that end or suspend a grant and wait here; they are in no log yet."""
        ...
