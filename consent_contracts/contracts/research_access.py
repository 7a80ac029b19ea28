"""Research access: opens a study's cohort to a researcher, as far as each person's grants go."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar, final

from consent_contracts.contracts.cohort import Member, cohort_of
from consent_contracts.contracts.digests import digest_of
from consent_contracts.contracts.facts import is_accredited, parse_accreditations
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.reason import Reason
from consent_contracts.contracts.research_terms import ResearchTerms, parse_participants
from consent_contracts.contracts.verdict import Verdict
from consent_contracts.recipient import RecipientKind
from consent_contracts.terms import narrowest
from consent_contracts.wire import require_known
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp


class ResearchReason(Reason):
    """What stands against research access, in the order of naming it."""

    WRONG_CUSTODIAN = "wrong_custodian", "The data is in another organisation's keeping."
    UNACCREDITED_RESEARCHER = "unaccredited_researcher", "The researcher is not accredited."
    ACCREDITATION_UNKNOWN = (
        "accreditation_unknown",
        "It could not be found out whether the researcher is accredited.",
    )
    NOT_YET_VALID = "not_yet_valid", "The study has not begun."
    EXPIRED = "expired", "The study is over."
    NO_PARTICIPANTS = "no_participants", "Nobody's grants permit this study now."
    GROUP_TOO_SMALL = "group_too_small", "Too few people permit this study now."


@final
class ResearchAccess:
    """Version 1. Inputs and rules: `docs/reference/contracts.md`.

    The decision names no participant: it has the size of the cohort and a digest of its members.
    """

    name: ClassVar[str] = "research_access"
    version: ClassVar[int] = 1

    def judge(self, inputs: ContractInputs) -> Verdict:
        """Name everything that stands against the study; say to whom it opens if nothing does."""
        terms = ResearchTerms.parse(inputs.terms)
        members = self.cohort(inputs)
        return Verdict(
            signers=frozenset({str(terms.researcher), str(terms.custodian)}),
            reasons=(
                *_of_parties(terms, inputs),
                *_of_period(terms, at=inputs.at),
                *_of_cohort(terms, members),
            ),
            result=_result(terms, members) if members else {},
        )

    def cohort(self, inputs: ContractInputs) -> tuple[Member, ...]:
        """Return whose data the decision is about, for whoever releases it."""
        require_known(inputs.facts, ("accreditations", "participants"), at="/facts")
        require_known(inputs.state, (), at="/state")
        return cohort_of(
            ResearchTerms.parse(inputs.terms),
            parse_participants(inputs.facts.get("participants"), at="/facts/participants"),
            parse_accreditations(inputs.facts, at="/facts"),
            at=inputs.at,
        )


def _of_parties(terms: ResearchTerms, inputs: ContractInputs) -> Iterator[Reason]:
    if inputs.decider != terms.custodian:
        yield ResearchReason.WRONG_CUSTODIAN
    accreditations = parse_accreditations(inputs.facts, at="/facts")
    known = is_accredited(accreditations, RecipientKind.RESEARCHER, terms.accredited_by)
    if known is None:
        yield ResearchReason.ACCREDITATION_UNKNOWN
    elif not known:
        yield ResearchReason.UNACCREDITED_RESEARCHER


def _of_period(terms: ResearchTerms, *, at: datetime) -> Iterator[Reason]:
    start, end = terms.period.start, terms.period.end
    if start is not None and at < start:
        yield ResearchReason.NOT_YET_VALID
    if end is not None and at >= end:
        yield ResearchReason.EXPIRED


def _of_cohort(terms: ResearchTerms, members: Sequence[Member]) -> Iterator[Reason]:
    if not members:
        yield ResearchReason.NO_PARTICIPANTS
    elif len(members) < terms.minimum_group_size:
        yield ResearchReason.GROUP_TOO_SMALL


def _result(terms: ResearchTerms, members: Sequence[Member]) -> JsonObject:
    permits = [each.permit for each in members]
    ends = [terms.period.end, *(grant.period.end for each in permits for grant in each.grants)]
    obligations = {duty for each in permits for duty in each.obligations}
    return {
        "study": terms.study,
        "members": len(members),
        "cohort": digest_of([each.participant.member for each in members]),
        "until": min(to_timestamp(end) for end in ends if end is not None),
        "obligations": sorted(duty.value for duty in obligations),
        "limits": narrowest(each.limits for each in permits).to_json(),
    }
