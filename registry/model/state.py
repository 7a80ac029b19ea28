"""What an entry does to a log: a pure function of the entries before it, the same for everybody.

`check` is what can be said of an entry alone, `validate` what its place in the log adds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never, final

from registry.model import accreditations, did_logs, grants, status_lists
from registry.model.accreditations import AccreditationRecord, AccreditGrant, AccreditRevoke
from registry.model.did_logs import DidOp
from registry.model.envelope import Entry, EntryType, Proof
from registry.model.grants import ConsentGrant, ConsentRevoke
from registry.model.records import Record, StateChange
from registry.model.status_lists import StatusPublish
from registry.model.view import StateView
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.did.webvh import log_url
from ssi_core.errors import AccreditationError, ProofError, SsiError, TrustError

Content: TypeAlias = (
    DidOp | ConsentGrant | ConsentRevoke | AccreditGrant | AccreditRevoke | StatusPublish
)


VerifyProofs: TypeAlias = Callable[[Sequence[Proof]], Sequence[SsiError | None]]
"""Say of each proof why it does not hold, if so; the did:key that it names must have made it."""


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
    checked = _whole(entry, log=log)
    proof = _own_proof(checked)
    if proof is not None:
        proof.require_own()
    return checked


def check_all(
    raws: Sequence[bytes], *, log: str, verify: VerifyProofs
) -> list[CheckedEntry | SsiError]:
    """Return each entry as `check` does, or why not; `verify` is asked about all proofs at once."""
    read = [_read(raw, log=log) for raw in raws]
    failures = iter(verify([proof for item in read if (proof := _own_proof(item)) is not None]))
    return [item if _own_proof(item) is None else next(failures) or item for item in read]


def verify_each(proofs: Sequence[Proof]) -> list[SsiError | None]:
    """Say of each proof why it does not hold, if so, one after another."""
    return [proof.failure() for proof in proofs]


def validate(checked: CheckedEntry, view: StateView) -> StateChange:
    """Return what the entry changes if it comes next; raise the rule that it breaks if not."""
    return StateChange(view.size, _record(checked.entry, checked.content, view))


def require_issuer(entry: Entry, issuer: Did, view: StateView) -> None:
    """Return if a key that `issuer` makes assertions with, as of this prefix, signed the entry."""
    proof, at = entry.proof(), "/proof/verificationMethod"
    if DidUrl.parse(proof.verification_method, at=at).did != issuer:
        raise ProofError("the issuer's own key signs", at=at)
    history = view.did_log(issuer)
    if history is None:
        raise TrustError("the log does not hold the issuer's DID", at="/iss")
    proof.require(history.signing_key(proof.verification_method))


def _read(raw: bytes, *, log: str) -> CheckedEntry | SsiError:
    try:
        return _whole(Entry.parse(raw), log=log)
    except SsiError as error:
        return error


def _whole(entry: Entry, *, log: str) -> CheckedEntry:
    if entry.log != log:
        raise ProofError("the entry is for another log", at="/log")
    return CheckedEntry(entry, _parse(entry))


def _own_proof(item: CheckedEntry | SsiError) -> Proof | None:
    """Return the proof that must be made with a key in the entry itself, if it has such a one."""
    if isinstance(item, CheckedEntry) and isinstance(item.content, ConsentGrant | ConsentRevoke):
        return item.content.proof
    return None


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
