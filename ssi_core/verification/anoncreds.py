"""AnonCreds presentations, verified in seven steps.

https://hyperledger.github.io/anoncreds-spec/#verify-presentation
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ssi_core.anoncreds import library
from ssi_core.anoncreds.answer import require_answer
from ssi_core.anoncreds.attested import AttestedResource
from ssi_core.anoncreds.identifiers import issuer_of, status_list_id
from ssi_core.anoncreds.objects import (
    CredentialDefinition,
    RevocationRegistry,
    Schema,
    StatusList,
)
from ssi_core.anoncreds.presentation import AnonCredsPresentation, ProvenCredential
from ssi_core.anoncreds.request import Predicate, PresentationRequest
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import (
    MalformedError,
    ProofError,
    SsiError,
    StaleError,
    StatusUndeterminedError,
    TrustError,
)
from ssi_core.json_types import JsonObject
from ssi_core.period import Period
from ssi_core.proof.data_integrity import verification_methods
from ssi_core.proof.suite import AllowedSuites
from ssi_core.strict_json import render
from ssi_core.verification.data_integrity import DataIntegrityPolicy, verify_document
from ssi_core.verification.evidence import DidNeed, Evidence, Need, ResourceNeed

_IDENTIFIERS = "/identifiers"
_TIMESTAMP = "/identifiers/timestamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonCredsPolicy:
    """What a caller accepts, by identifier; nothing is accepted by default.

    `suites` are those of the proofs on what issuers publish. A status list is no older than
    `status_max_age`; with `require_status` a credential without one is refused.
    """

    issuers: frozenset[str]
    schemas: frozenset[str]
    definitions: frozenset[str]
    suites: AllowedSuites
    require_status: bool
    status_max_age: timedelta
    request_max_age: timedelta = timedelta(minutes=5)
    clock_skew: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        if not (self.issuers and self.schemas and self.definitions):
            raise MalformedError("a policy that accepts nothing is no policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPresentation:
    """The request that a presentation must answer, and when it was made: its nonce is for once.

    That nobody uses a nonce twice is for whoever keeps the requests to see to.
    """

    request: PresentationRequest
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAnonCreds:
    """What was asked, and holds. Only `verify` makes one.

    `values` are by referent and name, as the request has them; `predicates` hold for credentials
    of `definitions`, not revoked at `not_revoked_at` (`None`: nothing was asked about that).
    """

    issuers: frozenset[Did]
    definitions: frozenset[str]
    values: Mapping[str, Mapping[str, str]]
    predicates: Mapping[str, Predicate]
    not_revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Objects:
    """The public objects of one credential, authentic and of one another."""

    schema: Schema
    definition: CredentialDefinition
    registry: RevocationRegistry | None
    status_list: StatusList | None


def needs(
    presented: str | JsonObject | AnonCredsPresentation, *, policy: AnonCredsPolicy | None = None
) -> frozenset[Need]:
    """Return what has to be fetched before `verify` can decide: objects and their issuers' DIDs.

    With a policy, `TrustError` before anything is fetched that it does not accept.
    """
    presentation = _parsed(presented)
    if policy is not None:
        _require_accepted(presentation, policy)
    found = {name for credential in presentation.credentials for name in _identifiers(credential)}
    dids = {issuer_of(name, at=_IDENTIFIERS) for name in found}
    return frozenset([*map(ResourceNeed, found), *map(DidNeed, dids)])


def verify(
    presented: str | JsonObject | AnonCredsPresentation,
    *,
    evidence: Evidence,
    policy: AnonCredsPolicy,
    expected: AskedPresentation,
    at: datetime,
) -> VerifiedAnonCreds:
    """Return what was asked if every check holds; raise the reason of the first that does not.

    Whether a credential is revoked cannot be told from a proof that does not hold, for nothing
    says which credential it is: `ProofError`. Where too little is known to tell, the status is
    undetermined.
    """
    # 1. Parse: the form, the sizes, every value as it was signed, one holder.
    library.require()
    presentation = _parsed(presented)

    # 2. Issuer, schema and definition are accepted, before anything is looked up.
    _require_accepted(presentation, policy)

    # 3. The request is one that is still open.
    request = expected.request
    Period(expected.asked_at, None).require(at + policy.clock_skew, at="/request")
    if at - expected.asked_at > policy.request_max_age:
        raise StaleError("the request is older than allowed", at="/request")

    # 4. What was asked is answered, and nothing else.
    values = require_answer(presentation, request)

    # 5. The objects are those that their issuers published.
    objects = [
        _objects(credential, evidence=evidence, policy=policy, at=at)
        for credential in presentation.credentials
    ]

    # 6. Every status list is of the interval that was asked about, and young enough.
    for found in objects:
        _require_status(found, request, policy=policy, at=at)

    # 7. The proof, which also has the nonce of the request, holds.
    _require_proof(presentation, request, objects)
    return VerifiedAnonCreds(
        issuers=frozenset(found.definition.issuer for found in objects),
        definitions=frozenset(found.definition.id for found in objects),
        values=values,
        predicates=request.predicates,
        not_revoked_at=_oldest(found.status_list for found in objects),
    )


def _parsed(presented: str | JsonObject | AnonCredsPresentation) -> AnonCredsPresentation:
    if isinstance(presented, AnonCredsPresentation):
        return presented
    return AnonCredsPresentation.parse(presented)


def _identifiers(credential: ProvenCredential) -> tuple[str, ...]:
    names = (credential.schema_id, credential.definition_id)
    if credential.registry_id is None or credential.timestamp is None:
        return names
    status_list = status_list_id(credential.registry_id, credential.timestamp)
    return (*names, credential.registry_id, status_list)


def _require_accepted(presentation: AnonCredsPresentation, policy: AnonCredsPolicy) -> None:
    for credential in presentation.credentials:
        if credential.definition_id not in policy.definitions:
            raise TrustError("the credential definition is not accepted", at=_IDENTIFIERS)
        if credential.schema_id not in policy.schemas:
            raise TrustError("the schema is not accepted", at=_IDENTIFIERS)
        issuer = issuer_of(credential.definition_id, at=_IDENTIFIERS)
        if str(issuer) not in policy.issuers:
            raise TrustError("the issuer is not accepted", at=_IDENTIFIERS)
        # A schema may be another's; a registry may not, so nothing else is ever fetched for it.
        if (registry := credential.registry_id) is not None and (
            issuer_of(registry, at=_IDENTIFIERS) != issuer
        ):
            raise TrustError("the registry is not the issuer's", at=_IDENTIFIERS)


def _objects(
    credential: ProvenCredential, *, evidence: Evidence, policy: AnonCredsPolicy, at: datetime
) -> _Objects:
    def content(identifier: str) -> JsonObject:
        return _authentic(identifier, evidence=evidence, policy=policy, at=at)

    schema = Schema.parse(content(credential.schema_id), id=credential.schema_id)
    definition = CredentialDefinition.parse(
        content(credential.definition_id), id=credential.definition_id
    )
    definition.require_schema(schema)
    registry: RevocationRegistry | None = None
    status_list: StatusList | None = None
    if credential.registry_id is not None and credential.timestamp is not None:
        try:
            registry = RevocationRegistry.parse(
                content(credential.registry_id), id=credential.registry_id
            )
            registry.require_definition(definition)
            identifier = status_list_id(registry.id, credential.timestamp)
            status_list = StatusList.parse(content(identifier), registry=registry)
            if status_list.id != identifier:
                raise ProofError("it is of another moment", at="/timestamp")
        except SsiError as error:
            reason = f"status list: {error.reason}"
            raise StatusUndeterminedError(reason, at=error.at) from None
    return _Objects(
        schema=schema, definition=definition, registry=registry, status_list=status_list
    )


def _authentic(
    identifier: str, *, evidence: Evidence, policy: AnonCredsPolicy, at: datetime
) -> JsonObject:
    """Return the content of a resource if its issuer's key made every proof on it."""
    resource = AttestedResource.parse(evidence.resource(identifier))
    if resource.id != identifier:
        raise ProofError("a resource is not the one that was asked for", at="/id")
    for method in verification_methods(resource.source):
        if DidUrl.parse(method, at="/proof/verificationMethod").did != resource.issuer:
            raise TrustError("a resource has a proof that is not its issuer's", at="/proof")
    verify_document(
        resource.source,
        purpose=VerificationRelationship.ASSERTION_METHOD,
        evidence=evidence,
        policy=DataIntegrityPolicy(suites=policy.suites),
        at=at,
    )
    return resource.content


def _require_status(
    found: _Objects, request: PresentationRequest, *, policy: AnonCredsPolicy, at: datetime
) -> None:
    status_list = found.status_list
    if status_list is None:
        if policy.require_status or (
            request.non_revoked is not None and found.definition.revocable
        ):
            raise StatusUndeterminedError("nothing tells whether the credential is revoked")
        return
    asked = request.non_revoked
    if asked is None:
        raise StatusUndeterminedError("the status was not asked for", at=_TIMESTAMP)
    if not asked.start <= status_list.timestamp <= asked.end:
        raise StaleError("the status list is not of the time that was asked about", at=_TIMESTAMP)
    if at - status_list.timestamp > policy.status_max_age:
        raise StaleError("the status list is older than allowed", at=_TIMESTAMP)
    if status_list.timestamp > at + policy.clock_skew:
        raise StatusUndeterminedError("the status list is from the future", at=_TIMESTAMP)


def _require_proof(
    presentation: AnonCredsPresentation, request: PresentationRequest, objects: list[_Objects]
) -> None:
    holds = library.proof_holds(
        render(presentation.source),
        render(request.to_json()),
        schemas={found.schema.id: render(found.schema.source) for found in objects},
        definitions={found.definition.id: render(found.definition.source) for found in objects},
        registries={
            found.registry.id: render(found.registry.source)
            for found in objects
            if found.registry is not None
        },
        status_lists=_distinct(found.status_list for found in objects),
    )
    if not holds:
        raise ProofError("the proof does not hold, or a credential is revoked", at="/proof")


def _distinct(lists: Iterable[StatusList | None]) -> list[str]:
    by_id = {item.id: render(item.source) for item in lists if item is not None}
    return list(by_id.values())


def _oldest(lists: Iterable[StatusList | None]) -> datetime | None:
    return min((item.timestamp for item in lists if item is not None), default=None)
