"""Commands about what the wallet holds: lay it out, accept, list, delete, change the passphrase."""

import sys
from typing import Any, Final

import click

from wallet.adapters.settings import WalletSettings
from wallet.api.credentials import render
from wallet.app import change_passphrase
from wallet.cli.asking import require_yes
from wallet.cli.opening import JSON, opened, show, wallet_options
from wallet.credential import HeldCredential
from wallet.question_text import printable
from wallet.service import Wallet

_WARNING: Final = (
    "{}: it is destroyed with its keys.\nGrants to use what was shown of it stay as they are."
)


@click.command(name="init")
@wallet_options
def lay_out(**options: Any) -> None:
    """Lay out a new wallet."""
    with opened(options, create=True, must_be_new=True):
        click.echo("The wallet is ready.")


@click.command(name="accept")
@click.argument("offer")
@click.option("--tx-code", help="The code that the issuer gave by another way.")
@JSON
@wallet_options
def accept(offer: str, tx_code: str | None, *, as_json: bool, **options: Any) -> None:
    """Accept the credential offer OFFER (openid-credential-offer://...).

    Where there is no wallet yet, one is laid out first.
    """
    with opened(options, create=True) as wallet:
        held = _accepted(wallet, offer, tx_code)
        show(
            {"credentials": [render(wallet, item) for item in held]},
            as_json=as_json,
            lines=[f"You now hold {_held(item)}" for item in held],
        )


@click.command(name="credentials")
@JSON
@wallet_options
def list_credentials(*, as_json: bool, **options: Any) -> None:
    """List what the wallet holds."""
    with opened(options) as wallet:
        held = wallet.credentials()
        show(
            {"credentials": [render(wallet, item) for item in held]},
            as_json=as_json,
            lines=[f"{item.id}  {_held(item)}" for item in held],
        )


@click.command(name="delete")
@click.argument("credential")
@click.option("--yes", is_flag=True, help="Say yes without being asked.")
@wallet_options
def delete(credential: str, *, yes: bool, **options: Any) -> None:
    """Destroy CREDENTIAL with its keys: nothing brings it back."""
    with opened(options) as wallet:
        held = wallet.credential(credential)
        require_yes("Destroy it?", warning=_WARNING.format(_held(held)), yes=yes)
        wallet.delete(credential)
        click.echo("Destroyed.")


@click.command(name="passphrase")
@wallet_options
def new_passphrase(**options: Any) -> None:
    """Open with another passphrase from now on: it is asked for twice."""
    with opened(options) as wallet:
        if not sys.stdin.isatty():
            raise click.ClickException("a new passphrase is typed at a terminal")
        typed = click.prompt("New passphrase", hide_input=True, confirmation_prompt=True, err=True)
        change_passphrase(wallet, WalletSettings.read(**options), typed)
        click.echo("Changed.")


def _accepted(wallet: Wallet, offer: str, tx_code: str | None) -> tuple[HeldCredential, ...]:
    if tx_code is None and sys.stdin.isatty() and wallet.view_offer(offer).tx_code is not None:
        tx_code = str(click.prompt("The code that the issuer gave you", err=True))
    return wallet.accept(offer, tx_code)


def _held(held: HeldCredential) -> str:
    return f"{printable(held.title)}, by {printable(held.issuer_name)}"
