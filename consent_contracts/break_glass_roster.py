"""Who may break the glass and who may review it, by keys of their own: nobody's word is taken.

A key that stands here is one that its person alone can use, and only after showing that it is them:
a smart card with a PIN, say. So a signature by it shows both factors, as that of a multi-factor
cryptographic authenticator does (NIST SP 800-63B-4, section 3.1.7).
"""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, Self

from consent_contracts import signed
from consent_contracts.break_glass_addressed import LIFETIME, SKEW
from consent_contracts.break_glass_opening import EmergencyRefusal
from consent_contracts.break_glass_rule import FACTORS, FactorKind, SecondFactor
from consent_contracts.recipient import parse_did
from consent_contracts.wire import (
    as_distinct,
    as_moment,
    require_known,
    require_name,
    require_whole_seconds,
)
from ssi_core import jcs, jws
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import ConsentError, MalformedError, ProofError, StaleError, TrustError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey, Signer, public_key_from_jwk, thumbprint
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_array, as_boolean, as_object, as_text

TYPE: Final = "consent-emergency-statement+jwt"
STATEMENT: Final = "statement"
"""The claim in which an organisation's document carries the statement of its person."""
_MEMBERS: Final = ("actor", "organisation", "key", "methods", "roles", "reviews")


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterEntry:
    """One person of one organisation: `methods` (RFC 8176) are what a signature by `key` shows.

    `roles` are those in which they break the glass; `reviews`, whether they look at it afterwards.
    """

    actor: Did
    organisation: Did
    key: PublicKey
    methods: frozenset[str]
    roles: frozenset[str] = frozenset()
    reviews: bool = False

    def __post_init__(self) -> None:
        if not self.methods <= FACTORS.keys():
            raise MalformedError("not a method that counts here", at="/methods")
        kinds = {FACTORS[method] for method in self.methods}
        if not {FactorKind.POSSESSION} < kinds:
            raise MalformedError("a key is held, and unlocked by a factor beside", at="/methods")
        if not self.roles and not self.reviews:
            raise MalformedError("somebody who may do nothing here", at="/roles")
        if self.actor == self.organisation:
            raise MalformedError("an organisation is not a person", at="/actor")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read `{"actor", "organisation", "key", "methods"}`; `roles`, `reviews` may be missing."""
        source = as_object(value, at=at)
        require_known(source, _MEMBERS, at=at)
        key = as_object(source.get("key"), at=f"{at}/key")
        if "d" in key:
            raise MalformedError("is a secret key; the public one belongs here", at=f"{at}/key")
        return cls(
            actor=parse_did(source.get("actor"), at=f"{at}/actor"),
            organisation=parse_did(source.get("organisation"), at=f"{at}/organisation"),
            key=public_key_from_jwk(key, at=f"{at}/key"),
            methods=as_distinct(source.get("methods"), as_text, at=f"{at}/methods"),
            roles=as_distinct(source["roles"], _role, at=f"{at}/roles")
            if "roles" in source
            else frozenset(),
            reviews=as_boolean(source.get("reviews", False), at=f"{at}/reviews"),
        )


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody who may do either. A key is one person's, so two who sign are two."""

    entries: tuple[RosterEntry, ...]

    def __post_init__(self) -> None:
        named = {(each.organisation, each.actor) for each in self.entries}
        if not self.entries or len(named) != len(self.entries):
            raise MalformedError("names somebody, and nobody twice", at="/roster")
        owners = {(thumbprint(each.key.jwk), each.actor) for each in self.entries}
        actors, keys = ({pair[part] for pair in owners} for part in (1, 0))
        if not len(owners) == len(actors) == len(keys):
            raise MalformedError("a person has one key, and shares it with nobody", at="/roster")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/roster") -> Self:
        """Read an array of entries, as many as there are people."""
        people = enumerate(as_array(value, at=at))
        return cls(tuple(RosterEntry.parse(each, at=f"{at}/{n}") for n, each in people))

    @property
    def organisations(self) -> frozenset[Did]:
        """Whose people stand here."""
        return frozenset(each.organisation for each in self.entries)

    def entry(self, actor: Did, *, organisation: Did, at: str) -> RosterEntry:
        """Return the entry of somebody; `TrustError` if there is none."""
        for each in self.entries:
            if (each.actor, each.organisation) == (actor, organisation):
                return each
        raise TrustError("not a person whom the roster of this custodian names", at=at)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of who wants to break the glass: two factors, and reasons against it if any."""

    second_factor: SecondFactor | None
    refusals: frozenset[EmergencyRefusal] = field(default=frozenset())


def state(claims: JsonObject, *, typ: str, signer: Signer, at: datetime) -> str:
    """Sign, as the person themselves, what their organisation is about to sign as `typ`."""
    require_whole_seconds(at, at="/iat")
    said: JsonObject = {"iat": to_timestamp(at), "digest": _digest(claims, typ)}
    return jws.sign({"typ": TYPE}, said, signer=signer)


def stated_at(statement: str, text: str, *, key: PublicKey) -> datetime:
    """Return when the person with `key` signed what their organisation says in `text`.

    `text` has been verified. Raises `ProofError` for another's signature, or about another thing.
    """
    said = signed.verify(statement, typ=TYPE, key=key)
    require_known(said, ("iat", "digest"), at=f"/{STATEMENT}")
    document = jws.parse(text, max_characters=signed.MAX_CHARACTERS)
    typ = as_text(document.header.get("typ"), at="/header/typ")
    if said.get("digest") != _digest(document.claims(), typ):
        raise ProofError("the person signed something else", at=f"/{STATEMENT}/digest")
    return as_moment(said.get("iat"), at=f"/{STATEMENT}/iat")


def standing(entry: RosterEntry, statement: str | None, text: str, *, role: str | None) -> Standing:
    """Return what the person's own signature shows; without one, that no factor was shown."""
    refusals = frozenset[EmergencyRefusal]()
    if role not in entry.roles:
        refusals = frozenset({EmergencyRefusal.WRONG_ROLE})
    if statement is None:
        return Standing(None, refusals)
    at = stated_at(statement, text, key=entry.key)
    shown = SecondFactor(actor=entry.actor, methods=entry.methods, verified_at=at)
    return Standing(shown, refusals)


def require_reviewer(entry: RosterEntry, statement: str | None, text: str, *, at: datetime) -> None:
    """Refuse a review that its reviewer did not sign just now, or may not make."""
    if not entry.reviews:
        raise ConsentError("not somebody who reviews", at="/reviewer", refusals=("not_a_reviewer",))
    if statement is None:
        raise ProofError("the reviewer did not sign", at=f"/{STATEMENT}")
    age = at - stated_at(statement, text, key=entry.key)
    if not -SKEW <= age <= LIFETIME:
        raise StaleError("not signed just now", at=f"/{STATEMENT}/iat")


def _digest(claims: JsonObject, typ: str) -> str:
    about = {name: value for name, value in claims.items() if name != STATEMENT}
    return base64url_encode(sha256(jcs.canonicalize([typ, about])).digest())


def _role(value: JsonValue, *, at: str) -> str:
    return require_name(as_text(value, at=at), at=at)
