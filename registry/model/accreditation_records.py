"""The life of an accreditation in the log: given, suspended and resumed, ended.

What stands on it is neither changed nor listed: it counts as long as every link of its chain does.
"""

from dataclasses import dataclass, replace
from typing import Self

from registry.model.accreditation_changes import AccreditResume, AccreditRevoke, AccreditSuspend
from registry.model.accreditations import (
    MAX_CHAIN,
    AccreditGrant,
    Role,
    organisation_at,
    role_at,
)
from registry.model.envelope import integer_at, optional_integer, optional_text
from registry.model.pauses import closed, paused_in, paused_to_json
from registry.model.status_map import Status, status_at
from ssi_core.did.syntax import Did
from ssi_core.errors import AccreditationError, ConflictError, NotFoundError, TrustError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_integer, as_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class AccreditationRecord:
    """What a log prefix makes true of one accreditation.

    `chain` holds the ids from the root down to this one, `accreditors` who signed each of them.
    `changed` is the index of the entry that brought the status; while it is suspended,
    `suspension` is that entry's digest and `suspended_by` who signed it. `paused` are the entries
    by which it was suspended and counted again before, the last ones of them.
    """

    id: str
    granted: int
    subject: Did
    role: Role
    types: tuple[str, ...]
    not_before: int
    expires: int
    chain: tuple[str, ...]
    accreditors: tuple[Did, ...]
    status: Status = Status.IN_FORCE
    changed: int | None = None
    suspension: str | None = None
    suspended_by: Did | None = None
    compromised_since: int | None = None
    paused: tuple[int, ...] = ()

    @property
    def root(self) -> Did:
        """The organisation that accredited itself, on which the chain stands."""
        return self.accreditors[0]

    @property
    def entries(self) -> tuple[int, ...]:
        """The indexes of the entries that say so."""
        changed = () if self.changed is None else (self.changed,)
        return (self.granted, *self.paused, *changed)

    def to_json(self) -> JsonObject:
        """Return what a store keeps of this record."""
        return {
            "granted": self.granted,
            "sub": str(self.subject),
            "role": self.role.value,
            "types": list(self.types),
            "nbf": self.not_before,
            "exp": self.expires,
            "chain": list(self.chain),
            "accreditors": [str(did) for did in self.accreditors],
            "status": int(self.status),
            "changed": self.changed,
            "suspension": self.suspension,
            "suspended_by": None if self.suspended_by is None else str(self.suspended_by),
            "since": self.compromised_since,
            **paused_to_json(self.paused),
        }

    @classmethod
    def from_json(cls, accreditation_id: str, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        accreditors = as_texts(body.get("accreditors"), at="/accreditors")
        suspended_by = optional_text(body, "suspended_by")
        return cls(
            id=accreditation_id,
            granted=as_integer(body.get("granted"), at="/granted"),
            subject=organisation_at(body, "sub"),
            role=role_at(body, "role"),
            types=as_texts(body.get("types"), at="/types"),
            not_before=integer_at(body, "nbf"),
            expires=integer_at(body, "exp"),
            chain=as_texts(body.get("chain"), at="/chain"),
            accreditors=tuple(Did.parse(text) for text in accreditors),
            status=status_at(body, "status"),
            changed=optional_integer(body, "changed"),
            suspension=optional_text(body, "suspension"),
            suspended_by=None if suspended_by is None else Did.parse(suspended_by),
            compromised_since=optional_integer(body, "since"),
            paused=paused_in(body),
        )


def grant(
    content: AccreditGrant,
    found: AccreditationRecord | None,
    parents: tuple[AccreditationRecord, ...],
    *,
    index: int,
) -> AccreditationRecord:
    """Return the record of an accreditation that begins at `index`.

    `parents` are the records of the chain it stands on, from the root down; empty for a root.
    """
    if found is not None:
        raise ConflictError("the log has an accreditation of that id", winner=found.granted)
    if parents:
        _require_nested(content, parents)
    elif content.issuer != content.subject or content.role is not Role.ACCREDIT:
        raise AccreditationError("only a root accreditor accredits itself", at="/by")
    return AccreditationRecord(
        id=content.id,
        granted=index,
        subject=content.subject,
        role=content.role,
        types=content.types,
        not_before=content.not_before,
        expires=content.expires,
        chain=(*(parent.id for parent in parents), content.id),
        accreditors=(*(parents[-1].accreditors if parents else ()), content.issuer),
    )


def revoke(
    content: AccreditRevoke, found: AccreditationRecord | None, *, index: int
) -> AccreditationRecord:
    """Return the record of an accreditation that ends at `index`, which absorbs.

    Whoever signed it, or any accreditation above it, may end it.
    """
    record = _standing(content.issuer, found)
    since = content.compromised_since
    return replace(_with(record, Status.ENDED, index), compromised_since=since)


def suspend(
    content: AccreditSuspend, found: AccreditationRecord | None, *, index: int, entry_digest: str
) -> AccreditationRecord:
    """Return the record of an accreditation that is suspended at `index`, by who may end it."""
    record = _standing(content.issuer, found)
    if record.status is Status.SUSPENDED:
        raise ConflictError("the accreditation is suspended", at="/id", winner=record.changed)
    suspended = _with(record, Status.SUSPENDED, index)
    return replace(suspended, suspension=entry_digest, suspended_by=content.issuer)


def resume(
    content: AccreditResume, found: AccreditationRecord | None, *, index: int
) -> AccreditationRecord:
    """Return the record of an accreditation that counts again from `index` on.

    Only who suspended it may say so, or who stands above them in its chain.
    """
    record = _standing(content.issuer, found)
    if record.suspended_by is None or record.suspension != content.previous:
        raise ConflictError(
            "the accreditation is not suspended by that entry", at="/prev", winner=record.changed
        )
    ranks = record.accreditors
    if ranks.index(content.issuer) > ranks.index(record.suspended_by):
        raise TrustError("who stands above suspended this accreditation", at="/iss")
    resumed = _with(record, Status.IN_FORCE, None)
    return replace(resumed, paused=closed(resumed.paused, index))


def _standing(issuer: Did, found: AccreditationRecord | None) -> AccreditationRecord:
    if found is None:
        raise NotFoundError("the log has no such accreditation", at="/id")
    if issuer not in found.accreditors:
        raise TrustError("the issuer has no say about this accreditation", at="/iss")
    if found.status is Status.ENDED:
        raise ConflictError("the accreditation has ended already", at="/id", winner=found.changed)
    return found


def _with(record: AccreditationRecord, status: Status, index: int | None) -> AccreditationRecord:
    was = record.changed if record.status is Status.SUSPENDED else None
    return replace(
        record,
        status=status,
        changed=index,
        suspension=None,
        suspended_by=None,
        paused=record.paused if was is None else (*record.paused, was),
    )


def _require_nested(content: AccreditGrant, parents: tuple[AccreditationRecord, ...]) -> None:
    parent = parents[-1]
    if len(parents) >= MAX_CHAIN:
        raise AccreditationError("the chain is longer than allowed", at="/by")
    if parent.subject != content.issuer or parent.role is not Role.ACCREDIT:
        raise AccreditationError("the issuer has no such right to accredit", at="/by")
    if any(above.status is not Status.IN_FORCE for above in parents):
        raise AccreditationError("the right to accredit has ended or is suspended", at="/by")
    if not set(content.types) <= set(parent.types):
        raise AccreditationError("types go beyond the accreditor's own", at="/types")
    if content.not_before < parent.not_before or content.expires > parent.expires:
        raise AccreditationError("the period goes beyond the accreditor's own", at="/exp")
