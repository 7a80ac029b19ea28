"""A referral between two providers: what travels, for whom, until when, and back again."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar, Final, final

from consent_contracts.access_request import RequestedItem
from consent_contracts.contracts.digests import mark_of
from consent_contracts.contracts.facts import Consents, Review, approval, parse_review, refusals_of
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.reason import Outcome, Reason
from consent_contracts.contracts.referral_terms import BEFORE, ReferralTerms, Step, parse_steps
from consent_contracts.contracts.verdict import Verdict
from consent_contracts.decision import Decision, Deny, Indeterminate, Permit
from consent_contracts.recipient import parse_did
from consent_contracts.wire import require_known
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp

_STATES: Final = {
    Step.SEND: "sent",
    Step.ACCEPT: "accepted",
    Step.DECLINE: "declined",
    Step.ANSWER: "answered",
    Step.CLOSE: "closed",
}


class ReferralReason(Reason):
    """What stands against a step of a referral, in the order of naming it."""

    WRONG_DECIDER = "wrong_decider", "The referral is between other providers."
    WRONG_PARTY = "wrong_party", "This step is for the other provider to take."
    OUT_OF_ORDER = "out_of_order", "The referral is not at the point where this step is taken."
    NOT_YET_VALID = "not_yet_valid", "The time of the referral has not begun."
    EXPIRED = "expired", "The time of the referral is over."
    CONSENT_DENIED = "consent_denied", "The person has not permitted this use."
    CONSENT_UNKNOWN = (
        "consent_unknown",
        "It could not be found out whether the person permits this use.",
    )
    REVIEW_REFUSED = "review_refused", "A person has looked at the step and refused it."
    TAKEN_BEFORE = "taken_before", "Another step was taken in this place."
    OVERDUE = "overdue", "The step comes late; a person looks after it.", Outcome.REFER


@final
class Referral:
    """Version 1. Inputs and rules: `docs/reference/contracts.md`."""

    name: ClassVar[str] = "referral"
    version: ClassVar[int] = 1

    def judge(self, inputs: ContractInputs) -> Verdict:
        """Name everything that stands against a step; say what travels if nothing does."""
        terms = ReferralTerms.parse(inputs.terms)
        step, party, consents, review = _facts(inputs.facts)
        steps = parse_steps(inputs.state, at=inputs.at)
        place = mark_of("referral", terms.referral, len(steps))
        request = terms.request_of(step)
        decision = None if request is None else consents.decide(request, at=inputs.at)
        return Verdict(
            signers=frozenset({str(terms.sender)}),
            reasons=(
                *_of_parties(terms, inputs.decider, step, party),
                *_of_order(step, steps),
                *_of_period(terms, at=inputs.at),
                *_of_consent(decision),
                *_of_time(terms, steps, approval(review, place), at=inputs.at),
            ),
            consent=() if decision is None else refusals_of(decision),
            result=_result(terms, step, decision, at=inputs.at),
            marks={place: ReferralReason.TAKEN_BEFORE},
        )


def _facts(facts: JsonObject) -> tuple[Step, Did, Consents, Review | None]:
    require_known(facts, ("step", "party", "consent", "review"), at="/facts")
    return (
        Step.parse(facts.get("step"), at="/facts/step"),
        parse_did(facts.get("party"), at="/facts/party"),
        Consents.parse(facts.get("consent"), at="/facts/consent"),
        parse_review(facts),
    )


def _of_parties(terms: ReferralTerms, decider: Did, step: Step, party: Did) -> Iterator[Reason]:
    if decider not in (terms.sender, terms.receiver):
        yield ReferralReason.WRONG_DECIDER
    if party != terms.party_of(step):
        yield ReferralReason.WRONG_PARTY


def _of_order(step: Step, steps: Sequence[tuple[Step, datetime]]) -> Iterator[Reason]:
    if BEFORE[step] is not (steps[-1][0] if steps else None):
        yield ReferralReason.OUT_OF_ORDER


def _of_period(terms: ReferralTerms, *, at: datetime) -> Iterator[Reason]:
    start, end = terms.period.start, terms.period.end
    if start is not None and at < start:
        yield ReferralReason.NOT_YET_VALID
    if end is not None and at >= end:
        yield ReferralReason.EXPIRED


def _of_consent(decision: Decision | None) -> Iterator[Reason]:
    if isinstance(decision, Deny):
        yield ReferralReason.CONSENT_DENIED
    if isinstance(decision, Indeterminate):
        yield ReferralReason.CONSENT_UNKNOWN


def _of_time(
    terms: ReferralTerms,
    steps: Sequence[tuple[Step, datetime]],
    approved: bool | None,  # noqa: FBT001 - three answers, of which none is a flag
    *,
    at: datetime,
) -> Iterator[Reason]:
    due = terms.due_after(*steps[-1]) if steps else None
    if approved is False:
        yield ReferralReason.REVIEW_REFUSED
    elif due is not None and at > due and not approved:
        yield ReferralReason.OVERDUE


def _result(
    terms: ReferralTerms, step: Step, decision: Decision | None, *, at: datetime
) -> JsonObject:
    due = terms.due_after(step, at)
    return {
        "state": _STATES[step],
        "due": None if due is None else to_timestamp(due),
        "release": _release(terms, step, decision) if isinstance(decision, Permit) else None,
    }


def _release(terms: ReferralTerms, step: Step, permit: Permit) -> JsonObject:
    ends = [terms.period.end, *(grant.period.end for grant in permit.grants)]
    items: Sequence[RequestedItem] = terms.items if step is Step.SEND else terms.answer_items
    travels: list[JsonValue] = [item.to_json() for item in items]
    return {
        "items": travels,
        "to": str(terms.receiver if step is Step.SEND else terms.sender),
        "until": min(to_timestamp(end) for end in ends if end is not None),
        "obligations": sorted(duty.value for duty in permit.obligations),
        "limits": permit.limits.to_json(),
    }
