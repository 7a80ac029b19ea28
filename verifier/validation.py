"""The judgement of an answer: a pure function of what was asked, what came, evidence and time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from consent_contracts.grant_credential import VCT
from consent_contracts.request import GRANT_QUERY
from ssi_core.credential.sd_jwt_vc import VerifiedSdJwtVc
from ssi_core.errors import QueryError, SsiError
from ssi_core.presentation.dcql import CredentialQuery, Presented, check_answer
from ssi_core.verification import VerificationPolicy
from verifier.checks import Check, Checklist, CheckName
from verifier.grants import GRANT_STEPS, Consented, validate_grant
from verifier.policy import ALGORITHMS, CLOCK_SKEW
from verifier.presentations import (
    STEPS,
    Circumstances,
    credential_policy,
    require_issuer,
    verify_presentation,
)
from verifier.publications import require_published
from verifier.question import Question

MAX_PRESENTATIONS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Every check by name, and what they come to: verified credentials, or why not.

    `credentials` is empty unless `error` is nothing. `consented` is there where a grant was asked.
    """

    checks: tuple[Check, ...]
    error: SsiError | None = None
    credentials: Mapping[str, tuple[VerifiedSdJwtVc, ...]] = field(default_factory=dict)
    consented: Consented | None = None


def validate(answer: Mapping[str, Sequence[str]], *, by: Circumstances) -> Verdict:
    """Verify each presentation, then judge them all; every check is named, whatever comes of it."""
    checklist = Checklist()
    try:
        _require_shape(answer, by.question)
    except QueryError as error:
        return _misshapen(by.question, error)
    asked = [query for query in by.question.query.credentials if query.id in answer]
    verified = {query.id: _verify(checklist, query, answer[query.id], by) for query in asked}
    if any(item is None for items in verified.values() for item in items):
        checklist.skip(CheckName.QUERY)
        if by.question.policy.grant is not None:
            checklist.skip(*GRANT_STEPS)
        return Verdict(checks=checklist.checks, error=checklist.error())
    return _judge(checklist, {name: _present(items) for name, items in verified.items()}, by)


def _require_shape(answer: Mapping[str, Sequence[str]], question: Question) -> None:
    queries = {query.id: query for query in question.query.credentials}
    if sum(map(len, answer.values())) > MAX_PRESENTATIONS:
        raise QueryError("there are more presentations than allowed", at="/vp_token")
    for name, items in answer.items():
        if (query := queries.get(name)) is None:
            raise QueryError("an answer was not asked for", at="/vp_token")
        if len(items) > 1 and not query.multiple:
            raise QueryError("one presentation was asked for", at=f"/vp_token/{query.id}")


def _misshapen(question: Question, error: QueryError) -> Verdict:
    checklist = Checklist()
    for query in question.query.credentials:
        judged = () if _is_grant(query, question) else _judgements(question)
        checklist.skip(*STEPS, *judged, credential=query.id)
    checklist.fail(CheckName.QUERY, error)
    if question.policy.grant is not None:
        checklist.skip(*GRANT_STEPS)
    return Verdict(checks=checklist.checks, error=error)


def _verify(
    checklist: Checklist, query: CredentialQuery, presented: Sequence[str], by: Circumstances
) -> list[VerifiedSdJwtVc | None]:
    grant = _is_grant(query, by.question)
    policy = _GRANT if grant else credential_policy(by.question.policy, query.vct_values)
    found: list[VerifiedSdJwtVc | None] = []
    for text in presented:
        verified = verify_presentation(checklist, text, query_id=query.id, policy=policy, by=by)
        found.append(verified)
        if not grant:
            _judge_credential(checklist, verified, query.id, by)
    return found


def _judge_credential(
    checklist: Checklist, verified: VerifiedSdJwtVc | None, query_id: str, by: Circumstances
) -> None:
    judged = _judgements(by.question)
    if verified is None:
        checklist.skip(*judged, credential=query_id)
        return
    checklist.run(CheckName.ISSUER, lambda: require_issuer(verified, by=by), credential=query_id)
    if CheckName.STATUS_IN_LOG in judged:
        checklist.run(
            CheckName.STATUS_IN_LOG,
            lambda: require_published(verified, by=by),
            credential=query_id,
        )


def _judgements(question: Question) -> tuple[CheckName, ...]:
    """Return the checks of each credential that follow on its verification."""
    in_log = question.policy.status.in_log
    return (CheckName.ISSUER, CheckName.STATUS_IN_LOG) if in_log else (CheckName.ISSUER,)


def _judge(
    checklist: Checklist, verified: Mapping[str, Sequence[VerifiedSdJwtVc]], by: Circumstances
) -> Verdict:
    presented = {name: [Presented.of(item) for item in items] for name, items in verified.items()}
    checklist.run(CheckName.QUERY, lambda: check_answer(by.question.query, presented))
    credentials = {name: tuple(items) for name, items in verified.items() if name != GRANT_QUERY}
    consented: Consented | None = None
    if by.question.policy.grant is not None:
        if grants := verified.get(GRANT_QUERY, ()):
            every = [item for items in credentials.values() for item in items]
            consented = validate_grant(checklist, grants[0], credentials=every, by=by)
        else:
            checklist.skip(*GRANT_STEPS)
    if (error := checklist.error()) is not None:
        return Verdict(checks=checklist.checks, error=error)
    return Verdict(checks=checklist.checks, credentials=credentials, consented=consented)


def _is_grant(query: CredentialQuery, question: Question) -> bool:
    return question.policy.grant is not None and query.id == GRANT_QUERY


def _present(items: Sequence[VerifiedSdJwtVc | None]) -> tuple[VerifiedSdJwtVc, ...]:
    return tuple(item for item in items if item is not None)


# The grant's own credential is signed by its one-time key, and stands or falls with the log.
_GRANT: Final = VerificationPolicy(
    algorithms=ALGORITHMS, vcts=frozenset({VCT}), require_status=False, clock_skew=CLOCK_SKEW
)
