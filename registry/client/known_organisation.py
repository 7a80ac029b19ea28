"""What an organisation remembers of itself, so that it starts while the registry is away."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self, final

from registry.client.organisation import Clock, Organisation
from registry.client.receipts import KeepingRegistry, KeptReceipts
from registry.client.registry_client import RegistryClient
from ssi_core import strict_json
from ssi_core.adapters.keystore import KeyStore, replace_file
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.strict_json import as_text


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOrganisation:
    """How an organisation is called in the registry, as it was told when it first opened."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class KnownIdentity:
    """An organisation that can speak: its DID, and its keys from its own key store."""

    known: KnownOrganisation
    assertion_signer: P256Signer
    log_signer: Ed25519Signer

    @property
    def did(self) -> Did:
        """The organisation's DID."""
        return Did.parse(self.known.did)

    @property
    def assertion_key_id(self) -> str:
        """The DID URL of `assertion_signer`."""
        return self.known.assertion_key_id


def open_known(
    name: str, *, keystore: KeyStore, registry: RegistryClient, clock: Clock, path: Path
) -> KnownIdentity:
    """Return the organisation called `name`.

    The first time the registry is asked, and what it says is kept at `path`; later starts do
    without it. Raises what `Organisation.open` does.
    """
    known = _remembered(path, name=name, registry_url=registry.base_url)
    if known is None:
        opened = Organisation.open(
            name,
            keystore=keystore,
            registry=KeepingRegistry(registry, KeptReceipts(path.with_name("receipts"))),
            clock=clock,
        )
        known = KnownOrganisation.of(opened, name=name, registry_url=registry.base_url)
        replace_file(path, strict_json.render(known.render()).encode())
    assertion, log = keystore.load_p256(f"{name}.assertion"), keystore.load_ed25519(f"{name}.log")
    if assertion is None or log is None:
        raise ConflictError("the key store is not the organisation's")
    return KnownIdentity(known=known, assertion_signer=assertion, log_signer=log)


def _remembered(path: Path, *, name: str, registry_url: str) -> KnownOrganisation | None:
    if not path.exists():
        return None
    try:
        known = KnownOrganisation.parse(strict_json.parse_object(path.read_bytes()))
    except MalformedError:
        return None
    return known if (known.name, known.registry_url) == (name, registry_url) else None
