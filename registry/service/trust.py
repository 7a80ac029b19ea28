"""Who may do what, says whom: the questions of a trust registry, answered from accreditations.

An answer is what this registry says; the entries that it names are what proves it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.accreditations import Role
from registry.ports import Clock, LogSnapshot, LogStore
from registry.service.rows import ACCREDITATION, accreditation_lookup, body_of
from registry.service.standing import Held, Standings
from registry.service.stored_view import StoredView
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError, NotFoundError, UnavailableError
from ssi_core.period import to_timestamp

# Anybody may accredit anybody under a root of their own, so there can be more than can be read.
_MAX_ROWS: Final = 256
_MAX_ROOTS: Final = 16
_TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustQuestion:
    """Whether `authority` lets `entity` do `action` with `resource`, or lets it decide who does.

    All four are identifiers as the asker has them; `at` is the moment asked about, now if absent.
    """

    entity: str
    authority: str
    action: str
    resource: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustAnswer:
    """Yes or no, when that was looked up, and where the evidence is.

    `entries` are the indexes of the accreditations that make it a yes, from the root down; `root`
    is theirs, or the authority's first if it is a no.
    """

    holds: bool
    evaluated_at: datetime
    role: Role
    root: Did
    entries: tuple[int, ...] = ()


@final
class TrustQueries:
    """Answers from a log, whoever keeps it: the registry or a replica. Threads may share it.

    Whoever or whatever the log has never heard of raises `NotFoundError`, which is no "no"; and
    `UnavailableError` says that there was too much to look through, or that nobody knows any more.
    """

    def __init__(self, store: LogStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def authorized(self, question: TrustQuestion) -> TrustAnswer:
        """Say whether the entity may take the action: to issue, verify or accredit the type."""
        return self._answer(question, _action(question))

    def recognized(self, question: TrustQuestion) -> TrustAnswer:
        """Say whether the entity may decide who takes the action: whether it may accredit."""
        _action(question)
        return self._answer(question, Role.ACCREDIT)

    def _answer(self, question: TrustQuestion, role: Role) -> TrustAnswer:
        now = self._clock.now()
        if question.at is not None and question.at > now + _TOLERANCE:
            raise MalformedError("nobody knows yet what will be true then", at="/context/time")
        with self._store.snapshot() as log:
            search = _Search.of(log, question, role)
            is_past = question.at is not None
            found = search.first(at=to_timestamp(question.at or now), is_past=is_past)
        root = search.roots[0] if found is None else found[0].root
        entries = () if found is None else found[1]
        return TrustAnswer(
            holds=found is not None, evaluated_at=now, role=role, root=root, entries=entries
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    log: LogSnapshot
    view: StoredView
    entity: Did
    authority: Did
    role: Role
    type: str
    roots: tuple[Did, ...]

    @classmethod
    def of(cls, log: LogSnapshot, question: TrustQuestion, role: Role) -> "_Search":
        head = log.head()
        if head is None:
            raise UnavailableError("there is no log")
        view = StoredView(log, head.size)
        authority = _did(question.authority, at="/authority_id")
        rights = _records(log, accreditation_lookup(authority, Role.ACCREDIT))
        if not rights:
            raise NotFoundError("the log knows no such authority", at="/authority_id")
        _require_type(rights, question.resource)
        entity = _did(question.entity, at="/entity_id")
        if not view.did_entries(entity) and not _records(log, f"{entity} ", limit=1):
            raise NotFoundError("the log knows no such entity", at="/entity_id")
        # Its own root first: what others put above it must not hide that.
        above = {right.root for right in rights}
        roots = sorted(above, key=lambda did: (did != authority, str(did)))
        return cls(
            log=log,
            view=view,
            entity=entity,
            authority=authority,
            role=role,
            type=question.resource,
            roots=tuple(roots),
        )

    def first(
        self, *, at: int, is_past: bool
    ) -> tuple[AccreditationRecord, tuple[int, ...]] | None:
        """Return the first accreditation in force with its entries; nothing if there is none.

        Raises `UnavailableError` if nobody can tell of one any more whether it was, and none was.
        """
        standings = Standings(self.log, self.view)
        is_known = True
        for record in self._candidates():
            held = standings.held(record, at=at, is_past=is_past)
            if held is Held.YES:
                return record, standings.entries(record)
            is_known = is_known and held is not Held.UNKNOWN
        if not is_known:
            raise UnavailableError("the log does not remember whether it was suspended then")
        return None

    def _candidates(self) -> Iterator[AccreditationRecord]:
        beginning = accreditation_lookup(self.entity, self.role)
        found = _records(self.log, beginning)
        yield from self._fitting(found)
        if len(found) < _MAX_ROWS:
            return
        # Strangers may have crowded it, so look below each of the authority's roots alone.
        for root in self.roots[:_MAX_ROOTS]:
            below = _records(self.log, f"{beginning}{root}")
            yield from self._fitting(below)
            _require_all_read(below)
        if len(self.roots) > _MAX_ROOTS:
            raise UnavailableError("the authority stands under more roots than can be looked at")

    def _fitting(self, found: list[AccreditationRecord]) -> Iterator[AccreditationRecord]:
        for record in found:
            if self.authority in record.accreditors and self.type in record.types:
                yield record


def _action(question: TrustQuestion) -> Role:
    try:
        return Role(question.action)
    except ValueError:
        raise NotFoundError("the log knows no such action", at="/action") from None


def _require_type(rights: list[AccreditationRecord], resource: str) -> None:
    if any(resource in right.types for right in rights):
        return
    _require_all_read(rights)
    raise NotFoundError("the authority has no say about such a resource", at="/resource")


def _require_all_read(records: list[AccreditationRecord]) -> None:
    if len(records) >= _MAX_ROWS:
        raise UnavailableError("there are more accreditations than can be looked through")


def _did(text: str, *, at: str) -> Did:
    try:
        return Did.parse(text)
    except MalformedError:
        # It may be a good identifier elsewhere; here only DIDs are known.
        raise NotFoundError("the log knows DIDs and nothing else", at=at) from None


def _records(
    log: LogSnapshot, beginning: str, *, limit: int = _MAX_ROWS
) -> list[AccreditationRecord]:
    rows = log.rows_by_lookup(ACCREDITATION, beginning, limit=limit)
    return [AccreditationRecord.from_json(row.key, body_of(row)) for row in rows]
