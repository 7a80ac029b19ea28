"""Private keys at rest: one sealed file, replaced whole."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from threading import RLock
from typing import Final, Self, final

from ssi_core import sealing, strict_json
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import AuthenticationError, ConflictError, MalformedError, ProofError
from ssi_core.keys import (
    Bls12381G2Signer,
    Ed25519Signer,
    P256Signer,
    P384Signer,
    PrivateKey,
)
from ssi_core.sealing import PassphraseHardness

_SALT_BYTES: Final = 16
_CHECK: Final = "check"


@final
class KeyStore:
    """Named private keys and secrets, each sealed with AES-256-GCM under its own name.

    The file holds names, salts and ciphertext. Threads may share a store; processes may not.
    """

    def __init__(self, path: Path, key: bytes, items: Mapping[str, str], salt: str | None) -> None:
        self._path = path
        self._key = key
        self._items = dict(items)
        self._salt = salt
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
        Raises `AuthenticationError` when the passphrase or key file is not the store's.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        stored = _read(path)
        salt = stored.get("salt") if stored else None
        if passphrase is not None and salt is None and not stored:
            salt = base64url_encode(secrets.token_bytes(_SALT_BYTES))
        if (passphrase is None) != (salt is None):
            raise AuthenticationError("the key store is locked in another way")
        if passphrase is None or salt is None:
            key = _device_key(path.with_name(path.name + ".key"), create=not stored)
        else:
            cost = hardness or PassphraseHardness()
            key = sealing.key_from_passphrase(
                passphrase, salt=base64url_decode(salt), hardness=cost
            )
        items = {name: text for name, text in stored.items() if name != "salt"}
        store = cls(path, key, items, salt)
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

    def keep(self, name: str, signer: PrivateKey) -> None:
        """Keep `signer`, durably, before it is used; a name is given once (`ConflictError`)."""
        self.keep_secret(f"{_kind(signer)}:{name}", signer.secret)

    def load_secret(self, name: str) -> bytes | None:
        """Return the secret called `name`, or nothing."""
        sealed = self._items.get(name)
        if sealed is None:
            return None
        return sealing.open_sealed(base64url_decode(sealed), key=self._key, context=name.encode())

    def keep_secret(self, name: str, secret: bytes) -> None:
        """Keep `secret`, durably; a name is given once (`ConflictError`)."""
        with self._lock:
            if name in self._items:
                raise ConflictError("the key store has a key of that name")
            sealed = sealing.seal(secret, key=self._key, context=name.encode())
            self._write({**self._items, name: base64url_encode(sealed)})

    def secret(self, name: str) -> bytes:
        """Return the 32-byte secret called `name`, making it on first use."""
        with self._lock:
            found = self.load_secret(name)
            if found is None:
                found = sealing.new_key()
                self.keep_secret(name, found)
            return found

    def destroy(self, name: str) -> None:
        """Forget the secret called `name`, if it is there."""
        with self._lock:
            self._write({key: text for key, text in self._items.items() if key != name})

    def _check_key(self) -> None:
        try:
            if self.load_secret(_CHECK) is None:
                self.keep_secret(_CHECK, b"")
        except (ProofError, MalformedError):
            raise AuthenticationError("the key store does not open with this") from None

    def _write(self, items: dict[str, str]) -> None:
        content = dict(items) if self._salt is None else {"salt": self._salt, **items}
        replace_file(self._path, strict_json.render(content).encode())
        self._items = items


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step that survives a crash: whole, or not at all."""
    partial = path.with_name(path.name + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


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


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    content = strict_json.parse_object(path.read_bytes())
    return {name: strict_json.as_text(text, at=f"/{name}") for name, text in content.items()}


def _device_key(path: Path, *, create: bool) -> bytes:
    if path.exists():
        key = path.read_bytes()
    elif create:
        key = sealing.new_key()
        replace_file(path, key)
    else:
        raise AuthenticationError("the key store's key file is missing")
    if len(key) != sealing.KEY_BYTES:
        raise AuthenticationError("the key store's key file is damaged")
    return key
