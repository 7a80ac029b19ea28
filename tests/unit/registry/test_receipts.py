"""Signed receipts: of what lost to another entry, and of what a replica keeps."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.client.receipts import KeptReceipts, verify_receipt
from registry.model.conflict_receipt import (
    CONFLICT_TYPE,
    ConflictReceipt,
    Winner,
    duplicity_in,
    sign_conflict,
    verify_conflict,
)
from registry.model.merkle import leaf_hash
from registry.model.queued_receipt import QUEUED_TYPE, sign_queued, verify_queued
from registry.model.signed_message import did_of, sign
from registry.model.signed_note import VerifierKey
from ssi_core.errors import (
    ConflictError,
    LogProofError,
    MalformedError,
    ProofError,
    SsiError,
    TrustError,
    UnavailableError,
)
from tests.support.registry import AT, LOG_SIGNER, ORIGIN, POLICY, grant, organisation, signer

LOG_KEY = VerifierKey.parse(POLICY.log_vkey)
CLINIC, LAB = organisation("clinic"), organisation("lab")
FIRST = CLINIC.publishes()
WON, REFUSED = CLINIC.publishes(previous=FIRST), CLINIC.publishes(previous=FIRST, digest="b" * 43)
RECEIPT = ConflictReceipt(
    log=ORIGIN,
    leaf=leaf_hash(REFUSED),
    rule="the publication does not follow the last one",
    pointer="/seq",
    winner=Winner(4, leaf_hash(WON)),
    size=6,
    signers=(CLINIC.did,),
    at=AT,
)
SIGNED = sign_conflict(RECEIPT, signer=LOG_SIGNER)
REPLICA = signer("replica")
QUEUED = sign_queued(log=ORIGIN, leaf=leaf_hash(FIRST), at=AT, signer=REPLICA)


def test_a_receipt_comes_back_as_it_was_signed():
    assert verify_conflict(SIGNED, log_key=LOG_KEY) == RECEIPT


@pytest.mark.parametrize(
    "change",
    [
        {"size": 4},
        {"winner": Winner(4, RECEIPT.leaf)},
        {"rule": ""},
        {"rule": "x" * 201},
        {"signers": (LAB.did, CLINIC.did, CLINIC.did)},
    ],
    ids=["winner beyond", "lost to itself", "no rule", "long rule", "signers twice"],
)
def test_a_receipt_names_another_entry_that_the_log_has_and_one_rule(change):
    with pytest.raises(MalformedError):
        replace(RECEIPT, **change)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("leaf", "AA"),
        ("winner", {"index": 4}),
        ("winner", {"index": -1, "leaf": RECEIPT.to_json()["leaf"]}),
        ("size", "6"),
        ("by", ["clinic"]),
        ("at", None),
        ("more", 1),
    ],
)
def test_a_receipt_of_another_form_is_malformed(name, value):
    text = sign({**RECEIPT.to_json(), name: value}, typ=CONFLICT_TYPE, signer=LOG_SIGNER)

    with pytest.raises(MalformedError):
        verify_conflict(text, log_key=LOG_KEY)


def test_only_the_log_itself_signs_what_it_refused():
    by_stranger = sign_conflict(RECEIPT, signer=signer("stranger"))
    of_another = sign_conflict(replace(RECEIPT, log="other.example"), signer=LOG_SIGNER)
    of_another_type = sign(RECEIPT.to_json(), typ=QUEUED_TYPE, signer=LOG_SIGNER)

    for text in (by_stranger, of_another, of_another_type):
        with pytest.raises(ProofError):
            verify_conflict(text, log_key=LOG_KEY)


@given(place=st.integers(0, len(SIGNED) - 1), other=st.sampled_from("AQgw059_-.\n"))
def test_no_character_of_a_receipt_can_be_another(place: int, other: str):
    changed = SIGNED[:place] + other + SIGNED[place + 1 :]
    if changed == SIGNED:
        return

    with pytest.raises(SsiError):
        verify_conflict(changed, log_key=LOG_KEY)


@given(place=st.integers(0, len(QUEUED) - 1), other=st.sampled_from("AQgw059_-.\n"))
def test_no_character_of_a_replicas_word_can_be_another(place: int, other: str):
    changed = QUEUED[:place] + other + QUEUED[place + 1 :]
    if changed == QUEUED:
        return

    with pytest.raises(SsiError):
        verify_queued(changed, replica=did_of(REPLICA.public_key), log=ORIGIN)


def test_two_statements_of_one_controller_for_one_place_are_duplicity():
    found = duplicity_in(RECEIPT, refused=REFUSED, winner=WON)

    assert list(found.signers) == [CLINIC.did]
    assert (found.refused.raw, found.winner.raw) == (REFUSED, WON)


def _receipt(refused: bytes, winner: bytes, **changes) -> ConflictReceipt:
    winners = Winner(4, leaf_hash(winner))
    return replace(RECEIPT, leaf=leaf_hash(refused), winner=winners, **changes)


@pytest.mark.parametrize(
    ("refused", "winner", "signers"),
    [
        (REFUSED, FIRST, (CLINIC.did,)),
        (REFUSED, WON, ()),
        (REFUSED, WON, (LAB.did,)),
        (LAB.publishes(), FIRST, (CLINIC.did,)),
        (CLINIC.op, LAB.op, (CLINIC.did,)),
        (grant("a").revoked(), grant("a").revoked(grant("a").next_key), (CLINIC.did,)),
    ],
    ids=["another number", "nobody named", "another named", "two issuers", "two DIDs", "grants"],
)
def test_what_does_not_contradict_is_no_duplicity_whatever_the_receipt_says(
    refused, winner, signers
):
    receipt = _receipt(refused, winner, signers=signers)

    with pytest.raises(LogProofError):
        duplicity_in(receipt, refused=refused, winner=winner)


def test_a_receipt_is_about_its_own_two_entries():
    with pytest.raises(LogProofError):
        duplicity_in(RECEIPT, refused=FIRST, winner=WON)
    with pytest.raises(LogProofError):
        duplicity_in(RECEIPT, refused=REFUSED, winner=FIRST)
    with pytest.raises(LogProofError):
        verify_receipt(SIGNED, log_key=LOG_KEY, entry=WON)


def test_a_replicas_word_counts_from_a_replica_that_is_named_and_for_this_log():
    known = did_of(REPLICA.public_key)

    assert verify_receipt(QUEUED, log_key=LOG_KEY, replica=known, entry=FIRST).leaf == leaf_hash(
        FIRST
    )
    with pytest.raises(TrustError):
        verify_receipt(QUEUED, log_key=LOG_KEY)
    with pytest.raises(ProofError):
        verify_receipt(QUEUED, log_key=LOG_KEY, replica=did_of(signer("other").public_key))
    with pytest.raises(LogProofError):
        verify_queued(QUEUED, replica=known, log="other.example")
    with pytest.raises(LogProofError):
        verify_receipt(QUEUED, log_key=LOG_KEY, replica=known, entry=WON)
    with pytest.raises(MalformedError):
        verify_receipt(sign({}, typ="JWT", signer=REPLICA), log_key=LOG_KEY)


def with_receipt(error: SsiError, receipt: str) -> SsiError:
    """The error as a client has it."""
    error.receipt = receipt
    return error


def test_receipts_that_hold_are_kept_with_their_entries_and_no_others(tmp_path: Path):
    kept = KeptReceipts(tmp_path / "receipts")
    stranger = sign_conflict(RECEIPT, signer=signer("stranger"))

    kept.keep(with_receipt(ConflictError("lost"), stranger), entry=REFUSED, log_key=LOG_KEY)
    kept.keep(with_receipt(ConflictError("lost"), SIGNED), entry=WON, log_key=LOG_KEY)
    kept.keep(ConflictError("lost"), entry=REFUSED, log_key=LOG_KEY)
    kept.keep(MalformedError("no form"), entry=REFUSED, log_key=LOG_KEY)
    assert kept.all() == []
    kept.keep(with_receipt(ConflictError("lost"), SIGNED), entry=REFUSED, log_key=LOG_KEY)
    kept.keep(with_receipt(UnavailableError("kept"), QUEUED), entry=FIRST, log_key=LOG_KEY)

    found = {path.read_text(): path.with_suffix(".entry").read_bytes() for path in kept.all()}
    assert found == {SIGNED: REFUSED, QUEUED: FIRST}
