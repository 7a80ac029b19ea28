"""Opening the wallet for a command: settings, passphrase, and what failing looks like."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import click

from ssi_core import strict_json
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.json_types import JsonObject
from wallet.adapters.device_key import key_path
from wallet.adapters.settings import WalletSettings
from wallet.app import open_wallet
from wallet.service import Wallet

P = ParamSpec("P")
T = TypeVar("T")

JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def wallet_options(command: Callable[P, T]) -> Callable[P, T]:
    """Give a command the options that every one of them has."""
    for option in (
        click.option(
            "--certificate",
            "certificates",
            multiple=True,
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="PEM file of an authority for verifiers and issuers that show certificates.",
        ),
        click.option(
            "--log-policy",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="Which log and witnesses to believe: a C2SP tlog-policy file.",
        ),
        click.option(
            "--custodian",
            "custodians",
            multiple=True,
            help="Who keeps the records behind an issuer's credentials: ISSUER=URL.",
        ),
        click.option("--root", "roots", multiple=True, help="DID of an authority to believe."),
        click.option("--registry", "registry_url", help="URL of the registry to believe."),
        click.option("--data-dir", type=click.Path(path_type=Path), hidden=True),
        click.option("--store", help="The wallet's file, or a postgresql+psycopg:// URL."),
    ):
        command = option(command)
    return command


@contextmanager
def opened(
    options: Mapping[str, Any], *, create: bool = False, must_be_new: bool = False
) -> Iterator[Wallet]:
    """Give the wallet that a command's options name; with `create`, one is laid out if needed."""
    with failing_plainly():
        settings = WalletSettings.read(**options)
        path = settings.path
        is_new = create and path is not None and not path.exists()
        ask = _ask_new if is_new else _ask
        with open_wallet(settings, ask=ask, create=create, must_be_new=must_be_new) as wallet:
            if is_new and path is not None and key_path(path).exists():
                click.echo(
                    f"a new wallet, without a passphrase: its key is in {key_path(path)}", err=True
                )
            yield wallet


def _ask() -> str | None:
    if not sys.stdin.isatty():
        return None
    return str(click.prompt("Passphrase", hide_input=True, err=True))


def _ask_new() -> str | None:
    if not sys.stdin.isatty():
        return None
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True))


def nobody() -> str | None:
    """Answer for nobody: there is no passphrase to be had."""
    return None


def show(body: JsonObject, *, as_json: bool, lines: list[str]) -> None:
    """Print what a command found, for programs or for people."""
    if as_json:
        click.echo(strict_json.render(body))
        return
    for line in lines:
        click.echo(line)
