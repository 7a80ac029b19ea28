"""The commands of consent: on files, or at a custodian that is running."""

import click

from consent_contracts.cli.asking import ask
from consent_contracts.cli.deciding import check, explain_decision
from consent_contracts.cli.giving import give, narrow_grant, withdraw
from consent_contracts.cli.looking import list_grants, show
from consent_contracts.cli.moving import export_grants, import_grants
from consent_contracts.cli.receipts import show_receipt
from consent_contracts.cli.running import serve_custodian

__all__ = ["commands"]


@click.group(name="consent")
def commands() -> None:
    """Decide where the data is, and handle requests, grants and receipts.

    Commands work on files (- is standard input), or on a running custodian with --url and its token
    in CONSENTRY_CONSENT_ADMIN_TOKEN. A patient's own keys stay in the wallet: what a patient gives
    or withdraws there needs none of this.
    """


for _command in (
    serve_custodian, ask, give, narrow_grant, withdraw, list_grants, show, check, explain_decision,
    show_receipt, import_grants, export_grants,
):  # fmt: skip
    commands.add_command(_command)
