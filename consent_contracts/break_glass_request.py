"""The request to break the glass, as the organisation that asks signs it: who acts there, and why.

It is for one custodian, for some minutes, and once. The organisation answers for what it says of
its person: the role, and that two factors were shown. Where a custodian has a roster, the person
signs too, and what is said of them is not looked at.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, Self

from consent_contracts import signed
from consent_contracts.access_request import AccessRequest
from consent_contracts.break_glass import AskedEmergency
from consent_contracts.break_glass_addressed import require_heard, require_well_addressed
from consent_contracts.break_glass_ending import Review
from consent_contracts.break_glass_roster import (
    STATEMENT,
    Roster,
    Standing,
    require_reviewer,
    standing,
)
from consent_contracts.break_glass_rule import EmergencyReason, EmergencyRule, SecondFactor
from consent_contracts.recipient import parse_did
from consent_contracts.wire import (
    as_distinct,
    as_moment,
    require_known,
    require_name,
)
from ssi_core import jcs
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import ConsentUndeterminedError, MalformedError, ProofError, TrustError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey, Signer
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_object, as_text

TYPE: Final = "consent-emergency+jwt"
_CLAIMS: Final = frozenset(
    {"iss", "aud", "jti", "iat", "exp", "request", "reason", "role", "second_factor", STATEMENT}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyPolicy:
    """What a custodian goes by: its jurisdiction's rule, and the organisations that it believes.

    About their people it believes the `roster`, or, without one, the organisations' word.
    """

    rule: EmergencyRule
    organisations: frozenset[Did]
    roster: Roster | None = None

    def __post_init__(self) -> None:
        if self.roster is not None and not self.roster.organisations <= self.organisations:
            raise MalformedError("has people of an organisation that is not named", at="/roster")

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read `{"rule", "organisations": [DID, ...]}`, and a `roster` if there is one."""
        require_known(source, ("rule", "organisations", "roster"), at="")
        return cls(
            rule=EmergencyRule.parse(source.get("rule")),
            organisations=as_distinct(source.get("organisations"), parse_did, at="/organisations"),
            roster=Roster.parse(source["roster"]) if "roster" in source else None,
        )

    def require_believed(self, organisation: Did) -> None:
        """Refuse an organisation that is not believed about its people."""
        if organisation not in self.organisations:
            raise TrustError("not an organisation that may break the glass here", at="/iss")

    def require_still(self, asked: AskedEmergency) -> None:
        """Refuse, by `TrustError`, whoever opened a session and might not open it by this policy.

        That goes for the organisation, and where there is a roster for its person in that role.
        """
        organisation, actor = asked.request.recipient, asked.request.actor
        self.require_believed(organisation)
        if self.roster is not None and actor is not None:
            entry = self.roster.entry(actor, organisation=organisation, at="/request/actor")
            if asked.role not in entry.roles:
                raise TrustError("not a role that the roster gives this person", at="/role")

    def standing(self, request: "EmergencyRequest", text: str) -> Standing:
        """Return what is known of who asks by `text`, which was verified to say `request`.

        Raises `TrustError` for somebody who is not on the roster, `ProofError` for a statement that
        is not theirs. Without a roster the request is believed; a request that names nobody shows
        nothing.
        """
        actor = request.request.actor
        if self.roster is None:
            return Standing(request.second_factor)
        if actor is None:
            return Standing(None)
        entry = self.roster.entry(actor, organisation=request.issuer, at="/request/actor")
        return standing(entry, request.statement, text, role=request.role)

    def require_reviewer(self, review: Review, text: str, *, at: datetime) -> None:
        """Refuse a reviewer who is not on the roster as one, or did not sign `text` just now.

        Without a roster the organisation is believed about who looked.
        """
        if self.roster is not None:
            entry = self.roster.entry(review.reviewer, organisation=review.issuer, at="/reviewer")
            require_reviewer(entry, review.statement, text, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyRequest:
    """Who asks a custodian (`audience`, its public URL) to open what, for which reason.

    Without a second factor, or a role where the rule names some, nothing opens. The factor is the
    organisation's word, or the `statement` that its person signed (`break_glass_roster.state`).
    """

    issuer: Did
    audience: str
    id: str
    issued_at: datetime
    expires_at: datetime
    request: AccessRequest
    reason: EmergencyReason
    role: str | None = None
    second_factor: SecondFactor | None = None
    statement: str | None = None

    def __post_init__(self) -> None:
        require_well_addressed(self)
        require_name(self.id, at="/jti")
        if self.role is not None:
            require_name(self.role, at="/role")
        if self.request.recipient != self.issuer:
            raise ProofError("an organisation asks for itself", at="/request/recipient")

    @classmethod
    def parse(cls, claims: JsonObject) -> Self:
        """Read the claims of a request, unverified."""
        require_known(claims, _CLAIMS, at="")
        return cls(
            issuer=parse_did(claims.get("iss"), at="/iss"),
            audience=as_text(claims.get("aud"), at="/aud"),
            id=as_text(claims.get("jti"), at="/jti"),
            issued_at=as_moment(claims.get("iat"), at="/iat"),
            expires_at=as_moment(claims.get("exp"), at="/exp"),
            request=AccessRequest.parse(as_object(claims.get("request"), at="/request")),
            reason=EmergencyReason.parse(claims.get("reason")),
            role=as_text(claims["role"], at="/role") if "role" in claims else None,
            second_factor=SecondFactor.parse(claims["second_factor"])
            if "second_factor" in claims
            else None,
            statement=as_text(claims[STATEMENT], at=f"/{STATEMENT}")
            if STATEMENT in claims
            else None,
        )

    def to_json(self) -> JsonObject:
        """Return the claims that `parse` reads."""
        members: dict[str, JsonValue] = {
            "iss": str(self.issuer),
            "aud": self.audience,
            "jti": self.id,
            "iat": to_timestamp(self.issued_at),
            "exp": to_timestamp(self.expires_at),
            "request": self.request.to_json(),
            "reason": self.reason.value,
        }
        if self.role is not None:
            members["role"] = self.role
        if self.second_factor is not None:
            members["second_factor"] = self.second_factor.to_json()
        if self.statement is not None:
            members[STATEMENT] = self.statement
        return members

    @property
    def digest(self) -> str:
        """What the request is known by: a digest of its issuer and its id, which is used once."""
        named = jcs.canonicalize([str(self.issuer), self.id])
        return base64url_encode(sha256(named).digest())

    def asked(self, *, at: datetime) -> AskedEmergency:
        """Return the first state of the emergency, asked for now."""
        return AskedEmergency(request=self.request, reason=self.reason, asked_at=at, role=self.role)

    def sign(self, *, signer: Signer, key_id: str) -> str:
        """Sign it with a key of the organisation's DID, named by `key_id` (a DID URL)."""
        return signed.sign(self.to_json(), typ=TYPE, signer=signer, key_id=key_id)


def require_policy(policy: EmergencyPolicy | None) -> EmergencyPolicy:
    """Return the policy; where there is none, what it would say could not be found out."""
    if policy is None:
        raise ConsentUndeterminedError(
            "this custodian was told no rule for emergencies", refusals=("rule_unknown",)
        )
    return policy


def verify(text: str, *, key: PublicKey, audience: str, at: datetime) -> EmergencyRequest:
    """Return the request if `key` of the organisation signed it, for this custodian and for now.

    `signed.key_id(text)` says which key must be resolved. That it is used once is not seen here.
    """
    request = EmergencyRequest.parse(signed.verify(text, typ=TYPE, key=key))
    require_heard(request, text, audience=audience, at=at)
    return request
