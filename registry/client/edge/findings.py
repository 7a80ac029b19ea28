"""What the log says, afterwards, about something that was relied on while it could not be asked.

Each is judged as of the moment of the use: what ended later does not count, and what did not count
for a while does, though it counts again.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from registry.client.edge.stale_uses import (
    EndedMeanwhile,
    Finding,
    StaleUse,
    Stood,
    Undetermined,
)
from registry.model.accreditation_history import LoggedAccreditation
from registry.model.envelope import Entry
from registry.model.evidence import EntryProof, GrantState, LoggedGrant, StatusPublication
from registry.model.log_evidence import LogEvidence
from registry.model.pauses import MAX_PAUSES, Pause
from registry.model.redacted_grants import RedactedGrant
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.webvh import WebvhState
from ssi_core.errors import SsiError
from ssi_core.keys import thumbprint
from ssi_core.period import from_timestamp
from ssi_core.strict_json import as_integer

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_STANDS: Final = frozenset({GrantState.PENDING, GrantState.ACTIVE, GrantState.EXPIRED})


def finding_of_grant(use: StaleUse, grant: LoggedGrant, evidence: LogEvidence) -> Finding:
    """Return what verified evidence says about the grant that `use` rests on.

    A grant that has expired stood until a time that was always known.
    """
    found = list(_paused(use, grant.pauses, known_at=grant.known_at))
    if grant.state not in _STANDS:
        found.append(_end_of(grant, evidence))
    return _first(found) or Stood(grant.known_at)


def finding_of_redacted(use: StaleUse, grant: RedactedGrant) -> Finding:
    """Return what verified evidence says about the grant that `use` rests on, once it was redacted.

    That it was redacted proves that it was over by then, and of the time before nothing: there the
    entry that ended it has to be shown.
    """
    found = list(_paused(use, grant.pauses, known_at=grant.known_at))
    over = grant.ended or grant.redacted
    if grant.ended is not None or over.at <= use.decided_at:
        found.append(EndedMeanwhile(grant.known_at, over.index, over.at))
    return _first(found) or Undetermined(grant.known_at)


def finding_of_accreditation(use: StaleUse, logged: LoggedAccreditation) -> Finding:
    """Return what verified evidence says about the accreditation that `use` rests on."""
    found = [
        each for pauses in logged.pauses for each in _paused(use, pauses, known_at=logged.known_at)
    ]
    if logged.ending is not None:
        found.append(EndedMeanwhile(logged.known_at, logged.ending.index, logged.ending.since))
    return _first(found) or Stood(logged.known_at)


def finding_of_key(
    use: StaleUse, versions: Sequence[WebvhState], *, key: str, known_at: datetime
) -> Finding:
    """Return what a DID's log says about the key that `use` rests on, whose thumbprint is `key`.

    It did not count in a version without it that was the newest at the moment of the use; it ended
    with the version after the last one that has it.
    """
    key_id = use.relied_on.id
    gone: WebvhState | None = None
    until = datetime.max.replace(tzinfo=UTC)
    last = True
    for state in reversed(versions):
        if _asserts_with(state, key_id, key):
            last = False
        elif last:
            gone = state
        elif state.version_time <= use.decided_at < until:
            return EndedMeanwhile(known_at, signed_at=state.version_time)
        until = state.version_time
    if gone is None:
        return Stood(known_at)
    return EndedMeanwhile(known_at, signed_at=gone.version_time)


def finding_of_status(
    publication: StatusPublication, *, is_valid: bool, relied_on: int, entries: Iterable[EntryProof]
) -> Finding:
    """Return what a status list says, afterwards, about a credential that was relied on.

    `relied_on` is the sequence number of the version that had it as valid. When there were several
    since, nobody says which of them took it back, nor whether one did that another undid.
    """
    if is_valid:
        return Stood(publication.known_at)
    if publication.sequence != relied_on + 1:
        return EndedMeanwhile(publication.known_at)
    said = [each.index for each in entries if _is_of(each, publication)]
    return EndedMeanwhile(publication.known_at, max(said, default=None), publication.published_at)


def _paused(
    use: StaleUse, pauses: Sequence[Pause], *, known_at: datetime
) -> Iterator[EndedMeanwhile]:
    """Yield what did not count at the moment of the use, though it counted again later."""
    for pause in pauses:
        if use.decided_at in pause:
            yield EndedMeanwhile(known_at, pause.index, pause.since)
    if len(pauses) >= MAX_PAUSES and pauses[0].index >= use.size:
        # The log does not tell of those before; in doubt one of them was at that moment.
        yield EndedMeanwhile(known_at)


def _first(found: Sequence[EndedMeanwhile]) -> EndedMeanwhile | None:
    # In doubt it never counted.
    return min(found, key=lambda each: each.signed_at or _NEVER, default=None)


def _end_of(grant: LoggedGrant, evidence: LogEvidence) -> EndedMeanwhile:
    for proof in evidence.entries:
        if proof.index == grant.changed:
            said = Entry.parse(proof.raw).members.get("ts")
            signed = from_timestamp(as_integer(said, at="/ts"))
            return EndedMeanwhile(grant.known_at, proof.index, signed)
    return EndedMeanwhile(grant.known_at)


def _asserts_with(state: WebvhState, key_id: str, key: str) -> bool:
    if state.deactivated:
        return False
    try:
        found = state.document.key_for(key_id, VerificationRelationship.ASSERTION_METHOD)
    except SsiError:
        return False
    return thumbprint(found.jwk) == key


def _is_of(proof: EntryProof, publication: StatusPublication) -> bool:
    members = Entry.parse(proof.raw).members
    return members.get("uri") == publication.uri and members.get("dig") == publication.digest
