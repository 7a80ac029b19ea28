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


@dataclass(frozen=True, slots=True, kw_only=True)
class PassphraseHardness:
    """What Argon2id may cost: memory in KiB, passes, lanes."""

    memory_kib: int = 65_536
    iterations: int = 3
    lanes: int = 4


def seal(plaintext: bytes, *, key: bytes, context: bytes) -> bytes:
    """Encrypt `plaintext`; `context` is authenticated, so a sealed value cannot be moved elsewhere.

    Returns nonce (12 bytes) || ciphertext || tag (16 bytes). `key` has 32 bytes.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, context)


def open_sealed(sealed: bytes, *, key: bytes, context: bytes) -> bytes:
    """Decrypt what `seal` made; raise `ProofError` for another key, context or any change."""
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
