"""Each presentation verified, with every step of the verification named, and its issuer judged."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from registry.client.edge.freshness import OTHER, limit
from registry.client.edge.kept_evidence import KeptEvidence
from registry.client.edge.reading import believed
from registry.model.accreditations import Role
from registry.model.evidence import (
    Accreditation,
    AccreditationEvidence,
    GrantEvidence,
    LogPolicy,
    StatusEvidence,
    verify_accreditation,
)
from ssi_core.claim_path import WITHHELD, ClaimPath
from ssi_core.credential.sd_jwt_vc import NEVER_DISCLOSABLE, VerifiedSdJwtVc
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    AccreditationError,
    AlgorithmError,
    AudienceError,
    DeactivatedError,
    DisclosureError,
    ExpiredError,
    HolderBindingError,
    MalformedError,
    NonceError,
    NotFoundError,
    NotYetValidError,
    ProofError,
    QueryError,
    RevokedError,
    SsiError,
    StaleError,
    StatusUndeterminedError,
    SuspendedError,
    TrustError,
    UnavailableError,
)
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.verification import Evidence, VerificationPolicy, verify
from verifier.checks import Checklist, CheckName
from verifier.policy import (
    ALGORITHMS,
    CLOCK_SKEW,
    AccreditedIssuers,
    NamedIssuers,
    Policy,
    UnsafeAnyIssuer,
)
from verifier.question import Question
from verifier.staleness import strictest

Accreditations: TypeAlias = Mapping[tuple[Did, str], AccreditationEvidence | SsiError]
"""By issuer and credential type."""
Publications: TypeAlias = Mapping[tuple[Did, str], StatusEvidence | SsiError]
"""By issuer and the URI of a status list."""

STEPS: Final = (
    CheckName.FORMAT,
    CheckName.ISSUER_KEY,
    CheckName.ISSUER_SIGNATURE,
    CheckName.DISCLOSURES,
    CheckName.TYPE,
    CheckName.VALIDITY,
    CheckName.HOLDER_BINDING,
    CheckName.STATUS,
)
"""The steps of `ssi_core.verification.verify`, in its order."""
# About the credential and not about its subject.
_REGISTERED: Final = NEVER_DISCLOSABLE | {"iat", "jti", "aud", "_sd_alg"}
# What a step raises; of several kinds that fit, the first one named here tells the step.
_BY_KIND: Final[Sequence[tuple[tuple[type[SsiError], ...], CheckName]]] = (
    ((HolderBindingError, AudienceError, NonceError), CheckName.HOLDER_BINDING),
    (
        (StatusUndeterminedError, RevokedError, SuspendedError, StaleError),
        CheckName.STATUS,
    ),
    ((ExpiredError, NotYetValidError), CheckName.VALIDITY),
    ((QueryError,), CheckName.TYPE),
    ((DisclosureError,), CheckName.DISCLOSURES),
    ((MalformedError, AlgorithmError), CheckName.FORMAT),
    ((UnavailableError, NotFoundError, DeactivatedError, TrustError), CheckName.ISSUER_KEY),
    ((ProofError,), CheckName.ISSUER_SIGNATURE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerEvidence:
    """Facts that the judgement of an answer rests on, each of them or why it could not be had."""

    credentials: Evidence
    accreditations: Accreditations = field(default_factory=dict)
    publications: Publications = field(default_factory=dict)
    grant: GrantEvidence | SsiError | None = None


def credential_policy(policy: Policy, vcts: Sequence[str]) -> VerificationPolicy:
    """Return what verification accepts as an answer for one of `vcts`."""
    return VerificationPolicy(
        algorithms=ALGORITHMS,
        vcts=frozenset(vcts),
        require_status=policy.status.required,
        require_holder_binding=policy.holder_binding,
        status_max_age=policy.status.max_age,
        clock_skew=CLOCK_SKEW,
    )


def kept_for(policy: Policy) -> timedelta:
    """Return how old evidence may be that was kept from before the log could not be asked."""
    rule = policy.grant
    if rule is None:
        return OTHER.limit
    return limit(strictest(rule.purposes), rule.max_staleness)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What an answer is judged by: the question, the facts, the log that is believed, the time."""

    question: Question
    evidence: AnswerEvidence
    log: LogPolicy
    at: datetime

    @property
    def kept_for(self) -> timedelta:
        """How old evidence may be that was kept from before the log could not be asked."""
        return kept_for(self.question.policy)


def verify_presentation(
    checklist: Checklist,
    presented: str,
    *,
    query_id: str,
    policy: VerificationPolicy,
    by: Circumstances,
) -> VerifiedSdJwtVc | None:
    """Return the credential if it holds; either way every step is on the list."""
    try:
        verified = verify(
            presented,
            evidence=by.evidence.credentials,
            policy=policy,
            expected=by.question.expected(query_id),
            at=by.at,
        )
    except SsiError as error:
        place = STEPS.index(failed_step(error))
        for step in STEPS[:place]:
            checklist.passed(step, credential=query_id)
        checklist.fail(STEPS[place], error, credential=query_id)
        checklist.skip(*STEPS[place + 1 :], credential=query_id)
        return None
    for step in STEPS:
        checklist.passed(step, credential=query_id)
    return verified


def failed_step(error: SsiError) -> CheckName:
    """Return the step that raised `error`, by its kind and the place that it names."""
    at = error.at or ""
    if at.startswith(("/key_binding", "/cnf")):
        return CheckName.HOLDER_BINDING
    if type(error) is ProofError and at in {"/header/typ", "/header/crit"}:
        return CheckName.FORMAT
    if isinstance(error, ProofError) and at in {"/id", "/kid", "/header/kid"}:
        return CheckName.ISSUER_KEY
    for kinds, step in _BY_KIND:
        if isinstance(error, kinds):
            return step
    return CheckName.FORMAT


def require_issuer(verified: VerifiedSdJwtVc, *, by: Circumstances) -> None:
    """Return if the policy accepts the issuer; raise `TrustError` or a child of it if not."""
    match by.question.policy.issuers:
        case UnsafeAnyIssuer():
            return
        case NamedIssuers(dids):
            if verified.issuer not in {str(did) for did in dids}:
                raise TrustError("the policy does not name this issuer", at="/iss")
        case AccreditedIssuers(roots):
            accreditation_of(verified, roots, by=by)


def disclosed_claims(verified: VerifiedSdJwtVc) -> JsonObject:
    """Return what the presentation says of its subject, without the registered claims."""
    return {name: value for name, value in verified.claims.items() if name not in _REGISTERED}


def disclosed_paths(verified: VerifiedSdJwtVc) -> frozenset[ClaimPath]:
    """Return the path of every value that can be seen, down to the leaves."""
    visible = {n: v for n, v in verified.as_issued.items() if n not in _REGISTERED}
    return frozenset(path for name in visible for path in leaves(visible[name], (name,)))


def leaves(value: JsonValue, path: ClaimPath) -> Iterator[ClaimPath]:
    """Yield the paths of the values below `path`; an empty object or array is a value too."""
    if value is WITHHELD:
        return
    if isinstance(value, Mapping) and value:
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for index, element in enumerate(value):
            yield from leaves(element, (*path, index))
    else:
        yield path


def accreditation_of(
    verified: VerifiedSdJwtVc, roots: Collection[Did], *, by: Circumstances
) -> Accreditation:
    """Return what lets the issuer issue this; raise `AccreditationError` if nothing does."""
    issuer = _organisation(verified.issuer)
    found = by.evidence.accreditations.get((issuer, verified.vct))
    if found is None:
        raise UnavailableError("the issuer's accreditation was not collected")
    if isinstance(found, SsiError):
        # A new exception each time: evidence is shared, and a traceback belongs to one attempt.
        raise type(found)(found.reason, at=found.at)
    try:
        accreditation = verify_accreditation(
            found,
            subject=issuer,
            role=Role.ISSUE,
            type=verified.vct,
            roots=roots,
            policy=believed(by.log, found, kept_for=by.kept_for),
            at=by.at,
        )
    except StaleError:
        if isinstance(found, KeptEvidence):
            # Nobody answered and what we kept is too old, so that we do not know.
            raise UnavailableError("nothing young enough is known of the issuer") from None
        raise
    # In force now, as just verified, and on the day when the credential was issued.
    issued_at = verified.issued_at
    if issued_at is None or issued_at not in accreditation.period:
        raise AccreditationError("issued when no accreditation was in force", at="/iat")
    return accreditation


def _organisation(issuer: str) -> Did:
    if not issuer.startswith("did:"):
        raise AccreditationError("only a DID can be accredited", at="/iss")
    return Did.parse(issuer, at="/iss")
