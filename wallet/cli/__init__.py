"""The wallet's commands."""

import click

from wallet.cli import answering, emergencies, forgetting, holding, running


@click.group(name="wallet")
def commands() -> None:
    """Hold credentials; see who asks, why and for what; give and take back consent.

    The passphrase comes from CONSENTRY_WALLET_PASSPHRASE, or is asked for. With neither a
    passphrase nor a terminal a device key is made and kept beside the wallet.
    """


for command in (
    holding.lay_out,
    holding.accept,
    holding.list_credentials,
    holding.delete,
    holding.new_passphrase,
    answering.inspect,
    answering.present,
    answering.refuse,
    answering.list_grants,
    answering.withdraw,
    forgetting.forget,
    emergencies.list_emergencies,
    running.show_history,
    running.resume,
    running.serve_wallet,
):
    commands.add_command(command)
