"""The wallet's commands."""

from typing import Final

import click

from ssi_core.adapters.lazy_commands import LazyGroup

_COMMANDS: Final = {
    "accept": "wallet.cli.holding:accept",
    "credentials": "wallet.cli.holding:list_credentials",
    "delete": "wallet.cli.holding:delete",
    "emergencies": "wallet.cli.emergencies:list_emergencies",
    "forget": "wallet.cli.forgetting:forget",
    "grants": "wallet.cli.answering:list_grants",
    "history": "wallet.cli.running:show_history",
    "init": "wallet.cli.holding:lay_out",
    "inspect": "wallet.cli.answering:inspect",
    "passphrase": "wallet.cli.holding:new_passphrase",
    "present": "wallet.cli.answering:present",
    "refuse": "wallet.cli.answering:refuse",
    "resume": "wallet.cli.running:resume",
    "serve": "wallet.cli.running:serve_wallet",
    "waiting": "wallet.cli.running:show_waiting",
    "withdraw": "wallet.cli.answering:withdraw",
}


@click.group(name="wallet", cls=LazyGroup, places=_COMMANDS)
def commands() -> None:
    """Hold credentials; see who asks, why and for what; give and take back consent.

    The passphrase comes from CONSENTRY_WALLET_PASSPHRASE, or is asked for. With neither a
    passphrase nor a terminal a device key is made and kept beside the wallet.
    """
