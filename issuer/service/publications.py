"""Publish every version of a status list in the log: queued first, sent until it is there."""

from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import Final, final

from issuer.model.status_list import Publication
from issuer.model.terms import Terms
from issuer.ports import Clock, StatusListStore, StatusLog
from registry.client.edge import Refused, Sent, Settled, Waiting, send_waiting
from ssi_core.errors import ConflictError, SsiError, UnavailableError
from ssi_core.status.token import StatusList
from ssi_core.status.token import digest as digest_of

_ROUNDS: Final = 3


@final
class Publications:
    """The queue between our status lists and the log. Without a log it is always empty."""

    def __init__(
        self, *, store: StatusListStore, log: StatusLog | None, terms: Terms, clock: Clock
    ) -> None:
        self._store = store
        self._log = log
        self._terms = terms
        self._clock = clock
        self._sending = Lock()

    def next_for(self, uri: str, statuses: StatusList, *, at: datetime) -> Publication | None:
        """Return the entry for a new version of a list, to be kept together with the change.

        Nothing without a log, or when the last entry is of these very bits.
        """
        if self._log is None:
            return None
        last = self._store.last_publication(uri)
        digest = digest_of(statuses)
        if last is not None and last.digest == digest:
            return None
        return self._following(self._log, last, uri=uri, digest=digest, at=at)

    @property
    def has_log(self) -> bool:
        """Whether there is a log to publish in."""
        return self._log is not None

    def ask_log(self) -> None:
        """Return if the log answers; `UnavailableError` if it does not, or there is none."""
        if self._log is None:
            raise UnavailableError("this issuer has no log")
        self._log.ask()

    def waiting(self) -> Sequence[Publication]:
        """Return the entries that are marked as not sent."""
        return self._store.waiting_publications()

    def send_waiting(self, *, at: datetime) -> bool:
        """Send what waits, each list's entries in order; true if nothing waits any more.

        A log that is silent, or refuses, changes nothing: what is queued stays queued.
        """
        if self._log is None:
            return True
        with self._sending:
            for _ in range(_ROUNDS):
                if not self._send_round(self._log, at):
                    break
            return not self._store.waiting_publications()

    def _send_round(self, log: StatusLog, at: datetime) -> bool:
        """Send each list's entries up to the first that fails; true if some should be retried."""
        queue = _PublicationQueue(self._store)
        send_waiting(queue, log, self._clock)
        # Every one of them, not only the first that works.
        followed = [self._follow_the_log(log, uri, at) for uri in sorted(queue.conflicts)]
        return any(followed)

    def _follow_the_log(self, log: StatusLog, uri: str, at: datetime) -> bool:
        # The log knows entries that we do not: our database came back from an older copy.
        try:
            newest, found = self._store.last_publication(uri), log.latest(uri)
        except SsiError:
            return False
        if newest is None or found is None:
            return False
        digest, entry = found
        known = Publication(
            uri=uri, sequence=newest.sequence, digest=digest, entry=entry, published=True
        )
        if digest == newest.digest:
            self._store.replace_waiting(uri, known)
        else:
            following = self._following(log, known, uri=uri, digest=newest.digest, at=at)
            self._store.replace_waiting(uri, following)
        return True

    def _following(
        self, log: StatusLog, last: Publication | None, *, uri: str, digest: str, at: datetime
    ) -> Publication:
        entry = log.entry(
            uri=uri,
            digest=digest,
            ttl=self._terms.status_token_ttl,
            previous=None if last is None else last.entry,
            at=at,
        )
        sequence = 0 if last is None else last.sequence + 1
        return Publication(uri=uri, sequence=sequence, digest=digest, entry=entry)


@final
class _PublicationQueue:
    """One round over the waiting publications; a list with one that was refused waits whole."""

    def __init__(self, store: StatusListStore) -> None:
        self._store = store
        self._out: dict[bytes, Publication] = {}
        self._stuck: set[str] = set()
        self.conflicts: set[str] = set()

    def waiting(self, limit: int) -> Sequence[Waiting]:
        """Return the oldest entries of lists that go on."""
        left = [p for p in self._store.waiting_publications() if p.uri not in self._stuck]
        self._out = {Waiting.of(p.entry).leaf: p for p in left[:limit]}
        return [Waiting(p.entry, leaf) for leaf, p in self._out.items()]

    def settle(self, settled: Sequence[Settled]) -> None:
        """Remember what is in the log, and which lists do not go on."""
        for each in settled:
            publication = self._out[each.leaf]
            match each:
                case Sent():
                    self._store.mark_published(publication)
                case Refused():
                    if each.code == ConflictError.code and publication.uri not in self._stuck:
                        self.conflicts.add(publication.uri)
                    self._stuck.add(publication.uri)
