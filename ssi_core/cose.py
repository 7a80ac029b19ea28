"""COSE_Sign1 (RFC 9052 section 4.2): one signature over a payload, in CBOR.

Algorithms go by their JOSE names, as the keys have them, so that one allow-list serves both.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, final

from ssi_core import cbor
from ssi_core.cbor import CborMap, CborValue, Tagged
from ssi_core.errors import AlgorithmError, MalformedError, ProofError
from ssi_core.keys import PublicKey, Signer

TAG: Final = 18
MAX_BYTES: Final = 1_048_576

# Labels of header parameters: RFC 9052 section 3.1, RFC 9596, RFC 9597.
ALG: Final = 1
CRIT: Final = 2
CONTENT_TYPE: Final = 3
KID: Final = 4
CWT_CLAIMS: Final = 15
TYP: Final = 16

# RFC 9053, and the fully specified ones of RFC 9864, whose curve is our keys' in any case.
_NAMES: Final[Mapping[int, str]] = MappingProxyType(
    {
        -7: "ES256",
        -8: "EdDSA",
        -9: "ES256",
        -19: "Ed25519",
        -35: "ES384",
        -36: "ES512",
        -51: "ES384",
        -52: "ES512",
    }
)
_IDS: Final[Mapping[str, int]] = MappingProxyType(
    {"ES256": -7, "EdDSA": -8, "Ed25519": -19, "ES384": -35, "ES512": -36}
)
_MAX_HEADER_BYTES: Final = 65_536
_ELEMENTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CoseSign1:
    """A parsed COSE_Sign1. Parsing proves nothing: call `verify`."""

    protected: CborMap
    unprotected: CborMap
    payload: bytes
    signature: bytes
    # The Sig_structure of section 4.4.
    signing_input: bytes

    @property
    def algorithm(self) -> str | None:
        """The JOSE name of the algorithm in the protected header, if it is one that we have."""
        number = self.protected.get(ALG)
        return _NAMES.get(number) if isinstance(number, int) else None

    @property
    def key_id(self) -> bytes | None:
        """The `kid`, which may stand in either header, for it is but a hint."""
        found = self.protected.get(KID, self.unprotected.get(KID))
        return None if found is None else cbor.as_bytes(found, at="/header/kid")


@dataclass(frozen=True, slots=True)
@final
class VerifiedSign1:
    """A COSE_Sign1 whose signature held. Only `verify` makes one."""

    protected: CborMap
    payload: bytes


def parse(data: bytes, *, max_bytes: int = MAX_BYTES, tagged: bool | None = None) -> CoseSign1:
    """Take a COSE_Sign1 apart; `tagged` says whether tag 18 must, or must not, be there."""
    message = cbor.decode(data, at="", max_bytes=max_bytes)
    return from_value(message, tagged=tagged)


def from_value(message: CborValue, *, tagged: bool | None = None) -> CoseSign1:
    """Take a COSE_Sign1 apart that was found inside other CBOR."""
    if isinstance(message, Tagged):
        if message.tag != TAG or tagged is False:
            raise MalformedError("not tagged as a COSE_Sign1")
        message = message.value
    elif tagged:
        raise MalformedError("not tagged as a COSE_Sign1")
    if not isinstance(message, list) or len(message) != _ELEMENTS:
        raise MalformedError("not a COSE_Sign1")
    header = cbor.as_bytes(message[0], at="/protected")
    protected, unprotected = _protected(header), cbor.as_map(message[1], at="/unprotected")
    if protected.keys() & unprotected.keys():
        raise MalformedError("a header parameter stands in both headers", at="/unprotected")
    payload = cbor.as_bytes(message[2], at="/payload")
    return CoseSign1(
        protected=protected,
        unprotected=unprotected,
        payload=payload,
        signature=cbor.as_bytes(message[3], at="/signature"),
        signing_input=_signing_input(header, payload),
    )


def require_header(
    message: CoseSign1, *, algorithms: Collection[str], typ: str | Collection[str]
) -> None:
    """Check algorithm and type against what the caller accepts: do this before finding a key.

    Both count in the protected header only. `crit` is refused whole: no extension is understood
    here (section 3.1).
    """
    if message.algorithm not in algorithms:
        raise AlgorithmError("algorithm is not accepted here", at="/header/alg")
    types = (typ,) if isinstance(typ, str) else typ
    given = message.protected.get(TYP)
    if not isinstance(given, str) or given.lower().removeprefix("application/") not in types:
        raise ProofError("COSE_Sign1 is of another type", at="/header/typ")
    if CRIT in message.protected or CRIT in message.unprotected:
        raise ProofError("critical header extensions are not supported", at="/header/crit")


def verify(message: CoseSign1, *, key: PublicKey) -> VerifiedSign1:
    """Return the payload if `key` made the signature with an algorithm of its own kind."""
    if message.algorithm not in key.algorithms:
        raise AlgorithmError("algorithm does not belong to the key", at="/header/alg")
    key.verify(message.signature, message.signing_input)
    return VerifiedSign1(message.protected, message.payload)


def sign(
    protected: CborMap,
    payload: bytes,
    *,
    signer: Signer,
    unprotected: CborMap | None = None,
) -> bytes:
    """Return the tagged COSE_Sign1; `alg` is set to the signer's own algorithm."""
    number = _IDS.get(signer.public_key.algorithm)
    if number is None or protected.get(ALG, number) != number:
        raise AlgorithmError("algorithm does not belong to the key", at="/header/alg")
    header = cbor.encode({**protected, ALG: number})
    signature = signer.sign(_signing_input(header, payload))
    return cbor.encode(Tagged(TAG, [header, unprotected or {}, payload, signature]))


def _protected(header: bytes) -> CborMap:
    found = cbor.decode(header, at="/protected", max_bytes=_MAX_HEADER_BYTES) if header else {}
    return cbor.as_map(found, at="/protected")


def _signing_input(header: bytes, payload: bytes) -> bytes:
    return cbor.encode(["Signature1", header, b"", payload])
