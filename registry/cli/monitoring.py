"""The command that tells when anything appears in a log that concerns somebody."""

import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import click

from registry.adapters.proof_workers import ProofWorkers
from registry.adapters.replica_files import FileReplicaMemory
from registry.adapters.sql import PAGE_BYTES, SqlLogStore
from registry.cli.believing import believed, believing
from registry.cli.options import REGISTRY
from registry.client.source import HttpSource
from registry.model.watch import Watch
from registry.service.replica.divergence import DivergedError
from registry.service.replica.follower import Follower
from registry.service.replica.monitor import Finding, Monitor
from registry.service.replica.source import Belief
from ssi_core import strict_json
from ssi_core.adapters import logging
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.files import make_folder
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.did.syntax import Did
from ssi_core.errors import LogProofError, MalformedError, UnavailableError

_DATABASE: Final = "monitor.db"
_TIMEOUT: Final = 10.0


@click.command(name="monitor")
@REGISTRY
@believing
@click.option("--data-dir", type=click.Path(path_type=Path), required=True, help="Its own copy.")
@click.option("--key", "keys", multiple=True, help="A Multikey, or the hash of one.")
@click.option("--issuer", "issuers", multiple=True, help="A DID: what it says, and of it.")
@click.option("--grant", "grants", multiple=True, help="The id of a grant or an accreditation.")
@click.option("--did", "dids", multiple=True, help="A DID: its versions.")
@click.option("--exec", "program", help="A program that gets each finding as its input.")
@click.option("--once", is_flag=True, help="Look once, and end.")
@click.option(
    "--every",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="Seconds between two looks.",
)
def monitor_log(  # noqa: PLR0913, PLR0917 - a command's options
    url: str,
    log: str | None,
    policy_file: Path | None,
    data_dir: Path,
    keys: tuple[str, ...],
    issuers: tuple[str, ...],
    grants: tuple[str, ...],
    dids: tuple[str, ...],
    program: str | None,
    once: bool,  # noqa: FBT001 - a flag
    every: float,
) -> None:
    """Tell of every entry that concerns these keys, issuers, DIDs or grants, a JSON line for each.

    It reads and verifies the whole log, so nobody learns what it looks for. It keeps its place in
    the data folder, and begins with the first entry. A log that contradicts itself ends it.
    """
    watch = Watch(
        keys=frozenset(keys),
        issuers=frozenset(Did.parse(text, at="--issuer") for text in issuers),
        dids=frozenset(Did.parse(text, at="--did") for text in dids),
        histories=frozenset(grants),
    )
    logging.configure("monitor")
    with _opened(url, data_dir, believed(log, policy_file), watch) as monitor:
        while True:
            reached = _looked(monitor, program, may_fail=not once)
            if once:
                return
            time.sleep(every if reached else 2 * every)


@contextmanager
def _opened(url: str, data_dir: Path, belief: Belief, watch: Watch) -> Iterator[Monitor]:
    make_folder(data_dir)
    engine = open_database(f"sqlite:///{data_dir / _DATABASE}", page_bytes=PAGE_BYTES)
    memory = FileReplicaMemory(data_dir)
    with (
        closing(HttpClient(timeout=_TIMEOUT, reach=Reach.ANY)) as http,
        closing(ProofWorkers(0)) as verifier,
    ):
        store = SqlLogStore(engine)
        follower = Follower(
            store,
            HttpSource(http, url),
            origin=belief.log_key.name,
            trust=belief.trust,
            verify=verifier.verify,
            clock=SystemClock(),
        )
        try:
            yield Monitor(store, follower, watch=watch, memory=memory)
        except DivergedError as error:
            memory.keep_divergence(error.divergence)
            raise LogProofError(error.divergence.reason) from None
        finally:
            engine.dispose()


def _looked(monitor: Monitor, program: str | None, *, may_fail: bool) -> bool:
    """Tell of what is new; return whether the log could be asked."""
    try:
        monitor.follow()
        reached = True
    except UnavailableError as error:
        if not may_fail:
            raise
        logging.event("monitor", state="cut_off", code=error.code)
        reached = False
    for finding in monitor.untold():
        _tell(finding, program)
    return reached


def _tell(finding: Finding, program: str | None) -> None:
    line = strict_json.render(finding.to_json())
    click.echo(line)
    if program is None:
        return
    words = shlex.split(program)
    if not words:
        raise MalformedError("name a program", at="--exec")
    try:
        done = subprocess.run(words, input=line, text=True, check=False)  # noqa: S603 - the operator's own
    except OSError:
        raise UnavailableError("the program could not be started") from None
    if done.returncode:
        # The place does not move, so this finding is told again.
        raise UnavailableError("the program could not take a finding")
