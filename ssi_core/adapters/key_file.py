"""The file of a key store: sealed secrets by name, and how the key that opens them is found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from ssi_core import sealing, strict_json
from ssi_core.adapters.files import read_file, replace_file
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import AuthenticationError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.sealing import PassphraseHardness

_SALT_BYTES: Final = 16
# What a file may ask for: a damaged number must not take the machine's memory or afternoon.
_MOST: Final = PassphraseHardness(memory_kib=1_048_576, iterations=64, lanes=64)
# RFC 9106 section 3.1.
_KIB_PER_LANE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PassphraseUse:
    """How Argon2id makes the key from a passphrase: `salt` has 16 bytes."""

    salt: bytes
    hardness: PassphraseHardness

    @classmethod
    def new(cls, hardness: PassphraseHardness) -> Self:
        """Return a use with a fresh salt."""
        return cls(salt=sealing.new_key()[:_SALT_BYTES], hardness=hardness)

    @classmethod
    def parse(cls, value: JsonObject) -> Self:
        """Read what `render` wrote."""
        salt = base64url_decode(strict_json.as_text(value.get("salt"), at="/passphrase/salt"))
        if len(salt) != _SALT_BYTES:
            raise MalformedError("a salt has 16 bytes", at="/passphrase/salt")
        costs = {name: _cost(value.get(name), name, most) for name, most in asdict(_MOST).items()}
        if costs["memory_kib"] < _KIB_PER_LANE * costs["lanes"]:
            raise MalformedError("less memory than lanes need", at="/passphrase/memory_kib")
        return cls(salt=salt, hardness=PassphraseHardness(**costs))

    def render(self) -> JsonObject:
        """Return the JSON form."""
        return {"salt": base64url_encode(self.salt), **asdict(self.hardness)}

    def key(self, passphrase: str) -> bytes:
        """Return the 32-byte key."""
        return sealing.key_from_passphrase(passphrase, salt=self.salt, hardness=self.hardness)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """What is in the file; without `passphrase`, the key lies in a file beside it."""

    passphrase: PassphraseUse | None
    sealed: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return what is at `path`, or nothing if there is no file; `MalformedError` if damaged."""
        text = read_file(path)
        if text is None:
            return None
        document = strict_json.parse_object(text, max_bytes=len(text))
        use = document.get("passphrase")
        sealed = strict_json.as_object(document.get("sealed"), at="/sealed")
        return cls(
            passphrase=None
            if use is None
            else PassphraseUse.parse(strict_json.as_object(use, at="/passphrase")),
            sealed={name: strict_json.as_text(item, at="/sealed") for name, item in sealed.items()},
        )

    def write(self, path: Path) -> None:
        """Replace what is at `path`, durably."""
        use = None if self.passphrase is None else self.passphrase.render()
        document: JsonObject = {"passphrase": use, "sealed": self.sealed}
        replace_file(path, strict_json.render(document).encode())


def device_key(path: Path) -> bytes:
    """Return the key that lies beside the store at `path`; `AuthenticationError` if it is gone."""
    key = read_file(_device_key_path(path))
    if key is None:
        raise AuthenticationError("the key store's key file is missing")
    if len(key) != sealing.KEY_BYTES:
        raise AuthenticationError("the key store's key file is damaged")
    return key


def new_device_key(path: Path) -> bytes:
    """Make the key beside a store to be, or return the one that an interrupted attempt left."""
    place = _device_key_path(path)
    if read_file(place) is None:
        replace_file(place, sealing.new_key())
    return device_key(path)


def _device_key_path(path: Path) -> Path:
    return path.with_name(path.name + ".key")


def _cost(value: object, name: str, most: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
        return value
    raise MalformedError("not a cost that we pay", at=f"/passphrase/{name}")
