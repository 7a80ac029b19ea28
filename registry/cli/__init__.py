"""The registry's commands."""

from typing import Final

import click

from ssi_core.adapters.lazy_commands import LazyGroup

_COMMANDS: Final = {
    "accredit": "registry.cli.accrediting:accredit",
    "anchor": "registry.cli.anchoring:anchor",
    "audit": "registry.cli.auditing:audit_log",
    "checkpoint": "registry.cli.looking:show_checkpoint",
    "end-accreditation": "registry.cli.accrediting:end_accreditation",
    "fsck": "registry.cli.auditing:check_store",
    "monitor": "registry.cli.monitoring:monitor_log",
    "prove": "registry.cli.proving:prove_entry",
    "replica": "registry.cli.replicating:serve_replica",
    "rotate": "registry.cli.accrediting:rotate",
    "serve": "registry.cli.serving:serve_registry",
    "verify": "registry.cli.proving:verify_entry",
    "waiting": "registry.cli.waiting:show_waiting",
    "witness": "registry.cli.witnessing:serve_witness",
}


@click.group(name="registry", cls=LazyGroup, places=_COMMANDS)
def commands() -> None:
    """Keep the public log: identifiers, accreditations, status lists, consent commitments."""
