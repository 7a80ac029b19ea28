"""What entries say, type by type, and the proofs that each must carry by itself."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from registry.model.accreditation_changes import AccreditResume, AccreditRevoke, AccreditSuspend
from registry.model.accreditations import AccreditGrant
from registry.model.did_logs import DidOp
from registry.model.emergencies import BreakGlass
from registry.model.envelope import Entry, EntryType, Proof
from registry.model.grant_changes import (
    ConsentRedact,
    ConsentResume,
    ConsentRevoke,
    ConsentSupersede,
    ConsentSuspend,
)
from registry.model.grants import ConsentGrant
from registry.model.log_entries import Handover, PolicyChange
from registry.model.snapshots import StateSnapshot
from registry.model.status_lists import StatusPublish

Content: TypeAlias = (
    DidOp
    | AccreditGrant
    | AccreditRevoke
    | AccreditSuspend
    | AccreditResume
    | StatusPublish
    | ConsentGrant
    | ConsentRevoke
    | ConsentSupersede
    | ConsentSuspend
    | ConsentResume
    | ConsentRedact
    | StateSnapshot
    | PolicyChange
    | Handover
    | BreakGlass
)

_PARSERS: Final[Mapping[EntryType, Callable[[Entry], Content]]] = {
    EntryType.CONSENT_GRANT: ConsentGrant.parse,
    EntryType.CONSENT_REVOKE: ConsentRevoke.parse,
    EntryType.CONSENT_SUPERSEDE: ConsentSupersede.parse,
    EntryType.CONSENT_SUSPEND: ConsentSuspend.parse,
    EntryType.CONSENT_RESUME: ConsentResume.parse,
    EntryType.CONSENT_REDACT: ConsentRedact.parse,
    EntryType.ACCREDIT_GRANT: AccreditGrant.parse,
    EntryType.ACCREDIT_REVOKE: AccreditRevoke.parse,
    EntryType.ACCREDIT_SUSPEND: AccreditSuspend.parse,
    EntryType.ACCREDIT_RESUME: AccreditResume.parse,
    EntryType.STATUS_PUBLISH: StatusPublish.parse,
    EntryType.STATE_SNAPSHOT: StateSnapshot.parse,
    EntryType.LOG_POLICY: PolicyChange.parse,
    EntryType.LOG_HANDOVER: Handover.parse,
    EntryType.ACCESS_BREAKGLASS: BreakGlass.parse,
    EntryType.DID_OP: DidOp.parse,
}


def content_of(entry: Entry) -> Content:
    """Return what the entry says, if it has exactly the members of its type."""
    return _PARSERS[entry.type](entry)


def own_proofs(content: Content) -> tuple[Proof, ...]:
    """Return the proofs that keys in the entry itself must have made, none for organisations'."""
    match content:
        case ConsentGrant():
            # As nearly all are.
            return (content.proof,)
        case ConsentSupersede():
            return (content.proof, content.new.proof)
        case PolicyChange() | Handover():
            return content.proofs
        case (
            DidOp()
            | AccreditGrant()
            | AccreditRevoke()
            | AccreditSuspend()
            | AccreditResume()
            | StatusPublish()
        ):
            return ()
        case _:
            return (content.proof,)
