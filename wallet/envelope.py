"""The vault's header: one random master key, sealed under a passphrase or a device key."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from ssi_core import jcs, strict_json
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import AuthenticationError, MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.sealing import (
    KEY_BYTES,
    PassphraseHardness,
    derive_key,
    key_from_passphrase,
    open_sealed,
    seal,
)

_SALT_BYTES: Final = 16
# A header is data that others may have touched: what it makes us compute has a ceiling.
_MAX_MEMORY_KIB: Final = 1_048_576
_MAX_ITERATIONS: Final = 64
_MAX_LANES: Final = 64


@dataclass(frozen=True, slots=True)
class Passphrase:
    """What a person types to open the vault."""

    text: str

    def __repr__(self) -> str:
        return "Passphrase(…)"


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """32 random bytes kept beside the store, for a wallet that no person types a passphrase for."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_BYTES:
            raise MalformedError("a device key has 32 bytes")

    def __repr__(self) -> str:
        return "DeviceKey(…)"


Unlock: TypeAlias = Passphrase | DeviceKey


class UnlockedBy(StrEnum):
    """What a header asks for."""

    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a manner
    DEVICE_KEY = "device_key"


def unlocked_by(header: bytes) -> UnlockedBy:
    """Return which of the two a vault opens with; raise `MalformedError` if it does not say."""
    manner = strict_json.as_object(strict_json.parse_object(header).get("unlock"), at="/unlock")
    by = manner.get("by")
    if by not in set(UnlockedBy):
        raise MalformedError("vault header names no known way to open it", at="/unlock/by")
    return UnlockedBy(str(by))


def seal_master_key(master: bytes, unlock: Unlock, *, hardness: PassphraseHardness) -> bytes:
    """Return the header that gives `master` back to whoever has `unlock`."""
    manner = _new_manner(unlock, hardness)
    sealed = seal(master, key=_unlocking_key(unlock, manner), context=_context(manner))
    return jcs.canonicalize({"v": 1, "unlock": manner, "master": base64url_encode(sealed)})


def open_master_key(header: bytes, unlock: Unlock) -> bytes:
    """Return the master key; raise `AuthenticationError` if `unlock` does not open this header."""
    members = strict_json.parse_object(header)
    if members.get("v") != 1:
        raise MalformedError("vault header is of an unknown version", at="/v")
    manner = strict_json.as_object(members.get("unlock"), at="/unlock")
    master = strict_json.as_text(members.get("master"), at="/master")
    sealed = base64url_decode(master, at="/master")
    try:
        return open_sealed(sealed, key=_unlocking_key(unlock, manner), context=_context(manner))
    except ProofError:
        raise AuthenticationError("the passphrase or device key does not open it") from None


def _new_manner(unlock: Unlock, hardness: PassphraseHardness) -> JsonObject:
    if isinstance(unlock, DeviceKey):
        return {"by": "device_key"}
    return {
        "by": "passphrase",
        "kdf": "argon2id",
        "salt": base64url_encode(secrets.token_bytes(_SALT_BYTES)),
        "memory_kib": hardness.memory_kib,
        "iterations": hardness.iterations,
        "lanes": hardness.lanes,
    }


def _unlocking_key(unlock: Unlock, manner: JsonObject) -> bytes:
    match manner.get("by"), unlock:
        case "device_key", DeviceKey(raw):
            return derive_key(raw, info=b"consentry/wallet/device")
        case "passphrase", Passphrase(text):
            salt = base64url_decode(
                strict_json.as_text(manner.get("salt"), at="/unlock/salt"), at="/unlock/salt"
            )
            if len(salt) < _SALT_BYTES or manner.get("kdf") != "argon2id":
                raise MalformedError("vault header names no known key derivation", at="/unlock")
            return key_from_passphrase(text, salt=salt, hardness=_hardness(manner))
        case "passphrase", DeviceKey():
            raise AuthenticationError("this wallet opens with a passphrase")
        case "device_key", Passphrase():
            raise AuthenticationError("this wallet opens with its device key, not a passphrase")
        case _:
            raise MalformedError("vault header names no known way to open it", at="/unlock/by")


def _hardness(manner: JsonObject) -> PassphraseHardness:
    lanes = _bounded(manner, "lanes", 1, _MAX_LANES)
    return PassphraseHardness(
        # RFC 9106 section 3.1 asks for at least 8 KiB per lane.
        memory_kib=_bounded(manner, "memory_kib", 8 * lanes, _MAX_MEMORY_KIB),
        iterations=_bounded(manner, "iterations", 1, _MAX_ITERATIONS),
        lanes=lanes,
    )


def _bounded(manner: JsonObject, name: str, least: int, most: int) -> int:
    value = strict_json.as_integer(manner.get(name), at=f"/unlock/{name}")
    if not least <= value <= most:
        raise MalformedError("key derivation cost is out of bounds", at=f"/unlock/{name}")
    return value


def _context(manner: JsonObject) -> bytes:
    return b"consentry/wallet/master\x00" + jcs.canonicalize(manner)
