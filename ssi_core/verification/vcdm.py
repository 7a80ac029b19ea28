"""Credentials and presentations of the data model, verified however they are secured.

https://www.w3.org/TR/vc-data-model-2.0/#securing-mechanisms
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ssi_core.credential.model import Credential
from ssi_core.credential.presentation import Presentation
from ssi_core.errors import ContextError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.rdf.contexts import Contexts
from ssi_core.verification import data_integrity
from ssi_core.verification.data_integrity import (
    DataIntegrityPolicy,
    ExpectedPresentation,
    VerifiedPresentation,
)
from ssi_core.verification.evidence import Evidence, Need


@dataclass(frozen=True, slots=True, kw_only=True)
class VcdmPolicy:
    """What a caller accepts. A document that names a context outside `contexts` is refused."""

    contexts: Contexts
    embedded: DataIntegrityPolicy


def credential_needs(secured: JsonObject) -> frozenset[Need]:
    """Return what has to be fetched before `verify_credential` can decide."""
    return frozenset(data_integrity.needs(secured))


def presentation_needs(secured: JsonObject, *, policy: VcdmPolicy) -> frozenset[Need]:
    """Return what has to be fetched before `verify_presentation` can decide."""
    presentation = Presentation.parse(secured, versions=policy.embedded.versions)
    own = data_integrity.needs(secured) if "proof" in secured else frozenset()
    return frozenset(own | data_integrity.contents_needs(presentation))


def verify_credential(
    secured: JsonObject, *, evidence: Evidence, policy: VcdmPolicy, at: datetime
) -> Credential:
    """Return the credential if every check holds; raise the reason of the first that does not."""
    _require_known_contexts(secured, policy.contexts)
    return data_integrity.verify_credential(
        secured, evidence=evidence, policy=policy.embedded, at=at
    )


def verify_presentation(
    secured: JsonObject,
    *,
    evidence: Evidence,
    policy: VcdmPolicy,
    expected: ExpectedPresentation | None,
    at: datetime,
) -> VerifiedPresentation:
    """Return the presentation if it holds, and every credential in it.

    Without `expected` the caller does not mind who presents, where and for what: the presentation
    may be unsecured, but proofs that are there have to hold all the same.
    """
    _require_known_contexts(secured, policy.contexts)
    presentation = Presentation.parse(secured, versions=policy.embedded.versions)
    for credential in presentation.credentials:
        _require_known_contexts(credential.source, policy.contexts)
    if expected is None and "proof" not in secured:
        return data_integrity.verify_contents(
            presentation, evidence=evidence, policy=policy.embedded, at=at
        )
    return data_integrity.verify_presentation(
        secured, evidence=evidence, policy=policy.embedded, expected=expected, at=at
    )


def _require_known_contexts(document: JsonObject, contexts: Contexts) -> None:
    """Return if every context that `document` names by URL is known (Data Integrity 4.6)."""
    for item in _items(document.get("@context")):
        if isinstance(item, str) and item not in contexts:
            raise ContextError("a JSON-LD context is not known here", at="/@context")


def _items(value: JsonValue) -> Sequence[JsonValue]:
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        return (value,)
    return value
