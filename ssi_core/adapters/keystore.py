"""Private keys at rest: one sealed file, replaced whole."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Final, Self, TypeVar, final

from ssi_core import sealing
from ssi_core.adapters.files import make_folder, only_process, replace_file
from ssi_core.adapters.key_file import KeyFile, PassphraseUse, device_key, new_device_key
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import (
    AuthenticationError,
    ConflictError,
    MalformedError,
    ProofError,
    UnavailableError,
)
from ssi_core.keys import (
    Bls12381G2Signer,
    Ed25519Signer,
    P256Signer,
    P384Signer,
    PrivateKey,
)
from ssi_core.sealing import PassphraseHardness

__all__ = ["KeyStore", "replace_file"]

_Key = TypeVar("_Key", bound=PrivateKey)

# No secret can be kept under this name: it says, by opening, that the key is the store's.
_CHECK: Final = ""


@final
class KeyStore:
    """Named private keys and secrets, each sealed with AES-256-GCM under its own name.

    The file holds names, salts and ciphertext. Threads and processes may share a store. Whatever
    keeps the file from being read or written is an `UnavailableError`.
    """

    def __init__(self, path: Path, key: bytes, file: KeyFile) -> None:
        self._path = path
        self._key = key
        self._file = file
        self._lock = RLock()

    @classmethod
    def unlock(
        cls,
        path: Path,
        *,
        passphrase: str | None = None,
        hardness: PassphraseHardness | None = None,
    ) -> Self:
        """Open the store at `path`, making it if it is not there.

        Without a passphrase the key lies beside it in `<path>.key`, readable by its owner alone.
        Raises `AuthenticationError` when the passphrase or key file is not the store's, and
        `MalformedError` when the file is damaged. `hardness` matters when the store is made.
        """
        file = KeyFile.read(path)
        if file is None:
            make_folder(path.parent)
            with only_process(_lock_of(path)):
                file = KeyFile.read(path)
                if file is None:
                    return cls._make(path, passphrase, hardness or PassphraseHardness())
        if (passphrase is None) != (file.passphrase is None):
            raise AuthenticationError("the key store is locked in another way")
        if passphrase is None or file.passphrase is None:
            key = device_key(path)
        else:
            key = file.passphrase.key(passphrase)
        store = cls(path, key, file)
        store._check_key()
        return store

    def load_ed25519(self, name: str) -> Ed25519Signer | None:
        """Return the Ed25519 key called `name`, or nothing."""
        secret = self.load_secret(f"ed25519:{name}")
        return None if secret is None else Ed25519Signer(secret)

    def load_p256(self, name: str) -> P256Signer | None:
        """Return the P-256 key called `name`, or nothing."""
        secret = self.load_secret(f"p256:{name}")
        return None if secret is None else P256Signer(secret)

    def load_p384(self, name: str) -> P384Signer | None:
        """Return the P-384 key called `name`, or nothing."""
        secret = self.load_secret(f"p384:{name}")
        return None if secret is None else P384Signer(secret)

    def load_bls12381_g2(self, name: str) -> Bls12381G2Signer | None:
        """Return the BLS12-381 key called `name`, or nothing."""
        secret = self.load_secret(f"bls12381g2:{name}")
        return None if secret is None else Bls12381G2Signer(secret)

    def ed25519(self, name: str) -> Ed25519Signer:
        """Return the Ed25519 key called `name`, making it on first use."""
        return self._made_once(name, self.load_ed25519, Ed25519Signer.generate)

    def p256(self, name: str) -> P256Signer:
        """Return the P-256 key called `name`, making it on first use."""
        return self._made_once(name, self.load_p256, P256Signer.generate)

    def p384(self, name: str) -> P384Signer:
        """Return the P-384 key called `name`, making it on first use."""
        return self._made_once(name, self.load_p384, P384Signer.generate)

    def bls12381_g2(self, name: str) -> Bls12381G2Signer:
        """Return the BLS12-381 key called `name`, making it on first use."""
        return self._made_once(name, self.load_bls12381_g2, Bls12381G2Signer.generate)

    def keep(self, name: str, signer: PrivateKey) -> None:
        """Keep `signer`, durably, before it is used; a name is given once (`ConflictError`)."""
        self.keep_secret(f"{_kind(signer)}:{name}", signer.secret)

    def load_secret(self, name: str) -> bytes | None:
        """Return the secret called `name`, or nothing; `ProofError` if it was changed."""
        with self._lock:
            if name not in self._file.sealed:
                # Another process may have kept it since.
                self._file = self._read_again()
            sealed = self._file.sealed.get(name)
        if sealed is None:
            return None
        return sealing.open_sealed(base64url_decode(sealed), key=self._key, context=name.encode())

    def keep_secret(self, name: str, secret: bytes) -> None:
        """Keep `secret`, durably; a name is given once (`ConflictError`)."""
        sealed = sealing.seal(secret, key=self._key, context=name.encode())

        def add(items: Mapping[str, str]) -> Mapping[str, str]:
            if name in items:
                raise ConflictError("the key store has a key of that name")
            return {**items, name: base64url_encode(sealed)}

        self._change(add)

    def secret(self, name: str) -> bytes:
        """Return the 32-byte secret called `name`, making it on first use."""
        found = self.load_secret(name)
        if found is not None:
            return found
        made = sealing.new_key()
        try:
            self.keep_secret(name, made)
        except ConflictError:
            # Another process was first.
            return self.secret(name)
        return made

    def _made_once(
        self, name: str, load: Callable[[str], _Key | None], generate: Callable[[], _Key]
    ) -> _Key:
        found = load(name)
        if found is not None:
            return found
        made = generate()
        try:
            self.keep(name, made)
        except ConflictError:
            # Another thread or process was first.
            return self._made_once(name, load, generate)
        return made

    def destroy(self, name: str) -> None:
        """Forget the secret called `name`, if it is there."""
        if name != _CHECK:
            self._change(lambda items: {key: text for key, text in items.items() if key != name})

    @classmethod
    def _make(cls, path: Path, passphrase: str | None, hardness: PassphraseHardness) -> Self:
        use = None if passphrase is None else PassphraseUse.new(hardness)
        key = new_device_key(path) if passphrase is None or use is None else use.key(passphrase)
        check = sealing.seal(b"", key=key, context=_CHECK.encode())
        file = KeyFile(passphrase=use, sealed={_CHECK: base64url_encode(check)})
        file.write(path)
        return cls(path, key, file)

    def _check_key(self) -> None:
        try:
            if self.load_secret(_CHECK) is None:
                raise MalformedError("the key store is damaged")
        except ProofError:
            raise AuthenticationError("the key store does not open with this") from None

    def _change(self, change: Callable[[Mapping[str, str]], Mapping[str, str]]) -> None:
        with self._lock, only_process(_lock_of(self._path)):
            file = self._read_again()
            file = replace(file, sealed=change(file.sealed))
            file.write(self._path)
            self._file = file

    def _read_again(self) -> KeyFile:
        file = KeyFile.read(self._path)
        if file is None or file.sealed.get(_CHECK) != self._file.sealed.get(_CHECK):
            raise UnavailableError("the key store was taken away or exchanged")
        return file


def _kind(signer: PrivateKey) -> str:
    match signer:
        case Ed25519Signer():
            return "ed25519"
        case P256Signer():
            return "p256"
        case P384Signer():
            return "p384"
        case Bls12381G2Signer():
            return "bls12381g2"


def _lock_of(path: Path) -> Path:
    return path.with_name(path.name + ".lock")
