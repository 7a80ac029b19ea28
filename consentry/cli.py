"""The one command line: every room's commands, and demo, bench and doctor."""

from typing import Final

import click

from ssi_core.adapters.command_line import failing_plainly
from ssi_core.adapters.lazy_commands import LazyGroup

# In the order of the story.
_COMMANDS: Final = {
    "registry": "registry.cli:commands",
    "issuer": "issuer.cli:commands",
    "verifier": "verifier.cli:commands",
    "consent": "consentry.custodian.cli:commands",
    "wallet": "wallet.cli:commands",
    "harness": "consentry.harness.command:harness",
    "serve": "consentry.harness.serve:serve",
    "demo": "consentry.demo.command:demo",
    "bench": "consentry.bench.command:bench",
    "load": "consentry.bench.load:load",
    "growth": "consentry.bench.growth:growth",
    "doctor": "consentry.doctor:doctor",
}


@click.group(
    cls=LazyGroup, places=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="consentry")
def main() -> None:
    """Issue, hold and verify health credentials, under consent that can be proved."""


def run() -> None:
    """Run the command line; an error of ours is one line on standard error."""
    with failing_plainly():
        main()
