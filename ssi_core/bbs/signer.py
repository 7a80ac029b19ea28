"""A BBS key that signs, as the cryptosuites take it."""

from collections.abc import Sequence
from typing import NoReturn, Self, final

from ssi_core.bbs import signature
from ssi_core.bbs.ciphersuite import BLS12_381_SHA_256
from ssi_core.bbs.keys import BbsSecretKey, Bls12381G2PublicKey
from ssi_core.errors import AlgorithmError


@final
class Bls12381G2Signer:
    """A BBS private key in memory that signs with BLS12-381-SHA-256, the suite of bbs-2023."""

    def __init__(self, secret: bytes) -> None:
        self._key = BbsSecretKey(secret)

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the operating system's randomness."""
        return cls(BbsSecretKey.generate().secret)

    @property
    def public_key(self) -> Bls12381G2PublicKey:
        """The key that verifies what this one signs."""
        return self._key.public_key

    @property
    def secret(self) -> bytes:
        """The 32-byte scalar: for sealing at rest, and nothing else."""
        return self._key.secret

    def sign_messages(self, messages: Sequence[bytes], *, header: bytes) -> bytes:
        """Return the 80-byte signature over `header` and `messages`."""
        return signature.sign(self._key, messages, header=header, suite=BLS12_381_SHA_256)

    def sign(self, data: bytes) -> NoReturn:
        """Refused: BBS signatures cover a list of messages."""
        del data
        raise AlgorithmError("a BBS key signs lists of messages only")
