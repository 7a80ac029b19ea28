"""The cohort of a study: everyone whose grants permit it, at the size that the cohort has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from consent_contracts.contracts.research_terms import Participant, ResearchTerms
from consent_contracts.decision import Permit
from consent_contracts.recipient import Accreditation


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Someone in the cohort: `least` is the smallest cohort that their grants permit."""

    participant: Participant
    least: int
    permit: Permit


def cohort_of(
    terms: ResearchTerms,
    participants: Sequence[Participant],
    accreditations: frozenset[Accreditation] | None,
    *,
    at: datetime,
) -> tuple[Member, ...]:
    """Return the largest cohort in which every grant permits a group of just that size.

    A grant may ask for a larger group than is there. Whoever gave it is left out, which makes the
    group smaller still for the others, until it holds.
    """
    found = [_member(terms, each, accreditations, at=at) for each in participants]
    members = sorted(
        (each for each in found if each is not None),
        key=lambda each: (each.least, each.participant.member),
    )
    while members and members[-1].least > len(members):
        members.pop()
    return tuple(sorted(members, key=lambda each: each.participant.member))


def _member(
    terms: ResearchTerms,
    participant: Participant,
    accreditations: frozenset[Accreditation] | None,
    *,
    at: datetime,
) -> Member | None:
    consents, request = participant.consents, terms.request(participant.holder_keys)
    asked = {each.grant.limits.minimum_group_size or 1 for each in consents.records}
    for size in sorted({1} | asked):
        context = replace(consents.context, group_size=size, accreditations=accreditations)
        decision = replace(consents, context=context).decide(request, at=at)
        if isinstance(decision, Permit):
            return Member(participant=participant, least=size, permit=decision)
    return None
