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
from registry.client.receipts import Receipt, verify_receipt
from registry.model.envelope import MAX_DID_OP_BYTES
from registry.model.log_evidence import LogPolicy
from registry.model.merkle import leaf_hash
from registry.model.queued_receipt import QueuedReceipt
from registry.model.signed_note import VerifierKey
from registry.model.tlog_proof import MAX_BYTES, TlogProof
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, UnavailableError
from ssi_core.period import to_rfc3339

# How a JSON object begins in base64url; a tlog-proof begins with its own name.
_JWS: Final = b"ey"
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
@click.option("--replica", help="Whose word counts that it keeps an entry: its did:key.")
@MAX_AGE
def verify_entry(  # noqa: PLR0917 - a command's options
    proof_file: Path,
    policy_file: Path,
    entry_file: Path | None,
    replica: str | None,
    max_age: int | None,
) -> None:
    """Check a proof that an entry is in a log, or a signed receipt that it is not; ask nobody."""
    content = _read(proof_file, MAX_BYTES)
    policy = LogPolicy.of(read_policy(policy_file), max_checkpoint_age=age(max_age))
    entry = None if entry_file is None else _read(entry_file, MAX_DID_OP_BYTES)
    if content.startswith(_JWS):
        receipt = verify_receipt(
            content.decode("ascii", "replace").strip(),
            log_key=VerifierKey.parse(policy.log_vkey),
            replica=None if replica is None else Did.parse(replica, at="--replica"),
            entry=entry,
        )
        click.echo(_said(receipt))
        return
    proof = TlogProof.parse(content)
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


def _said(receipt: Receipt) -> str:
    leaf, when = base64url_encode(receipt.leaf), to_rfc3339(receipt.at)
    if isinstance(receipt, QueuedReceipt):
        return f"queued {receipt.log} {leaf} at {when} by {receipt.replica}"
    first = f"{receipt.winner.index} of {receipt.size}"
    both = " ".join(str(did) for did in receipt.signers)
    text = f"refused {receipt.log} {leaf} at {when} for {first}: {receipt.rule}"
    return f"{text}; both signed by {both}" if both else text
