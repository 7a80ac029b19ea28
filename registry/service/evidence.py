"""Which entries show what is true of a grant, an accreditation or a status list."""

from collections.abc import Collection, Iterator
from typing import Final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.accreditations import Role
from registry.model.log_evidence import MAX_ENTRIES
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


def grant_entries(view: StoredView, grant_id: str) -> tuple[int, ...]:
    """Return the indexes of a grant and of its end; none if there is no such grant."""
    record = view.grant(grant_id)
    return () if record is None else record.entries


def accreditation_entries(
    log: LogSnapshot,
    view: StoredView,
    *,
    subject: Did,
    role: Role,
    credential_type: str,
    roots: Collection[Did],
    at: int,
) -> tuple[int, ...]:
    """Return the indexes of accreditations in force at `at`, their chains and the signers' DIDs."""
    indexes: set[int] = set()
    chains = 0
    for record in _candidates(log, subject, role, roots):
        chain = _chain(view, record, at=at)
        if not chain or credential_type not in record.types:
            continue
        shown = {index for link in chain for index in link.entries}
        shown.update(index for did in record.accreditors for index in view.did_entries(did))
        if chains == _MAX_CHAINS or len(indexes | shown) > MAX_ENTRIES:
            break
        indexes |= shown
        chains += 1
    return tuple(sorted(indexes))


def status_list_entries(
    log: LogSnapshot, view: StoredView, *, uri: str, issuer: Did | None
) -> tuple[int, ...]:
    """Return the indexes of the latest publication and of its issuer's DID; none if there is none.

    Without `issuer` it is any issuer's list at `uri`.
    """
    if issuer is None:
        rows = [r for r in log.rows_by_lookup(STATUS_LIST, uri, limit=1) if r.lookup == uri]
    else:
        rows = list(log.rows(STATUS_LIST, [status_list_key(issuer, uri)]).values())
    records = [StatusListRecord.from_json(body_of(row)) for row in rows]
    return tuple(
        index for record in records for index in (*view.did_entries(record.issuer), *record.entries)
    )


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
    standing = tuple(
        link
        for link in links
        if link is not None
        and link.status is Status.IN_FORCE
        and link.not_before <= at < link.expires
    )
    return standing if len(standing) == len(links) else ()
