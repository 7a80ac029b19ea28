"""Who speaks: an organisation with its keys, and a person there with a key of their own."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol, TypedDict

import click

from consent_contracts.cli.documents import print_json
from registry.client import RegistryClient
from registry.client.known_organisation import KnownIdentity, open_known
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach
from ssi_core.did.syntax import Did
from ssi_core.keys import Signer

_LIFETIME: Final = timedelta(minutes=2)
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)
_OWN_KEY: Final = "own"


class Address(TypedDict):
    """Who says something, to which custodian, and from when until when it is good."""

    issuer: Did
    audience: str
    issued_at: datetime
    expires_at: datetime


class Said(Protocol):
    """Something that an organisation says to a custodian (`audience`, its URL)."""

    @property
    def audience(self) -> str:
        """The custodian's public URL."""
        ...

    def sign(self, *, signer: Signer, key_id: str) -> str:
        """Return it as a JWS, signed with the key that `key_id` (a DID URL) names."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """An organisation's identity, and the way to whom it asks."""

    http: HttpClient
    identity: KnownIdentity

    def address(self, url: str) -> Address:
        """Return that this organisation says something to the custodian at `url`, now."""
        now = SystemClock().now().replace(microsecond=0)
        return Address(
            issuer=self.identity.did,
            audience=url.rstrip("/"),
            issued_at=now,
            expires_at=now + _LIFETIME,
        )

    def tell(self, said: Said, path: str, member: str) -> None:
        """Sign something, send it to `path` as the `member` of a body, and print the answer."""
        identity = self.identity
        text = said.sign(signer=identity.assertion_signer, key_id=identity.assertion_key_id)
        answer = self.http.post_json(f"{said.audience}{path}", {member: text})
        print_json(answer.require_ok().json())


def organisation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which organisation speaks."""
    for option in (
        click.option("--passphrase", envvar="CONSENTRY_CONSENT_PASSPHRASE", hidden=True),
        click.option("--data-dir", type=_FOLDER, required=True, help="Its keys."),
        click.option("--name", default="hospital", show_default=True, help="The organisation."),
        click.option("--registry", required=True, help="URL of the registry where its DID lives."),
    ):
        command = option(command)
    return command


def own_key_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say with which key a person signs for themselves."""
    for option in (
        click.option("--own-passphrase", envvar="CONSENTRY_CONSENT_OWN_PASSPHRASE", hidden=True),
        click.option(
            "--own-keys",
            type=_FOLDER,
            help="Key store of the person, who then signs too: where the custodian has a roster.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def opened(*, registry: str, name: str, data_dir: Path, passphrase: str | None) -> Iterator[Asking]:
    """Open the organisation that the options name."""
    with closing(HttpClient(reach=Reach.ANY)) as http:
        identity = open_known(
            name,
            keystore=KeyStore.unlock(data_dir / "keys", passphrase=passphrase),
            registry=RegistryClient(http, registry),
            clock=SystemClock(),
            path=data_dir / "identity",
        )
        yield Asking(http=http, identity=identity)


def own_signer(own_keys: Path, own_passphrase: str | None) -> Signer:
    """Return the key of a person, made on first use."""
    return KeyStore.unlock(own_keys / "keys", passphrase=own_passphrase).p256(_OWN_KEY)


@click.command(name="organisation")
@organisation_options
def show_organisation(**options: Any) -> None:
    """Print the DID of an organisation; the first time it is made, with its keys."""
    with failing_plainly(), opened(**options) as asking:
        click.echo(str(asking.identity.did))


@click.command(name="own-key")
@click.option("--own-passphrase", envvar="CONSENTRY_CONSENT_OWN_PASSPHRASE", hidden=True)
@click.argument("own_keys", type=_FOLDER)
def show_own_key(own_keys: Path, own_passphrase: str | None) -> None:
    """Print the public key in OWN_KEYS as a JWK, for a roster; the first time it is made.

    Under a passphrase (CONSENTRY_CONSENT_OWN_PASSPHRASE) it shows `swk` and `pwd`; without one it
    shows one factor only, and is nothing for a roster.
    """
    with failing_plainly():
        print_json(own_signer(own_keys, own_passphrase).public_key.jwk)
