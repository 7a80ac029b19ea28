"""The cryptographic primitives that everything here rests on: whether this build has them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm

from consentry.doctor.finding import Finding
from ssi_core import sealing
from ssi_core.errors import SsiError
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.sealing import PassphraseHardness

_SMALL: Final = PassphraseHardness(memory_kib=64, iterations=1, lanes=1)


def look_at_primitives() -> Mapping[str, bool]:
    """Use each primitive once; say of each whether it did its work."""
    return {name: _works(use) for name, use in _USES.items()}


def judge_primitives(works: Mapping[str, bool]) -> Iterator[Finding]:
    """Judge each primitive that does not work, or all of them together."""
    broken = [name for name, good in works.items() if not good]
    for name in broken:
        yield Finding.wrong(
            f"primitive {name}",
            "is not in this build of cryptography or OpenSSL",
            "Install the published wheel of cryptography: python -m pip install --force-reinstall "
            "--only-binary cryptography cryptography",
        )
    if not broken:
        yield Finding.good("primitives", ", ".join(works))


def _ed25519() -> None:
    signer = Ed25519Signer.generate()
    signer.public_key.verify(signer.sign(b"doctor"), b"doctor")


def _p256() -> None:
    signer = P256Signer.generate()
    signer.public_key.verify(signer.sign(b"doctor"), b"doctor")


def _aes() -> None:
    key = sealing.new_key()
    sealing.open_sealed(sealing.seal(b"doctor", key=key, context=b""), key=key, context=b"")


def _argon2id() -> None:
    sealing.key_from_passphrase("doctor", salt=bytes(16), hardness=_SMALL)


def _works(use: Callable[[], None]) -> bool:
    try:
        use()
    except (SsiError, UnsupportedAlgorithm, InternalError, ImportError):
        return False
    return True


_USES: Final[Mapping[str, Callable[[], None]]] = {
    "Ed25519": _ed25519,
    "P-256": _p256,
    "AES-256-GCM": _aes,
    "Argon2id": _argon2id,
}
