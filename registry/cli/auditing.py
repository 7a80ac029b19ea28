"""Commands that audit a whole log: where it is kept, and from outside."""

from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from registry.app import RegistrySettings, open_log
from registry.cli.options import DATA_DIR, DATABASE, MAX_AGE, REGISTRY
from registry.cli.proving import age
from registry.client import RegistryClient
from registry.client.policy_file import read_policy
from registry.client.proving import described_policy
from registry.model.log_evidence import LogPolicy
from registry.model.state import verify_each
from registry.service.audit import audit
from registry.service.fsck import SoundLog, fsck
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach


@click.command(name="fsck")
@DATA_DIR
@DATABASE
def check_store(**options: Any) -> None:
    """Make tree and state again from the entries, and compare them with what is stored."""
    settings = RegistrySettings.read(**options)
    with open_log(data_dir=settings.data_dir, database=settings.database) as store:
        sound = fsck(store)
    _tell(sound)


@click.command(name="audit")
@REGISTRY
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path),
    help="Which log and witnesses to believe (tlog-policy); the registry's own word if not.",
)
@MAX_AGE
@click.option(
    "--from",
    "start",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The first entry whose signature is verified.",
)
def audit_log(url: str, policy_file: Path | None, max_age: int | None, start: int) -> None:
    """Make tree and state again from what a registry shows, and compare with what it signed."""
    with closing(HttpClient(reach=Reach.ANY)) as http:
        registry = RegistryClient(http, url)
        policy = (
            described_policy(registry.log(), max_checkpoint_age=age(max_age))
            if policy_file is None
            else LogPolicy.of(read_policy(policy_file), max_checkpoint_age=age(max_age))
        )
        now = SystemClock().now()
        _tell(audit(registry, policy=policy, verify=verify_each, at=now, start=start))


def _tell(sound: SoundLog) -> None:
    root = b64encode(sound.root).decode()
    click.echo(f"sound {sound.origin} {sound.size} {root} {sound.records} records")
