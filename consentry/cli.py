"""The one command line: every room's commands, and demo, bench and doctor."""

from importlib import import_module
from typing import Final, final

import click

from ssi_core.adapters.command_line import failing_plainly

# Where each command lives. A room is imported only when one of its commands is asked for.
_COMMANDS: Final = {
    "registry": ("registry.cli", "commands"),
    "issuer": ("issuer.cli", "commands"),
    "verifier": ("verifier.cli", "commands"),
    "consent": ("consentry.custodian.command", "commands"),
    "wallet": ("wallet.cli", "commands"),
    "harness": ("consentry.harness.command", "harness"),
    "serve": ("consentry.harness.serve", "serve"),
    "demo": ("consentry.demo.command", "demo"),
    "bench": ("consentry.bench.command", "bench"),
    "load": ("consentry.bench.load", "load"),
    "growth": ("consentry.bench.growth", "growth"),
    "doctor": ("consentry.doctor", "doctor"),
}


@final
class _Rooms(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the story."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing its room."""
        del ctx
        if (place := _COMMANDS.get(cmd_name)) is None:
            return None
        command = getattr(import_module(place[0]), place[1])
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="consentry")
def main() -> None:
    """Issue, hold and verify health credentials, under consent that can be proved."""


def run() -> None:
    """Run the command line; an error of ours is one line on standard error."""
    with failing_plainly():
        main()
