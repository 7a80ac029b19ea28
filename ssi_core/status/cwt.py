"""Status List Tokens in CWT form (section 5.2), read into the claims that the JWT form has.

https://datatracker.ietf.org/doc/draft-ietf-oauth-status-list/
"""

from typing import Final

from ssi_core import cbor, cose, cwt
from ssi_core.cbor import CborKey, CborMap, CborValue, Tagged
from ssi_core.cose import CoseSign1
from ssi_core.encoding import base64_encode, base64url_decode, base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Signer
from ssi_core.strict_json import as_integer, as_object, as_text

TYPE: Final = "statuslist+cwt"
MEDIA_TYPE: Final = f"application/{TYPE}"
# Claim keys (section 5.2) and the tag of a CWT (RFC 8392 section 6).
_TTL: Final = 65534
_STATUS_LIST: Final = 65533
_CWT_TAG: Final = 61
# RFC 9360: a certificate chain.
_X5CHAIN: Final = 33


def parse(data: bytes) -> CoseSign1:
    """Take the token apart: a tagged COSE_Sign1, which may be tagged as a CWT besides."""
    message = cbor.decode(data, at="", max_bytes=cose.MAX_BYTES)
    if isinstance(message, Tagged) and message.tag == _CWT_TAG:
        message = message.value
    return cose.from_value(message, tagged=True)


def claims(message: CoseSign1) -> JsonObject:
    """Return the claims as a token in JWT form has them; unknown ones are left out."""
    # The draft's own example does not have its claims in order.
    found = cbor.as_map(cbor.decode(message.payload, at="/payload", ordered=False), at="/payload")
    read = dict(cwt.to_json(found, at="/payload"))
    if _TTL in found:
        read["ttl"] = cbor.as_integer(found[_TTL], at="/ttl")
    read["status_list"] = read_list(cbor.as_map(found.get(_STATUS_LIST), at="/status_list"))
    return read


def read_list(encoded: CborMap) -> JsonObject:
    """Return a status list in CBOR (section 4.3) as it is in JSON."""
    members: dict[str, JsonValue] = {
        "bits": cbor.as_integer(encoded.get("bits"), at="/status_list/bits"),
        "lst": base64url_encode(cbor.as_bytes(encoded.get("lst"), at="/status_list/lst")),
    }
    if "aggregation_uri" in encoded:
        at = "/status_list/aggregation_uri"
        members["aggregation_uri"] = cbor.as_text(encoded["aggregation_uri"], at=at)
    return members


def header(message: CoseSign1) -> JsonObject:
    """Return what names the key, as a JOSE header does: `kid`, which is text here, and `x5c`."""
    named: dict[str, JsonValue] = {}
    if message.key_id is not None:
        try:
            named["kid"] = message.key_id.decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedError("the kid must be text", at="/header/kid") from None
    chain = message.protected.get(_X5CHAIN, message.unprotected.get(_X5CHAIN))
    if chain is not None:
        certificates = chain if isinstance(chain, list) else [chain]
        at = "/header/x5chain"
        named["x5c"] = [base64_encode(cbor.as_bytes(item, at=at)) for item in certificates]
    return named


def sign(claims: JsonObject, *, signer: Signer, key_id: str | None) -> bytes:
    """Return the token with the `claims` of one in JWT form."""
    own = {"ttl", "status_list"}
    encoded: dict[CborKey, CborValue] = {
        **cwt.from_json({name: value for name, value in claims.items() if name not in own}),
        _STATUS_LIST: _write_list(as_object(claims.get("status_list"), at="/status_list")),
    }
    if "ttl" in claims:
        encoded[_TTL] = as_integer(claims["ttl"], at="/ttl")
    protected: dict[CborKey, CborValue] = {cose.TYP: MEDIA_TYPE}
    if key_id is not None:
        protected[cose.KID] = key_id.encode()
    return cose.sign(protected, cbor.encode(encoded), signer=signer)


def _write_list(encoded: JsonObject) -> CborMap:
    at = "/status_list"
    return {
        "bits": as_integer(encoded.get("bits"), at=f"{at}/bits"),
        "lst": base64url_decode(as_text(encoded.get("lst"), at=f"{at}/lst"), at=f"{at}/lst"),
    }
