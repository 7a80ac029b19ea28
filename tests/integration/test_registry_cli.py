"""The registry's commands, as an operator types them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from registry.cli import commands
from registry.client import RegistryClient
from registry.model.conflict_receipt import ConflictReceipt, Winner, sign_conflict
from registry.model.cosignature import cosigner_key
from registry.model.merkle import leaf_hash
from registry.model.queued_receipt import sign_queued
from registry.model.signed_message import did_of
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import (
    LogProofError,
    MalformedError,
    NotFoundError,
    RejectedError,
    TrustError,
)
from tests.support.registry import AT, DIAGNOSIS, LOG_SIGNER, ORIGIN, POLICY, grant, signer
from tests.support.registry_server import RegistryServer


def run(*words: str) -> str:
    result = CliRunner().invoke(commands, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_an_operator_accredits_looks_and_audits(tmp_path: Path):
    with RegistryServer(tmp_path / "registry") as server:
        own = ["--registry", server.url, "--data-dir", str(tmp_path / "authority")]
        root = run("accredit", *own, "--type", DIAGNOSIS)
        subject = "did:web:clinic.example"
        child = run("accredit", *own, "--type", DIAGNOSIS, "--subject", subject, "--parent", root)
        checkpoint = run("checkpoint", "--registry", server.url)
        http = HttpClient()
        seen = RegistryClient(http, server.url).checkpoint()
        http.close()

    sound = run("fsck", "--data-dir", str(tmp_path / "registry"))

    assert root.startswith("zQm")
    assert child.startswith("zQm")
    assert checkpoint.split("\n")[:3] == seen.split("\n")[:3]
    assert sound.split()[:3] == ["sound", checkpoint.split("\n")[0], "6"]


def test_there_is_nothing_to_audit_where_there_is_no_log(tmp_path: Path):
    with pytest.raises(NotFoundError):
        run("fsck", "--data-dir", str(tmp_path))


@pytest.mark.parametrize(
    ("witness", "error"),
    [("https://w.example", MalformedError), ("http://w.example={}", RejectedError)],
    ids=["no key", "no https"],
)
def test_a_witness_that_cannot_be_asked_is_refused_before_the_log_opens(
    tmp_path: Path, witness: str, error: type[Exception]
):
    key = cosigner_key("w.example", signer("w"))
    words = ["serve", "--data-dir", str(tmp_path), "--witness", witness.format(key)]

    result = CliRunner().invoke(commands, words)

    assert isinstance(result.exception, error)
    assert list(tmp_path.iterdir()) == []


def test_a_receipt_is_checked_without_asking_anybody(tmp_path: Path):
    receipt, entry, policy = (tmp_path / name for name in ("a.receipt", "a.entry", "policy"))
    witness = cosigner_key("w.example", signer("w"))
    policy.write_text(f"log {POLICY.log_vkey}\nwitness w {witness}\nquorum w\n")
    entry.write_bytes(grant().raw)
    leaf = leaf_hash(grant().raw)
    said = ["verify", str(receipt), "--policy", str(policy), "--entry", str(entry)]
    kept = sign_queued(log=ORIGIN, leaf=leaf, at=AT, signer=signer("replica"))
    replica = str(did_of(signer("replica").public_key))
    lost = ConflictReceipt(
        log=ORIGIN,
        leaf=leaf,
        rule="somebody was first",
        pointer=None,
        winner=Winner(1, bytes(32)),
        size=3,
        signers=(did_of(signer("both").public_key),),
        at=AT,
    )

    receipt.write_text(sign_conflict(lost, signer=LOG_SIGNER))
    refused = run(*said)
    receipt.write_text(kept)
    queued = run(*said, "--replica", replica)

    assert refused.startswith(f"refused {ORIGIN} ")
    assert "for 1 of 3: somebody was first; both signed by did:key:" in refused
    assert queued.startswith(f"queued {ORIGIN} ")
    assert queued.endswith(replica)
    with pytest.raises(TrustError):
        run(*said)
    entry.write_bytes(grant("another").raw)
    with pytest.raises(LogProofError):
        run(*said, "--replica", replica)
