"""What an event may say, who may sign it, and what of a log it tells."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.model import entry, subscription
from registry.model.event_acknowledgement import acknowledge_event, verify_event_acknowledgement
from registry.model.log_event import (
    MAX_CHANGES,
    Change,
    LogEvent,
    Standing,
    changes_in,
    sign_event,
    verify_event,
)
from registry.model.signed_message import did_of, digest
from registry.model.signed_note import VerifierKey
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError, NonceError, ProofError, SsiError
from tests.support.registry import AT, LOG_SIGNER, ORIGIN, POLICY, grant, organisation, signer

LOG_KEY = VerifierKey.parse(POLICY.log_vkey)
CHANGE = Change(id="z1", index=4, standing=Standing.ENDED)
EVENT = LogEvent(
    log=ORIGIN, start=2, end=9, checkpoint="note", consistency=(bytes(32),), changed=(CHANGE,)
)
LISTENER = signer("listener")
LISTENER_DID = did_of(LISTENER.public_key)


def test_an_event_comes_back_as_it_was_signed():
    assert verify_event(sign_event(EVENT, signer=LOG_SIGNER), log_key=LOG_KEY) == EVENT


@pytest.mark.parametrize(
    "change",
    [
        {"end": 2},
        {"start": 5},
        {"end": 4},
        {"changed": (replace(CHANGE, index=8), CHANGE)},
        {"changed": (CHANGE,) * (MAX_CHANGES + 1)},
    ],
    ids=["about nothing", "change before", "change after", "out of order", "too many"],
)
def test_an_event_tells_in_order_of_the_entries_that_it_is_about(change):
    with pytest.raises(MalformedError):
        replace(EVENT, **change)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log", ""),
        ("from", -1),
        ("to", "9"),
        ("to", True),
        ("checkpoint", None),
        ("consistency", ["!"]),
        ("consistency", ["AA"] * 1_000),
        ("changed", [{"id": "z1", "index": 4, "status": "forgotten"}]),
        ("changed", [{"id": "z1", "index": 4}]),
        ("changed", {"id": "z1"}),
        ("more", 1),
    ],
)
def test_a_claim_of_another_form_is_malformed(name, value):
    with pytest.raises(MalformedError):
        LogEvent.parse({**EVENT.to_json(), name: value})


@given(st.text(max_size=200))
def test_any_text_in_the_place_of_a_message_is_refused(text):
    for read in (
        lambda: verify_event(text, log_key=LOG_KEY),
        lambda: subscription.verify_subscribe(text, log=ORIGIN, at=AT),
        lambda: subscription.require_answer(text, challenge="a.b.c", listener=LISTENER_DID),
    ):
        with pytest.raises(SsiError):
            read()


def test_a_message_of_one_type_is_none_of_another():
    event = sign_event(EVENT, signer=LOG_SIGNER)
    wish = subscription.subscribe(log=ORIGIN, url="https://a", start=0, at=AT, signer=LISTENER)

    with pytest.raises(ProofError):
        subscription.verify_challenge(event, log=ORIGIN, log_did=did_of(LOG_KEY.public_key))
    with pytest.raises(ProofError):
        subscription.require_unsubscribe(
            wish, log=ORIGIN, subscription="x", listener=LISTENER_DID, at=AT
        )


def test_an_acknowledgement_is_for_one_event_by_one_listener():
    event = sign_event(EVENT, signer=LOG_SIGNER)
    said = acknowledge_event(event, end=9, at=AT, signer=LISTENER)

    def read(*, event: str = digest(event), end: int = 9, listener: Did = LISTENER_DID):
        return verify_event_acknowledgement(said, event=event, end=end, listener=listener)

    assert read().at == AT
    for other in (
        lambda: read(event=digest("another")),
        lambda: read(end=8),
        lambda: read(listener=did_of(signer("other").public_key)),
    ):
        with pytest.raises(ProofError):
            other()


def test_an_answer_is_for_one_challenge():
    answer = subscription.answer_challenge("a.b.c", signer=LISTENER)

    subscription.require_answer(answer, challenge="a.b.c", listener=LISTENER_DID)
    with pytest.raises(NonceError):
        subscription.require_answer(answer, challenge="a.b.d", listener=LISTENER_DID)


def test_the_changes_of_a_log_are_what_ended_and_nothing_that_only_looks_like_it():
    one, clinic = grant("one"), organisation("clinic")
    right = clinic.accredits(clinic.did, role="accredit")
    quoted = clinic.updates(document={"id": str(clinic.did), "t": "consent.revoke"})
    entries = [one.raw, right, quoted, None, one.revoked(), clinic.ends(right)]

    found = changes_in(entries, start=10)

    assert found == [
        Change(id=one.id, index=14, standing=Standing.ENDED),
        Change(id=entry.entry_id(right) or "", index=15, standing=Standing.ENDED),
    ]
