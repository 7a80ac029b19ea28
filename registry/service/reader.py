"""What the log shows: checkpoints, proofs and evidence, each of one moment in one checkpoint."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final, final

from registry.model import transfer
from registry.model.accreditations import Role
from registry.model.evidence import LogEvidence
from registry.model.stored_nodes import consistency_path, inclusion_path
from registry.model.tlog_tiles import Tile
from registry.ports import Clock, Head, LogSnapshot, LogStore
from registry.service import tiles
from registry.service.evidence import (
    shown_of_accreditation,
    shown_of_emergency,
    shown_of_grant,
    shown_of_one_accreditation,
    shown_of_status_list,
)
from registry.service.gaps import gaps
from registry.service.kept_nodes import KeptNodes
from registry.service.kept_tiles import KeptTiles
from registry.service.observed import Ending, Observed
from registry.service.overseers import Cosigner, Publishing
from registry.service.publication import COSIGN_AFTER
from registry.service.stored_map import StoredMaps
from registry.service.stored_view import StoredView
from registry.service.tree import nothing_in, size_within
from ssi_core.did.syntax import Did
from ssi_core.errors import OverloadedError, UnavailableError
from ssi_core.period import to_timestamp

MAX_ENTRIES: Final = 1_000
_ATTEMPTS: Final = 4


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


@final
class LogReader:
    """Reads the log; threads may share it."""

    def __init__(
        self, store: LogStore, *, witness: Cosigner, publication: Publishing, clock: Clock
    ) -> None:
        self._store = store
        self._witness = witness
        self._publication = publication
        self._clock = clock
        self._lock = Lock()
        self._last: _Cosigned | None = None
        self._maps = StoredMaps()
        self._ending = Ending(0, None)
        self._nodes = KeptNodes()
        self._tiles = KeptTiles()

    def checkpoint(self) -> str:
        """Return the checkpoint as it is now, cosigned within the last second by who is there."""
        with self._observed() as observed:
            return observed.note

    def checkpoint_at_once(self) -> str | None:
        """Return the same where that asks and waits for nobody, and nothing where it would."""
        with self._observed_at_once() as observed:
            return None if observed is None else observed.note

    def see(self) -> None:
        """Return if this log's own witness finds nothing wrong; wait for no other."""
        with ExitStack() as stack:
            self._seen_now(stack)

    def witnessed(self) -> str:
        """Return the newest checkpoint that enough other witnesses have cosigned."""
        return self._publication.witnessed()

    def size(self) -> int:
        """Return how many entries the log has."""
        with self._store.snapshot() as log:
            return size_within(log, None)

    def entry(self, index: int) -> bytes:
        """Return the exact bytes of one entry."""
        with self._store.snapshot() as log:
            return (log.entries([index]) or nothing_in(log))[index]

    def entries(self, start: int, *, limit: int) -> Sequence[bytes | None]:
        """Return up to `limit` entries in order, from index `start` on; at most 1,000.

        Of a redacted one there is nothing.
        """
        with self._store.snapshot() as log:
            return log.entries_from(start, limit=min(limit, MAX_ENTRIES))

    def run(self, start: int, *, limit: int) -> Sequence[transfer.Shown]:
        """Return the same for whoever makes the log again, with what is left of each gap."""
        with self._store.snapshot() as log:
            found = log.entries_from(start, limit=min(limit, MAX_ENTRIES))
            gone = [index for index, raw in enumerate(found, start=start) if raw is None]
            left = gaps(log, gone)
        return [left[i] if raw is None else raw for i, raw in enumerate(found, start=start)]

    def tile(self, tile: Tile) -> bytes:
        """Return the hashes of a tile, one after another."""
        found = self._tiles.find(tile)
        if found is None:
            found = tiles.hashes_of(self._store, tile)
            self._tiles.keep(tile, found)
        return found

    def tile_at_once(self, tile: Tile) -> bytes | None:
        """Return the same if somebody has asked for it lately."""
        return self._tiles.find(tile)

    def bundle(self, tile: Tile) -> bytes:
        """Return the entries below a tile of level 0; `RedactedError` if one has no bytes left.

        A bundle cannot say that an entry is missing, and `entries` can.
        """
        return tiles.bundle_of(self._store, tile)

    def index_of(self, leaf: bytes) -> int:
        """Return the index of the entry with this leaf hash."""
        with self._store.snapshot() as log:
            return (log.indexes([leaf]) or nothing_in(log))[leaf]

    def inclusion(self, index: int, *, size: int | None = None) -> Inclusion:
        """Return the proof of entry `index` in the tree of `size`, the newest if not given."""
        with self._store.snapshot() as log:
            tree = size_within(log, size)
            return Inclusion(index, tree, inclusion_path(index, tree, load=log.nodes))

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `new_size` begins with that of `old_size`."""
        with self._store.snapshot() as log:
            return consistency_path(old_size, size_within(log, new_size), load=log.nodes)

    def grant(self, grant_id: str) -> LogEvidence:
        """Return evidence of a grant and its state, without entries if there is no such grant."""
        with self._observed() as observed:
            return observed.evidence(shown_of_grant(observed.log, observed.view, grant_id))

    def grant_at_once(self, grant_id: str) -> LogEvidence | None:
        """Return the same where that asks and waits for nobody, and nothing where it would."""
        with self._observed_at_once() as observed:
            if observed is None:
                return None
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

    def one_accreditation(self, accreditation_id: str) -> LogEvidence:
        """Return evidence of one accreditation, in force or not; without entries if unknown."""
        with self._observed() as observed:
            return observed.evidence(shown_of_one_accreditation(observed.view, accreditation_id))

    def status_list(self, uri: str, *, issuer: Did | None = None) -> LogEvidence:
        """Return evidence of the latest publication of a list, without entries if there is none."""
        with self._observed() as observed:
            shown = shown_of_status_list(observed.log, observed.view, uri=uri, issuer=issuer)
            return observed.evidence(shown)

    @contextmanager
    def _observed(self) -> Iterator[Observed]:
        """Open a snapshot with its cosigned checkpoint."""
        with ExitStack() as stack:
            yield self._agreed(stack)

    def _agreed(self, stack: ExitStack) -> Observed:
        for _ in range(_ATTEMPTS):
            log, head, note = self._seen_now(stack)
            cosigned = self._publication.gather(head, note)
            if cosigned is not None:
                return self._observing(log, head, cosigned)
            # The log grew, and the witnesses have gone on to its newer head.
            stack.pop_all().close()
        raise OverloadedError("the log grows faster than it is cosigned")

    @contextmanager
    def _observed_at_once(self) -> Iterator[Observed | None]:
        """Open the same if the newest head was cosigned just now; nothing if it was not."""
        last = self._last
        if last is None or not self._store.is_near or not self._is_fresh(last):
            yield None
            return
        with self._store.snapshot() as log:
            note = None
            if log.head() == last.head:
                note = self._publication.gather(last.head, last.note, wait=False)
            yield None if note is None else self._observing(log, last.head, note)

    def _observing(self, log: LogSnapshot, head: Head, note: str) -> Observed:
        view = StoredView(log, head.size)
        ending = self._ending_of(log, view, head.size)
        load = self._nodes.within(log)
        return Observed(log, view, head.size, note, self._maps, ending, load)

    def _is_fresh(self, last: _Cosigned) -> bool:
        return self._clock.now() - last.at < COSIGN_AFTER

    def _ending_of(self, log: LogSnapshot, view: StoredView, size: int) -> Ending:
        # The same for everybody who reads under one head.
        found = self._ending
        if found.size != size:
            found = self._ending = Ending.of(log, view, size)
        return found

    def _seen_now(self, stack: ExitStack) -> tuple[LogSnapshot, Head, str]:
        # Within the lock heads only grow, so the witness is never shown a smaller tree.
        with self._lock:
            log = stack.enter_context(self._store.snapshot())
            head = log.head()
            if head is None:
                raise UnavailableError("there is no log")
            return log, head, self._cosigned(log, head)

    def _cosigned(self, log: LogSnapshot, head: Head) -> str:
        last, now = self._last, self._clock.now()
        if last is not None and last.head == head and self._is_fresh(last):
            return last.note

        def proof(old_size: int, new_size: int) -> tuple[bytes, ...]:
            return consistency_path(old_size, new_size, load=log.nodes)

        # What is cosigned must not be gone with the one machine that has it.
        if last is None or last.head != head:
            self._store.confirm(head)
        # A clock that was put back must not make the newer tree look older.
        at = now if last is None else max(now, last.at)
        note = self._witness.cosign(head.note, at=at, proof=proof)
        self._last = _Cosigned(head, note, at)
        return note
