"""BLS12-381 keys with their public point in G2, which sign lists of messages with BBS."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, NoReturn, Self, final

from ssi_core.bbs import signature as bbs_signature
from ssi_core.bbs.ciphersuite import BLS12_381_SHA_256
from ssi_core.bbs.keys import BbsPublicKey, BbsSecretKey
from ssi_core.encoding import multibase_encode
from ssi_core.errors import AlgorithmError

BLS12381_G2_MULTICODEC: Final = b"\xeb\x01"


@dataclass(frozen=True, slots=True)
class Bls12381G2PublicKey:
    """A BLS12-381 public key as its compressed point of G2, 96 bytes.

    It stands beside the keys of ordinary signatures, and refuses to be used as one.
    """

    raw: bytes
    bbs: BbsPublicKey = field(init=False, repr=False, compare=False)

    algorithm: ClassVar[str] = "BBS"
    algorithms: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "bbs", BbsPublicKey(self.raw))

    @property
    def multikey(self) -> str:
        """The `publicKeyMultibase` form (Controlled Identifiers section 2.2.2)."""
        return multibase_encode(BLS12381_G2_MULTICODEC + self.raw)

    @property
    def jwk(self) -> NoReturn:
        """Refused: no registered JWK form exists."""
        raise AlgorithmError("a BLS12-381 key has no JWK form")

    def verify(self, signature: bytes, data: bytes) -> NoReturn:
        """Refused: a BBS signature covers a list of messages (see `ssi_core.bbs`)."""
        del signature, data
        raise AlgorithmError("a BLS12-381 key verifies lists of messages only")


@final
class Bls12381G2Signer:
    """A BLS12-381 private key in memory; signs with BLS12-381-SHA-256, the suite of bbs-2023."""

    def __init__(self, secret: bytes) -> None:
        self._key = BbsSecretKey(secret)
        self._public = Bls12381G2PublicKey(self._key.public_key.raw)

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the operating system's randomness."""
        return cls(BbsSecretKey.generate().secret)

    @property
    def public_key(self) -> Bls12381G2PublicKey:
        """The key that verifies what this one signs."""
        return self._public

    @property
    def secret(self) -> bytes:
        """The 32-byte scalar: for sealing at rest, and nothing else."""
        return self._key.secret

    def sign_messages(self, messages: Sequence[bytes], *, header: bytes) -> bytes:
        """Return the 80-byte BBS signature over `header` and `messages`."""
        return bbs_signature.sign(self._key, messages, header=header, suite=BLS12_381_SHA_256)

    def sign(self, data: bytes) -> NoReturn:
        """Refused: a BBS signature covers a list of messages."""
        del data
        raise AlgorithmError("a BLS12-381 key signs lists of messages only")
