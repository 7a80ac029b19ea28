"""What each entry changes if it comes next: one function of the prefix for each kind of history."""

from typing import TypeAlias, assert_never

from registry.model import (
    accreditation_records,
    did_logs,
    emergencies,
    grant_records,
    log_records,
    status_lists,
)
from registry.model.accreditation_changes import AccreditResume, AccreditRevoke, AccreditSuspend
from registry.model.accreditation_records import AccreditationRecord
from registry.model.accreditations import AccreditGrant
from registry.model.contents import Content
from registry.model.did_logs import DidOp
from registry.model.emergencies import BreakGlass
from registry.model.envelope import Entry
from registry.model.grant_changes import (
    ConsentRedact,
    ConsentResume,
    ConsentRevoke,
    ConsentSupersede,
    ConsentSuspend,
)
from registry.model.grant_records import GrantRecord
from registry.model.grants import ConsentGrant
from registry.model.log_entries import Handover, PolicyChange
from registry.model.records import StateChange
from registry.model.snapshots import StateSnapshot
from registry.model.status_lists import StatusPublish
from registry.model.status_map import Status
from registry.model.view import StateView
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.did.webvh import log_url
from ssi_core.errors import AccreditationError, ProofError, TrustError

_GrantContent: TypeAlias = (
    ConsentGrant | ConsentRevoke | ConsentSupersede | ConsentSuspend | ConsentResume | ConsentRedact
)
_AccreditationContent: TypeAlias = AccreditGrant | AccreditRevoke | AccreditSuspend | AccreditResume
_LogContent: TypeAlias = StateSnapshot | PolicyChange | Handover


def change_of(entry: Entry, content: Content, view: StateView) -> StateChange:
    """Return what the entry changes after the prefix `view`; raise the rule that it breaks."""
    match content:
        case (
            ConsentGrant()
            | ConsentRevoke()
            | ConsentSupersede()
            | ConsentSuspend()
            | ConsentResume()
            | ConsentRedact()
        ):
            return _grant_change(entry, content, view)
        case StateSnapshot() | PolicyChange() | Handover():
            return StateChange(view.size, (_log_record(entry, content, view),))
        case BreakGlass():
            found = view.emergency(content.id)
            record = emergencies.break_glass(content, found, index=view.size)
            return StateChange(view.size, (record,))
        case DidOp():
            return _did_change(content, view)
        case StatusPublish():
            require_issuer(entry, content.issuer, view)
            return _publication(entry, content, view)
        case AccreditGrant() | AccreditRevoke() | AccreditSuspend() | AccreditResume():
            require_issuer(entry, content.issuer, view)
            return _accreditation_change(entry, content, view)
        case _ as unreachable:
            assert_never(unreachable)


def dropped_change(content: ConsentRedact, view: StateView) -> StateChange:
    """Return what the entry at `content.index`, whose bytes are dropped, changes after `view`.

    For whoever makes the state of a log again without having seen it, and has found in the log why
    it is gone: its keys and terms are not known any more, the rest is as if it were there.
    """
    index = content.index
    new = grant_records.dropped(content, view.grant(content.id))
    if content.old is None:
        return StateChange(index, (new,))
    old = grant_records.replaced(view.grant(content.old), index=index)
    return StateChange(index, (old, new), ((old.granted, old.status),))


def require_issuer(entry: Entry, issuer: Did, view: StateView) -> None:
    """Return if a key that `issuer` makes assertions with, as of this prefix, signed the entry."""
    proof, at = entry.proof(), "/proof/verificationMethod"
    if DidUrl.parse(proof.verification_method, at=at).did != issuer:
        raise ProofError("the issuer's own key signs", at=at)
    history = view.did_log(issuer)
    if history is None:
        raise TrustError("the log does not hold the issuer's DID", at="/iss")
    proof.require(history.signing_key(proof.verification_method))


def _grant_change(entry: Entry, content: _GrantContent, view: StateView) -> StateChange:
    index, found = view.size, view.grant(content.id)
    match content:
        case ConsentGrant():
            return StateChange(index, (grant_records.grant(content, found, index=index),))
        case ConsentSupersede():
            other = view.grant(content.new.id)
            old, new = grant_records.supersede(content, found, other, index=index)
            return StateChange(index, (old, new), ((old.granted, old.status),))
        case ConsentRedact():
            clock = view.log().clock
            gone = grant_records.redact(content, found, index=index, clock=clock)
            return StateChange(index, (gone,), ((gone.granted, gone.status),), (gone.granted,))
        case ConsentRevoke():
            return _changed(index, grant_records.revoke(content, found, index=index))
        case ConsentSuspend():
            digest = entry.digest
            suspended = grant_records.suspend(content, found, index=index, entry_digest=digest)
            return _changed(index, suspended)
        case ConsentResume():
            return _changed(index, grant_records.resume(content, found, index=index))
        case _ as unreachable:
            assert_never(unreachable)


def _changed(index: int, record: GrantRecord | AccreditationRecord) -> StateChange:
    """Return the change of a record whose status is another now."""
    return StateChange(index, (record,), ((record.granted, record.status),))


def _log_record(entry: Entry, content: _LogContent, view: StateView) -> log_records.LogRecord:
    index, record = view.size, view.log()
    match content:
        case StateSnapshot():
            root = view.status_map().root(index)
            return log_records.snapshot(content, record, index=index, root=root)
        case PolicyChange():
            return log_records.change_policy(
                content, record, index=index, entry_digest=entry.digest
            )
        case Handover():
            return log_records.hand_over(content, record, index=index)
        case _ as unreachable:
            assert_never(unreachable)


def _did_change(content: DidOp, view: StateView) -> StateChange:
    index, found = view.size, view.did_log(content.did)
    occupant = None if found is not None else view.did_at(log_url(content.did))
    lives_there = None if occupant is None else view.did_log(occupant)
    record = did_logs.extend(content, found, lives_there, index=index)
    statuses = [] if found is None else [(found.entries[-1], Status.SUPERSEDED)]
    if record.state.deactivated:
        statuses.append((index, Status.ENDED))
    return StateChange(index, (record,), tuple(statuses))


def _publication(entry: Entry, content: StatusPublish, view: StateView) -> StateChange:
    last = view.status_list(content.issuer, content.uri)
    record = status_lists.publish(content, last, index=view.size, entry_digest=entry.digest)
    before = () if last is None else ((last.latest, Status.SUPERSEDED),)
    return StateChange(view.size, (record,), before)


def _accreditation_change(
    entry: Entry, content: _AccreditationContent, view: StateView
) -> StateChange:
    index, found = view.size, view.accreditation(content.id)
    match content:
        case AccreditGrant():
            parents = _parents(content.parent, view)
            given = accreditation_records.grant(content, found, parents, index=index)
            return StateChange(index, (given,))
        case AccreditRevoke():
            return _changed(index, accreditation_records.revoke(content, found, index=index))
        case AccreditSuspend():
            suspended = accreditation_records.suspend(
                content, found, index=index, entry_digest=entry.digest
            )
            return _changed(index, suspended)
        case AccreditResume():
            return _changed(index, accreditation_records.resume(content, found, index=index))
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
