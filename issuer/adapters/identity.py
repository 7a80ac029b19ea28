"""Whose name we sign in: an organisation of the registry, or a did:jwk of our own."""

from pathlib import Path
from typing import Final

from issuer.adapters.status_log import RegistryStatusLog
from issuer.model.identity import SigningIdentity
from registry.client import RegistryClient
from registry.client.known_organisation import open_known
from ssi_core.adapters.clock import Clock
from ssi_core.adapters.keystore import KeyStore
from ssi_core.did import jwk as did_jwk

_KEY: Final = "credentials"


def own_identity(keystore: KeyStore) -> SigningIdentity:
    """Return the identity of an issuer without a registry: a did:jwk, made on first use."""
    signer = keystore.p256(_KEY)
    did = did_jwk.did_for(signer.public_key)
    return SigningIdentity(did=str(did), key_id=did_jwk.method_id(did), signer=signer)


def organisation_identity(
    name: str, *, keystore: KeyStore, registry: RegistryClient, clock: Clock, path: Path
) -> tuple[SigningIdentity, RegistryStatusLog]:
    """Return the identity of the organisation called `name`, and its voice in the log.

    Only the first start needs the registry; see `open_known`.
    """
    found = open_known(name, keystore=keystore, registry=registry, clock=clock, path=path)
    identity = SigningIdentity(
        did=found.known.did, key_id=found.assertion_key_id, signer=found.assertion_signer
    )
    return identity, RegistryStatusLog(
        registry,
        origin=found.known.log_origin,
        did=found.did,
        key_id=found.known.log_key_id,
        key=found.log_signer,
    )
