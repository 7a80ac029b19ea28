"""Resolve a did:webvh whose log has 120 entries, from the text that was fetched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Final

from consentry.bench.machine import version_of
from consentry.bench.measure import Case, Lead, Pace, Subject, often
from consentry.bench.raw import raw_signer, raw_verifier
from ssi_core import strict_json
from ssi_core.adapters.clock import SystemClock
from ssi_core.did import webvh as did_webvh
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer

_ENTRIES: Final = 120
_QUICK_ENTRIES: Final = 6
_MOST_SECONDS: Final = 0.028
_PEER: Final = "openvc-core"
_RAW: Final = "the raw verifications"
_HOUR: Final = timedelta(hours=1)
_TEXT: Final = f"""\
A controller that rotated its update key, announced beforehand, and its DID document with every one
of the entries. *Resolve* takes the text of the log, checks form, SCID, hashes, pre-rotation and
proofs of all entries, and returns the newest document. The aim is one log in
{_MOST_SECONDS * 1000:.0f} ms. The reference is what cannot be saved: as many Ed25519 verifications
by `cryptography` alone."""


@contextmanager
def webvh(pace: Pace) -> Iterator[Subject]:
    """Prepare a log, and the peer, if it is here."""
    count = _QUICK_ENTRIES if pace.quick else _ENTRIES
    at = SystemClock().now().replace(microsecond=0)
    did, body = _log(count, start=at - (count + 1) * _HOUR)
    remarks = []
    peers: tuple[Case, ...] = ()
    if version_of(_PEER) is None:
        remarks.append(f"{_PEER} is not installed, so it was not measured.")
    else:
        peers = (Case(name=f"{_PEER}: resolve", run=often(_openvc(did, body)), reference=_RAW),)
    yield Subject(
        title=f"did:webvh, a log of {count} entries",
        text=_TEXT,
        cases=(
            Case(
                name="resolve",
                run=often(lambda: _resolve(did, body, at=at)),
                reference=_RAW,
                aim=1 / _MOST_SECONDS,
                lead=Lead(1, f"{_PEER}: resolve"),
            ),
            Case(name=_RAW, run=often(_raw(count))),
            *peers,
        ),
        remarks=tuple(remarks),
    )


def _resolve(did: Did, body: bytes, *, at: datetime) -> did_webvh.WebvhResolution:
    lines = did_webvh.parse_log(body)
    return did_webvh.resolve_log(did, lines, witness_proofs=None, at=at)


def _log(count: int, *, start: datetime) -> tuple[Did, bytes]:
    """Return the DID and its published log; an entry an hour, each by a key of its own."""
    keys = [Ed25519Signer.generate() for _ in range(count + 1)]
    announced = [[did_webvh.key_hash(key.public_key.multikey)] for key in keys]
    lines = [
        did_webvh.create(
            location="clinic.example:issuers:1",
            document=lambda did: _document(did, keys[0]),
            update_key=keys[0],
            next_key_hashes=announced[1],
            at=start,
        )
    ]
    state = did_webvh.replay(lines)
    for number in range(1, count):
        line = did_webvh.update(
            state,
            document=_document(state.did, keys[number]),
            update_key=keys[number],
            next_key_hashes=announced[number + 1],
            at=start + number * _HOUR,
        )
        lines.append(line)
        state = state.then(line)
    return state.did, "".join(f"{strict_json.render(line)}\n" for line in lines).encode()


def _document(did: Did, key: Ed25519Signer) -> JsonObject:
    method = f"{did}#assertion"
    multikey = Ed25519Signer.generate().public_key.multikey
    return {
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
        "assertionMethod": [method],
        "service": [
            {
                "id": f"{did}#status",
                "type": "StatusLists",
                "serviceEndpoint": f"https://clinic.example/status/{key.public_key.multikey[-8:]}",
            }
        ],
    }


def _raw(count: int) -> Callable[[], None]:
    key = Ed25519Signer.generate()
    data = bytes(64)
    signature, check = raw_signer(key)(data), raw_verifier(key)

    def check_all() -> None:
        for _ in range(count):
            check(signature, data)

    return check_all


def _openvc(did: Did, body: bytes) -> Callable[[], object]:
    text = body.decode()
    resolver: Any = import_module("openvc.did.did_webvh").DidWebvhResolver(lambda _url: text)
    return lambda: resolver.resolve(str(did))
