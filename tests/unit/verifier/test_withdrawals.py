"""Withdrawals that provably arrive: confirmed in the log, acknowledged, and acted upon."""

import pytest

from consent_contracts import withdrawal
from consent_contracts.purpose import Purpose
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    AudienceError,
    ConflictError,
    ConsentError,
    LogProofError,
    MalformedError,
    NotFoundError,
    ProofError,
    UnavailableError,
)
from ssi_core.keys import Ed25519Signer
from tests.support.verifier import World
from verifier.policy import Policy


@pytest.fixture
def world():
    return World()


def _acknowledged(world, text, notice):
    return withdrawal.verify_acknowledgement(
        text,
        key=world.insurer.assertion_signer.public_key,
        notice=notice,
        recipient=world.insurer.did,
    )


def test_a_withdrawal_in_the_log_is_acknowledged_and_the_claims_are_erased(world):
    asked, grant = world.shared()
    world.withdraw(grant)
    notice = world.notice(grant)

    text = world.verifier.withdrawals.receive(notice)

    acknowledgement = _acknowledged(world, text, notice)
    assert acknowledgement.grant_id == grant.id
    assert acknowledgement.erased
    assert world.store.find(asked.id).answer.claims is None


def test_the_same_notice_gets_the_same_acknowledgement_even_while_the_log_is_away(world):
    _, grant = world.shared()
    world.withdraw(grant)
    notice = world.notice(grant)
    first = world.verifier.withdrawals.receive(notice)
    world.log.reachable = False

    assert world.verifier.withdrawals.receive(notice) == first


def test_after_the_notice_the_denial_needs_no_log(world):
    asked, grant = world.shared()
    world.withdraw(grant)
    world.verifier.withdrawals.receive(world.notice(grant))
    world.log.reachable = False

    with pytest.raises(ConsentError) as caught:
        world.verifier.uses.use(asked.id, Purpose.HPAYMT)

    assert caught.value.refusals == ("withdrawn",)


def test_without_the_obligation_the_claims_stay_and_the_acknowledgement_says_so(world):
    source = world.office.policies["insurer-diagnosis"].source
    rule = {**source["grant"], "obligations": []}
    lenient = Policy.parse({**source, "id": "lenient", "grant": rule}, roots=[world.root.did])
    world = World(policies={"lenient": lenient})
    asked, grant = world.shared(policy="lenient")
    world.withdraw(grant)
    notice = world.notice(grant)

    text = world.verifier.withdrawals.receive(notice)

    assert not _acknowledged(world, text, notice).erased
    kept = world.store.find(asked.id)
    assert kept is not None
    assert kept.answer is not None
    assert kept.answer.claims is not None
    assert world.verifier.results.result(asked.id).withheld == ("withdrawn",)


def test_a_grant_that_still_stands_in_the_log_is_not_withdrawn_here(world):
    asked, grant = world.shared()

    with pytest.raises(ConflictError):
        world.verifier.withdrawals.receive(world.notice(grant))

    assert world.verifier.uses.use(asked.id, Purpose.HPAYMT).claims


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"signer": Ed25519Signer.generate()}, ProofError),
        ({"audience": Did("web", "somebody.example")}, AudienceError),
        ({"log": "another.example/log"}, LogProofError),
        ({"grant_id": "zNobody"}, NotFoundError),
    ],
)
def test_a_notice_that_is_not_for_this_is_refused(world, change, error):
    asked, grant = world.shared()
    world.withdraw(grant)

    with pytest.raises(error):
        world.verifier.withdrawals.receive(world.notice(grant, **change))

    assert world.store.find(asked.id).answer.claims is not None


def test_a_log_out_of_reach_confirms_nothing(world):
    asked, grant = world.shared()
    world.withdraw(grant)
    world.log.reachable = False

    with pytest.raises(UnavailableError):
        world.verifier.withdrawals.receive(world.notice(grant))

    assert world.store.find(asked.id).answer.claims is not None


@pytest.mark.parametrize("text", ["", "junk", "é", "e30.e30.e30", "a.b.c.d"])
def test_what_is_no_notice_is_malformed(world, text):
    with pytest.raises(MalformedError):
        world.verifier.withdrawals.receive(text)
