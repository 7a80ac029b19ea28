"""The did:key method: a DID that is its own public key. https://w3c-ccg.github.io/did-key-spec/."""

from typing import Final

from ssi_core.did.document import DidDocument
from ssi_core.did.key_document import KeyOptions, expanded
from ssi_core.did.syntax import Did
from ssi_core.encoding import multibase_decode
from ssi_core.errors import DidResolutionError, MalformedError
from ssi_core.keys import MULTIKEY_BYTES, PublicKey, public_key_from_multikey

DEFAULT_OPTIONS: Final = KeyOptions()


def did_for(public_key: PublicKey) -> Did:
    """Return the DID of an Ed25519, P-256 or P-384 key."""
    return Did("key", public_key.multikey)


def method_id(did: Did) -> str:
    """Return the id of the only verification method: the DID with itself as its fragment."""
    return f"{did}#{did.method_specific_id}"


def public_key(did: Did) -> PublicKey:
    """Return the key that `did` is; raise `AlgorithmError` for a kind that we do not support.

    A key that is too long, too short or not on its curve is `DidResolutionError`, which says so.
    """
    if did.method != "key":
        raise MalformedError("not a did:key")
    try:
        found = public_key_from_multikey(did.method_specific_id, at="/id")
    except MalformedError:
        data = multibase_decode(did.method_specific_id, at="/id")
        fits = len(data) - 2 == MULTIKEY_BYTES.get(data[:2])
        error = "invalidPublicKey" if fits else "invalidPublicKeyLength"
        raise DidResolutionError("not a public key of its kind", at="/id", error=error) from None
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


def resolve(did: Did, options: KeyOptions = DEFAULT_OPTIONS) -> DidDocument:
    """Return the document: by default one Multikey, for everything but key agreement."""
    return DidDocument(did, expanded(did, public_key(did), options))
