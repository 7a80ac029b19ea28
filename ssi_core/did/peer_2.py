"""Numalgo 2 of did:peer: keys with purposes, and services, written one after the other.

https://identity.foundation/peer-did-method-spec/#method-2-multiple-inception-key-without-doc
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ssi_core.did import peer_2_service
from ssi_core.did.document import DidDocument, VerificationRelationship
from ssi_core.did.syntax import Did
from ssi_core.encoding import (
    multibase_decode,
    multibase_encode,
    sha256_multihash,
    varint_split,
)
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import (
    X25519_MULTICODEC,
    Bls12381G2PublicKey,
    Ed25519PublicKey,
    X25519PublicKey,
    public_key_from_multikey,
)

_NUMALGO: Final = "2"
_SERVICE: Final = "S"
_PURPOSES: Final[Mapping[str, VerificationRelationship]] = MappingProxyType(
    {
        "A": VerificationRelationship.ASSERTION_METHOD,
        "E": VerificationRelationship.KEY_AGREEMENT,
        "V": VerificationRelationship.AUTHENTICATION,
        "I": VerificationRelationship.CAPABILITY_INVOCATION,
        "D": VerificationRelationship.CAPABILITY_DELEGATION,
    }
)
# Where the multicodec table has its public keys; a text cut short names something elsewhere.
_KEY_KINDS: Final = (range(0xE7, 0xF0), range(0x1200, 0x1300), range(0xEB51, 0xEB52))
_CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")


def create(
    keys: Iterable[tuple[VerificationRelationship, str]], services: Iterable[JsonObject] = ()
) -> Did:
    """Return the DID of `keys`, Multikeys each with its one purpose, and of `services`.

    Raises `MalformedError` for what would not resolve: see `resolve`.
    """
    codes = {purpose: code for code, purpose in _PURPOSES.items()}
    elements = [f".{codes[purpose]}{multikey}" for purpose, multikey in keys]
    elements += [f".{_SERVICE}{peer_2_service.encode(service)}" for service in services]
    did = Did.parse(f"did:peer:{_NUMALGO}{''.join(elements)}")
    resolve(did)
    return did


def resolve(did: Did) -> DidDocument:
    """Return the document: keys as `#key-1`, `#key-2` in their order, and the services.

    Raises `MalformedError` for an unknown purpose, a key that cannot serve its purpose, and a
    service that is not one. Keys of kinds that we do not support stay in the document.
    """
    elements = _elements(did)
    keys = [(element[0], element[1:]) for element in elements if element[0] != _SERVICE]
    blocks = [element[1:] for element in elements if element[0] == _SERVICE]
    source: dict[str, JsonValue] = {
        "@context": list(_CONTEXTS),
        "id": str(did),
        **_verification(did, keys),
        "alsoKnownAs": [_numalgo_3(did)],
    }
    if blocks:
        taken = [_method_id(number) for number in range(1, len(keys) + 1)]
        services = (peer_2_service.decode(block) for block in blocks)
        source["service"] = peer_2_service.named(services, taken=taken)
    return DidDocument(did, source)


def _elements(did: Did) -> Sequence[str]:
    start, *elements = did.method_specific_id.split(".")
    if start != _NUMALGO or not elements or not all(elements):
        raise MalformedError("did:peer:2 is a list of elements, each after a dot", at="/id")
    if not all(element[0] in _PURPOSES or element[0] == _SERVICE for element in elements):
        raise MalformedError("did:peer:2 has no such purpose", at="/id")
    return elements


def _verification(did: Did, keys: Sequence[tuple[str, str]]) -> JsonObject:
    """Return the verification methods, and the relationships that refer to them."""
    members: dict[str, list[JsonValue]] = {}
    for number, (code, multikey) in enumerate(keys, start=1):
        _require_fit(multikey, _PURPOSES[code])
        method = {
            "id": _method_id(number),
            "type": "Multikey",
            "controller": str(did),
            "publicKeyMultibase": multikey,
        }
        members.setdefault("verificationMethod", []).append(method)
        members.setdefault(_PURPOSES[code].value, []).append(_method_id(number))
    return members


def _method_id(number: int) -> str:
    return f"#key-{number}"


def _require_fit(multikey: str, purpose: VerificationRelationship) -> None:
    """Return if the key could serve its purpose; one that only signs does not agree on keys."""
    agrees = purpose is VerificationRelationship.KEY_AGREEMENT
    try:
        key = public_key_from_multikey(multikey, at="/id")
    except AlgorithmError:
        fits = _unsupported_fits(multibase_decode(multikey, at="/id"), agrees=agrees)
    else:
        fits = not (agrees and isinstance(key, Ed25519PublicKey | Bls12381G2PublicKey))
    if not fits:
        raise MalformedError("the key cannot be used for its purpose", at="/id")


def _unsupported_fits(multikey: bytes, *, agrees: bool) -> bool:
    if multikey[:2] == X25519_MULTICODEC:
        return agrees and bool(X25519PublicKey(multikey[2:]).raw)
    kind, key = varint_split(multikey, at="/id")
    return bool(key) and any(kind in kinds for kinds in _KEY_KINDS)


def _numalgo_3(did: Did) -> str:
    hashed = sha256_multihash(did.method_specific_id.removeprefix(_NUMALGO).encode())
    return f"did:peer:3{multibase_encode(hashed)}"
