"""DIDs mean the same keys to other resolvers: did:key to didkit, did:webvh to openvc-core."""

import asyncio
import json
import sys
from typing import Any

import pytest
from openvc.did.did_webvh import DidWebvhError, DidWebvhResolver

from ssi_core.did import key as did_key
from ssi_core.did import webvh
from ssi_core.did.syntax import Did
from ssi_core.errors import SsiError
from ssi_core.keys import Ed25519Signer, P256Signer, public_key_from_jwk
from tests.unit.ssi_core.did.conftest import WebvhAuthor


@pytest.mark.spec("did:key", "3.1")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the peer is built for older Pythons")
@pytest.mark.parametrize("signer", [Ed25519Signer(b"\x05" * 32), P256Signer(b"\x05" * 32)])
def test_a_did_key_is_the_same_key_to_didkit(signer: Any) -> None:
    import didkit  # noqa: PLC0415 - not for every Python

    async def resolve(did: str) -> Any:
        # A future of the peer's own, made inside of a running loop.
        return json.loads(await didkit.resolve_did(did, "{}"))

    did = did_key.did_for(signer.public_key)
    theirs = asyncio.run(resolve(str(did)))
    ours: Any = did_key.resolve(did).source

    (method,) = theirs["verificationMethod"]
    assert public_key_from_jwk(method["publicKeyJwk"]) == signer.public_key
    assert method["id"] == did_key.method_id(did)
    assert theirs["assertionMethod"] == ours["assertionMethod"]


@pytest.mark.spec("did:key", "3.1")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the peer is built for older Pythons")
def test_a_key_of_didkit_has_the_same_did_here() -> None:
    import didkit  # noqa: PLC0415 - not for every Python

    secret = didkit.generate_ed25519_key()
    public = {name: value for name, value in json.loads(secret).items() if name != "d"}

    assert str(did_key.did_for(public_key_from_jwk(public))) == didkit.key_to_did("key", secret)


def history(author: WebvhAuthor) -> list[Any]:
    """Return a log whose keys are announced and rotated, and whose document changes."""
    first = author.first(
        parameters={"nextKeyHashes": [author.hash(2)]}, state=assertion(author, number=3)
    )
    rotated = {"updateKeys": [author.multikey(2)], "nextKeyHashes": [author.hash(4)]}
    second = author.after(
        first, parameters=rotated, signer=author.signer(2), state=assertion(author, number=5)
    )
    third = {"updateKeys": [author.multikey(4)], "nextKeyHashes": [author.hash(6)]}
    return [first, second, author.after(second, parameters=third, signer=author.signer(4))]


def assertion(author: WebvhAuthor, *, number: int) -> Any:
    """Return what a DID document says of one key."""
    method = {
        "id": f"#key-{number}",
        "type": "Multikey",
        "publicKeyMultibase": author.multikey(number),
    }
    return {"verificationMethod": [method], "assertionMethod": [f"#key-{number}"]}


def resolved_by_peer(did: Did, log: list[Any]) -> Any:
    text = "".join(json.dumps(line) + "\n" for line in log)
    return DidWebvhResolver(lambda _: text).resolve(str(did))


@pytest.mark.spec("did:webvh 1.0", "Read (Resolve)")
@pytest.mark.parametrize("versions", [1, 2, 3])
def test_a_history_of_ours_says_the_same_to_openvc(versions: int) -> None:
    log = history(WebvhAuthor())[:versions]
    did = Did.parse(log[0]["state"]["id"])

    theirs = resolved_by_peer(did, log)
    ours: Any = webvh.resolve_log(did, log, witness_proofs=None).document.source

    (method,), (listed,) = theirs.verification_methods, ours["verificationMethod"]
    assert theirs.id == ours["id"]
    assert method.id.endswith(f"#key-{3 if versions == 1 else 5}")
    assert public_key_from_jwk(method.public_key_jwk).multikey == listed["publicKeyMultibase"]


@pytest.mark.spec("did:webvh 1.0", "Read (Resolve)")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_neither_believes_a_history_that_was_tampered_with(place: int) -> None:
    log = history(WebvhAuthor())
    did = Did.parse(log[0]["state"]["id"])
    state = {**log[place]["state"], "alsoKnownAs": ["did:web:x.example"]}
    log[place] = {**log[place], "state": state}

    with pytest.raises(DidWebvhError):
        resolved_by_peer(did, log)
    with pytest.raises(SsiError):
        webvh.resolve_log(did, log, witness_proofs=None)
