"""Signed notes and the keys that check them: https://c2sp.org/signed-note."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final, Self

from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.keys import Ed25519PublicKey

MAX_CHARACTERS: Final = 131_072
MAX_SIGNATURES: Final = 64
_KEY_ID_BYTES: Final = 4
_MAX_NAME: Final = 256
_DASH: Final = "\N{EM DASH}"
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_VKEY: Final = re.compile(r"(?P<name>[^+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")


class SignatureType(IntEnum):
    """The byte that says how a note's key signs."""

    ED25519 = 0x01
    COSIGNATURE_V1 = 0x04


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name, a way of signing and a public key: what C2SP calls a vkey."""

    name: str
    signature_type: SignatureType
    public_key: Ed25519PublicKey

    def __post_init__(self) -> None:
        require_name(self.name)

    @property
    def key_id(self) -> bytes:
        """The four bytes that a signature line names this key by."""
        material = bytes([self.signature_type]) + self.public_key.raw
        return sha256(self.name.encode() + b"\n" + material).digest()[:_KEY_ID_BYTES]

    @classmethod
    def parse(cls, text: str, *, at: str | None = None) -> Self:
        """Read `<name>+<key id>+<base64(type || key)>`; the id must be the key's own."""
        if len(text) > MAX_CHARACTERS or (match := _VKEY.fullmatch(text)) is None:
            raise MalformedError("not a verifier key", at=at)
        material = base64_decode(match["key"], at=at)
        try:
            kind = SignatureType(material[0] if material else 0)
        except ValueError:
            raise AlgorithmError("signature type is not supported", at=at) from None
        key = cls(match["name"], kind, Ed25519PublicKey(material[1:]))
        if key.key_id.hex() != match["id"]:
            raise MalformedError("the key id is not that of the key", at=at)
        return key

    def __str__(self) -> str:
        material = bytes([self.signature_type]) + self.public_key.raw
        return f"{self.name}+{self.key_id.hex()}+{base64_encode(material)}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: whose it claims to be, and its bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def is_by(self, key: VerifierKey) -> bool:
        """Say whether the line names `key`; whether it holds is another question."""
        return self.name == key.name and self.key_id == key.key_id

    def __str__(self) -> str:
        return f"{_DASH} {self.name} {base64_encode(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text, with its last newline, and the signatures below it. Parsing proves nothing."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parse(cls, note: str) -> Self:
        """Take a note apart; it has at least one signature."""
        if len(note) > MAX_CHARACTERS or _CONTROL.search(note) is not None:
            raise MalformedError("a note is bounded text without control characters")
        text, blank, lines = note.rpartition("\n\n")
        if not blank or not text or not lines.endswith("\n"):
            raise MalformedError("a note is text, an empty line and signatures")
        signatures = lines[:-1].split("\n")
        if len(signatures) > MAX_SIGNATURES:
            raise MalformedError("a note has more signatures than allowed")
        return cls(text + "\n", tuple(_signature(line) for line in signatures))

    def signed_by(self, signature: NoteSignature) -> "SignedNote":
        """Return this note with one more signature."""
        return SignedNote(self.text, (*self.signatures, signature))

    def by(self, keys: Sequence[VerifierKey]) -> tuple[NoteSignature, ...]:
        """Return the signatures that name one of `keys`; lines of unknown keys are ignored."""
        return tuple(line for line in self.signatures if any(line.is_by(key) for key in keys))

    def __str__(self) -> str:
        return self.text + "\n" + "".join(str(line) for line in self.signatures)


def require_name(name: str) -> None:
    """Return if `name` can stand in a signature line: no spaces, no plus, printable."""
    if not 0 < len(name) <= _MAX_NAME or "+" in name or not name.isprintable():
        raise MalformedError("a key name is short, printable and has no plus")
    # The only space that is printable.
    if " " in name:
        raise MalformedError("a key name has no spaces")


def base64_encode(data: bytes) -> str:
    """Encode with the standard alphabet and padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def base64_decode(text: str, *, at: str | None = None) -> bytes:
    """Decode the standard alphabet, refusing every spelling but the one that encoding gives."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("not base64", at=at) from None
    if base64_encode(data) != text:
        raise MalformedError("not base64 as an encoder writes it", at=at)
    return data


def _signature(line: str) -> NoteSignature:
    parts = line.split(" ")
    match parts:
        case [dash, name, encoded] if dash == _DASH:
            require_name(name)
            data = base64_decode(encoded)
            if len(data) <= _KEY_ID_BYTES:
                raise MalformedError("a note's signature is too short")
            return NoteSignature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])
        case _:
            raise MalformedError("not a note's signature line")
