"""Whether an issuer has taken a credential back, by Bitstring Status Lists.

https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ssi_core.credential import members
from ssi_core.credential.model import Credential, DataModel
from ssi_core.credential.status_list_credential import BitstringStatusListCredential
from ssi_core.credential.status_list_entry import (
    ENTRY_TYPE,
    MESSAGE,
    REFRESH,
    REVOCATION,
    SUSPENSION,
    BitstringStatusListEntry,
    entries_of,
)
from ssi_core.errors import (
    MalformedError,
    ProofError,
    RejectedError,
    RevokedError,
    SsiError,
    StaleError,
    StatusUndeterminedError,
    SuspendedError,
)
from ssi_core.json_types import JsonValue
from ssi_core.period import from_date_time_stamp, from_timestamp
from ssi_core.strict_json import as_integer, as_text
from ssi_core.verification.data_integrity import DataIntegrityPolicy
from ssi_core.verification.enveloped import EnvelopedPolicy
from ssi_core.verification.evidence import Evidence, FetchedCredential, StatusCredentialNeed
from ssi_core.verification.fetched_credential import verify_fetched

# Section 3.5; the last of them have no entry there, but section 3 names them.
RETRIEVAL_ERROR: Final = "STATUS_RETRIEVAL_ERROR"
VERIFICATION_ERROR: Final = "STATUS_VERIFICATION_ERROR"
LENGTH_ERROR: Final = "STATUS_LIST_LENGTH_ERROR"
RANGE_ERROR: Final = "RANGE_ERROR"
MALFORMED_VALUE_ERROR: Final = "MALFORMED_VALUE_ERROR"
_INFORMING: Final = frozenset({REFRESH, MESSAGE})
_AT: Final = "/credentialStatus"


@dataclass(frozen=True, slots=True, kw_only=True)
class BitstringPolicy:
    """What a caller asks of the status of credentials, and how status lists must be secured.

    Lists in envelopes (JOSE, SD-JWT, COSE) are accepted where there is a policy for them.
    `status_issuers` may publish lists for credentials that others issue. Beside revocation and
    suspension, a status that is not 0 refuses where `refusing_purposes` names its purpose.
    """

    data_integrity: DataIntegrityPolicy
    enveloped: EnvelopedPolicy | None = None
    require_status: bool = False
    status_issuers: frozenset[str] = frozenset()
    refusing_purposes: frozenset[str] = frozenset()
    max_age: timedelta | None = None
    # Statuses of other types cannot be looked up here, so they refuse unless this says otherwise.
    ignore_other_types: bool = False

    def __post_init__(self) -> None:
        if self.refusing_purposes & _INFORMING:
            raise MalformedError("refresh and message do not take a credential back")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMessage:
    """What a list says of a credential for one purpose: 0 means that it says nothing against it."""

    purpose: str
    status: int
    message: str
    references: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether the status is 0 (the `valid` of section 3.2)."""
        return self.status == 0


def status_needs(credential: Credential) -> frozenset[StatusCredentialNeed]:
    """Return the status list credentials that `require_statuses` has to see.

    They say nothing of the index that is looked for, nor of the credential.
    """
    return frozenset(StatusCredentialNeed(entry.list_url) for entry in entries_of(credential))


def require_statuses(
    credential: Credential, *, evidence: Evidence, policy: BitstringPolicy, at: datetime
) -> tuple[StatusMessage, ...]:
    """Return what every list says of a verified credential, if none of them takes it back.

    Raises `RevokedError`, `SuspendedError`, `RejectedError` for another purpose that refuses,
    `StaleError` for a list older than allowed, `MalformedError` for an entry that breaks a MUST,
    and `StatusUndeterminedError`, with the specification's name for it, for whatever else kept us
    from knowing.
    """
    entries = entries_of(credential)
    _require_known(credential, policy)
    if policy.require_status and not entries:
        raise StatusUndeterminedError("the credential names no status list", at=_AT)
    found = tuple(
        _look_up(entry, credential, evidence=evidence, policy=policy, at=at) for entry in entries
    )
    for status in found:
        _require_valid(status, policy)
    return found


def _require_known(credential: Credential, policy: BitstringPolicy) -> None:
    for status in () if policy.ignore_other_types else credential.statuses:
        if ENTRY_TYPE not in members.types(status, at=_AT):
            raise StatusUndeterminedError("a status is of a type that is not known here", at=_AT)


def _require_valid(status: StatusMessage, policy: BitstringPolicy) -> None:
    if status.valid:
        return
    if status.purpose == REVOCATION:
        raise RevokedError("the credential is revoked", at=_AT)
    if status.purpose == SUSPENSION:
        raise SuspendedError("the credential is suspended", at=_AT)
    if status.purpose in policy.refusing_purposes:
        raise RejectedError("a status refuses the credential", at=_AT)


def _look_up(
    entry: BitstringStatusListEntry,
    credential: Credential,
    *,
    evidence: Evidence,
    policy: BitstringPolicy,
    at: datetime,
) -> StatusMessage:
    try:
        fetched = evidence.status_credential(entry.list_url)
    except SsiError as error:
        raise _undetermined(error, RETRIEVAL_ERROR) from None
    try:
        published = _published(fetched, entry, credential, evidence=evidence, policy=policy, at=at)
        if policy.max_age is not None:
            _require_fresh(published.credential, policy.max_age, at=at)
    except StaleError:
        raise
    except SsiError as error:
        raise _undetermined(error, VERIFICATION_ERROR) from None
    status = _status(published, entry)
    return StatusMessage(
        purpose=entry.purpose,
        status=status,
        message=entry.messages[status],
        references=entry.references,
    )


def _published(
    fetched: FetchedCredential,
    entry: BitstringStatusListEntry,
    credential: Credential,
    *,
    evidence: Evidence,
    policy: BitstringPolicy,
    at: datetime,
) -> BitstringStatusListCredential:
    verified = verify_fetched(
        fetched,
        evidence=evidence,
        data_integrity_policy=policy.data_integrity,
        enveloped_policy=policy.enveloped,
        at=at,
    )
    if verified.issuer != credential.issuer and verified.issuer not in policy.status_issuers:
        raise ProofError("it is not the credential issuer's", at="/issuer")
    if verified.id != entry.list_url:
        raise ProofError("it is another list's", at="/id")
    if verified.version is not DataModel.V2_0:
        raise MalformedError("a status list is a credential of VCDM 2.0", at="/@context")
    if verified.statuses:
        raise MalformedError("a status list has no status itself", at=_AT)
    published = BitstringStatusListCredential.of(verified)
    if entry.purpose not in published.purposes:
        raise ProofError("it is for another purpose", at="/credentialSubject/statusPurpose")
    return published


def _status(published: BitstringStatusListCredential, entry: BitstringStatusListEntry) -> int:
    try:
        status_list = published.decode(entry.size)
    except MalformedError as error:
        raise _undetermined(error, MALFORMED_VALUE_ERROR) from None
    try:
        status_list.require_length()
    except MalformedError as error:
        raise _undetermined(error, LENGTH_ERROR) from None
    try:
        return status_list.get(entry.index)
    except MalformedError as error:
        raise _undetermined(error, RANGE_ERROR) from None


def _require_fresh(published: Credential, max_age: timedelta, *, at: datetime) -> None:
    made_at = max(_moments(published), default=None)
    if made_at is None or at - made_at > max_age:
        raise StaleError("the status list is older than allowed", at="/validFrom")


def _moments(published: Credential) -> Iterator[datetime]:
    """Yield when a list was made, by its validity and by the proofs that held."""
    if published.valid_from is not None:
        yield published.valid_from
    if "iat" in published.source:
        yield from_timestamp(as_integer(published.source["iat"], at="/iat"), at="/iat")
    value: JsonValue = published.source.get("proof", ())
    for proof, at in members.located(value, at="/proof") if value else ():
        if "created" in proof:
            yield from_date_time_stamp(as_text(proof["created"], at=at), at=f"{at}/created")


def _undetermined(error: SsiError, name: str) -> StatusUndeterminedError:
    return StatusUndeterminedError(f"status list: {error.reason}", at=error.at, error=name)
