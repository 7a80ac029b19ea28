"""Entries that are handed in at a replica: forwarded, or kept until the log can be reached."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, final

from registry.model import signed_message
from registry.model.envelope import Entry
from registry.model.log_evidence import MAX_WAITING
from registry.model.queued_receipt import sign_queued
from registry.model.state import CheckedEntry, VerifyProofs, check_all
from registry.model.view import Overlay
from registry.model.waiting import ENDS, ahead
from registry.ports import Clock, LogStore
from registry.service.replica.write_ports import (
    KeptEntries,
    KeptItem,
    LateMemory,
    Taken,
    Upstream,
    Watched,
)
from registry.service.sequencer import Outcome, Queued, Receipt
from registry.service.stored_view import StoredView
from ssi_core.errors import (
    MalformedError,
    OverloadedError,
    RejectedError,
    SsiError,
    UnavailableError,
)
from ssi_core.keys import Signer

MAX_SUBMISSION: Final = 1_000
_PART: Final = 500
# What the log says about itself, and not about the entry.
_NO_ANSWER: Final = (UnavailableError, OverloadedError)


@final
class Writes:
    """Takes entries for a log that may be out of reach. Threads may share it."""

    def __init__(
        self,
        store: LogStore,
        outbox: KeptEntries,
        upstream: Upstream,
        *,
        origin: str,
        verify: VerifyProofs,
        late: LateMemory,
        bound: timedelta,
        signer: Signer,
        clock: Clock,
    ) -> None:
        """Take entries for the log of `origin`; `signer` signs for those that are kept."""
        self.key = signed_message.did_of(signer.public_key)
        self._signer = signer
        self._store = store
        self._outbox = outbox
        self._upstream = upstream
        self._origin = origin
        self._verify = verify
        self._late = late
        self._bound = bound
        self._clock = clock
        self._lock = Lock()
        self._watched: dict[bytes, Watched] = {}
        self._known_late: set[bytes] = set()
        self._ends: dict[str, dict[bytes, bytes]] = {}
        for item in outbox.queued():
            self._remember(item.entry, item.leaf, since=item.queued_at)
        # Sent before a restart, so that their bytes are not here any more.
        self._on_their_way = outbox.ended(seen=0) - self._ends.keys()

    def submit_all(self, raws: Sequence[bytes], *, within_reach: bool) -> list[Taken]:
        """Forward entries if the log is within reach and nothing waits, keep them if not.

        Of each it is said where it stands, that it waits, or which rule it breaks by itself.
        """
        if not 0 < len(raws) <= MAX_SUBMISSION:
            raise MalformedError("a submission has between 1 and 1,000 entries")
        checked = check_all(raws, log=self._origin, verify=self._verify)
        good = [item for item in checked if isinstance(item, CheckedEntry)]
        taken = iter(self._take(good, within_reach=within_reach) if good else [])
        return [item if isinstance(item, SsiError) else next(taken) for item in checked]

    def settle(self) -> SsiError | None:
        """Send what waits; return why something still does, if so."""
        if not self._outbox.waiting():
            return None
        drained = self._upstream.drain()
        self._forget(drained.refused)
        return drained.problem

    def waiting(self) -> int:
        """Return how many entries wait."""
        return self._outbox.waiting()

    def queued(self) -> Sequence[KeptItem]:
        """Return what waits, in order."""
        return self._outbox.queued()

    def refused(self) -> Sequence[KeptItem]:
        """Return what the log would not have."""
        return self._outbox.refused()

    def ends_of(self, grant_id: str) -> tuple[bytes, ...]:
        """Return entries that end or suspend this grant and are not in the shown tree yet.

        Only those count that the log would take now. Raises `UnavailableError` if there is one
        that cannot be shown.
        """
        with self._lock:
            raws = tuple(self._ends.get(grant_id, {}).values())
        if not raws and grant_id not in self._on_their_way:
            return ()
        with self._store.snapshot() as log:
            head = log.head()
            size = 0 if head is None else head.size
            if not raws and grant_id in self._outbox.ended(seen=size):
                raise UnavailableError("an end of this grant is on its way into the log")
            return ahead(Overlay(StoredView(log, size)), raws, log=self._origin)[:MAX_WAITING]

    def look(self, note: str) -> None:
        """Forget what the log shows by now; keep what it had to show and does not.

        `note` is its newest checkpoint. To be called when the log was just followed.
        """
        with self._lock:
            watched = tuple(self._watched.values())
        if not watched:
            return
        shown = self._shown_at([item.leaf for item in watched])
        self._forget(shown.keys())
        now = self._clock.now()
        for item in watched:
            late = item.leaf not in shown and now - item.since > self._bound
            if late and item.leaf not in self._known_late:
                self._known_late.add(item.leaf)
                self._late.keep_late(item, note=note, at=now)

    def restart_bound(self) -> None:
        """Begin the bound anew for everything: the log was out of reach until now."""
        now = self._clock.now()
        with self._lock:
            self._watched = {leaf: replace(item, since=now) for leaf, item in self._watched.items()}

    def _take(self, good: Sequence[CheckedEntry], *, within_reach: bool) -> list[Taken]:
        if not within_reach or self._outbox.waiting():
            known = self._shown_at([item.entry.leaf for item in good])
            return [known.get(item.entry.leaf) or self._keep(item) for item in good]
        now = self._clock.now()
        try:
            outcomes = self._upstream.forward([item.entry.raw for item in good])
        except UnavailableError:
            return [self._keep(item) for item in good]
        return [
            self._heard(item, outcome, now) for item, outcome in zip(good, outcomes, strict=True)
        ]

    def _heard(self, item: CheckedEntry, outcome: Outcome, now: datetime) -> Taken:
        if isinstance(outcome, _NO_ANSWER):
            return self._keep(item)
        if not isinstance(outcome, SsiError):
            self._remember(item.entry.raw, item.entry.leaf, since=now)
        return outcome

    def _keep(self, item: CheckedEntry) -> Taken:
        kept = self._outbox.put(item.entry.raw)
        if kept.index is not None:
            return Receipt(index=kept.index, leaf=kept.leaf, size=kept.index + 1, known=True)
        if kept.reason is not None:
            return RejectedError(kept.reason)
        self._remember(item.entry.raw, kept.leaf, since=kept.queued_at)
        return Queued(kept.leaf, self._promise(kept))

    def _promise(self, kept: KeptItem) -> str:
        # The outbox has it on the disk by now: nothing is signed before that.
        return sign_queued(log=self._origin, leaf=kept.leaf, at=kept.queued_at, signer=self._signer)

    def _remember(self, raw: bytes, leaf: bytes, *, since: datetime) -> None:
        entry = Entry.parse(raw)
        with self._lock:
            self._watched.setdefault(leaf, Watched(raw, leaf, since))
            if entry.type in ENDS:
                ends = self._ends.setdefault(str(entry.members.get("id")), {})
                ends.setdefault(leaf, raw)

    def _forget(self, leaves: Collection[bytes]) -> None:
        gone = frozenset(leaves)
        with self._lock:
            for leaf in gone:
                self._watched.pop(leaf, None)
            for grant_id, ends in list(self._ends.items()):
                for leaf in gone & ends.keys():
                    del ends[leaf]
                if not ends:
                    del self._ends[grant_id]

    def _shown_at(self, leaves: Sequence[bytes]) -> dict[bytes, Receipt]:
        """Return where those of the entries stand that the shown tree has."""
        parts = [leaves[start : start + _PART] for start in range(0, len(leaves), _PART)]
        try:
            with self._store.snapshot() as log:
                head = log.head()
                size = 0 if head is None else head.size
                found = [item for part in parts for item in log.indexes(part).items()]
        except UnavailableError:
            return {}
        return {
            leaf: Receipt(index=index, leaf=leaf, size=size, known=True) for leaf, index in found
        }
