"""Credentials and presentations of the data model, verified however they are secured.

https://www.w3.org/TR/vc-data-model-2.0/#securing-mechanisms: by proofs of their own or in
envelopes. Status included.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ssi_core.credential.enveloped import Enveloped
from ssi_core.credential.model import Credential, DataModel
from ssi_core.credential.presentation import Envelope, Presentation
from ssi_core.errors import ContextError, ProofError, WorkLimitError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.rdf import work
from ssi_core.rdf.contexts import Contexts
from ssi_core.strict_json import render
from ssi_core.verification import data_integrity
from ssi_core.verification.bitstring_status import (
    BitstringPolicy,
    require_statuses,
    status_needs,
)
from ssi_core.verification.data_integrity import (
    DataIntegrityPolicy,
    ExpectedPresentation,
    VerifiedPresentation,
)
from ssi_core.verification.enveloped import (
    EnvelopedPolicy,
    enveloped_needs,
    open_enveloped_presentation,
    verify_enveloped_credential,
)
from ssi_core.verification.evidence import Evidence, Need, StatusCredentialNeed

# Every list is a server that a stranger has us ask.
MAX_STATUS_LISTS: Final = 32
# JSON of all credentials with proofs of their own in one presentation: a second of work at worst.
MAX_PROVEN_BYTES: Final = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VcdmPolicy:
    """What a caller accepts, whichever way a document is secured.

    One that names a context outside `contexts` is refused, also where nobody reads it as JSON-LD.
    """

    contexts: Contexts
    embedded: DataIntegrityPolicy
    enveloped: EnvelopedPolicy
    status: BitstringPolicy


def credential_needs(secured: JsonObject) -> frozenset[Need]:
    """Return what has to be fetched before `verify_credential` can decide."""
    if is_enveloped(secured):
        return _envelope_needs(Envelope.parse_credential(secured))
    credential = Credential.parse(secured, versions=tuple(DataModel))
    return data_integrity.needs(secured) | status_needs(credential)


def presentation_needs(secured: JsonObject) -> frozenset[Need]:
    """Return what has to be fetched before `verify_presentation` can decide.

    Raises `WorkLimitError` when that would be more status lists than an honest holder's.
    """
    own: frozenset[Need] = frozenset()
    if is_enveloped(secured):
        envelope = Envelope.parse_presentation(secured)
        own = frozenset(enveloped_needs(envelope))
        secured = Enveloped.open(envelope).document
    elif "proof" in secured:
        own = frozenset(data_integrity.needs(secured))
    presentation = Presentation.parse(secured, versions=tuple(DataModel))
    found = own.union(*(_presented_needs(item) for item in presentation.credentials))
    if sum(isinstance(need, StatusCredentialNeed) for need in found) > MAX_STATUS_LISTS:
        raise WorkLimitError("more status lists than allowed", at="/verifiableCredential")
    return found


def verify_credential(
    secured: JsonObject, *, evidence: Evidence, policy: VcdmPolicy, at: datetime
) -> Credential:
    """Return the credential if every check holds; raise the reason of the first that does not."""
    with work.bounded():
        if is_enveloped(secured):
            envelope = Envelope.parse_credential(secured)
            credential = verify_enveloped_credential(
                envelope, evidence=evidence, policy=policy.enveloped, at=at
            )
        else:
            credential = data_integrity.verify_credential(
                secured, evidence=evidence, policy=policy.embedded, at=at
            )
        _accept((credential,), evidence=evidence, policy=policy, at=at)
        return credential


def verify_presentation(
    secured: JsonObject,
    *,
    evidence: Evidence,
    policy: VcdmPolicy,
    expected: ExpectedPresentation | None,
    at: datetime,
) -> VerifiedPresentation:
    """Return the presentation if it holds, with every credential in it, out of its envelope.

    Without `expected` the caller does not mind who presents, where and for what: the presentation
    may be unsecured, but a signature that is there has to hold all the same.
    """
    with work.bounded():
        if is_enveloped(secured):
            envelope = Envelope.parse_presentation(secured)
            presentation, inside = open_enveloped_presentation(
                envelope, evidence=evidence, policy=policy.enveloped, expected=expected, at=at
            )
            verified = VerifiedPresentation(
                presentation=presentation, credentials=inside, envelopes=()
            )
        else:
            verified = _embedded(
                secured, evidence=evidence, policy=policy, expected=expected, at=at
            )
        _require_known_contexts(verified.presentation.source, policy.contexts)
        _accept(verified.credentials, evidence=evidence, policy=policy, at=at)
        opened = tuple(
            verify_credential(item.source, evidence=evidence, policy=policy, at=at)
            for item in verified.envelopes
        )
        return replace(verified, credentials=(*verified.credentials, *opened), envelopes=())


def is_enveloped(secured: JsonObject) -> bool:
    """Say whether a document says that it is an envelope, well made or not."""
    kinds = secured.get("type")
    named = (kinds,) if isinstance(kinds, str) else _items(kinds)
    return any(isinstance(kind, str) and kind.startswith("EnvelopedVerifiable") for kind in named)


def _embedded(
    secured: JsonObject,
    *,
    evidence: Evidence,
    policy: VcdmPolicy,
    expected: ExpectedPresentation | None,
    at: datetime,
) -> VerifiedPresentation:
    presentation = Presentation.parse(secured, versions=policy.embedded.versions)
    _require_bounded(presentation)
    if expected is None and "proof" not in secured:
        if not presentation.credentials:
            raise ProofError("nothing in the presentation is secured", at="/verifiableCredential")
        return data_integrity.verify_contents(
            presentation, evidence=evidence, policy=policy.embedded, at=at
        )
    return data_integrity.verify_presentation(
        secured, evidence=evidence, policy=policy.embedded, expected=expected, at=at
    )


def _require_bounded(presentation: Presentation) -> None:
    """Return unless several credentials take more work together than one may."""
    proven = [item for item in presentation.credentials if isinstance(item, Credential)]
    if len(proven) > 1 and sum(len(render(item.source)) for item in proven) > MAX_PROVEN_BYTES:
        raise WorkLimitError("credentials are too large to be so many", at="/verifiableCredential")


def _accept(
    verified: Iterable[Credential], *, evidence: Evidence, policy: VcdmPolicy, at: datetime
) -> None:
    for credential in verified:
        _require_known_contexts(credential.source, policy.contexts)
        require_statuses(credential, evidence=evidence, policy=policy.status, at=at)


def _presented_needs(item: Credential | Envelope) -> frozenset[Need]:
    if isinstance(item, Envelope):
        return _envelope_needs(item)
    # Claims of the presenting holder need no proof of their own.
    own = data_integrity.needs(item.source) if "proof" in item.source else frozenset()
    return own | status_needs(item)


def _envelope_needs(envelope: Envelope) -> frozenset[Need]:
    document = Enveloped.open(envelope).document
    credential = Credential.parse(document, versions=tuple(DataModel))
    return enveloped_needs(envelope) | status_needs(credential)


def _require_known_contexts(document: JsonObject, contexts: Contexts) -> None:
    """Return if every context that `document` names by URL is known (Data Integrity 2.4.1)."""
    for item in _items(document.get("@context")):
        if isinstance(item, str) and item not in contexts:
            raise ContextError("a JSON-LD context is not known here", at="/@context")


def _items(value: JsonValue) -> Sequence[JsonValue]:
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        return (value,)
    return value
