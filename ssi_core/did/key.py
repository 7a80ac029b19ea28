"""The did:key method: a DID that is its own public key. https://w3c-ccg.github.io/did-key-spec/."""

from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.keys import PublicKey, public_key_from_multikey


def did_for(public_key: PublicKey) -> Did:
    """Return the DID of an Ed25519, P-256 or P-384 key."""
    return Did("key", public_key.multikey)


def method_id(did: Did) -> str:
    """Return the id of the only verification method: the DID with itself as its fragment."""
    return f"{did}#{did.method_specific_id}"


def public_key(did: Did) -> PublicKey:
    """Return the key that `did` is; raise `AlgorithmError` for a kind that we do not support."""
    if did.method != "key":
        raise MalformedError("not a did:key")
    found = public_key_from_multikey(did.method_specific_id, at="/id")
    if found.multikey != did.method_specific_id:
        raise MalformedError("a did:key has one spelling", at="/id")
    return found


def public_key_of_method(method: str, *, at: str) -> PublicKey:
    """Return the key of `did:key:<multikey>#<multikey>`; both must be the same, byte for byte."""
    body, _, fragment = method.partition("#")
    did = Did.parse(body, at=at)
    if did.method != "key" or fragment != did.method_specific_id:
        raise MalformedError("not the verification method of a did:key", at=at)
    return public_key(did)


def resolve(did: Did) -> DidDocument:
    """Return the document: one Multikey, for everything but key agreement."""
    multikey, method = public_key(did).multikey, method_id(did)
    return DidDocument(
        did,
        {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": str(did),
            "verificationMethod": [
                {
                    "id": method,
                    "type": "Multikey",
                    "controller": str(did),
                    "publicKeyMultibase": multikey,
                }
            ],
            "authentication": [method],
            "assertionMethod": [method],
            "capabilityDelegation": [method],
            "capabilityInvocation": [method],
        },
    )
