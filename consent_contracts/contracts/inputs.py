"""All that a contract decides from; whoever holds the same inputs gets the same decision."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from consent_contracts.contracts.digests import digest_of, digest_of_terms
from consent_contracts.recipient import parse_did
from consent_contracts.wire import (
    MAX_LIST,
    as_digest,
    as_moment,
    require_digest,
    require_known,
    require_name,
    require_whole_seconds,
)
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_array, as_integer, as_object, as_text

_MEMBERS: Final = (
    "contract", "version", "decider", "at", "nonce", "terms", "signatures", "facts", "state",
    "taken",
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class TermsSignature:
    """That a party signed terms with this digest. A fact: `agreement.verify_terms` finds it out.

    `party` is a DID, or the thumbprint of a key of a person who has no other name here.
    """

    party: str
    terms: str

    def __post_init__(self) -> None:
        require_name(self.party, at="/signatures/party", maximum=2048)
        require_digest(self.terms, at="/signatures/terms")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read `{"party", "terms"}`."""
        source = as_object(value, at=at)
        require_known(source, ("party", "terms"), at=at)
        return cls(
            as_text(source.get("party"), at=f"{at}/party"),
            as_digest(source.get("terms"), at=f"{at}/terms"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {"party": self.party, "terms": self.terms}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractInputs:
    """Terms, facts and state at one moment. Facts are verified before they come here.

    `decider` is the party whose decision it is, `nonce` the one of the presentation or message that
    asks for it, and `taken` holds those marks of the decision that a register has already.
    """

    contract: str
    version: int
    decider: Did
    at: datetime
    nonce: str
    terms: JsonObject = field(hash=False)
    signatures: tuple[TermsSignature, ...]
    facts: JsonObject = field(hash=False)
    state: JsonObject = field(default_factory=dict, hash=False)
    taken: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        require_name(self.contract, at="/contract", maximum=64)
        require_name(self.nonce, at="/nonce")
        require_whole_seconds(self.at, at="/at")
        if max(len(self.signatures), len(self.taken)) > MAX_LIST:
            raise MalformedError("must have at most 256 elements", at="/signatures")
        for mark in self.taken:
            require_digest(mark, at="/taken")

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical form of everything here."""
        return digest_of(self.to_json())

    @property
    def terms_digest(self) -> str:
        """What the parties have to have signed."""
        return digest_of_terms(self.contract, self.version, self.terms)

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read the members of this class by their names; `state` and `taken` may be missing."""
        require_known(source, _MEMBERS, at="")
        signatures = as_array(source.get("signatures"), at="/signatures")
        return cls(
            contract=as_text(source.get("contract"), at="/contract"),
            version=as_integer(source.get("version"), at="/version"),
            decider=parse_did(source.get("decider"), at="/decider"),
            at=as_moment(source.get("at"), at="/at"),
            nonce=as_text(source.get("nonce"), at="/nonce"),
            terms=as_object(source.get("terms"), at="/terms"),
            signatures=tuple(
                TermsSignature.parse(each, at=f"/signatures/{place}")
                for place, each in enumerate(signatures)
            ),
            facts=as_object(source.get("facts"), at="/facts"),
            state=as_object(source.get("state", {}), at="/state"),
            taken=_marks(as_array(source.get("taken", []), at="/taken")),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads, in one spelling for one content."""
        return {
            "contract": self.contract,
            "version": self.version,
            "decider": str(self.decider),
            "at": to_timestamp(self.at),
            "nonce": self.nonce,
            "terms": self.terms,
            "signatures": [each.to_json() for each in sorted(set(self.signatures))],
            "facts": self.facts,
            "state": self.state,
            "taken": sorted(self.taken),
        }


def _marks(values: Iterable[JsonValue]) -> frozenset[str]:
    return frozenset(as_digest(each, at=f"/taken/{place}") for place, each in enumerate(values))
