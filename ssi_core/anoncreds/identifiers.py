"""Identifiers of AnonCreds objects: DID URLs of their issuer that name what they stand for.

As the did:webvh AnonCreds method has it, an object lies at `/resources/` of its issuer's DID, under
the multihash of its canonical JSON: whoever has the identifier can tell the object from another.
A status list changes, so its place is named by the moment that it tells of.
"""

import re
from datetime import datetime
from typing import Final

from ssi_core import jcs
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.did.web_location import WebLocation
from ssi_core.did.webvh_log import place_of
from ssi_core.encoding import multibase_encode, sha256_multihash
from ssi_core.errors import DidMethodError, MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp

# There is no ledger: the document of the issuer's DID, and its objects, are on the web.
METHODS: Final = frozenset({"web", "webvh"})
_FOLDER: Final = "/resources/"
_PATH: Final = re.compile(
    rf"{_FOLDER}z[1-9A-HJ-NP-Za-km-z]{{40,50}}(?:/status-lists/[1-9][0-9]{{0,11}})?", re.ASCII
)


def object_id(issuer: Did, content: JsonObject) -> str:
    """Return the identifier of `content`, an object that `issuer` publishes."""
    return f"{issuer}{_FOLDER}{_digest(content)}"


def status_list_id(registry_id: str, timestamp: datetime) -> str:
    """Return the identifier of the status list of a registry as of a moment (whole seconds)."""
    return f"{registry_id}/status-lists/{to_timestamp(timestamp)}"


def issuer_of(identifier: str, *, at: str) -> Did:
    """Return the DID whose object it is; `DidMethodError` where objects are kept otherwise."""
    url = DidUrl.parse(identifier, at=at)
    if url.did.method not in METHODS:
        raise DidMethodError("AnonCreds objects are kept with did:web and did:webvh", at=at)
    if _PATH.fullmatch(url.path) is None or url.query is not None or url.fragment is not None:
        raise MalformedError("not the identifier of an AnonCreds object", at=at)
    return url.did


def resource_url(identifier: str, *, at: str = "/id") -> str:
    """Return where the object is served: at its DID's own place, below the path that it names."""
    did = issuer_of(identifier, at=at)
    if did.method == "web":
        place = WebLocation.parse(did.method_specific_id, at=at)
    else:
        _, place = place_of(did, at=at)
    return place.url(*DidUrl.parse(identifier, at=at).path.strip("/").split("/"))


def require_content(identifier: str, content: JsonObject, *, at: str) -> None:
    """Return if `identifier` stands for `content`, letter for letter of its canonical form."""
    if identifier != object_id(issuer_of(identifier, at=at), content):
        raise ProofError("an object is not the one that its identifier names", at=at)


def _digest(content: JsonObject) -> str:
    return multibase_encode(sha256_multihash(jcs.canonicalize(content)))
