"""DID documents (DID Core section 5): who may do what with which key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey, public_key_from_jwk, public_key_from_multikey
from ssi_core.period import from_rfc3339
from ssi_core.strict_json import as_array, as_object, as_text

# Controlled Identifiers section 2.2: either ends a method.
_ENDS: Final = (
    ("expires", "verification method has expired"),
    ("revoked", "verification method was revoked"),
)


class VerificationRelationship(StrEnum):
    """What a verification method may be used for (DID Core section 5.3)."""

    AUTHENTICATION = "authentication"
    ASSERTION_METHOD = "assertionMethod"
    KEY_AGREEMENT = "keyAgreement"
    CAPABILITY_INVOCATION = "capabilityInvocation"
    CAPABILITY_DELEGATION = "capabilityDelegation"


@dataclass(frozen=True, slots=True)
class DidDocument:
    """A DID document, whole: members that we do not understand stay in `source`."""

    did: Did
    source: JsonObject
    # What `key_for` found, since a document outlives many questions to it.
    _keys: dict[tuple[str, str], "_MethodKey"] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read a document; its `id` must be a DID."""
        return cls(Did.parse(as_text(source.get("id"), at="/id"), at="/id"), source)

    def key_for(
        self,
        method_id: str,
        relationship: VerificationRelationship,
        *,
        at: datetime | None = None,
    ) -> PublicKey:
        """Return the key named `method_id`, absolute or relative, if it is authorised.

        Raises `ProofError` when the method is not in the document, not listed under `relationship`,
        or has expired or been revoked by `at` (at any time, without a clock); `AlgorithmError` when
        its key is of a kind that we do not support.
        """
        if (known := self._keys.get((method_id, relationship))) is None:
            known = self._keys[method_id, relationship] = self._find_key(method_id, relationship)
        if known.until is not None and (at is None or at >= known.until):
            raise ProofError(known.end, at="/verificationMethod")
        return known.key

    def method_ids(self, relationship: VerificationRelationship) -> tuple[str, ...]:
        """Return the absolute ids listed under `relationship`, in the document's order."""
        at = f"/{relationship}"
        entries = as_array(self.source.get(relationship.value, []), at=at)
        return tuple(self._absolute(_method_id(entry, at)) for entry in entries)

    def service_endpoint(self, kind: str) -> str | None:
        """Return the first `serviceEndpoint` URL of a service of type `kind`, if there is one."""
        for item in as_array(self.source.get("service", []), at="/service"):
            service = as_object(item, at="/service")
            endpoint = service.get("serviceEndpoint")
            if service.get("type") == kind and isinstance(endpoint, str):
                return endpoint
        return None

    def _find_key(self, method_id: str, relationship: VerificationRelationship) -> "_MethodKey":
        wanted = self._absolute(method_id)
        at = f"/{relationship}"
        for entry in as_array(self.source.get(relationship.value, []), at=at):
            if isinstance(entry, str):
                if self._absolute(entry) == wanted:
                    return _MethodKey.of(self._method(wanted))
            else:
                method = as_object(entry, at=at)
                if self._absolute(as_text(method.get("id"), at=f"{at}/id")) == wanted:
                    return _MethodKey.of(method)
        if wanted in self._every_method():
            raise ProofError("verification method is not authorised for this", at=at)
        raise ProofError("verification method is not in the DID document", at="/verificationMethod")

    def _every_method(self) -> frozenset[str]:
        """Return the ids of all methods, also of those that stand under one relationship only."""
        relationships = [self.source.get(name.value) for name in VerificationRelationship]
        at = "/verificationMethod"
        lists = [self.source.get("verificationMethod"), *relationships]
        entries = [entry for each in lists for entry in as_array(each or [], at=at)]
        ids = [entry.get("id") for entry in entries if isinstance(entry, Mapping)]
        return frozenset(self._absolute(name) for name in ids if isinstance(name, str))

    def _absolute(self, method_id: str) -> str:
        text = f"{self.did}{method_id}" if method_id.startswith("#") else method_id
        return str(DidUrl.parse(text, at="/verificationMethod"))

    def _method(self, absolute_id: str) -> JsonObject:
        at = "/verificationMethod"
        for item in as_array(self.source.get("verificationMethod", []), at=at):
            method = as_object(item, at=at)
            if self._absolute(as_text(method.get("id"), at=f"{at}/id")) == absolute_id:
                return method
        raise ProofError("verification method is not in the DID document", at=at)


@dataclass(frozen=True, slots=True)
class _MethodKey:
    """A verification method's key, and the moment when it ends, if it does, and how."""

    key: PublicKey
    until: datetime | None
    end: str

    @classmethod
    def of(cls, method: JsonObject) -> Self:
        ends = [(_moment(method, name), how) for name, how in _ENDS if name in method]
        until, end = min(ends, default=(None, ""))
        return cls(_public_key(method), until, end)


def _moment(method: JsonObject, name: str) -> datetime:
    at = f"/verificationMethod/{name}"
    return from_rfc3339(as_text(method[name], at=at), at=at)


def _method_id(entry: JsonValue, at: str) -> str:
    return as_text(entry.get("id") if isinstance(entry, Mapping) else entry, at=at)


def _public_key(method: JsonObject) -> PublicKey:
    multibase, jwk = method.get("publicKeyMultibase"), method.get("publicKeyJwk")
    if (multibase is None) == (jwk is None):
        raise MalformedError("a verification method has one public key", at="/verificationMethod")
    kind = method.get("type")
    if multibase is not None and kind == "Multikey":
        return public_key_from_multikey(as_text(multibase, at="/publicKeyMultibase"))
    if jwk is not None and kind in ("JsonWebKey", "JsonWebKey2020"):
        return public_key_from_jwk(as_object(jwk, at="/publicKeyJwk"), at="/publicKeyJwk")
    raise AlgorithmError("verification method type is not supported", at="/verificationMethod")
