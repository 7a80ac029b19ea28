"""The key file beside a store, for a wallet that opens without a passphrase."""

from pathlib import Path

from ssi_core.adapters.keystore import replace_file
from ssi_core.errors import AuthenticationError
from ssi_core.sealing import KEY_BYTES, new_key
from wallet.envelope import DeviceKey


def key_path(store: Path) -> Path:
    """Return where the device key of `store` lies."""
    return store.with_name(store.name + ".key")


def make_device_key(store: Path) -> DeviceKey:
    """Make the key file, 0600, or return the key of one that an interrupted attempt left."""
    path = key_path(store)
    if path.exists():
        return load_device_key(store)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = new_key()
    replace_file(path, key)
    return DeviceKey(key)


def load_device_key(store: Path) -> DeviceKey:
    """Return the device key of `store`; raise `AuthenticationError` if it is gone or damaged."""
    try:
        raw = key_path(store).read_bytes()
    except OSError:
        raise AuthenticationError("the wallet's device key file cannot be read") from None
    if len(raw) != KEY_BYTES:
        raise AuthenticationError("the wallet's device key file is damaged")
    return DeviceKey(raw)
