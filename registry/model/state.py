"""What an entry does to a log: a pure function of the entries before it, the same for everybody.

`check` is what can be said of an entry alone, `validate` what its place in the log adds.
"""

from dataclasses import dataclass
from typing import TypeAlias, assert_never, final

from ssi_core.did.webvh import log_url

from registry.model import accreditations, did_logs, grants, status_lists
from registry.model.accreditations import AccreditationRecord, AccreditGrant, AccreditRevoke
from registry.model.did_logs import DidOp
from registry.model.envelope import Entry, EntryType
from registry.model.grants import ConsentGrant, ConsentRevoke
from registry.model.records import Record, StateChange
from registry.model.status_lists import StatusPublish
from registry.model.view import StateView
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import AccreditationError, ProofError, TrustError

Content: TypeAlias = (
    DidOp | ConsentGrant | ConsentRevoke | AccreditGrant | AccreditRevoke | StatusPublish
)


@dataclass(frozen=True, slots=True)
@final
class CheckedEntry:
    """An entry for this log that keeps every rule that needs no other entry. Made by `check`.

    The proof of a consent entry held; those of other entries need keys that the log holds.
    """

    entry: Entry
    content: Content


def check(entry: Entry, *, log: str) -> CheckedEntry:
    """Return the entry if it is whole and for `log`; consent entries must be signed."""
    if entry.log != log:
        raise ProofError("the entry is for another log", at="/log")
    return CheckedEntry(entry, _parse(entry))


def validate(checked: CheckedEntry, view: StateView) -> StateChange:
    """Return what the entry changes if it comes next; raise the rule that it breaks if not."""
    return StateChange(view.size, _record(checked.entry, checked.content, view))


def require_issuer(entry: Entry, issuer: Did, view: StateView) -> None:
    """Return if a key that `issuer` makes assertions with, as of this prefix, signed the entry."""
    method = entry.verification_method()
    if DidUrl.parse(method, at="/proof/verificationMethod").did != issuer:
        raise ProofError("the issuer's own key signs", at="/proof/verificationMethod")
    history = view.did_log(issuer)
    if history is None:
        raise TrustError("the log does not hold the issuer's DID", at="/iss")
    entry.require_proof(history.signing_key(method))


def _parse(entry: Entry) -> Content:
    match entry.type:
        case EntryType.CONSENT_GRANT:
            return ConsentGrant.parse(entry)
        case EntryType.CONSENT_REVOKE:
            return ConsentRevoke.parse(entry)
        case EntryType.ACCREDIT_GRANT:
            return AccreditGrant.parse(entry)
        case EntryType.ACCREDIT_REVOKE:
            return AccreditRevoke.parse(entry)
        case EntryType.STATUS_PUBLISH:
            return StatusPublish.parse(entry)
        case EntryType.DID_OP:
            return DidOp.parse(entry)
        case _ as unreachable:
            assert_never(unreachable)


def _record(entry: Entry, content: Content, view: StateView) -> Record:
    index = view.size
    match content:
        case ConsentGrant():
            return grants.grant(content, view.grant(content.id), index=index)
        case ConsentRevoke():
            return grants.revoke(content, view.grant(content.id), index=index)
        case AccreditGrant():
            require_issuer(entry, content.issuer, view)
            found, parents = view.accreditation(content.id), _parents(content.parent, view)
            return accreditations.grant(content, found, parents, index=index)
        case AccreditRevoke():
            require_issuer(entry, content.issuer, view)
            return accreditations.revoke(content, view.accreditation(content.id), index=index)
        case StatusPublish():
            require_issuer(entry, content.issuer, view)
            last = view.status_list(content.issuer, content.uri)
            return status_lists.publish(content, last, index=index, entry_digest=entry.digest)
        case DidOp():
            occupant = view.did_at(log_url(content.did))
            return did_logs.extend(content, view.did_log(content.did), occupant, index=index)
        case _ as unreachable:
            assert_never(unreachable)


def _parents(parent_id: str | None, view: StateView) -> tuple[AccreditationRecord, ...]:
    if parent_id is None:
        return ()
    parent = view.accreditation(parent_id)
    if parent is None:
        raise AccreditationError("the log has no such accreditation to stand on", at="/by")
    above = [view.accreditation(accreditation_id) for accreditation_id in parent.chain[:-1]]
    return (*(record for record in above if record is not None), parent)
