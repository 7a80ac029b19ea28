"""The command of an organisation that breaks the glass: what it signs, and its person."""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from consent_contracts import break_glass_request
from consent_contracts.access_request import AccessRequest
from consent_contracts.break_glass_request import EmergencyRequest
from consent_contracts.break_glass_roster import state
from consent_contracts.break_glass_rule import FACTORS, EmergencyReason, SecondFactor
from consent_contracts.cli.documents import FILE, read_object
from consentry.custodian.organisation import (
    opened,
    organisation_options,
    own_key_options,
    own_signer,
)
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.errors import MalformedError

_ID_BYTES: Final = 16
_REASONS: Final = click.Choice([each.value for each in EmergencyReason])


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
@own_key_options
@organisation_options
def break_glass(  # noqa: PLR0917 - a command's options
    wanted: Path,
    url: str,
    reason: str,
    role: str | None,
    factors: tuple[str, ...],
    own_keys: Path | None,
    own_passphrase: str | None,
    **options: Any,
) -> None:
    """Open what WANTED asks for, an access request in JSON, in an emergency.

    The organisation signs, and answers for the person (`actor`), the role and the factors; where
    the custodian has a roster, the person signs too. WANTED needs no recipient: that is the
    organisation.
    """
    with failing_plainly(), opened(**options) as asking:
        address = asking.address(url)
        access = AccessRequest.parse({"recipient": str(address["issuer"]), **read_object(wanted)})
        if access.actor is None:
            raise MalformedError("an emergency names who looks", at="/actor")
        now = address["issued_at"]
        factor = SecondFactor(actor=access.actor, methods=frozenset(factors), verified_at=now)
        request = EmergencyRequest(
            **address,
            id=secrets.token_urlsafe(_ID_BYTES),
            request=access,
            reason=EmergencyReason(reason),
            role=role,
            second_factor=factor if factors else None,
        )
        if own_keys is not None:
            own, claims = own_signer(own_keys, own_passphrase), request.to_json()
            said = state(claims, typ=break_glass_request.TYPE, signer=own, at=now)
            request = replace(request, statement=said)
        asking.tell(request, "/emergencies", "request")
