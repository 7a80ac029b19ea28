"""The insurance claim: pays what a policy covers, once, by the word of an accredited provider."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, final

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import AccessRequest, RequestedItem
from consent_contracts.contracts.claim_facts import CLAIMS, ClaimFacts, Settled, parse_settled
from consent_contracts.contracts.digests import mark_of
from consent_contracts.contracts.facts import is_accredited, refusals_of
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.insurance_policy import InsurancePolicy
from consent_contracts.contracts.reason import Outcome, Reason
from consent_contracts.contracts.verdict import Verdict
from consent_contracts.decision import Decision, Deny, Indeterminate
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import RecipientKind
from ssi_core.json_types import JsonObject


class ClaimReason(Reason):
    """What stands against a claim, in the order of naming it."""

    WRONG_INSURER = "wrong_insurer", "The policy is another insurer's."
    OTHER_INSURED = "other_insured", "The treatment is somebody else's."
    OTHER_CREDENTIAL = "other_credential", "The policy asks for another kind of credential."
    UNACCREDITED_PROVIDER = "unaccredited_provider", "The provider is not accredited."
    ACCREDITATION_UNKNOWN = (
        "accreditation_unknown",
        "It could not be found out whether the provider is accredited.",
    )
    STALE_EVIDENCE = "stale_evidence", "What is known about the treatment is too old."
    CONSENT_DENIED = "consent_denied", "The person has not permitted this use."
    CONSENT_UNKNOWN = (
        "consent_unknown",
        "It could not be found out whether the person permits this use.",
    )
    CODE_NOT_COVERED = "code_not_covered", "The policy does not cover this diagnosis."
    CODE_EXCLUDED = "code_excluded", "The policy excludes this diagnosis."
    NOT_TREATED_YET = "not_treated_yet", "The treatment lies in the future."
    OUTSIDE_COVER = "outside_cover", "The policy was not in force at the time of treatment."
    IN_WAITING_PERIOD = "in_waiting_period", "The treatment was within the waiting period."
    CLAIMED_TOO_LATE = "claimed_too_late", "The time to claim for the treatment is over."
    OTHER_CURRENCY = "other_currency", "The policy is in another currency."
    NOTHING_CLAIMED = "nothing_claimed", "The claim is for nothing."
    BEYOND_CHARGE = "beyond_charge", "More is claimed than the provider charged."
    NO_ACCOUNT = "no_account", "The provider does not say where to pay."
    LIMIT_REACHED = "limit_reached", "The policy pays no more this year."
    REVIEW_REFUSED = "review_refused", "A person has looked at the claim and refused it."
    CLAIMED_BEFORE = "claimed_before", "This treatment has been claimed for before."
    STATE_OUT_OF_DATE = "state_out_of_date", "Another claim was settled in between."
    LARGE_AMOUNT = "large_amount", "A person decides about a claim as large as this.", Outcome.REFER


@dataclass(frozen=True, slots=True)
class _Award:
    """How much of a claim is accepted, kept as deductible, and paid; minor units."""

    accepted: int
    deducted: int
    paid: int


@final
class InsuranceClaim:
    """Version 1. Inputs and rules: `docs/reference/contracts.md`."""

    name: ClassVar[str] = "insurance_claim"
    version: ClassVar[int] = 1

    def judge(self, inputs: ContractInputs) -> Verdict:
        """Name everything that stands against a claim; say what to pay if nothing does."""
        policy = InsurancePolicy.parse(inputs.terms)
        facts, settled = ClaimFacts.parse(inputs.facts), parse_settled(inputs.state)
        consent = _consent(policy, facts, at=inputs.at)
        award = _award(policy, facts, settled)
        reasons = [
            *_of_parties(policy, facts, inputs),
            *_of_consent(consent),
            *_of_cover(policy, facts, at=inputs.at),
            *_of_amount(policy, facts, award),
        ]
        return Verdict(
            signers=policy.signers,
            reasons=tuple(reasons),
            consent=refusals_of(consent),
            result=_result(policy, facts, award),
            marks={
                facts.treatment.mark: ClaimReason.CLAIMED_BEFORE,
                mark_of("settled", policy.ledger, len(settled)): ClaimReason.STATE_OUT_OF_DATE,
            },
        )


def _consent(policy: InsurancePolicy, facts: ClaimFacts, *, at: datetime) -> Decision:
    claims = CLAIMS if policy.account is None else CLAIMS - {("account",)}
    request = AccessRequest(
        recipient=policy.insurer,
        purpose=Purpose.HPAYMT,
        items=(RequestedItem(vct=policy.vct, claims=claims, access=AccessLevel.FULL),),
        holder_keys=frozenset({facts.treatment.credential.holder_key}),
    )
    return facts.consents.decide(request, at=at)


def _of_parties(
    policy: InsurancePolicy, facts: ClaimFacts, inputs: ContractInputs
) -> Iterator[Reason]:
    credential = facts.treatment.credential
    if inputs.decider != policy.insurer:
        yield ClaimReason.WRONG_INSURER
    if credential.holder_key not in policy.insured:
        yield ClaimReason.OTHER_INSURED
    if credential.vct != policy.vct:
        yield ClaimReason.OTHER_CREDENTIAL
    known = is_accredited(credential.accreditations, RecipientKind.PROVIDER, policy.accredited_by)
    if known is None:
        yield ClaimReason.ACCREDITATION_UNKNOWN
    elif not known:
        yield ClaimReason.UNACCREDITED_PROVIDER
    if not timedelta(0) <= inputs.at - credential.verified_at <= policy.max_staleness:
        yield ClaimReason.STALE_EVIDENCE


def _of_consent(decision: Decision) -> Iterator[Reason]:
    if isinstance(decision, Deny):
        yield ClaimReason.CONSENT_DENIED
    if isinstance(decision, Indeterminate):
        yield ClaimReason.CONSENT_UNKNOWN


def _of_cover(policy: InsurancePolicy, facts: ClaimFacts, *, at: datetime) -> Iterator[Reason]:
    treatment, start = facts.treatment, policy.cover.start
    if policy.excludes(treatment.coding):
        yield ClaimReason.CODE_EXCLUDED
    elif not policy.covers(treatment.coding):
        yield ClaimReason.CODE_NOT_COVERED
    if treatment.treated_at > at:
        yield ClaimReason.NOT_TREATED_YET
    if treatment.treated_at not in policy.cover:
        yield ClaimReason.OUTSIDE_COVER
    elif start is not None and treatment.treated_at - start < policy.waiting:
        yield ClaimReason.IN_WAITING_PERIOD
    if at - treatment.treated_at > policy.claim_within:
        yield ClaimReason.CLAIMED_TOO_LATE


def _of_amount(policy: InsurancePolicy, facts: ClaimFacts, award: _Award) -> Iterator[Reason]:
    claimed, charge = facts.claimed, facts.treatment.charge
    if {claimed.currency, charge.currency} != {policy.currency}:
        yield ClaimReason.OTHER_CURRENCY
    if claimed.amount == 0:
        yield ClaimReason.NOTHING_CLAIMED
    if claimed.amount > charge.amount:
        yield ClaimReason.BEYOND_CHARGE
    if policy.account is None and facts.treatment.account is None:
        yield ClaimReason.NO_ACCOUNT
    if award.paid == 0 and award.deducted < award.accepted:
        yield ClaimReason.LIMIT_REACHED
    large = policy.refer_above is not None and claimed.amount > policy.refer_above
    if facts.approved is False:
        yield ClaimReason.REVIEW_REFUSED
    elif large and not facts.approved:
        yield ClaimReason.LARGE_AMOUNT


def _award(policy: InsurancePolicy, facts: ClaimFacts, settled: Sequence[Settled]) -> _Award:
    year = facts.treatment.treated_at.astimezone(UTC).year
    same = [each for each in settled if each.treated_at.astimezone(UTC).year == year]
    accepted = facts.claimed.amount
    kept = max(0, policy.deductible - sum(each.accepted for each in same))
    left = max(0, policy.per_year - sum(each.paid for each in same))
    deducted = min(accepted, kept)
    return _Award(accepted, deducted, min(accepted - deducted, policy.per_claim, left))


def _result(policy: InsurancePolicy, facts: ClaimFacts, award: _Award) -> JsonObject:
    treatment = facts.treatment
    to_provider = policy.account is None
    payment: JsonObject = {
        "amount": award.paid,
        "currency": policy.currency,
        "to": str(treatment.credential.issuer) if to_provider else treatment.credential.holder_key,
        "account": treatment.account if to_provider else policy.account,
        "reference": facts.reference,
    }
    return {
        "accepted": award.accepted,
        "deducted": award.deducted,
        # Below the deductible a claim counts, and nothing is paid.
        "payment": payment if award.paid else None,
    }
