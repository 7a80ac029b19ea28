"""Which entries and statuses show what is true of a grant, an accreditation or a status list."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.accreditations import Role
from registry.model.grant_records import GrantRecord
from registry.model.log_evidence import MAX_ENTRIES
from registry.model.pauses import entries_of_pauses
from registry.model.status_lists import StatusListRecord
from registry.model.status_map import Status
from registry.ports import LogSnapshot
from registry.service.rows import (
    ACCREDITATION,
    STATUS_LIST,
    accreditation_lookup,
    body_of,
    status_list_key,
)
from registry.service.stored_view import StoredView
from ssi_core.did.syntax import Did

_MAX_CANDIDATES: Final = 256
# Evidence holds every entry of each chain, so it holds few chains.
_MAX_CHAINS: Final = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """The indexes of entries to show, and of those whose statuses must be proved.

    `read` are the bytes of entries that were read on the way.
    """

    entries: frozenset[int] = frozenset()
    statuses: frozenset[int] = frozenset()
    read: Mapping[int, bytes] = field(default_factory=dict)

    def __or__(self, other: "Shown") -> "Shown":
        return Shown(
            self.entries | other.entries,
            self.statuses | other.statuses,
            {**self.read, **other.read},
        )


def shown_of_grant(log: LogSnapshot, view: StoredView, grant_id: str) -> Shown:
    """Return what shows a grant and what became of it; nothing if it is not there.

    Its end may stand in an entry that was redacted since, with the grant that took its place: then
    the status alone tells of it. Of one that was redacted itself, what had it dropped is shown.
    """
    given = view.given(grant_id)
    if given is not None:
        only = frozenset({given})
        return Shown(only, only, {given: view.entry(given)})
    record = view.grant(grant_id)
    if record is None:
        return Shown()
    if record.redacted is not None:
        return _shown_of_redacted(log, record, record.redacted)
    kept = log.entries(record.entries)
    return Shown(frozenset(kept), frozenset({record.granted}), kept)


def shown_of_emergency(view: StoredView, emergency_id: str) -> Shown:
    """Return what shows an emergency; nothing if the log has none of that id."""
    record = view.emergency(emergency_id)
    return Shown() if record is None else Shown(frozenset(record.entries))


def shown_of_accreditation(
    log: LogSnapshot,
    view: StoredView,
    *,
    subject: Did,
    role: Role,
    credential_type: str,
    roots: Collection[Did],
    at: int,
) -> Shown:
    """Return what shows accreditations that count at `at`: their chains and the signers' DIDs."""
    found = Shown()
    chains = 0
    for record in _candidates(log, subject, role, roots):
        chain = _chain(view, record, at=at)
        if not chain or credential_type not in record.types:
            continue
        more = found | _shown_of_chain(view, chain)
        if chains == _MAX_CHAINS or len(more.entries) >= MAX_ENTRIES:
            break
        found = more
        chains += 1
    return found


def shown_of_one_accreditation(view: StoredView, accreditation_id: str) -> Shown:
    """Return what shows one accreditation and every link above it, with what became of each."""
    record = view.accreditation(accreditation_id)
    if record is None:
        return Shown()
    links = (view.accreditation(link) for link in record.chain)
    return _shown_of_chain(view, [link for link in links if link is not None])


def shown_of_status_list(
    log: LogSnapshot, view: StoredView, *, uri: str, issuer: Did | None
) -> Shown:
    """Return what shows the latest publication of a list and its issuer's DID.

    Without `issuer` it is any issuer's list at `uri`.
    """
    if issuer is None:
        rows = [r for r in log.rows_by_lookup(STATUS_LIST, uri, limit=1) if r.lookup == uri]
    else:
        rows = list(log.rows(STATUS_LIST, [status_list_key(issuer, uri)]).values())
    found = Shown()
    for row in rows:
        record = StatusListRecord.from_json(body_of(row))
        entries = (*view.did_entries(record.issuer), *record.entries)
        found |= Shown(frozenset(entries), frozenset(record.entries))
    return found


def _shown_of_redacted(log: LogSnapshot, record: GrantRecord, redacted: int) -> Shown:
    """Return what had a grant dropped, and what ended and suspended it, if all of that is there.

    A part of that would tell another story: that it was never suspended, or in force for longer.
    """
    told = frozenset({*entries_of_pauses(record), redacted})
    kept = log.entries(sorted(told))
    if record.forgot or kept.keys() != told:
        return Shown(frozenset({redacted}), read=kept)
    return Shown(told, frozenset({record.granted}), kept)


def _shown_of_chain(view: StoredView, chain: Sequence[AccreditationRecord]) -> Shown:
    found = Shown()
    for link in chain:
        found |= Shown(frozenset(link.entries), frozenset({link.granted}))
    for did in set(chain[-1].accreditors):
        entries = view.did_entries(did)
        found |= Shown(frozenset(entries), frozenset(entries[-1:]))
    return found


def _candidates(
    log: LogSnapshot, subject: Did, role: Role, roots: Collection[Did]
) -> Iterator[AccreditationRecord]:
    beginning = accreditation_lookup(subject, role)
    prefixes = [f"{beginning}{root}" for root in roots] or [beginning]
    for prefix in prefixes:
        for row in log.rows_by_lookup(ACCREDITATION, prefix, limit=_MAX_CANDIDATES):
            record = AccreditationRecord.from_json(row.key, body_of(row))
            if not roots or record.root in roots:
                yield record


def _chain(
    view: StoredView, record: AccreditationRecord, *, at: int
) -> tuple[AccreditationRecord, ...]:
    links = [view.accreditation(accreditation_id) for accreditation_id in record.chain]
    counting = tuple(link for link in links if link is not None and _counts(link, at=at))
    return counting if len(counting) == len(links) else ()


def _counts(link: AccreditationRecord, *, at: int) -> bool:
    """Say whether a link may still cover something, be it only what was issued before its end."""
    stands = link.status is Status.IN_FORCE or link.compromised_since is not None
    return stands and link.not_before <= at < link.expires
