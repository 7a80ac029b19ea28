"""The life of a grant in the log: given, suspended and resumed, ended or superseded, redacted.

Time alone makes a grant active and expired, so it does not stand here.
"""

from dataclasses import dataclass, replace
from typing import Final, Self

from registry.model.envelope import multikey_hash, optional_integer, optional_text
from registry.model.grant_changes import (
    ConsentRedact,
    ConsentResume,
    ConsentRevoke,
    ConsentSupersede,
    ConsentSuspend,
)
from registry.model.grants import ConsentGrant
from registry.model.pauses import closed, paused_in, paused_to_json
from registry.model.status_map import Status, status_at
from ssi_core.errors import ConflictError, NotFoundError, ProofError, RejectedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_integer, as_object, as_text

_OVER: Final = frozenset({Status.ENDED, Status.SUPERSEDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantTerms:
    """What a grant's own entry says that later entries are held against."""

    control: str
    next_key_hash: str
    revocation_key_hash: str
    expires: int

    def may_end(self, multikey: str) -> bool:
        """Say whether a key may end the grant: its own, the next one, or one only for that."""
        committed = (self.next_key_hash, self.revocation_key_hash)
        return multikey == self.control or multikey_hash(multikey) in committed


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRecord:
    """What a log prefix makes true of one grant.

    `changed` is the index of the entry that brought the status, none while it is the first one;
    `suspension` the digest of that entry while the grant is suspended. `paused` are the entries by
    which it was suspended and counted again before, the last ones of them. The terms are gone once
    the grant has been redacted; so were the pauses once, and a row from then `forgot` them.
    """

    id: str
    granted: int
    terms: GrantTerms | None
    superseded: str | None = None
    status: Status = Status.IN_FORCE
    changed: int | None = None
    suspension: str | None = None
    redacted: int | None = None
    paused: tuple[int, ...] = ()
    forgot: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it has ended, or another has taken its place; time is another matter."""
        return self.status in _OVER

    @property
    def entries(self) -> tuple[int, ...]:
        """The indexes of the entries that say so; none once the grant's own was dropped."""
        if self.redacted is not None:
            return ()
        changed = () if self.changed is None else (self.changed,)
        return (self.granted, *self.paused, *changed)

    def to_json(self) -> JsonObject:
        """Return what a store keeps of this record."""
        terms = self.terms
        held: dict[str, JsonValue] | None = None
        if terms is not None:
            held = {
                "ctl": terms.control,
                "nk": terms.next_key_hash,
                "rk": terms.revocation_key_hash,
                "exp": terms.expires,
            }
        return {
            "granted": self.granted,
            "terms": held,
            "old": self.superseded,
            "status": int(self.status),
            "changed": self.changed,
            "suspension": self.suspension,
            "redacted": self.redacted,
            **paused_to_json(self.paused, always=self.redacted is not None and not self.forgot),
        }

    @classmethod
    def from_json(cls, grant_id: str, body: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        terms = body.get("terms")
        redacted = optional_integer(body, "redacted")
        return cls(
            id=grant_id,
            granted=as_integer(body.get("granted"), at="/granted"),
            terms=None if terms is None else _terms(as_object(terms, at="/terms")),
            superseded=optional_text(body, "old"),
            status=status_at(body, "status"),
            changed=optional_integer(body, "changed"),
            suspension=optional_text(body, "suspension"),
            redacted=redacted,
            paused=paused_in(body),
            forgot=redacted is not None and "paused" not in body,
        )


def grant(
    content: ConsentGrant, found: GrantRecord | None, *, index: int, old: str | None = None
) -> GrantRecord:
    """Return the record of a grant that begins at `index`: absent -> given."""
    if found is not None:
        raise ConflictError("the log has a grant of that id", winner=found.granted)
    terms = GrantTerms(
        control=content.control,
        next_key_hash=content.next_key_hash,
        revocation_key_hash=content.revocation_key_hash,
        expires=content.expires,
    )
    return GrantRecord(id=content.id, granted=index, terms=terms, superseded=old)


def revoke(content: ConsentRevoke, found: GrantRecord | None, *, index: int) -> GrantRecord:
    """Return the record of a grant that ends at `index`: given or suspended -> ended.

    No `prev` is asked for, so that no race can lose a withdrawal.
    """
    record = _standing(found)
    _require_may_end(record, content.proof.own_key())
    return _with(record, Status.ENDED, index)


def supersede(
    content: ConsentSupersede, found: GrantRecord | None, other: GrantRecord | None, *, index: int
) -> tuple[GrantRecord, GrantRecord]:
    """Return the records of the old grant and of the new one, which begins at `index`.

    `other` is what the log has under the id of the new one.
    """
    record = _standing(found)
    _require_may_end(record, content.proof.own_key())
    new = grant(content.new, other, index=index, old=record.id)
    return _with(record, Status.SUPERSEDED, index), new


def suspend(
    content: ConsentSuspend, found: GrantRecord | None, *, index: int, entry_digest: str
) -> GrantRecord:
    """Return the record of a grant that is suspended at `index`: given -> suspended."""
    record = _standing(found)
    _require_control(record, content.proof.own_key())
    if record.status is Status.SUSPENDED:
        raise ConflictError("the grant is suspended already", at="/id", winner=record.changed)
    return replace(_with(record, Status.SUSPENDED, index), suspension=entry_digest)


def resume(content: ConsentResume, found: GrantRecord | None, *, index: int) -> GrantRecord:
    """Return the record of a grant that counts again from `index` on: suspended -> given."""
    record = _standing(found)
    _require_control(record, content.proof.own_key())
    if record.suspension != content.previous:
        raise ConflictError(
            "the grant is not suspended by that entry", at="/prev", winner=record.changed
        )
    resumed = _with(record, Status.IN_FORCE, None)
    return replace(resumed, paused=closed(resumed.paused, index))


def redact(
    content: ConsentRedact, found: GrantRecord | None, *, index: int, clock: int
) -> GrantRecord:
    """Return the record of a grant whose bytes are dropped: over, or expired by the log's clock.

    Nobody can tell any more when it would have expired, so it has ended from now on.
    """
    record = _found(found)
    if record.terms is not None:
        _require_may_end(record, content.proof.own_key())
        if not record.is_over and clock < record.terms.expires:
            raise RejectedError("only a grant that is over can be redacted", at="/id")
    if (content.index, content.old) != (record.granted, record.superseded):
        raise RejectedError("the redaction names another entry than the grant's", at="/index")
    over = record if record.is_over else _with(record, Status.ENDED, index)
    return replace(over, terms=None, suspension=None, redacted=index)


def dropped(content: ConsentRedact, found: GrantRecord | None) -> GrantRecord:
    """Return the record of a grant whose own entry was dropped, as far as its redaction tells."""
    if found is not None:
        raise ConflictError("the log has a grant of that id", winner=found.granted)
    return GrantRecord(id=content.id, granted=content.index, terms=None, superseded=content.old)


def replaced(found: GrantRecord | None, *, index: int) -> GrantRecord:
    """Return the record of a grant whose place another took, in an entry that was dropped."""
    return _with(_standing(found), Status.SUPERSEDED, index)


def _found(found: GrantRecord | None) -> GrantRecord:
    if found is None:
        raise NotFoundError("the log has no such grant", at="/id")
    if found.redacted is not None:
        raise ConflictError("the grant has been redacted", at="/id", winner=found.redacted)
    return found


def _standing(found: GrantRecord | None) -> GrantRecord:
    record = _found(found)
    if record.is_over:
        raise ConflictError("the grant has ended already", at="/id", winner=record.changed)
    return record


def _require_may_end(record: GrantRecord, multikey: str) -> None:
    # Terms are missing only where a grant's bytes have been dropped: who saw them checked this.
    if record.terms is not None and not record.terms.may_end(multikey):
        raise ProofError("the key may not end this grant", at="/proof/verificationMethod")


def _require_control(record: GrantRecord, multikey: str) -> None:
    if record.terms is not None and record.terms.control != multikey:
        raise ProofError("only the grant's own key may do this", at="/proof/verificationMethod")


def _with(record: GrantRecord, status: Status, index: int | None) -> GrantRecord:
    was = record.changed if record.status is Status.SUSPENDED else None
    paused = record.paused if was is None else (*record.paused, was)
    return replace(record, status=status, changed=index, suspension=None, paused=paused)


def _terms(body: JsonObject) -> GrantTerms:
    return GrantTerms(
        control=as_text(body.get("ctl"), at="/ctl"),
        next_key_hash=as_text(body.get("nk"), at="/nk"),
        revocation_key_hash=as_text(body.get("rk"), at="/rk"),
        expires=as_integer(body.get("exp"), at="/exp"),
    )
