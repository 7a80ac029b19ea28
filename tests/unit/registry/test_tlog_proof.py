"""Offline proofs and witness requests as text."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.client.proving import verify_proof
from registry.model.tlog_proof import TlogProof
from registry.model.tlog_witness import AddCheckpoint, SeenSize, origin_hash
from ssi_core.errors import LogProofError, MalformedError, SsiError
from tests.support.registry import AT, ORIGIN, POLICY, SmallLog, grant

LOG = SmallLog([grant(str(number)).raw for number in range(5)])
EVIDENCE = LOG.evidence(3)
ENTRY = EVIDENCE.entries[0]
PROOF = TlogProof(3, ENTRY.path, EVIDENCE.checkpoint, ENTRY.raw)
HASH = "A" * 43 + "="


@pytest.mark.spec("C2SP tlog-proof", "Verifying a tlog proof")
def test_a_proof_holds_for_its_entry_without_asking_anybody():
    proof = TlogProof.parse(PROOF.render())

    seen = verify_proof(proof, policy=POLICY, at=AT)

    assert (seen.origin, seen.size) == (ORIGIN, len(LOG.entries) + 1)
    alone = TlogProof(3, proof.path, proof.checkpoint)
    assert verify_proof(alone, policy=POLICY, at=AT, entry=ENTRY.raw) == seen


@pytest.mark.spec("C2SP tlog-proof", "Format")
def test_a_proof_has_the_lines_of_the_specification():
    lines = PROOF.render().decode().split("\n")

    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2] == "index 3"
    assert lines[3 + len(ENTRY.path)] == ""
    assert "\n".join(lines[4 + len(ENTRY.path) :]) == EVIDENCE.checkpoint
    assert TlogProof.parse(PROOF.render()) == PROOF


@pytest.mark.parametrize("change", ["index", "path", "entry", "given", "none", "witness"])
def test_a_proof_of_anything_else_does_not_hold(change: str):
    given_entry = None
    changed: dict[str, Any] = {
        "index": 3,
        "path": ENTRY.path,
        "checkpoint": EVIDENCE.checkpoint,
        "extra": ENTRY.raw,
    }
    match change:
        case "index":
            changed["index"] = 2
        case "path":
            changed["path"] = ENTRY.path[1:]
        case "entry":
            changed["extra"] = LOG.entries[2]
        case "given":
            given_entry = LOG.entries[2]
        case "none":
            changed["extra"] = None
        case _:
            changed["checkpoint"] = EVIDENCE.checkpoint.rpartition("\u2014")[0]

    with pytest.raises((LogProofError, MalformedError)):
        verify_proof(TlogProof(**changed), policy=POLICY, at=AT, entry=given_entry)


@pytest.mark.spec("C2SP tlog-proof", "Format")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v2\nindex 3\n\nnote",
        "c2sp.org/tlog-proof@v1\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 03\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex -1\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 3\nextra AA==\n\nnote",
        "c2sp.org/tlog-proof@v1\nextra\nindex 3\n\nnote",
        "c2sp.org/tlog-proof@v1\nextra AB==\nindex 3\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 3\nAAAA\n\nnote",
        f"c2sp.org/tlog-proof@v1\nindex 3\n{HASH}\nnote",
        "c2sp.org/tlog-proof@v1\nindex 3\n" + f"{HASH}\n" * 64 + "\nnote",
        "c2sp.org/tlog-proof@v1\r\nindex 3\r\n\r\nnote",
    ],
)
def test_text_that_is_no_proof_is_refused(text: str):
    with pytest.raises(MalformedError):
        TlogProof.parse(text.encode())


@pytest.mark.spec("C2SP tlog-witness", "add-checkpoint")
def test_a_request_to_a_witness_is_read_as_it_was_written():
    request = AddCheckpoint(3, (bytes(32), b"\x01" * 32), EVIDENCE.checkpoint)

    assert request.render().decode().split("\n")[:3] == ["old 3", HASH, "AQEB" * 10 + "AQE="]
    assert AddCheckpoint.parse(request.render()) == request
    assert AddCheckpoint.parse(AddCheckpoint(0, (), "n").render()) == AddCheckpoint(0, (), "n")


@pytest.mark.spec("C2SP tlog-witness", "add-checkpoint")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "old 3",
        "old 3\n",
        "old 03\n\nnote",
        "old  3\n\nnote",
        "old -3\n\nnote",
        "new 3\n\nnote",
        "old 9223372036854775808\n\nnote",
        f"old 3\n{HASH[:-1]}\n\nnote",
        "old 3\nAAAA\n\nnote",
        "old 3\n" + f"{HASH}\n" * 64 + "\nnote",
        "old 3\n\n" + "x" * 600_000,
    ],
)
def test_text_that_is_no_request_is_refused(text: str):
    with pytest.raises(MalformedError):
        AddCheckpoint.parse(text.encode())


@given(st.binary(max_size=300))
def test_junk_is_read_or_refused(content: bytes):
    for parse in (TlogProof.parse, AddCheckpoint.parse, SeenSize.parse):
        with suppress(SsiError):
            parse(content)


def test_a_size_is_a_line():
    assert SeenSize.parse(SeenSize(12).render().encode()) == SeenSize(12)
    for body in (b"", b"12", b"12\n\n", b"012\n", b"x\n", b"\xff\n"):
        with pytest.raises(MalformedError):
            SeenSize.parse(body)


@pytest.mark.spec("C2SP tlog-witness", "Monitor Retrieval Mechanism")
def test_a_log_is_named_by_the_hash_of_its_origin():
    assert (
        origin_hash("example.com/log")
        == "4d3203c8f35cdf600e475f55fede6081a703d3d322f208865fca2ec4f0e030f8"
    )
