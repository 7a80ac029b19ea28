"""Publish every version of a status list in the log: queued first, sent until it is there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Final, final

from issuer.model.status_list import DismissedPublication, Publication
from issuer.model.terms import Terms
from issuer.ports import Clock, StatusListStore, StatusLog
from registry.client.edge import (
    Refused,
    Sent,
    Settled,
    Waiting,
    require_refused,
    send_waiting,
)
from ssi_core.errors import ConflictError, NotFoundError, SsiError, UnavailableError
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
        self._refused: Mapping[str, Refused] = {}

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
        previous = None if last is None else last.entry
        return self._following(self._log, last, uri=uri, digest=digest, previous=previous, at=at)

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

    def refused(self) -> Mapping[str, Refused]:
        """Return which lists do not go on, by URI, and why the log would not have the next entry.

        As of the last time that something was sent. Nothing is signed again by itself: the log may
        know of revocations that our own list, restored from an older copy, does not.
        """
        return dict(self._refused)

    def send_waiting(self) -> bool:
        """Send what waits, each list's entries in order; true if nothing waits any more.

        A log that is silent, or refuses, changes nothing: what is queued stays queued.
        """
        if self._log is None:
            return True
        with self._sending:
            for _ in range(_ROUNDS):
                if not self._send_round(self._log):
                    break
            return not self._store.waiting_publications()

    def sign_again(self, uri: str, *, at: datetime) -> bool:
        """Sign a list as it is now after whatever the log has of it, and send that; true if sent.

        If the log has nothing of it, that is the first one there. For a list that was refused:
        `NotFoundError` for any other. What waited of it is replaced.
        """
        if self._log is None or uri not in self._refused:
            raise NotFoundError("no publication of such a list was refused", at="/uri")
        with self._sending:
            newest, found = self._store.last_publication(uri), self._log.latest(uri)
            if newest is None:
                raise NotFoundError("there is no publication of such a list", at="/uri")
            following = self._following(
                self._log,
                newest,
                uri=uri,
                digest=newest.digest,
                previous=None if found is None else found[1],
                at=at,
            )
            self._store.replace_waiting(uri, following)
            self._forget_refusal(uri)
        self.send_waiting()
        return all(each.uri != uri for each in self._store.waiting_publications())

    def dismissed(self) -> Sequence[DismissedPublication]:
        """Return what the log would not have, and somebody set aside."""
        return self._store.dismissed_publications()

    def dismiss(self, uri: str, *, at: datetime) -> None:
        """Set aside what the log refused of a list: kept with its reason, and never sent again.

        Raises `NotFoundError` if nothing of such a list waits, `ConflictError` if it may be sent.
        """
        with self._sending:
            waiting = [each for each in self._store.waiting_publications() if each.uri == uri]
            if not waiting:
                raise NotFoundError("no publication of such a list waits", at="/uri")
            refused = require_refused(self._refused.get(uri), at="/uri")
            dismissed = [_dismissed(each, refused, at=at) for each in waiting]
            self._store.dismiss(uri, dismissed)
            self._forget_refusal(uri)

    def _forget_refusal(self, uri: str) -> None:
        self._refused = {known: each for known, each in self._refused.items() if known != uri}

    def _send_round(self, log: StatusLog) -> bool:
        """Send each list's entries up to the first that fails; true if some should be retried."""
        queue = _PublicationQueue(self._store)
        report = send_waiting(queue, log, self._clock)
        before = {} if report.problem is None else self._refused
        self._refused = {**before, **queue.refused}
        # Every one of them, not only the first that works.
        known = [self._is_there(log, uri) for uri in sorted(queue.conflicts)]
        return any(known)

    def _is_there(self, log: StatusLog, uri: str) -> bool:
        """Return whether the log has this very list already, and if so, write that down."""
        try:
            newest, found = self._store.last_publication(uri), log.latest(uri)
        except SsiError:
            return False
        if newest is None or found is None or found[0] != newest.digest:
            return False
        self._store.replace_waiting(uri, _known(newest, found))
        return True

    def _following(
        self,
        log: StatusLog,
        last: Publication | None,
        *,
        uri: str,
        digest: str,
        previous: bytes | None,
        at: datetime,
    ) -> Publication:
        """Return what comes after `last` here, and after the entry `previous` in the log."""
        entry = log.entry(
            uri=uri, digest=digest, ttl=self._terms.status_token_ttl, previous=previous, at=at
        )
        sequence = 0 if last is None else last.sequence + 1
        return Publication(uri=uri, sequence=sequence, digest=digest, entry=entry)


def _dismissed(publication: Publication, refused: Refused, *, at: datetime) -> DismissedPublication:
    return DismissedPublication(
        uri=publication.uri,
        sequence=publication.sequence,
        entry=publication.entry,
        code=refused.code,
        reason=refused.reason,
        dismissed_at=at,
    )


def _known(newest: Publication, found: tuple[str, bytes]) -> Publication:
    """Return what the log has of a list as a publication of ours."""
    digest, entry = found
    return Publication(
        uri=newest.uri, sequence=newest.sequence, digest=digest, entry=entry, published=True
    )


@final
class _PublicationQueue:
    """One round over the waiting publications; a list with one that was refused waits whole."""

    def __init__(self, store: StatusListStore) -> None:
        self._store = store
        self._out: dict[bytes, Publication] = {}
        self.refused: dict[str, Refused] = {}

    @property
    def conflicts(self) -> frozenset[str]:
        """The lists of which the log has another version than the one that was sent follows."""
        told = self.refused.items()
        return frozenset(uri for uri, each in told if each.code == ConflictError.code)

    def waiting(self, limit: int) -> Sequence[Waiting]:
        """Return the oldest entries of lists that go on."""
        left = [p for p in self._store.waiting_publications() if p.uri not in self.refused]
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
                    self.refused.setdefault(publication.uri, each)
