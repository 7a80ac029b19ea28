"""The grant that came with an answer: read, found in the log, held against the request, decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from consent_contracts import grant_credential
from consent_contracts.access import AccessLevel
from consent_contracts.decision import (
    AccessRequest,
    Deny,
    GrantRecord,
    GrantState,
    Indeterminate,
    Permit,
    Refusal,
    RequestedItem,
    decide,
    require,
)
from consent_contracts.grant import Grant
from consent_contracts.record import ANY_AGE
from consent_contracts.request import ConsentRequest, require_within
from consent_contracts.scope import ScopeItem
from consent_contracts.terms import Obligation
from registry.client.edge.freshness import limit
from registry.client.edge.kept_evidence import KeptEvidence
from registry.client.edge.reading import believed
from registry.model.evidence import GrantEvidence, LoggedGrant, LogPolicy, verify_grant
from ssi_core.credential.sd_jwt_vc import VerifiedSdJwtVc
from ssi_core.errors import ConsentError, LogProofError, SsiError, UnavailableError
from ssi_core.keys import thumbprint
from ssi_core.period import Period
from verifier.checks import Checklist, CheckName
from verifier.policy import GrantRule
from verifier.presentations import Circumstances, disclosed_paths
from verifier.staleness import staleness_of

GRANT_STEPS: Final = (
    CheckName.GRANT,
    CheckName.GRANT_IN_LOG,
    CheckName.GRANT_COMMITMENTS,
    CheckName.HOLDER_KEYS,
    CheckName.DECISION,
    CheckName.WITHIN_REQUEST,
)
"""The checks of this module, in their order."""
UNSUPPORTED_TERMS: Final = "unsupported_terms"
"""The refusal of a grant whose terms nobody here could keep."""
_KEPT_HERE: Final = frozenset(
    {
        Obligation.ERASE_ON_WITHDRAWAL,
        Obligation.ERASE_ON_EXPIRY,
        Obligation.ERASE_AFTER_USE,
        Obligation.NO_REIDENTIFICATION,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consented:
    """A grant that permits what was asked. Only `validate_grant` makes one."""

    grant: Grant
    permit: Permit
    scope_digest: str


def validate_grant(
    checklist: Checklist,
    verified: VerifiedSdJwtVc,
    *,
    credentials: Sequence[VerifiedSdJwtVc],
    by: Circumstances,
) -> Consented | None:
    """Do every check of the grant that came with `credentials`; return it if all checks held."""
    rule, consent = by.question.policy.grant, by.question.consent
    disclosures = tuple(verified.disclosures.values())
    grant = checklist.run(CheckName.GRANT, lambda: grant_credential.read(verified, disclosures))
    if grant is None or rule is None or consent is None:
        checklist.skip(*GRANT_STEPS[1:])
        return None
    logged = checklist.run(
        CheckName.GRANT_IN_LOG,
        lambda: find_grant(grant, by.evidence.grant, log=by.log, at=by.at),
    )
    if logged is None:
        checklist.skip(CheckName.GRANT_COMMITMENTS)
    else:
        checklist.run(CheckName.GRANT_COMMITMENTS, lambda: _require_logged(grant, verified, logged))
    checklist.run(CheckName.HOLDER_KEYS, lambda: _require_holder_keys(grant, credentials))
    permit = checklist.run(
        CheckName.DECISION, lambda: _decide(record_of(grant, logged), rule, credentials, by)
    )
    checklist.run(
        CheckName.WITHIN_REQUEST,
        lambda: _require_within(grant, consent, rule, by.question.policy.scope),
    )
    if permit is None or checklist.error() is not None:
        return None
    scope_digest = grant_credential.commitments(disclosures)["scp"]
    return Consented(grant=grant, permit=permit, scope_digest=scope_digest)


def find_grant(
    grant: Grant, evidence: GrantEvidence | SsiError | None, *, log: LogPolicy, at: datetime
) -> LoggedGrant:
    """Return the grant as the log proves it; its state and age are for the decision to judge.

    What the log says now must be of now; what was kept from before is as old as it is.
    """
    if evidence is None:
        raise UnavailableError("the log's word on the grant was not collected")
    if isinstance(evidence, SsiError):
        raise type(evidence)(evidence.reason, at=evidence.at)
    policy = believed(log, evidence, kept_for=ANY_AGE)
    return verify_grant(evidence, grant_id=grant.id or "", policy=policy, at=at)


def record_of(
    grant: Grant, logged: LoggedGrant | None, *, uses: int = 0, last: datetime | None = None
) -> GrantRecord:
    """Return what is known of a grant, for a decision."""
    if logged is None:
        return GrantRecord(grant=grant, state=None, known_at=None, uses=uses, last_used_at=last)
    return GrantRecord(
        grant=grant,
        state=GrantState.parse(logged.state.value),
        known_at=logged.known_at,
        uses=uses,
        last_used_at=last,
    )


def requested_items(
    credentials: Iterable[VerifiedSdJwtVc], access: AccessLevel
) -> tuple[RequestedItem, ...]:
    """Return what can be seen in the presentations, as the decision is asked for it."""
    return tuple(
        RequestedItem(vct=each.vct, claims=paths, access=access)
        for each in credentials
        if (paths := disclosed_paths(each))
    )


def holder_keys(credentials: Iterable[VerifiedSdJwtVc]) -> frozenset[str]:
    """Return the thumbprints of the keys that the presentations are bound to."""
    return frozenset(
        thumbprint(each.holder_key.jwk) for each in credentials if each.holder_key is not None
    )


def _require_logged(grant: Grant, verified: VerifiedSdJwtVc, logged: LoggedGrant) -> None:
    grant_credential.require_committed(verified.sd_jwt, logged.commitments)
    if grant_credential.control_key(verified) != logged.control_key:
        raise LogProofError("the log has another key for this grant", at="/ctl")
    if not Period(logged.not_before, logged.expires).covers(grant.period):
        raise LogProofError("the grant goes beyond the time in the log", at="/exp")


def _require_holder_keys(grant: Grant, credentials: Sequence[VerifiedSdJwtVc]) -> None:
    keys = holder_keys(credentials)
    unbound = any(each.holder_key is None for each in credentials)
    if not keys or unbound or not keys <= grant.holder_keys:
        raise ConsentError(
            "the grant is about other credentials",
            at="/subject/keys",
            refusals=(Refusal.OTHER_SUBJECT.value,),
        )


def _decide(
    record: GrantRecord,
    rule: GrantRule,
    credentials: Sequence[VerifiedSdJwtVc],
    by: Circumstances,
) -> Permit:
    items, keys = requested_items(credentials, rule.access), holder_keys(credentials)
    denials: list[Deny | Indeterminate] = []
    for purpose in sorted(rule.purposes):
        request = AccessRequest(
            recipient=by.question.recipient, purpose=purpose, items=items, holder_keys=keys
        )
        allowed = limit(staleness_of(purpose), rule.max_staleness)
        decision = decide(request, [record], at=by.at, max_staleness=allowed)
        if isinstance(decision, Permit):
            return decision
        denials.append(decision)
    refusals = tuple(dict.fromkeys(each for denial in denials for each in denial.refusals))
    kept = isinstance(by.evidence.grant, KeptEvidence)
    if refusals == (Refusal.STATE_UNKNOWN,) or (kept and refusals == (Refusal.STALE_EVIDENCE,)):
        raise UnavailableError("whether the grant stands could not be found out")
    return require(Deny(refusals))


def _require_within(
    grant: Grant, consent: ConsentRequest, rule: GrantRule, asked: Sequence[ScopeItem]
) -> None:
    require_within(grant, consent, asked=asked)
    # Terms that a person added bind us, so there must be someone here who keeps them.
    limits = grant.limits
    if (
        not grant.obligations - rule.obligations <= _KEPT_HERE
        or limits.jurisdictions != rule.limits.jurisdictions
        or limits.minimum_group_size != rule.limits.minimum_group_size
    ):
        raise ConsentError(
            "the grant has terms that cannot be kept here",
            at="/terms",
            refusals=(UNSUPPORTED_TERMS,),
        )
