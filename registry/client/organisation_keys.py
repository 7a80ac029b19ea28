"""The private keys of an organisation, by name in a key store."""

import re
from typing import Final, final

from ssi_core.adapters.keystore import KeyStore
from ssi_core.errors import MalformedError
from ssi_core.keys import Ed25519Signer, P256Signer

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@final
class OrganisationKeys:
    """Keys are made when they are first asked for, and kept before anybody hears of them."""

    def __init__(self, keystore: KeyStore, name: str) -> None:
        if _NAME.fullmatch(name) is None:
            raise MalformedError("an organisation's name is a DNS label")
        self._keystore = keystore
        self._name = name

    def assertion(self) -> P256Signer:
        """Return the key for credentials, requests and receipts."""
        return self._keystore.p256(f"{self._name}.assertion")

    def log(self) -> Ed25519Signer:
        """Return the key for entries in the log."""
        return self._ed25519("log")

    def update(self, number: int) -> Ed25519Signer:
        """Return the key that authorises version `number` + 1 of the DID's log."""
        return self._ed25519(f"update-{number}")

    def _ed25519(self, use: str) -> Ed25519Signer:
        return self._keystore.ed25519(f"{self._name}.{use}")
