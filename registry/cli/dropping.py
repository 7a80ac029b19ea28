"""The command that drops a log whole, once nothing in it counts any more."""

import sys
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import click

from registry.app import RegistrySettings, open_log
from registry.cli.believing import believed
from registry.cli.last_checkpoint import OwnLog, ReplicasLog
from registry.cli.options import DATA_DIR, DATABASE
from registry.client import RegistryClient
from registry.client.next_log import HttpNextLog
from registry.model.dropped_log import DroppedLog
from registry.replica_app import open_replica_log
from registry.service.dropping import Droppable, drop, next_of, require_droppable
from registry.service.dropping_ports import DroppableLogStore
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.errors import MalformedError
from ssi_core.period import to_rfc3339


@click.command(name="drop-shard")
@DATA_DIR
@DATABASE
@click.option("--next", "next_url", help="The URL of the log that this one was handed over to.")
@click.option(
    "--witness", "witnesses", multiple=True, help="A witness of others that cosigns: <url>=<vkey>."
)
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="As its server has it: which witnesses are enough, or what a replica believes.",
)
@click.option("--anchor-rpc", help="URL of an EVM node through which the log is anchored.")
@click.option("--anchor-contract", help="Address of the LogAnchor that admitted the log.")
@click.option("--replica", is_flag=True, help="It is a replica's copy of another's log.")
@click.option("--log", "vkey", help="The log's verifier key (C2SP vkey), for a replica.")
@click.option("--yes", is_flag=True, help="Drop it without being asked.")
def drop_shard(
    *, next_url: str | None, replica: bool, vkey: str | None, yes: bool, **options: Any
) -> None:
    """Drop every byte of a log that was handed over and in which nothing counts any more.

    Stop its server first: whoever still writes is fenced out. It is said what would be dropped and
    why it may be; nothing happens without `--yes`, or a yes on the terminal. The last checkpoint
    and the proof of the handover stay, and no log begins in this place again.
    """
    settings = RegistrySettings.read(**options)
    kept = _kept(settings, vkey, replica=replica)
    with _opened(settings, replica=replica) as store, closing(HttpClient(reach=Reach.ANY)) as http:
        remains = store.remains()
        if remains is not None:
            store.wipe()
            _tell(DroppedLog.parse(remains))
            return
        asked = None
        if next_url is not None:
            asked = HttpNextLog(RegistryClient(http, next_url), next_of(store))
        last = kept.look(store)
        found = require_droppable(store, note=last.note, next_log=asked, at=last.at)
        _say(found)
        _require_yes(yes=yes)
        last = kept.seal(store)
        found = require_droppable(store, note=last.note, next_log=asked, at=last.at)
        drop(store, found)
        _tell(found.left)


def _opened(
    settings: RegistrySettings, *, replica: bool
) -> AbstractContextManager[DroppableLogStore]:
    opening = open_replica_log if replica else open_log
    return opening(data_dir=settings.data_dir, database=settings.database)


def _kept(settings: RegistrySettings, vkey: str | None, *, replica: bool) -> OwnLog | ReplicasLog:
    if replica:
        return ReplicasLog(settings, believed(vkey, settings.policy))
    if vkey is not None:
        raise MalformedError("the log's key is asked for a replica alone", at="--log")
    return OwnLog(settings)


def _say(found: Droppable) -> None:
    left, spent = found.left, found.spent
    counts = ", ".join(f"{count} {kind.plural}" for kind, count in spent.counts.items())
    since = "" if spent.latest is None else f" since {to_rfc3339(spent.latest)}"
    click.echo(f"log {left.origin} has {left.size} entries: {counts or 'nothing but its own'}")
    click.echo(f"it was handed over to {left.handover.next_origin} by entry {left.index}")
    click.echo(f"nothing in it counts any more{since}, so it may be dropped")
    click.echo(
        "dropped are all entries, what they made true, the status map and the tree, for good"
    )
    click.echo("kept are the last checkpoint, and the handover with its proof")


def _require_yes(*, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise MalformedError("nothing is dropped without a yes", at="--yes")
    click.confirm("Drop it?", abort=True)


def _tell(left: DroppedLog) -> None:
    click.echo(f"dropped {left.origin} {left.size} next {left.handover.next_origin}")
