"""Whose name we sign in: an organisation of the registry, or a did:jwk of our own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from issuer.adapters.status_log import RegistryStatusLog
from issuer.model.identity import SigningIdentity
from registry.client import Organisation, RegistryClient
from ssi_core import strict_json
from ssi_core.adapters.clock import Clock
from ssi_core.adapters.keystore import KeyStore, replace_file
from ssi_core.did import jwk as did_jwk
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.strict_json import as_text

_KEY: Final = "credentials"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOrganisation:
    """What we remember of our own organisation, so that we start while the registry is away."""

    name: str
    registry_url: str
    did: str
    assertion_key_id: str
    log_key_id: str
    log_origin: str

    @classmethod
    def of(cls, organisation: Organisation, *, name: str, registry_url: str) -> Self:
        """Take down what `organisation` is called."""
        return cls(
            name=name,
            registry_url=registry_url,
            did=str(organisation.did),
            assertion_key_id=organisation.assertion_key_id,
            log_key_id=organisation.log_key_id,
            log_origin=organisation.log_origin,
        )

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read what `render` wrote."""
        return cls(**{name: as_text(source.get(name), at=f"/{name}") for name in cls.__slots__})

    def render(self) -> JsonObject:
        """Return what is kept: no secret."""
        return {name: getattr(self, name) for name in self.__slots__}


def own_identity(keystore: KeyStore) -> SigningIdentity:
    """Return the identity of an issuer without a registry: a did:jwk, made on first use."""
    signer = keystore.load_p256(_KEY)
    if signer is None:
        signer = P256Signer.generate()
        keystore.keep(_KEY, signer)
    did = did_jwk.did_for(signer.public_key)
    return SigningIdentity(did=str(did), key_id=did_jwk.method_id(did), signer=signer)


def organisation_identity(
    name: str, *, keystore: KeyStore, registry: RegistryClient, clock: Clock, path: Path
) -> tuple[SigningIdentity, RegistryStatusLog]:
    """Return the identity of the organisation called `name`, and its voice in the log.

    The first time the registry is asked, and what it says is kept at `path`; later starts do
    without it. Raises what `Organisation.open` does.
    """
    known = _remembered(path, name=name, registry_url=registry.base_url)
    if known is None:
        opened = Organisation.open(name, keystore=keystore, registry=registry, clock=clock)
        known = KnownOrganisation.of(opened, name=name, registry_url=registry.base_url)
        replace_file(path, strict_json.render(known.render()).encode())
    assertion, log = _keys(name, keystore)
    identity = SigningIdentity(did=known.did, key_id=known.assertion_key_id, signer=assertion)
    return identity, RegistryStatusLog(
        registry,
        origin=known.log_origin,
        did=Did.parse(known.did),
        key_id=known.log_key_id,
        key=log,
    )


def _remembered(path: Path, *, name: str, registry_url: str) -> KnownOrganisation | None:
    if not path.exists():
        return None
    try:
        known = KnownOrganisation.parse(strict_json.parse_object(path.read_bytes()))
    except MalformedError:
        return None
    return known if (known.name, known.registry_url) == (name, registry_url) else None


def _keys(name: str, keystore: KeyStore) -> tuple[P256Signer, Ed25519Signer]:
    assertion, log = keystore.load_p256(f"{name}.assertion"), keystore.load_ed25519(f"{name}.log")
    if assertion is None or log is None:
        raise ConflictError("the key store is not the organisation's")
    return assertion, log
