"""Numalgo 4 of did:peer: a hash, and in the long form the whole document that it is of.

https://identity.foundation/peer-did-method-spec/#method-4-short-form-and-long-form
"""

from collections.abc import Iterator, Mapping
from typing import Final

from ssi_core import strict_json
from ssi_core.did.document import DidDocument, VerificationRelationship
from ssi_core.did.syntax import Did
from ssi_core.encoding import multibase_decode, multibase_encode, sha256_multihash
from ssi_core.errors import MalformedError, ProofError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_object, as_text

_NUMALGO: Final = "4"
# The multicodec of JSON, 0x0200, as a varint.
_JSON: Final = b"\x80\x04"
_SHA2_256: Final = b"\x12\x20"
_MULTIHASH_BYTES: Final = 34
_METHODS: Final = (
    "verificationMethod",
    *(relationship.value for relationship in VerificationRelationship),
)


def create(document: JsonObject) -> Did:
    """Return the long form for an input document: no `id`, relative ids, controllers left out.

    Raises `MalformedError` for a document that would not resolve.
    """
    encoded = multibase_encode(_JSON + strict_json.render(document).encode())
    did = Did.parse(f"did:peer:{_NUMALGO}{_hash(encoded)}:{encoded}")
    resolve(did)
    return did


def short_form(long_form: Did) -> Did:
    """Return the short form of a long form: its hash alone."""
    return Did("peer", long_form.method_specific_id.partition(":")[0])


def resolve(did: Did, *, long_form: Did | None = None) -> DidDocument:
    """Return the document of a long form, or of a short form whose `long_form` is known.

    Raises `UnavailableError` for a short form by itself, `ProofError` if the hash is of something
    else, `MalformedError` if the document is not one.
    """
    hashed, _, encoded = did.method_specific_id.partition(":")
    other = short_form(did)
    if not encoded:
        other = _known(did, long_form)
        encoded = other.method_specific_id.partition(":")[2]
    if hashed != f"{_NUMALGO}{_hash(encoded)}":
        raise ProofError("the hash is not of this document", at="/id")
    return _contextualized(_decoded(encoded), did, other)


def _known(did: Did, long_form: Did | None) -> Did:
    hashed = multibase_decode(did.method_specific_id.removeprefix(_NUMALGO), at="/id")
    if len(hashed) != _MULTIHASH_BYTES or not hashed.startswith(_SHA2_256):
        raise MalformedError("did:peer:4 begins with a SHA-256 multihash", at="/id")
    if long_form is None:
        raise UnavailableError("the long form of the DID has not been seen", at="/id")
    if long_form.method != "peer" or short_form(long_form) != did:
        raise ProofError("the long form is of another DID", at="/id")
    return long_form


def _hash(encoded: str) -> str:
    return multibase_encode(sha256_multihash(encoded.encode()))


def _decoded(encoded: str) -> JsonObject:
    data = multibase_decode(encoded, at="/id")
    if not data.startswith(_JSON):
        raise MalformedError("the document of a did:peer:4 is JSON", at="/id")
    document = strict_json.parse_object(data.removeprefix(_JSON))
    if "id" in document:
        raise MalformedError("an input document has no id", at="/id")
    ids = [*_ids(document)]
    if not all(found.startswith("#") for found in ids) or len(set(ids)) != len(ids):
        raise MalformedError("ids in an input document are relative, and each is one thing's")
    return document


def _ids(document: JsonObject) -> Iterator[str]:
    for name in (*_METHODS, "service"):
        for item in as_array(document.get(name, []), at=f"/{name}"):
            if name in {"verificationMethod", "service"} or not isinstance(item, str):
                yield as_text(as_object(item, at=f"/{name}").get("id"), at=f"/{name}/id")


def _contextualized(document: JsonObject, did: Did, other: Did) -> DidDocument:
    """Return the document with its own DID in all the places where it was left out."""
    names = as_array(document.get("alsoKnownAs", []), at="/alsoKnownAs")
    methods = {
        name: [_controlled(item, did) for item in as_array(document[name], at=f"/{name}")]
        for name in _METHODS
        if name in document
    }
    return DidDocument(
        did, {**document, **methods, "alsoKnownAs": [*names, str(other)], "id": str(did)}
    )


def _controlled(item: JsonValue, did: Did) -> JsonValue:
    return {"controller": str(did), **item} if isinstance(item, Mapping) else item
