"""Base64url, multibase and multihash, each with one spelling for one value."""

import binascii
import re
from hashlib import sha256
from typing import Final

import base58

from ssi_core.errors import MalformedError

_BASE58BTC: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]+", re.ASCII)
# What only base64 has becomes what neither has.
_TO_BASE64: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_TO_BASE64URL: Final = bytes.maketrans(b"+/", b"-_")
# By length modulo 4 (1 is never right): what completes a text, and what may end it.
_PADDING: Final = (b"", b"=", b"==", b"=")
_LAST: Final = ("", "", "AQgw", "AEIMQUYcgkosw048")
_SHA2_256: Final = b"\x12\x20"
# Decoding base58 takes time that grows with the square of its length.
_MAX_BASE58: Final = 4096


def base64url_encode(data: bytes) -> str:
    """Encode without padding (RFC 7515 section 2)."""
    encoded = binascii.b2a_base64(data, newline=False)
    return encoded.translate(_TO_BASE64URL).rstrip(b"=").decode("ascii")


def base64url_decode(text: str, *, at: str | None = None) -> bytes:
    """Decode, refusing padding, other alphabets, and bits that no encoder sets."""
    remainder = len(text) % 4
    try:
        standard = text.encode("ascii").translate(_TO_BASE64)
        data = binascii.a2b_base64(standard + _PADDING[remainder], strict_mode=True)
    except ValueError:
        raise MalformedError("not base64url without padding", at=at) from None
    if remainder and text[-1] not in _LAST[remainder]:
        raise MalformedError("base64url has stray bits", at=at)
    return data


def multibase_encode(data: bytes) -> str:
    """Encode as base58btc with its multibase prefix `z`."""
    return "z" + base58.b58encode(data).decode("ascii")


def multibase_decode(text: str, *, at: str | None = None) -> bytes:
    """Decode a base58btc multibase string, the only multibase our cryptosuites use."""
    if not text.startswith("z") or len(text) > _MAX_BASE58:
        raise MalformedError("multibase value is not base58btc", at=at)
    return base58btc_decode(text[1:], at=at)


def base58btc_encode(data: bytes) -> str:
    """Encode as bare base58btc."""
    return base58.b58encode(data).decode("ascii")


def base58btc_decode(text: str, *, at: str | None = None) -> bytes:
    """Decode bare base58btc."""
    if len(text) > _MAX_BASE58 or _BASE58BTC.fullmatch(text) is None:
        raise MalformedError("not base58btc", at=at)
    return base58.b58decode(text)


def sha256_multihash(data: bytes) -> bytes:
    """Return the multihash (code, length, digest) of `data` under SHA2-256: 34 bytes."""
    return _SHA2_256 + sha256(data).digest()
