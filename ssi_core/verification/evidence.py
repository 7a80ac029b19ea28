"""What a verification needs from outside, and the facts that were collected for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, TypeVar

from ssi_core.credential import issuer_metadata
from ssi_core.credential.issuer_key import key_from_chain, key_from_document
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import SsiError, TrustError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey
from ssi_core.strict_json import as_text
from ssi_core.verification.policy import VerificationPolicy

_Name = TypeVar("_Name")
_Fact = TypeVar("_Fact")


@dataclass(frozen=True, slots=True)
class DidNeed:
    """The document of this DID."""

    did: Did


@dataclass(frozen=True, slots=True)
class IssuerMetadataNeed:
    """The keys that an issuer publishes at its URL."""

    issuer: str

    @property
    def url(self) -> str:
        """Where its metadata is."""
        return issuer_metadata.metadata_url(self.issuer)


@dataclass(frozen=True, slots=True)
class StatusNeed:
    """The Status List Token served at this URI."""

    uri: str


@dataclass(frozen=True, slots=True)
class StatusCredentialNeed:
    """The status list credential served at this URL, and the DID documents that it names."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedCredential:
    """A secured credential as it was served: of what media type, and its bytes."""

    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ResourceNeed:
    """The attested resource with this identifier: a DID URL of whoever publishes it."""

    id: str


Need: TypeAlias = DidNeed | IssuerMetadataNeed | StatusNeed | StatusCredentialNeed | ResourceNeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Facts that were collected, each of them or the reason why it could not be had.

    `status_lists` has tokens by URI (JWT: text, CWT: bytes), `issuer_keys` has JWK Sets by issuer,
    `status_credentials` has Bitstring status list credentials by URL, and `resources` has attested
    resources by identifier, their proofs unverified.
    """

    dids: Mapping[Did, DidDocument | SsiError] = field(default_factory=dict)
    status_lists: Mapping[str, str | bytes | SsiError] = field(default_factory=dict)
    issuer_keys: Mapping[str, JsonObject | SsiError] = field(default_factory=dict)
    status_credentials: Mapping[str, FetchedCredential | SsiError] = field(default_factory=dict)
    resources: Mapping[str, JsonObject | SsiError] = field(default_factory=dict)

    def document(self, did: Did) -> DidDocument:
        """Return the document of `did`, or raise why it is not here."""
        return _fact(self.dids, did)

    def status_list(self, uri: str) -> str | bytes:
        """Return the token from `uri`, or raise why it is not here."""
        found = self.status_lists.get(uri)
        if isinstance(found, str | bytes):
            return found
        raise _reason(found)

    def keys_of(self, issuer: str) -> JsonObject:
        """Return the JWK Set of `issuer`, or raise why it is not here."""
        return _fact(self.issuer_keys, issuer)

    def status_credential(self, url: str) -> FetchedCredential:
        """Return the status list credential from `url`, or raise why it is not here."""
        return _fact(self.status_credentials, url)

    def resource(self, identifier: str) -> JsonObject:
        """Return the resource with this identifier, or raise why it is not here."""
        return _fact(self.resources, identifier)


def issuer_need(issuer: str | None) -> DidNeed | IssuerMetadataNeed:
    """Return what tells the keys of `issuer`; `TrustError` if nothing that we fetch could."""
    if issuer is None:
        raise TrustError("the issuer is not named", at="/iss")
    if issuer.startswith("did:"):
        return DidNeed(Did.parse(issuer, at="/iss"))
    issuer_metadata.metadata_url(issuer)
    return IssuerMetadataNeed(issuer)


def named_issuer(issuer: str | None, header: JsonObject) -> str | None:
    """Return `issuer`, the `iss`, or where there is none the DID whose key `header` names."""
    key_id = header.get("kid")
    if issuer is None and isinstance(key_id, str) and key_id.startswith("did:"):
        return str(DidUrl.parse(key_id, at="/header/kid").did)
    return issuer


def issuer_key(
    issuer: str | None,
    header: JsonObject,
    *,
    evidence: Evidence,
    policy: VerificationPolicy,
    at: datetime,
) -> tuple[str, PublicKey]:
    """Return the issuer and the key that `header` names, which must be that issuer's own."""
    if "x5c" in header:
        return key_from_chain(header["x5c"], issuer, trusted=policy.trusted_certificates, at=at)
    key_id = as_text(header["kid"], at="/header/kid") if "kid" in header else None
    match issuer_need(named_issuer(issuer, header)):
        case DidNeed(did):
            return str(did), key_from_document(evidence.document(did), did, key_id=key_id)
        case IssuerMetadataNeed(url):
            return url, issuer_metadata.key_from(evidence.keys_of(url), key_id=key_id)


def _fact(facts: Mapping[_Name, _Fact | SsiError], name: _Name) -> _Fact:
    found = facts.get(name)
    if found is None or isinstance(found, SsiError):
        raise _reason(found)
    return found


def _reason(found: SsiError | None) -> SsiError:
    if found is None:
        return UnavailableError("a fact that the decision rests on was not collected")
    # A new exception each time: evidence is shared, and a traceback belongs to one attempt.
    return type(found)(found.reason, at=found.at)
