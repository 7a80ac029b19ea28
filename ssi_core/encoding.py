"""Base64, base64url, multibase, multihash and varint, each with one spelling for one value."""

import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from ssi_core.errors import MalformedError

_BASE58BTC: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]+", re.ASCII)
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# Two characters for each number below 58 squared: half the steps of one at a time.
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
# What is no digit becomes a byte that is none.
_NO_DIGIT: Final = 255
_TO_DIGITS: Final = bytes(_ALPHABET.find(chr(byte)) % 256 for byte in range(256))
# Digits are put together two by two, all pairs at once, then pairs of pairs: per step the width of
# a lane in bits, the lanes that are low, and what a high one counts for. There is room for several
# texts beside each other, of up to 64 or 128 digits.
_LANES: Final = 128
_ROOM: Final = 64 * _LANES
_STEPS: Final = tuple(
    (
        8 << step,
        int.from_bytes((bytes(1 << step) + b"\xff" * (1 << step)) * (_ROOM >> step + 1), "big"),
        58 ** (1 << step),
    )
    for step in range(7)
)
_TWO_DIGITS: Final = 58**2
_FOUR_DIGITS: Final = 58**4
_FIVE_DIGITS: Final = 58**5
# What only base64 has becomes what neither has.
_TO_BASE64: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_TO_BASE64URL: Final = bytes.maketrans(b"+/", b"-_")
# By length modulo 4 (1 is never right): what completes a text, and what may end it.
_PADDING: Final = (b"", b"=", b"==", b"=")
_LAST: Final = ("", "", "AQgw", "AEIMQUYcgkosw048")
_STANDARD_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)
_SHA2_256: Final = b"\x12\x20"
# Decoding base58 takes time that grows with the square of its length.
_MAX_BASE58: Final = 4096
# https://github.com/multiformats/unsigned-varint: seven bits a byte, the high bit says more.
_MAX_VARINT: Final = 9
_MORE: Final = 0x80


def base64url_encode(data: bytes) -> str:
    """Encode without padding (RFC 7515 section 2)."""
    encoded = b2a_base64(data, newline=False)
    return encoded.translate(_TO_BASE64URL).rstrip(b"=").decode("ascii")


def base64url_encode_all(values: Sequence[bytes]) -> list[str]:
    """Encode values of one length, such as digests, faster than one after another."""
    if not values:
        return []
    length = len(values[0])
    # Filled up to whole groups of three bytes, each value has characters of its own; those that
    # only the filling made are not taken.
    filling = bytes(-length % 3)
    text = base64url_encode(filling.join(values) + filling)
    characters, stride = -(-length * 4 // 3), (length + len(filling)) * 4 // 3
    return [text[start : start + characters] for start in range(0, len(text), stride)]


def base64url_decode(text: str, *, at: str | None = None) -> bytes:
    """Decode, refusing padding, other alphabets, and bits that no encoder sets."""
    remainder = len(text) % 4
    try:
        standard = text.encode("ascii").translate(_TO_BASE64)
        data = a2b_base64(standard + _PADDING[remainder], strict_mode=True)
    except ValueError:
        reason = "base64url has no padding" if text.endswith("=") else "not base64url"
        raise MalformedError(reason, at=at) from None
    if remainder and text[-1] not in _LAST[remainder]:
        raise MalformedError("base64url has stray bits", at=at)
    return data


def base64_encode(data: bytes) -> str:
    """Encode with padding (RFC 4648 section 4)."""
    return b2a_base64(data, newline=False).decode("ascii")


def base64_decode(text: str, *, at: str | None = None) -> bytes:
    """Decode with padding or, all of it left out, without; other slack is refused."""
    if _STANDARD_BASE64.fullmatch(text) is None:
        raise MalformedError("not base64", at=at)
    padded = text if text.endswith("=") else text + "=" * (-len(text) % 4)
    try:
        data = a2b_base64(padded, strict_mode=True)
    except ValueError:
        raise MalformedError("not base64", at=at) from None
    if base64_encode(data) != padded:
        raise MalformedError("base64 has stray bits", at=at)
    return data


def base64url_decode_all(texts: Sequence[str], *, at: str | None = None) -> list[bytes]:
    """Decode several texts, each as strictly as `base64url_decode` does, in less time."""
    try:
        parts = "~".join(texts).encode("ascii").translate(_TO_BASE64).split(b"~")
        if len(parts) != max(len(texts), 1):
            raise MalformedError("not base64url without padding", at=at)
        data = [a2b_base64(part + _PADDING[len(part) % 4], strict_mode=True) for part in parts]
    except ValueError:
        raise MalformedError("not base64url without padding", at=at) from None
    if [text for text in texts if (rest := len(text) % 4) and text[-1] not in _LAST[rest]]:
        raise MalformedError("base64url has stray bits", at=at)
    return data if texts else []


def multibase_encode(data: bytes) -> str:
    """Encode as base58btc with its multibase prefix `z`."""
    return "z" + base58btc_encode(data)


def multibase_decode(text: str, *, at: str | None = None) -> bytes:
    """Decode a base58btc multibase string, the only multibase our cryptosuites use."""
    if not text.startswith("z") or len(text) > _MAX_BASE58:
        raise MalformedError("multibase value is not base58btc", at=at)
    return base58btc_decode(text[1:], at=at)


def multibase_decode_all(texts: Sequence[str], *, at: str | None = None) -> list[bytes]:
    """Decode several texts, each as `multibase_decode` does, in less time if they are short."""
    lanes = _LANES if any(len(text) > _LANES // 2 + 1 for text in texts) else _LANES // 2
    together = _ROOM // lanes
    parts = [texts[start : start + together] for start in range(0, len(texts), together)]
    return [data for part in parts for data in _side_by_side(part, lanes, at)]


def base58btc_encode(data: bytes) -> str:
    """Encode as bare base58btc."""
    number = int.from_bytes(data, "big")
    groups: list[str] = []
    while number:
        number, five = divmod(number, _FIVE_DIGITS)
        last, middle = _PAIRS[five % _TWO_DIGITS], _PAIRS[five // _TWO_DIGITS % _TWO_DIGITS]
        groups.append(_ALPHABET[five // _FOUR_DIGITS] + middle + last)
    zeros = len(data) - len(data.lstrip(b"\0"))
    return _ALPHABET[0] * zeros + "".join(reversed(groups)).lstrip(_ALPHABET[0])


def base58btc_decode(text: str, *, at: str | None = None) -> bytes:
    """Decode bare base58btc."""
    if len(text) > _MAX_BASE58 or _BASE58BTC.fullmatch(text) is None:
        raise MalformedError("not base58btc", at=at)
    zeros = len(text) - len(text.lstrip(_ALPHABET[0]))
    number = _short_number(text) if len(text) <= _LANES else _long_number(text)
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def sha256_multihash(data: bytes) -> bytes:
    """Return the multihash (code, length, digest) of `data` under SHA2-256: 34 bytes."""
    return _SHA2_256 + sha256(data).digest()


def varint_split(data: bytes, *, at: str | None = None) -> tuple[int, bytes]:
    """Return the unsigned varint that `data` begins with, such as a multicodec, and the rest.

    Refuses one that is cut short, longer than nine bytes, or longer than it need be.
    """
    value = 0
    for index, byte in enumerate(data[:_MAX_VARINT]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < _MORE:
            if byte == 0 and index > 0:
                break
            return value, data[index + 1 :]
    raise MalformedError("not a varint in its shortest form", at=at)


def _side_by_side(texts: Sequence[str], lanes: int, at: str | None) -> list[bytes]:
    fitting = [text for text in texts if 1 < len(text) <= lanes + 1 and text.startswith("z")]
    filled = "".join([text[1:].rjust(lanes, _ALPHABET[0]) for text in fitting])
    digits = filled.encode("ascii", "replace").translate(_TO_DIGITS)
    if len(fitting) != len(texts) or _NO_DIGIT in digits:
        # One after another they say which of them it is, and why.
        return [multibase_decode(text, at=at) for text in texts]
    number = int.from_bytes(digits, "big")
    for width, low, weight in _STEPS[: lanes.bit_length() - 1]:
        number = (number & low) + (number >> width & low) * weight
    data = number.to_bytes(len(digits), "big")
    return [
        bytes(len(text) - len(text[1:].lstrip(_ALPHABET[0])) - 1)
        + data[start : start + lanes].lstrip(b"\0")
        for text, start in zip(texts, range(0, len(data), lanes), strict=True)
    ]


def _short_number(text: str) -> int:
    number = int.from_bytes(text.encode("ascii").translate(_TO_DIGITS), "big")
    for width, low, weight in _STEPS:
        number = (number & low) + (number >> width & low) * weight
    return number


def _long_number(text: str) -> int:
    # Five digits at a time: their value is a small number. Zeros before a number do not change it.
    whole = _ALPHABET[0] * (-len(text) % 5) + text
    digits = iter(whole.encode("ascii").translate(_TO_DIGITS))
    number = 0
    for a, b, c, d, e in zip(digits, digits, digits, digits, digits, strict=True):
        number = number * _FIVE_DIGITS + (((a * 58 + b) * 58 + c) * 58 + d) * 58 + e
    return number
