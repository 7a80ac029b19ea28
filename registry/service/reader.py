"""What the log shows: checkpoints, proofs and evidence, each of one moment in one checkpoint."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, final

from registry.model.accreditations import Role
from registry.model.evidence import LogEvidence
from registry.model.stored_nodes import consistency_path, inclusion_path
from registry.ports import Clock, Head, LogSnapshot, LogStore
from registry.service.evidence import (
    Shown,
    shown_of_accreditation,
    shown_of_emergency,
    shown_of_grant,
    shown_of_status_list,
)
from registry.service.stored_map import StoredMaps
from registry.service.stored_view import StoredView
from registry.service.tree import entry_proofs
from registry.service.witness import Witness
from ssi_core.did.syntax import Did
from ssi_core.errors import NotFoundError, UnavailableError
from ssi_core.period import to_timestamp

MAX_ENTRIES: Final = 1_000
# A cosignature says that the log was seen now; once a second is often enough.
_COSIGN_AFTER: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The path that proves entry `index` in the tree of `size`."""

    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Cosigned:
    head: Head
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Observed:
    log: LogSnapshot
    view: StoredView
    size: int
    note: str
    maps: StoredMaps

    def evidence(self, shown: Shown) -> LogEvidence:
        if not shown.entries:
            return LogEvidence((), self.note)
        last = self.size - 1
        if self.view.log().latest != last:
            # A log from before there were snapshots: nobody can be shown what is in force.
            return LogEvidence(entry_proofs(self.log, [*shown.entries], size=self.size), self.note)
        return LogEvidence(
            entries=entry_proofs(self.log, [*shown.entries, last], size=self.size),
            checkpoint=self.note,
            statuses=self.maps.prove(self.log, shown.statuses, size=last),
        )


@final
class LogReader:
    """Reads the log; threads may share it."""

    def __init__(self, store: LogStore, *, witness: Witness, clock: Clock) -> None:
        self._store = store
        self._witness = witness
        self._clock = clock
        self._lock = Lock()
        self._last: _Cosigned | None = None
        self._maps = StoredMaps()

    def checkpoint(self) -> str:
        """Return the checkpoint of the log as it is now, cosigned within the last second."""
        with self._observed() as observed:
            return observed.note

    def entry(self, index: int) -> bytes:
        """Return the exact bytes of one entry."""
        with self._store.snapshot() as log:
            found = log.entries([index])
        if index not in found:
            raise NotFoundError("the log has no such entry")
        return found[index]

    def entries(self, start: int, *, limit: int) -> Sequence[bytes | None]:
        """Return up to `limit` entries in order, from index `start` on; at most 1,000.

        Of a redacted one there is nothing.
        """
        with self._store.snapshot() as log:
            return log.entries_from(start, limit=min(limit, MAX_ENTRIES))

    def index_of(self, leaf: bytes) -> int:
        """Return the index of the entry with this leaf hash."""
        with self._store.snapshot() as log:
            found = log.indexes([leaf])
        if leaf not in found:
            raise NotFoundError("the log has no such entry")
        return found[leaf]

    def inclusion(self, index: int, *, size: int | None = None) -> Inclusion:
        """Return the proof of entry `index` in the tree of `size`, the newest if not given."""
        with self._store.snapshot() as log:
            tree = _size_within(log, size)
            return Inclusion(index, tree, inclusion_path(index, tree, load=log.nodes))

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `new_size` begins with that of `old_size`."""
        with self._store.snapshot() as log:
            return consistency_path(old_size, _size_within(log, new_size), load=log.nodes)

    def grant(self, grant_id: str) -> LogEvidence:
        """Return evidence of a grant and its state, without entries if there is no such grant."""
        with self._observed() as observed:
            return observed.evidence(shown_of_grant(observed.log, observed.view, grant_id))

    def emergency(self, emergency_id: str) -> LogEvidence:
        """Return evidence of a broken glass, without entries if there is no such emergency."""
        with self._observed() as observed:
            return observed.evidence(shown_of_emergency(observed.view, emergency_id))

    def accreditation(
        self, subject: Did, *, role: Role, credential_type: str, roots: Collection[Did] = ()
    ) -> LogEvidence:
        """Return evidence of accreditations in force, without entries if there is none.

        `roots` names the accreditors that the asker believes: without it, accreditations that
        anybody made up can crowd out the ones that matter.
        """
        with self._observed() as observed:
            shown = shown_of_accreditation(
                observed.log,
                observed.view,
                subject=subject,
                role=role,
                credential_type=credential_type,
                roots=roots,
                at=to_timestamp(self._clock.now()),
            )
            return observed.evidence(shown)

    def status_list(self, uri: str, *, issuer: Did | None = None) -> LogEvidence:
        """Return evidence of the latest publication of a list, without entries if there is none."""
        with self._observed() as observed:
            shown = shown_of_status_list(observed.log, observed.view, uri=uri, issuer=issuer)
            return observed.evidence(shown)

    @contextmanager
    def _observed(self) -> Iterator[_Observed]:
        """Open a snapshot with its cosigned checkpoint."""
        with ExitStack() as stack:
            # Within the lock heads only grow, so the witness is never shown a smaller tree.
            with self._lock:
                log = stack.enter_context(self._store.snapshot())
                head = log.head()
                if head is None:
                    raise UnavailableError("there is no log")
                note = self._cosigned(log, head)
            yield _Observed(log, StoredView(log, head.size), head.size, note, self._maps)

    def _cosigned(self, log: LogSnapshot, head: Head) -> str:
        last, now = self._last, self._clock.now()
        if last is not None and last.head == head and now - last.at < _COSIGN_AFTER:
            return last.note

        def proof(old_size: int, new_size: int) -> tuple[bytes, ...]:
            return consistency_path(old_size, new_size, load=log.nodes)

        # A clock that was put back must not make the newer tree look older.
        at = now if last is None else max(now, last.at)
        note = self._witness.cosign(head.note, at=at, proof=proof)
        self._last = _Cosigned(head, note, at)
        return note


def _size_within(log: LogSnapshot, size: int | None) -> int:
    head = log.head()
    if head is None:
        raise UnavailableError("there is no log")
    if size is not None and not 0 < size <= head.size:
        raise NotFoundError("the log has not had a tree of that size")
    return head.size if size is None else size
