"""Authenticated encryption at rest: AES-256-GCM, with keys from Argon2id (RFC 9106) or HKDF."""

import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ssi_core.errors import MalformedError, ProofError

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_SALT_BYTES: Final = 16
_MAX_MEMORY_KIB: Final = 4_194_304
_MAX_ITERATIONS: Final = 1_000
_MAX_LANES: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class PassphraseHardness:
    """What Argon2id may cost: memory in KiB (8 at least for each lane), passes, lanes."""

    memory_kib: int = 65_536
    iterations: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        # Read from a file that was changed, these could ask for all memory or for no work at all.
        if not (
            1 <= self.lanes <= _MAX_LANES
            and 1 <= self.iterations <= _MAX_ITERATIONS
            and 8 * self.lanes <= self.memory_kib <= _MAX_MEMORY_KIB
        ):
            raise MalformedError("key derivation cost is out of bounds")


def seal(plaintext: bytes, *, key: bytes, context: bytes) -> bytes:
    """Encrypt `plaintext`; `context` is authenticated, so a sealed value cannot be moved elsewhere.

    Returns nonce (12 bytes) || ciphertext || tag (16 bytes). `key` has 32 bytes.
    """
    _require_key(key)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, context)


def open_sealed(sealed: bytes, *, key: bytes, context: bytes) -> bytes:
    """Decrypt what `seal` made; raise `ProofError` for another key, context or any change."""
    _require_key(key)
    if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
        raise MalformedError("sealed value is too short")
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except InvalidTag:
        raise ProofError("sealed value does not open here") from None


def new_key() -> bytes:
    """Return 32 fresh random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def key_from_passphrase(passphrase: str, *, salt: bytes, hardness: PassphraseHardness) -> bytes:
    """Derive a 32-byte key by Argon2id; `salt` has at least 16 bytes."""
    if not passphrase:
        raise MalformedError("a passphrase must not be empty")
    if len(salt) < _SALT_BYTES:
        raise MalformedError("a salt has 16 bytes or more")
    kdf = Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=hardness.iterations,
        lanes=hardness.lanes,
        memory_cost=hardness.memory_kib,
    )
    return kdf.derive(passphrase.encode("utf-8", "surrogatepass"))


def derive_key(secret: bytes, *, info: bytes, length: int = KEY_BYTES) -> bytes:
    """Derive one key among many from a strong secret by HKDF-SHA256 (RFC 5869), without salt."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret)


def _require_key(key: bytes) -> None:
    # AES would take 16 bytes too, and be half as strong without a word.
    if len(key) != KEY_BYTES:
        raise MalformedError("a sealing key has 32 bytes")
