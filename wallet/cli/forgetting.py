"""The command that forgets a grant: it says what goes, what stays elsewhere, and asks."""

from collections.abc import Iterator
from typing import Any, Final

import click

from wallet.cli.asking import require_yes
from wallet.cli.opening import opened, wallet_options
from wallet.forgetting import Forgotten

_WARNING: Final = (
    "The grant's secret is destroyed, with its receipts and its lines in the history. Nothing\n"
    "brings them back, and you can prove from here no more what you allowed, or that you took it\n"
    "back. What its recipient got is out of your hands."
)


@click.command(name="forget")
@click.argument("grant")
@click.option("--yes", is_flag=True, help="Say yes without being asked.")
@click.option("--withdraw", is_flag=True, help="Take it back first, if it was not.")
@click.option("--redact", is_flag=True, help="Have the log drop the entry's bytes first.")
@wallet_options
def forget(grant: str, *, yes: bool, withdraw: bool, redact: bool, **options: Any) -> None:
    """Destroy the secret of GRANT, which is over, with all that is kept about it.

    What the log has of it can then be opened from here no more. The recipient's copy stays with
    the recipient.
    """
    with opened(options) as wallet:
        wallet.grant(grant)
        require_yes("Forget it?", warning=_WARNING, yes=yes)
        done = wallet.forget(grant, withdraw=withdraw, redact=redact)
        for line in _told(done):
            click.echo(line)


def _told(done: Forgotten) -> Iterator[str]:
    yield "Forgotten: its secret is destroyed."
    if done.redacted:
        yield "The registry says that the log has dropped the entry's bytes."
    if done.unconfirmed:
        yield "The recipient has not confirmed the withdrawal, and is not told again."
    yield "What the recipient got is out of our hands; backups of this wallet are in yours."
