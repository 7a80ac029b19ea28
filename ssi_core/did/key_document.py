"""The DID document that a did:key expands to, by the options of its specification.

https://w3c-ccg.github.io/did-key-spec/#document-creation-algorithm
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from ssi_core.did.syntax import Did
from ssi_core.errors import AlgorithmError, DidResolutionError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519PublicKey, PublicKey, X25519PublicKey

MULTIKEY: Final = "Multikey"
_DID_CONTEXT: Final = "https://www.w3.org/ns/did/v1"
_ED25519_2020: Final = "Ed25519VerificationKey2020"
_X25519_2020: Final = "X25519KeyAgreementKey2020"
_CONTEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        MULTIKEY: "https://w3id.org/security/multikey/v1",
        "JsonWebKey": "https://w3id.org/security/jwk/v1",
        "JsonWebKey2020": "https://w3id.org/security/suites/jws-2020/v1",
        _ED25519_2020: "https://w3id.org/security/suites/ed25519-2020/v1",
        _X25519_2020: "https://w3id.org/security/suites/x25519-2020/v1",
    }
)
_JWK_FORMATS: Final = frozenset({"JsonWebKey", "JsonWebKey2020"})
# Known, and not made here: nothing needs them that does not read a newer one.
_EXPERIMENTAL: Final = frozenset(
    {
        "Ed25519VerificationKey2018",
        "X25519KeyAgreementKey2019",
        "EcdsaSecp256k1VerificationKey2019",
        "EcdsaSecp256r1VerificationKey2019",
    }
)
_SIGNING: Final = (
    "authentication",
    "assertionMethod",
    "capabilityDelegation",
    "capabilityInvocation",
)
_Key: TypeAlias = PublicKey | X25519PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOptions:
    """How a did:key is expanded; the names are the specification's, in our spelling."""

    public_key_format: str = MULTIKEY
    enable_encryption_key_derivation: bool = False
    enable_experimental_public_key_types: bool = False


def expanded(did: Did, key: PublicKey, options: KeyOptions) -> JsonObject:
    """Return the document of `did`, which is `key`: one method, and one derived from it if asked.

    Raises `DidResolutionError` for a format that does not exist, is not made, or not for this key.
    """
    wanted = _known_format(options)
    method = _method(did, key, wanted)
    methods = [method]
    relationships = {name: [method["id"]] for name in _SIGNING}
    if options.enable_encryption_key_derivation and isinstance(key, Ed25519PublicKey):
        agreed = _X25519_2020 if wanted == _ED25519_2020 else wanted
        derived = _method(did, X25519PublicKey.from_ed25519(key), agreed)
        methods, relationships = (
            [method, derived],
            {**relationships, "keyAgreement": [derived["id"]]},
        )
    contexts = dict.fromkeys(_CONTEXTS[str(item["type"])] for item in methods)
    return {
        "@context": [_DID_CONTEXT, *contexts],
        "id": str(did),
        "verificationMethod": methods,
        **relationships,
    }


def _known_format(options: KeyOptions) -> str:
    wanted = options.public_key_format
    if wanted in _EXPERIMENTAL and not options.enable_experimental_public_key_types:
        raise _refused("experimental key formats are not enabled", "invalidPublicKeyType")
    if wanted not in _CONTEXTS:
        raise _refused("the key format is not supported", "unsupportedPublicKeyType")
    return wanted


def _method(did: Did, key: _Key, key_format: str) -> JsonObject:
    multikey = key.multikey
    return {
        "id": f"{did}#{multikey}",
        "type": key_format,
        "controller": str(did),
        **_material(key, key_format, multikey),
    }


def _material(key: _Key, key_format: str, multikey: str) -> JsonObject:
    fits = {_ED25519_2020: Ed25519PublicKey, _X25519_2020: X25519PublicKey}
    if key_format in fits and not isinstance(key, fits[key_format]):
        raise _refused("the key format is for another kind of key", "invalidPublicKeyType")
    if key_format not in _JWK_FORMATS:
        return {"publicKeyMultibase": multikey}
    try:
        return {"publicKeyJwk": key.jwk}
    except AlgorithmError:
        raise _refused("the key has no JWK form", "invalidPublicKeyType") from None


def _refused(reason: str, error: str) -> DidResolutionError:
    return DidResolutionError(reason, at="/publicKeyFormat", error=error)
