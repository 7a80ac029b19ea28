"""CBOR Web Token claims (RFC 8392), read under the names that they have in a JWT."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ssi_core import cbor, cose_key
from ssi_core.cbor import CborKey, CborMap, CborValue
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import public_key_from_jwk
from ssi_core.strict_json import as_integer, as_object, as_text, as_texts

# Claim keys: RFC 8392 section 4, RFC 8747 (cnf) and RFC 9711 (nonce).
ISS, SUB, AUD, EXP, NBF, IAT, CNF, NONCE = 1, 2, 3, 4, 5, 6, 8, 10

_NAMES: Final[Mapping[int, str]] = MappingProxyType(
    {ISS: "iss", SUB: "sub", AUD: "aud", EXP: "exp", NBF: "nbf", IAT: "iat"}
    | {CNF: "cnf", NONCE: "nonce"}
)
_TIMES: Final = (EXP, NBF, IAT)
_KEYS: Final = {name: key for key, name in _NAMES.items()}
# RFC 8747 section 3.1: the members of `cnf`.
_COSE_KEY, _CONFIRMED_KID = 1, 3


def to_json(claims: CborMap, *, at: str) -> JsonObject:
    """Return the claims that a JWT has too, by their names there; others are left out.

    `cnf` has its key as a JWK, and `nonce`, which is bytes here, is the text that they encode.
    """
    return {
        _NAMES[key]: _value(key, value, at=f"{at}/{_NAMES[key]}")
        for key, value in claims.items()
        if isinstance(key, int) and key in _NAMES
    }


def from_json(claims: JsonObject) -> CborMap:
    """Return the claims set with these claims, each of which must be one that `to_json` reads."""
    found: dict[CborKey, CborValue] = {}
    for name, value in claims.items():
        if (key := _KEYS.get(name)) is None:
            raise MalformedError("the claim has no key of its own in a CWT", at=f"/{name}")
        found[key] = _encoded(key, value, at=f"/{name}")
    return found


def _value(key: int, value: CborValue, *, at: str) -> JsonValue:
    if key in _TIMES:
        return cbor.as_integer(value, at=at)
    if key == CNF:
        return _confirmation(cbor.as_map(value, at=at), at=at)
    if key == AUD and isinstance(value, list):
        return [cbor.as_text(item, at=at) for item in value]
    return _text(value, at=at) if key == NONCE else cbor.as_text(value, at=at)


def _confirmation(cnf: CborMap, *, at: str) -> JsonObject:
    if _COSE_KEY in cnf:
        return {"jwk": cose_key.parse(cbor.as_map(cnf[_COSE_KEY], at=at), at=at).jwk}
    if _CONFIRMED_KID in cnf:
        return {"kid": _text(cnf[_CONFIRMED_KID], at=at)}
    raise MalformedError("the way in which a key is confirmed is not known here", at=at)


def _encoded(key: int, value: JsonValue, *, at: str) -> CborValue:
    if key in _TIMES:
        return as_integer(value, at=at)
    if key == CNF:
        return _encoded_confirmation(as_object(value, at=at), at=at)
    if key == AUD and not isinstance(value, str):
        return list(as_texts(value, at=at))
    return as_text(value, at=at).encode() if key == NONCE else as_text(value, at=at)


def _encoded_confirmation(cnf: JsonObject, *, at: str) -> CborMap:
    if "kid" in cnf:
        return {_CONFIRMED_KID: as_text(cnf["kid"], at=at).encode()}
    return {_COSE_KEY: cose_key.render(public_key_from_jwk(as_object(cnf.get("jwk"), at=at)))}


def _text(value: CborValue, *, at: str) -> str:
    if isinstance(value, str):
        return cbor.as_text(value, at=at)
    try:
        return cbor.as_text(cbor.as_bytes(value, at=at).decode("utf-8"), at=at)
    except UnicodeDecodeError:
        raise MalformedError("must be UTF-8", at=at) from None
