"""Proof values in CBOR, and AnonCreds presentations, that are built to stall or to fill us."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import cbor2

from ssi_core.anoncreds.presentation import AnonCredsPresentation
from ssi_core.did import key
from ssi_core.encoding import base64url_encode
from ssi_core.keys import Bls12381G2Signer, P256Signer
from tests.poison.documents import BBS, P256, Prepare, credential, proof, verifying

_DEEP: Final = 290_000
_DERIVED: Final = {"ecdsa-sd-2023": b"\xd9\x5d\x01", "bbs-2023": b"\xd9\x5d\x03"}
_SIGNERS: Final[dict[str, P256Signer | Bls12381G2Signer]] = {
    "ecdsa-sd-2023": P256,
    "bbs-2023": BBS,
}
# What a decoder would make of a few bytes, or of many.
_ENCODED: Final = {
    "tags 290,000 deep": b"\xc1" * _DEEP + b"\x00",
    "arrays 290,000 deep": b"\x81" * _DEEP + b"\x00",
    "arrays without end, 290,000 deep": b"\x9f" * _DEEP,
    "maps 145,000 deep": b"\xa1\x00" * (_DEEP // 2),
    "an array of 2^32": b"\x9a\xff\xff\xff\xff",
    "an array of 2^62": b"\x9b\x3f" + b"\xff" * 7,
    "a map of 2^32": b"\xba\xff\xff\xff\xff",
    "bytes of 2^32": b"\x5a\xff\xff\xff\xff",
    "bytes of 2^62": b"\x5b\x3f" + b"\xff" * 7,
    "a decimal fraction of 10^(10^9)": b"\xc4\x82\x1a\x3b\x9a\xca\x00\x01",
    "a bigfloat of 2^(10^9)": b"\xc5\x82\x1a\x3b\x9a\xca\x00\x01",
    "a regular expression": b"\xd8\x23" + cbor2.dumps("(" * 20_000 + ")" * 20_000),
    "a MIME message": b"\xd8\x24" + cbor2.dumps("a: b\n" * 50_000),
    "a bignum of 290,000 bytes": b"\xc2\x5a" + _DEEP.to_bytes(4, "big") + b"\xff" * _DEEP,
    "an array of itself": b"\xd8\x1c\x81\xd8\x1d\x00",
}


def _proven(suite: str, encoded: bytes, *, header: bytes | None = None) -> Callable[[], object]:
    """Return the verification of a credential with such a proof value."""
    signer = _SIGNERS[suite]
    return verifying(
        {
            **credential({"a": 1}),
            "proof": proof(
                suite,
                verificationMethod=key.method_id(key.did_for(signer.public_key)),
                proofValue="u" + base64url_encode((header or _DERIVED[suite]) + encoded),
            ),
        }
    )


def proof_values() -> Iterator[tuple[str, Prepare]]:
    for suite in _DERIVED:
        for name, encoded in _ENCODED.items():
            yield f"{suite}: {name}", partial(_proven, suite, encoded)
    components: dict[str, tuple[str, list[Any]]] = {
        "a million indexes": ("bbs-2023", [b"", {}, [], list(range(1_000_000)), b""]),
        "as many indexes as fit": ("bbs-2023", [b"", {}, list(range(40_000)), [], b""]),
        "as many labels as fit": ("bbs-2023", [b"", {n: n for n in range(40_000)}, [], [], b""]),
        "a million signatures": (
            "ecdsa-sd-2023",
            [bytes(64), bytes(35), [bytes(64)] * 1_000_000, {}, []],
        ),
        "as many signatures as fit": (
            "ecdsa-sd-2023",
            [bytes(64), bytes(35), [bytes(64)] * 4_000, {}, []],
        ),
    }
    for name, (suite, value) in components.items():
        yield f"{suite}: {name}", partial(_proven, suite, cbor2.dumps(value, canonical=True))


def anoncreds() -> Iterator[tuple[str, Prepare]]:
    yield "AnonCreds: 10 MB", lambda: _parsing({"proof": {"proofs": ["9" * 10_000_000]}})
    yield (
        "AnonCreds: a number of 200,000 digits",
        lambda: _parsing({"proof": {"proofs": [{"primary_proof": {"x": "9" * 200_000}}]}}),
    )
    yield (
        "AnonCreds: as many commitments as fit",
        lambda: _parsing(
            {"proof": {"proofs": [], "aggregated_proof": {"c_hash": "1", "c_list": [[0]] * 60_000}}}
        ),
    )
    yield (
        "AnonCreds: as many credentials as fit",
        lambda: _parsing(
            {
                "proof": {"proofs": [{}] * 60_000, "aggregated_proof": {}},
                "identifiers": [{}] * 20_000,
                "requested_proof": {},
            }
        ),
    )


def _parsing(members: Any) -> Callable[[], object]:
    text = json.dumps(members)
    return lambda: AnonCredsPresentation.parse(text)
