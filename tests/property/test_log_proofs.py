"""Checkpoints, paths and junk: what a verifier is handed, changed in every way."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.model.accreditation_records import AccreditationRecord
from registry.model.checkpoint import Checkpoint, read
from registry.model.did_logs import entries_from_json
from registry.model.emergencies import EmergencyRecord
from registry.model.evidence import EntryProof, LogEvidence, verify_grant
from registry.model.grant_records import GrantRecord
from registry.model.log_records import LogRecord
from registry.model.merkle import (
    EMPTY_ROOT,
    CompactRange,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from registry.model.signed_note import SignedNote, VerifierKey
from registry.model.status_lists import StatusListRecord
from registry.model.status_proof import ChunkProof
from registry.model.stored_nodes import consistency_path, inclusion_path
from ssi_core.errors import LogProofError, SsiError
from ssi_core.json_types import JsonObject
from tests.support.registry import AT, POLICY, SmallLog, grant

GIVEN = grant("given")
ascii_names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)
leaves = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20)
json_values = st.recursive(
    leaves,
    lambda items: st.lists(items, max_size=4) | st.dictionaries(ascii_names, items, max_size=4),
    max_leaves=12,
)
junk_values = st.recursive(
    leaves | st.floats() | st.integers(),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
    max_leaves=6,
)


LOG = SmallLog([grant(str(number)).raw for number in range(6)] + [GIVEN.raw])
EVIDENCE = LOG.evidence(6)


def believed(evidence: LogEvidence) -> None:
    verify_grant(evidence, grant_id=GIVEN.id, policy=POLICY, at=AT)


@given(st.data())
def test_a_checkpoint_with_any_character_changed_is_refused(data):
    note = EVIDENCE.checkpoint
    index = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.characters().filter(lambda drawn: drawn != note[index]))

    with pytest.raises(SsiError):
        believed(replace(EVIDENCE, checkpoint=note[:index] + other + note[index + 1 :]))


@given(st.data())
def test_a_path_with_any_bit_changed_is_refused(data):
    proof, last = EVIDENCE.entries
    level = data.draw(st.integers(0, len(proof.path) - 1))
    bit = data.draw(st.integers(0, 255))
    node = int.from_bytes(proof.path[level]) ^ (1 << bit)
    path = [*proof.path[:level], node.to_bytes(32), *proof.path[level + 1 :]]

    with pytest.raises(SsiError):
        believed(replace(EVIDENCE, entries=(replace(proof, path=tuple(path)), last)))


@given(st.integers(-5, 20).filter(lambda index: index != 6))
def test_an_entry_at_another_index_is_refused(index):
    proof, last = EVIDENCE.entries

    with pytest.raises(SsiError):
        believed(replace(EVIDENCE, entries=(replace(proof, index=index), last)))


@given(st.data())
def test_a_chunk_of_statuses_with_any_bit_changed_is_refused(data):
    (status,) = EVIDENCE.statuses
    bit = data.draw(st.integers(0, 8 * len(status.chunk) - 1))
    chunk = bytearray(status.chunk)
    chunk[bit // 8] ^= 1 << bit % 8

    with pytest.raises(LogProofError):
        believed(replace(EVIDENCE, statuses=(replace(status, chunk=bytes(chunk)),)))


TEXT_PARSERS: dict[str, Callable[[str], object]] = {
    "note": SignedNote.parse,
    "checkpoint": Checkpoint.parse,
    "vkey": VerifierKey.parse,
    "signed": lambda text: read(text, log_key=VerifierKey.parse(POLICY.log_vkey)),
    "cosigned": lambda text: POLICY.verify(text, at=AT),
}
JSON_PARSERS: dict[str, Callable[[JsonObject], object]] = {
    "evidence": LogEvidence.from_json,
    "proof": EntryProof.from_json,
    "grant": lambda body: GrantRecord.from_json("z", body),
    "accreditation": lambda body: AccreditationRecord.from_json("z", body),
    "status": StatusListRecord.from_json,
    "did": entries_from_json,
    "emergency": lambda body: EmergencyRecord.from_json("z", body),
    "log": LogRecord.from_json,
    "chunk": ChunkProof.from_json,
}


@pytest.mark.parametrize("what", TEXT_PARSERS)
@given(text=st.text(st.characters(), max_size=200) | st.text("\n—+ aA=/0", max_size=60))
def test_junk_text_is_refused_in_our_own_words(what, text):
    with suppress(SsiError):
        TEXT_PARSERS[what](text)


@pytest.mark.parametrize("what", JSON_PARSERS)
@given(
    body=st.dictionaries(
        st.sampled_from(["entries", "checkpoint", "entry", "index", "path", "iss", "granted"])
        | st.sampled_from(["ctl", "nk", "rk", "status", "sub", "role", "types", "nbf", "exp"])
        | st.sampled_from(["statuses", "chunk", "encodedList", "keys", "clock", "members", "next"]),
        junk_values,
        max_size=6,
    )
)
@settings(max_examples=50)
def test_junk_json_is_refused_in_our_own_words(what, body):
    with suppress(SsiError):
        JSON_PARSERS[what](body)


def recursive_root(hashes: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, to the letter."""
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(recursive_root(hashes[:split]), recursive_root(hashes[split:]))


@given(st.data())
def test_every_tree_has_the_roots_and_proofs_of_the_specification(data):
    hashes = [leaf_hash(raw) for raw in data.draw(st.lists(st.binary(max_size=3), max_size=70))]
    edge = CompactRange()
    nodes = [b"".join(edge.push(leaf)) for leaf in hashes]

    assert edge.root() == root_of(hashes) == recursive_root(hashes)
    if not hashes:
        return
    index, old = data.draw(st.integers(0, len(hashes) - 1)), data.draw(st.integers(1, len(hashes)))

    def load(places):
        return {place: nodes[place] for place in places}

    path = inclusion_path(index, len(hashes), load=load)
    verify_inclusion(hashes[index], index=index, size=len(hashes), path=path, root=edge.root())
    verify_consistency(
        old_size=old,
        new_size=len(hashes),
        old_root=recursive_root(hashes[:old]),
        new_root=edge.root(),
        path=consistency_path(old, len(hashes), load=load),
    )
