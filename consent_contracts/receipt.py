"""A receipt: the recipient's signed evidence of what it was given, or refused, and checked.

It holds codes, digests and moments, and no health data. `scope` is the log's commitment to the
scope (`scp`): salted, so that it tells nothing to anyone who has not seen the grant.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, TypeVar

from consent_contracts import signed
from consent_contracts.grant import parse_purposes
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import parse_did
from consent_contracts.wire import (
    MAX_LIST,
    as_digest,
    as_moment,
    require_digest,
    require_name,
    require_whole_seconds,
)
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey, Signer
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_array, as_object, as_text

TYPE: Final = "consent-receipt+jwt"
_E = TypeVar("_E", bound=StrEnum)
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}", re.ASCII)
_MEMBERS: Final = frozenset(
    {
        "iss",
        "iat",
        "jti",
        "event",
        "grant_id",
        "log",
        "request",
        "purposes",
        "recipient",
        "scope",
        "decision",
        "refusals",
        "checks",
        "presentation",
    }
)


class ReceiptEvent(StrEnum):
    """What the receipt is about."""

    GIVEN = "given"
    USED = "used"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """How a check ended; `undetermined` means that a fact could not be found out."""

    PASSED = "passed"
    FAILED = "failed"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Check:
    """One step of the verification, by its name; `reason` is an error's code, never its text."""

    name: str
    outcome: Outcome
    reason: str | None = None

    def __post_init__(self) -> None:
        for code in (self.name, self.reason):
            if code is not None:
                _require_code(code, at="/checks")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read `{"name", "outcome", "reason"?}`."""
        source = as_object(value, at=at)
        reason = source.get("reason")
        return cls(
            as_text(source.get("name"), at=f"{at}/name"),
            _member(Outcome, source.get("outcome"), at=f"{at}/outcome"),
            None if reason is None else as_text(reason, at=f"{at}/reason"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        reason: JsonObject = {} if self.reason is None else {"reason": self.reason}
        return {"name": self.name, "outcome": self.outcome.value, **reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What happened, when, under which grant, and every check behind the decision.

    No refusals means permit, and then every check has passed and the grant is named. `presentation`
    is the SHA-256 of the `vp_token`. `other` keeps members that are not known here.
    """

    recipient: Did
    issued_at: datetime
    id: str
    event: ReceiptEvent
    log: str
    request_digest: str
    purposes: frozenset[Purpose]
    checks: tuple[Check, ...]
    refusals: tuple[str, ...] = ()
    grant_id: str | None = None
    scope_digest: str | None = None
    presentation_digest: str | None = None
    other: JsonObject = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        require_whole_seconds(self.issued_at, at="/iat")
        require_name(self.id, at="/jti")
        require_name(self.log, at="/log")
        if self.grant_id is not None:
            require_name(self.grant_id, at="/grant_id")
        require_digest(self.request_digest, at="/request")
        for name, digest in (
            ("/scope", self.scope_digest),
            ("/presentation", self.presentation_digest),
        ):
            if digest is not None:
                require_digest(digest, at=name)
        if not self.purposes:
            raise MalformedError("must not be empty", at="/purposes")
        if not 0 < len(self.checks) <= MAX_LIST:
            raise MalformedError("a receipt names what was checked", at="/checks")
        for code in self.refusals:
            _require_code(code, at="/refusals")
        if not self.refusals:
            self._require_permit()

    @property
    def permitted(self) -> bool:
        """Whether the decision was to permit."""
        return not self.refusals

    @classmethod
    def parse(cls, claims: JsonObject) -> Self:
        """Read the claims of a receipt, unverified."""
        recipient = parse_did(claims.get("iss"), at="/iss")
        if recipient != parse_did(claims.get("recipient"), at="/recipient"):
            raise MalformedError("a receipt is signed by the recipient", at="/recipient")
        receipt = cls(
            recipient=recipient,
            issued_at=as_moment(claims.get("iat"), at="/iat"),
            id=as_text(claims.get("jti"), at="/jti"),
            event=_member(ReceiptEvent, claims.get("event"), at="/event"),
            log=as_text(claims.get("log"), at="/log"),
            request_digest=as_digest(claims.get("request"), at="/request"),
            purposes=parse_purposes(claims.get("purposes"), at="/purposes"),
            checks=tuple(
                Check.parse(check, at=f"/checks/{number}")
                for number, check in enumerate(as_array(claims.get("checks"), at="/checks"))
            ),
            refusals=tuple(
                as_text(code, at=f"/refusals/{number}")
                for number, code in enumerate(as_array(claims.get("refusals"), at="/refusals"))
            ),
            grant_id=_optional_text(claims, "grant_id"),
            scope_digest=_optional_text(claims, "scope"),
            presentation_digest=_optional_text(claims, "presentation"),
            other={name: value for name, value in claims.items() if name not in _MEMBERS},
        )
        if claims.get("decision") != _decision(receipt):
            raise MalformedError("the decision and the refusals differ", at="/decision")
        return receipt

    def to_json(self) -> JsonObject:
        """Return the claims that `parse` reads."""
        members: dict[str, JsonValue] = {
            "iss": str(self.recipient),
            "iat": to_timestamp(self.issued_at),
            "jti": self.id,
            "event": self.event.value,
            "grant_id": self.grant_id,
            "log": self.log,
            "request": self.request_digest,
            "purposes": sorted(purpose.value for purpose in self.purposes),
            "recipient": str(self.recipient),
            "scope": self.scope_digest,
            "decision": _decision(self),
            "refusals": list(self.refusals),
            "checks": [check.to_json() for check in self.checks],
            "presentation": self.presentation_digest,
        }
        return {name: value for name, value in members.items() if value is not None} | dict(
            self.other
        )

    def _require_permit(self) -> None:
        if self.event is ReceiptEvent.WITHDRAWN:
            raise MalformedError("nothing is permitted after a withdrawal", at="/refusals")
        if any(check.outcome is not Outcome.PASSED for check in self.checks):
            raise MalformedError("a check did not pass, so there is a refusal", at="/refusals")
        if self.grant_id is None or self.scope_digest is None:
            raise MalformedError("a permit names its grant", at="/grant_id")


def issue(receipt: Receipt, *, signer: Signer, key_id: str) -> str:
    """Sign `receipt` with a key of the recipient's DID, named by `key_id` (a DID URL)."""
    text = signed.sign(receipt.to_json(), typ=TYPE, signer=signer, key_id=key_id)
    _require_own_key(text, receipt)
    return text


def verify(text: str, *, key: PublicKey) -> Receipt:
    """Return the receipt if `key` signed it; `signed.key_id(text)` says which key that is.

    The key must be the one that the named DID URL resolves to, under `assertionMethod`.
    """
    receipt = Receipt.parse(signed.verify(text, typ=TYPE, key=key))
    _require_own_key(text, receipt)
    return receipt


def _require_own_key(text: str, receipt: Receipt) -> None:
    if signed.key_id(text).did != receipt.recipient:
        raise ProofError("a receipt is signed by a key of its recipient", at="/header/kid")


def _decision(receipt: Receipt) -> str:
    return "permit" if receipt.permitted else "deny"


def _optional_text(claims: JsonObject, name: str) -> str | None:
    value = claims.get(name)
    return None if value is None else as_text(value, at=f"/{name}")


def _member(kind: type[_E], value: JsonValue, *, at: str) -> _E:
    for member in kind:
        if member.value == value:
            return member
    raise MalformedError("not a word that is known here", at=at)


def _require_code(text: str, *, at: str) -> None:
    if _CODE.fullmatch(text) is None:
        raise MalformedError("must be a code: lower case letters, digits and -_.", at=at)
