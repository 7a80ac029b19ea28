"""ML-DSA-44 keys (FIPS 204), for signatures that must outlast Ed25519.

The library has them from its release 47 on. With an older one every use is an `AlgorithmError`:
nobody is told that such a signature holds, or does not.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self, final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from ssi_core.errors import AlgorithmError, MalformedError, ProofError

try:
    from cryptography.hazmat.primitives.asymmetric import mldsa as _mldsa
except ImportError:  # a library below 47
    _library: Any = None
else:
    _library = _mldsa

PUBLIC_KEY_BYTES: Final = 1_312
SIGNATURE_BYTES: Final = 2_420
_SEED_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class MlDsa44PublicKey:
    """An ML-DSA-44 public key as its 1,312 raw bytes."""

    raw: bytes = field(repr=False)
    _key: Any = field(init=False, repr=False, compare=False)

    algorithm: ClassVar[str] = "ML-DSA-44"

    def __post_init__(self) -> None:
        if len(self.raw) != PUBLIC_KEY_BYTES:
            raise MalformedError("not an ML-DSA-44 public key")
        try:
            key = _required().MLDSA44PublicKey.from_public_bytes(self.raw)
        except ValueError:
            raise MalformedError("not an ML-DSA-44 public key") from None
        except UnsupportedAlgorithm:
            raise _missing() from None
        object.__setattr__(self, "_key", key)

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if `signature` is this key's over `data`; raise `ProofError` if not."""
        try:
            self._key.verify(signature, data)
        except (InvalidSignature, ValueError):
            raise ProofError("signature does not hold") from None


@final
class MlDsa44Signer:
    """An ML-DSA-44 private key in memory, made from a seed of 32 bytes."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != _SEED_BYTES:
            raise MalformedError("not an ML-DSA-44 seed")
        try:
            self._key = _required().MLDSA44PrivateKey.from_seed_bytes(seed)
        except UnsupportedAlgorithm:
            raise _missing() from None
        self._seed = seed
        self._public = MlDsa44PublicKey(self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the operating system's randomness."""
        try:
            return cls(_required().MLDSA44PrivateKey.generate().private_bytes_raw())
        except UnsupportedAlgorithm:
            raise _missing() from None

    @property
    def public_key(self) -> MlDsa44PublicKey:
        """The key that verifies what this one signs."""
        return self._public

    @property
    def secret(self) -> bytes:
        """The 32-byte seed: for sealing at rest, and nothing else."""
        return self._seed

    def sign(self, data: bytes) -> bytes:
        """Return the 2,420-byte signature over `data`, with an empty context."""
        signature: bytes = self._key.sign(data)
        return signature


def is_supported() -> bool:
    """Say whether the installed library has ML-DSA-44."""
    return _library is not None


def _required() -> Any:
    if _library is None:
        raise _missing()
    return _library


def _missing() -> AlgorithmError:
    return AlgorithmError("this machine's cryptography library has no ML-DSA-44")
