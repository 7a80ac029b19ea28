"""Opening the wallet for a command: settings, passphrase, and what failing looks like."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import click
from pydantic import ValidationError

from ssi_core import strict_json
from ssi_core.errors import SsiError, UnavailableError
from ssi_core.json_types import JsonObject
from wallet.adapters.device_key import key_path
from wallet.adapters.settings import WalletSettings
from wallet.app import open_wallet
from wallet.service import Wallet

P = ParamSpec("P")
T = TypeVar("T")

REFUSED: Final = 1
UNAVAILABLE: Final = 3
JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def wallet_options(command: Callable[P, T]) -> Callable[P, T]:
    """Give a command the options that every one of them has."""
    for option in (
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
    """Give the wallet that a command's options name; with `create`, one is laid out."""
    with failing_plainly():
        settings = settings_of(options)
        ask = _ask_new if create else _ask
        with open_wallet(settings, ask=ask, create=create, must_be_new=must_be_new) as wallet:
            if must_be_new and settings.path is not None and key_path(settings.path).exists():
                click.echo(f"the wallet's key is in {key_path(settings.path)}", err=True)
            yield wallet


@contextmanager
def failing_plainly() -> Iterator[None]:
    """Turn our own errors into one line: exit 1 for a no, 3 for what could not be found out."""
    try:
        yield
    except SsiError as error:
        click.echo(f"consentry: {error.code}: {error}", err=True)
        sys.exit(UNAVAILABLE if isinstance(error, UnavailableError) else REFUSED)


def settings_of(options: Mapping[str, Any]) -> WalletSettings:
    """Return the settings; what a command does not say comes from the environment."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    try:
        return WalletSettings(**given)
    except ValidationError as error:
        places = ", ".join("/".join(map(str, item["loc"])) for item in error.errors())
        message = f"settings are not as they should be: {places}"
        raise click.ClickException(message) from None


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
