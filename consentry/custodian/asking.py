"""The commands of an organisation that breaks the glass: who it is, and what it signs."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click

from consent_contracts import break_glass_request
from consent_contracts.access_request import AccessRequest
from consent_contracts.break_glass_request import EmergencyRequest
from consent_contracts.break_glass_rule import FACTORS, EmergencyReason, SecondFactor
from consent_contracts.cli.documents import FILE, print_json, read_object
from registry.client import RegistryClient
from registry.client.known_organisation import KnownIdentity, open_known
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach
from ssi_core.errors import MalformedError

_LIFETIME: Final = timedelta(minutes=2)
_ID_BYTES: Final = 16
_REASONS: Final = click.Choice([each.value for each in EmergencyReason])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """An organisation's identity, and the way to whom it asks."""

    http: HttpClient
    identity: KnownIdentity


def _organisation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    folder = click.Path(path_type=Path, file_okay=False)
    for option in (
        click.option("--passphrase", envvar="CONSENTRY_CONSENT_PASSPHRASE", hidden=True),
        click.option("--data-dir", type=folder, required=True, help="Its keys."),
        click.option("--name", default="hospital", show_default=True, help="The organisation."),
        click.option("--registry", required=True, help="URL of the registry where its DID lives."),
    ):
        command = option(command)
    return command


@click.command(name="organisation")
@_organisation_options
def show_organisation(**options: Any) -> None:
    """Print the DID of an organisation; the first time it is made, with its keys."""
    with failing_plainly(), _opened(**options) as asking:
        click.echo(str(asking.identity.did))


@click.command(name="break-glass")
@click.argument("wanted", type=FILE)
@click.option("--url", envvar="CONSENTRY_CONSENT_URL", required=True, help="The custodian's URL.")
@click.option("--reason", type=_REASONS, required=True, help="Why: HL7 v3-ActReason.")
@click.option("--role", help="What the person is who looks.")
@click.option(
    "--factor",
    "factors",
    multiple=True,
    type=click.Choice(sorted(FACTORS)),
    help="A method that the person has just been authenticated by (RFC 8176).",
)
@_organisation_options
def break_glass(  # noqa: PLR0917 - a command's options
    wanted: Path,
    url: str,
    reason: str,
    role: str | None,
    factors: tuple[str, ...],
    **options: Any,
) -> None:
    """Open what WANTED asks for, an access request in JSON, in an emergency.

    The organisation signs, and answers for the person (`actor`), the role and the factors. WANTED
    needs no recipient: that is the organisation.
    """
    with failing_plainly(), _opened(**options) as asking:
        identity, custodian = asking.identity, url.rstrip("/")
        access = AccessRequest.parse({"recipient": str(identity.did), **read_object(wanted)})
        if access.actor is None:
            raise MalformedError("an emergency names who looks", at="/actor")
        now = SystemClock().now().replace(microsecond=0)
        factor = SecondFactor(actor=access.actor, methods=frozenset(factors), verified_at=now)
        request = EmergencyRequest(
            issuer=identity.did,
            audience=custodian,
            id=secrets.token_urlsafe(_ID_BYTES),
            issued_at=now,
            expires_at=now + _LIFETIME,
            request=access,
            reason=EmergencyReason(reason),
            role=role,
            second_factor=factor if factors else None,
        )
        text = break_glass_request.sign(
            request, signer=identity.assertion_signer, key_id=identity.assertion_key_id
        )
        answer = asking.http.post_json(f"{custodian}/emergencies", {"request": text})
        print_json(answer.require_ok().json())


@contextmanager
def _opened(
    *, registry: str, name: str, data_dir: Path, passphrase: str | None
) -> Iterator[Asking]:
    with closing(HttpClient(reach=Reach.ANY)) as http:
        identity = open_known(
            name,
            keystore=KeyStore.unlock(data_dir / "keys", passphrase=passphrase),
            registry=RegistryClient(http, registry),
            clock=SystemClock(),
            path=data_dir / "identity",
        )
        yield Asking(http=http, identity=identity)
