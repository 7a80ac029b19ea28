"""What is shown over HTTP: a log of one's own, or a replica of another's."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol, TypeAlias

from registry.model.log_evidence import LogEvidence
from registry.model.signed_note import VerifierKey
from registry.model.tlog_policy import TlogPolicy
from registry.service.hosting import Hosting
from registry.service.publication import Standing
from registry.service.reader import LogReader
from registry.service.sequencer import Outcome, Queued

Taken: TypeAlias = Outcome | Queued


class ServedPublication(Protocol):
    """How far the log's checkpoints are known to others."""

    def standing(self, index: int) -> Standing:
        """Return how far the entry at `index` has come."""
        ...

    def wait_until_witnessed(self, index: int, *, timeout: float) -> None:
        """Return once enough others have cosigned a tree with that entry, or time is up."""
        ...

    def require_sound(self) -> None:
        """Return unless somebody has proof that this log must not go on."""
        ...


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
    def policy(self) -> TlogPolicy:
        """What readers of the log are told to ask for."""
        ...

    @property
    def publication(self) -> ServedPublication:
        """How far the log's checkpoints are known to others."""
        ...

    @property
    def reader(self) -> LogReader:
        """What shows checkpoints, proofs and evidence."""
        ...

    @property
    def dids(self) -> Hosting:
        """What shows the DIDs in the log."""
        ...

    def begin(self, raws: Sequence[bytes], /) -> Future[list[Outcome]] | Future[list[Taken]]:
        """Take entries in this order; return at once what will say what became of each."""
        ...

    def grant_at_once(self, grant_id: str) -> LogEvidence | None:
        """Return evidence of a grant where that waits for nobody, and nothing where it would.

        It is for logs of which no entries wait anywhere, as `ends_of` gives them.
        """
        ...

    def ends_of(self, grant_id: str) -> Sequence[bytes]:
        """Return entries that end or suspend a grant and wait here; they are in no log yet."""
        ...
