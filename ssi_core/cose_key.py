"""Public keys as COSE_Key (RFC 9052 section 7, RFC 9053 section 7)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ssi_core import cbor
from ssi_core.cbor import CborMap, CborValue
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.json_types import JsonValue
from ssi_core.keys import PublicKey, public_key_from_jwk

_KTY: Final = 1
_CRV, _X, _Y, _D = -1, -2, -3, -4
# Key type and curve by their numbers, with what a JWK calls them.
_KINDS: Final[Mapping[tuple[CborValue, CborValue], tuple[str, str]]] = MappingProxyType(
    {
        (1, 6): ("OKP", "Ed25519"),
        (2, 1): ("EC", "P-256"),
        (2, 2): ("EC", "P-384"),
        (2, 3): ("EC", "P-521"),
    }
)
_NUMBERS: Final = {kind: numbers for numbers, kind in _KINDS.items()}


def parse(key: CborMap, *, at: str) -> PublicKey:
    """Read a public COSE_Key with uncompressed coordinates; private ones are refused."""
    if _D in key:
        raise MalformedError("a public COSE_Key has no private member", at=at)
    number, curve = key.get(_KTY), key.get(_CRV)
    kind = _KINDS.get((number, curve)) if _are_numbers(number, curve) else None
    if kind is None:
        raise AlgorithmError("key type is not supported", at=at)
    jwk: dict[str, JsonValue] = {"kty": kind[0], "crv": kind[1]}
    for name, label in (("x", _X), ("y", _Y)) if kind[0] == "EC" else (("x", _X),):
        jwk[name] = base64url_encode(cbor.as_bytes(key.get(label), at=at))
    return public_key_from_jwk(jwk, at=at)


def render(key: PublicKey) -> CborMap:
    """Return the COSE_Key of `key`, required members only."""
    jwk = key.jwk
    kty, crv = _NUMBERS[str(jwk["kty"]), str(jwk["crv"])]
    rendered: dict[cbor.CborKey, CborValue] = {_KTY: kty, _CRV: crv}
    for name, label in (("x", _X), ("y", _Y)):
        if name in jwk:
            rendered[label] = base64url_decode(str(jwk[name]))
    return rendered


def _are_numbers(*values: CborValue) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)
