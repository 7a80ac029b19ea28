"""Commands that make and check offline receipts: https://c2sp.org/tlog-proof."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from registry.cli.options import MAX_AGE, POLICY, REGISTRY
from registry.client import RegistryClient
from registry.client.policy_file import read_policy
from registry.client.proving import prove, verify_proof
from registry.model.envelope import MAX_DID_OP_BYTES
from registry.model.log_evidence import LogPolicy
from registry.model.merkle import leaf_hash
from registry.model.tlog_proof import MAX_BYTES, TlogProof
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.errors import MalformedError, UnavailableError
from ssi_core.period import to_rfc3339

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


@click.command(name="prove")
@REGISTRY
@click.option("--index", type=click.IntRange(min=0), help="The entry's index.")
@click.option("--entry", "entry_file", type=_FILE, help="Or a file with its exact bytes.")
@click.option("--out", type=_FILE, required=True, help="Where the proof goes: NAME.tlog-proof.")
def prove_entry(url: str, index: int | None, entry_file: Path | None, out: Path) -> None:
    """Write a proof that an entry is in the log, to be checked without it."""
    if (index is None) == (entry_file is None):
        raise MalformedError("an entry is named by --index or by --entry")
    with closing(HttpClient(reach=Reach.ANY)) as http:
        registry = RegistryClient(http, url)
        if entry_file is not None:
            index = registry.receipt(leaf_hash(_read(entry_file, MAX_DID_OP_BYTES))).index
        proof = prove(registry, index or 0, at=SystemClock().now())
    try:
        out.write_bytes(proof.render())
    except OSError:
        raise UnavailableError("the proof cannot be written there") from None
    click.echo(f"proved {proof.index} {out}")


@click.command(name="verify")
@click.argument("proof_file", type=_FILE)
@POLICY
@click.option("--entry", "entry_file", type=_FILE, help="The entry, if it is not in the proof.")
@MAX_AGE
def verify_entry(
    proof_file: Path, policy_file: Path, entry_file: Path | None, max_age: int | None
) -> None:
    """Check a proof that an entry is in a log, without asking anybody."""
    proof = TlogProof.parse(_read(proof_file, MAX_BYTES))
    policy = LogPolicy.of(read_policy(policy_file), max_checkpoint_age=age(max_age))
    entry = None if entry_file is None else _read(entry_file, MAX_DID_OP_BYTES)
    seen = verify_proof(proof, policy=policy, at=SystemClock().now(), entry=entry)
    names = " ".join(one.key.name for one in seen.cosignatures)
    when = to_rfc3339(seen.cosigned_at)
    click.echo(f"logged {seen.origin} {proof.index} of {seen.size} at {when} by {names}")


def age(seconds: int | None) -> timedelta:
    """Return how old a checkpoint may be: any age, if nothing is said."""
    return timedelta.max if seconds is None else timedelta(seconds=seconds)


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError:
        raise UnavailableError("the file cannot be read") from None
    if len(content) > limit:
        raise MalformedError("the file is larger than allowed")
    return content
