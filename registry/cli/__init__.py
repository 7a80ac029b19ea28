"""The registry's commands."""

import click

from registry.cli.accrediting import accredit
from registry.cli.anchoring import anchor
from registry.cli.auditing import audit_log, check_store
from registry.cli.dropping import drop_shard
from registry.cli.handing_over import hand_over_log
from registry.cli.looking import show_checkpoint
from registry.cli.monitoring import monitor_log
from registry.cli.proving import prove_entry, verify_entry
from registry.cli.replicating import serve_replica
from registry.cli.serving import serve_registry
from registry.cli.witnessing import serve_witness

__all__ = ["commands"]


@click.group(name="registry")
def commands() -> None:
    """Keep the public log: identifiers, accreditations, status lists, consent commitments."""


for _command in (
    serve_registry,
    serve_replica,
    monitor_log,
    serve_witness,
    check_store,
    audit_log,
    prove_entry,
    verify_entry,
    show_checkpoint,
    accredit,
    anchor,
    hand_over_log,
    drop_shard,
):
    commands.add_command(_command)
