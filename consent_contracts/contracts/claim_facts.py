"""What an insurance claim rests on: the treatment, the claim itself, and claims settled so far."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from consent_contracts.contracts.coding import as_coding
from consent_contracts.contracts.digests import mark_of
from consent_contracts.contracts.facts import (
    Consents,
    Review,
    VerifiedCredential,
    approval,
    parse_review,
)
from consent_contracts.contracts.money import Money, as_amount
from consent_contracts.wire import as_digest, as_moment, require_known, require_name
from ssi_core.claim_path import ClaimPath
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_array, as_object, as_text

MAX_SETTLED: Final = 10_000
CLAIMS: Final[frozenset[ClaimPath]] = frozenset(
    {("code",), ("treated_at",), ("charge",), ("event",), ("account",)}
)
"""What a claim asks to see of the treatment's credential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What a provider's credential says of one treatment.

    `event` is 32 random bytes that the provider drew for it, the same in every copy that it issues:
    whoever has seen the credential can tell a second claim for this treatment, and nobody else can.
    """

    credential: VerifiedCredential
    coding: str
    treated_at: datetime
    charge: Money
    event: str
    account: str | None

    @property
    def mark(self) -> str:
        """What stands in the register once a claim for this treatment is authorised."""
        return mark_of("claim", self.event)

    @classmethod
    def parse(cls, credential: VerifiedCredential) -> Self:
        """Read the claims of the credential; others that it has are no part of a claim."""
        claims, at = credential.claims, "/facts/treatment/claims"
        account = claims.get("account")
        return cls(
            credential=credential,
            coding=as_coding(claims.get("code"), at=f"{at}/code"),
            treated_at=as_moment(claims.get("treated_at"), at=f"{at}/treated_at"),
            charge=Money.parse(claims.get("charge"), at=f"{at}/charge"),
            event=as_digest(claims.get("event"), at=f"{at}/event"),
            account=None
            if account is None
            else require_name(as_text(account, at=f"{at}/account"), at=f"{at}/account"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFacts:
    """A claim: how much, under which reference, for which treatment, by which consents."""

    claimed: Money
    reference: str
    treatment: Treatment
    consents: Consents
    review: Review | None

    @property
    def approved(self) -> bool | None:
        """What a person said about a claim of this amount for this treatment; `None` is nothing."""
        return approval(self.review, of_claim(self.treatment.event, self.claimed))

    @classmethod
    def parse(cls, facts: JsonObject) -> Self:
        """Read `{"claim", "treatment", "consent", "review"?}`; a claim has a `reference` too."""
        require_known(facts, ("claim", "treatment", "consent", "review"), at="/facts")
        claim = as_object(facts.get("claim"), at="/facts/claim")
        money = {name: value for name, value in claim.items() if name != "reference"}
        reference = as_text(claim.get("reference"), at="/facts/claim/reference")
        return cls(
            claimed=Money.parse(money, at="/facts/claim"),
            reference=require_name(reference, at="/facts/claim/reference"),
            treatment=Treatment.parse(
                VerifiedCredential.parse(facts.get("treatment"), at="/facts/treatment")
            ),
            consents=Consents.parse(facts.get("consent"), at="/facts/consent"),
            review=parse_review(facts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """An earlier claim under the policy that was authorised: what was accepted, and what paid."""

    treated_at: datetime
    accepted: int
    paid: int


def of_claim(event: str, claimed: Money) -> str:
    """Return what a review of a claim is about."""
    return mark_of("claim review", event, claimed.to_json())


def parse_settled(state: JsonObject) -> tuple[Settled, ...]:
    """Read `{"settled": [{"treated_at", "accepted", "paid"}, ...]}`: all of the policy's so far."""
    require_known(state, ("settled",), at="/state")
    items = as_array(state.get("settled"), at="/state/settled")
    if len(items) > MAX_SETTLED:
        raise MalformedError("has more elements than allowed", at="/state/settled")
    found: list[Settled] = []
    for place, item in enumerate(items):
        at = f"/state/settled/{place}"
        source = as_object(item, at=at)
        require_known(source, ("treated_at", "accepted", "paid"), at=at)
        found.append(
            Settled(
                treated_at=as_moment(source.get("treated_at"), at=f"{at}/treated_at"),
                accepted=as_amount(source.get("accepted"), at=f"{at}/accepted"),
                paid=as_amount(source.get("paid"), at=f"{at}/paid"),
            )
        )
    return tuple(found)
