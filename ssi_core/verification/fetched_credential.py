"""Credentials as a server sent them: what they need, how long they keep, whether they hold."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ssi_core import strict_json
from ssi_core.credential import members
from ssi_core.credential.enveloped import CREDENTIAL_MEDIA_TYPES, VC_COSE, Enveloped
from ssi_core.credential.model import V2_ONLY, Credential, DataModel
from ssi_core.credential.presentation import Envelope
from ssi_core.credential.status_list_credential import BitstringStatusListCredential
from ssi_core.encoding import base64_encode
from ssi_core.errors import MalformedError, SsiError
from ssi_core.json_types import JsonObject
from ssi_core.verification import data_integrity
from ssi_core.verification.data_integrity import DataIntegrityPolicy
from ssi_core.verification.enveloped import (
    EnvelopedPolicy,
    enveloped_needs,
    verify_enveloped_credential,
)
from ssi_core.verification.evidence import (
    DidNeed,
    Evidence,
    FetchedCredential,
    IssuerMetadataNeed,
)

# Credentials whose proof is embedded: VCDM 2.0 section 6.1, and what servers say instead.
EMBEDDED_MEDIA_TYPES: Final = frozenset(
    {"application/vc", "application/vc+ld+json", "application/ld+json", "application/json"}
)
ACCEPT: Final = (
    "application/vc, application/vc+jwt;q=0.9, application/vc+sd-jwt;q=0.8, "
    "application/vc+cose;q=0.8, application/ld+json;q=0.6, application/json;q=0.5"
)
_ENVELOPED: Final = "EnvelopedVerifiableCredential"


@dataclass(frozen=True, slots=True)
class Lifetime:
    """For how long a copy of a status list may be used: since it was fetched, and until when."""

    ttl: timedelta | None
    valid_until: datetime | None


def fetched_needs(fetched: FetchedCredential) -> frozenset[DidNeed | IssuerMetadataNeed]:
    """Return what tells the keys of a fetched credential.

    Nothing for one that cannot be read: verifying it says why.
    """
    try:
        match _secured(fetched):
            case Envelope() as envelope:
                return enveloped_needs(envelope)
            case document:
                return frozenset[DidNeed | IssuerMetadataNeed](data_integrity.needs(document))
    except SsiError:
        return frozenset()


def lifetime_of(
    fetched: FetchedCredential, *, versions: Collection[DataModel] = V2_ONLY
) -> Lifetime:
    """Return for how long a status list may be kept, as it says itself, verified or not.

    Raises `MalformedError` if it is no status list credential.
    """
    secured = _secured(fetched)
    document = Enveloped.open(secured).document if isinstance(secured, Envelope) else secured
    credential = Credential.parse(document, versions=versions)
    return Lifetime(BitstringStatusListCredential.of(credential).ttl, credential.valid_until)


def verify_fetched(
    fetched: FetchedCredential,
    *,
    evidence: Evidence,
    data_integrity_policy: DataIntegrityPolicy,
    enveloped_policy: EnvelopedPolicy | None,
    at: datetime,
) -> Credential:
    """Return the credential if every check but that of its status holds.

    Without an `enveloped_policy`, only embedded proofs are accepted.
    """
    match _secured(fetched):
        case Envelope() as envelope:
            if enveloped_policy is None:
                raise MalformedError("a credential in an envelope is not accepted here")
            return verify_enveloped_credential(
                envelope, evidence=evidence, policy=enveloped_policy, at=at
            )
        case document:
            return data_integrity.verify_credential(
                document, evidence=evidence, policy=data_integrity_policy, at=at
            )


def _secured(fetched: FetchedCredential) -> JsonObject | Envelope:
    media_type = fetched.media_type.partition(";")[0].strip().lower()
    if media_type in CREDENTIAL_MEDIA_TYPES:
        return Envelope.of(media_type, _content(media_type, fetched.body))
    if media_type not in EMBEDDED_MEDIA_TYPES:
        raise MalformedError("a credential is of a media type that is not read here")
    document = strict_json.parse_object(fetched.body)
    if _ENVELOPED in members.types(document, at=""):
        return Envelope.parse_credential(document)
    return document


def _content(media_type: str, body: bytes) -> str:
    if media_type == VC_COSE:
        return base64_encode(body)
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise MalformedError("a JWT is ASCII") from None
