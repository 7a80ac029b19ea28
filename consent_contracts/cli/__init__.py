"""The commands of consent: on files, or at a custodian that is running."""

from typing import Final

import click

from ssi_core.adapters.lazy_commands import LazyGroup

PLACES: Final = {
    "check": "consent_contracts.cli.deciding:check",
    "explain": "consent_contracts.cli.deciding:explain_decision",
    "export": "consent_contracts.cli.moving:export_grants",
    "give": "consent_contracts.cli.giving:give",
    "import": "consent_contracts.cli.moving:import_grants",
    "list": "consent_contracts.cli.looking:list_grants",
    "narrow": "consent_contracts.cli.giving:narrow_grant",
    "receipt": "consent_contracts.cli.receipts:show_receipt",
    "request": "consent_contracts.cli.asking:ask",
    "serve": "consent_contracts.cli.running:serve_custodian",
    "show": "consent_contracts.cli.looking:show",
    "withdraw": "consent_contracts.cli.giving:withdraw",
}
"""Where each command lives."""


@click.group(name="consent", cls=LazyGroup, places=PLACES)
def commands() -> None:
    """Decide where the data is, and handle requests, grants and receipts.

    Commands work on files (- is standard input), or on a running custodian with --url and its token
    in CONSENTRY_CONSENT_ADMIN_TOKEN. A patient's own keys stay in the wallet: what a patient gives
    or withdraws there needs none of this.
    """
