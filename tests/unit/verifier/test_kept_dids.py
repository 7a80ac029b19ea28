"""Answers while an issuer's DID cannot be asked for: its last document, while that is allowed."""

from datetime import timedelta
from typing import Any

import pytest

from registry.client.edge.stale_uses import EndedMeanwhile, Ground, StaleUse, Stood
from ssi_core.errors import DeactivatedError, SsiError, UnavailableError
from tests.support.registry import signer
from tests.support.verifier import World

MINUTE = timedelta(minutes=1)
AWAY = UnavailableError("no answer")


@pytest.fixture
def world() -> World:
    return World()


def answered(world: World, policy: str = "plain-diagnosis") -> SsiError | None:
    world.publish({})
    asked = world.ask(policy)
    return world.post(asked, world.answer(asked)).error


def lost(world: World, **passed: int) -> None:
    """Let registry, and the clinic's DID that lives there, be out of reach for a while."""
    world.evidence.documents[world.clinic.did] = AWAY
    world.log.reachable = False
    world.clock.advance(timedelta(**passed))


def relied_on_key(world: World) -> StaleUse:
    (use,) = [
        each for each in world.verifier.rejudging.report() if each.relied_on.ground is Ground.DID
    ]
    return use


def test_an_issuer_that_was_accepted_before_is_accepted_while_its_did_cannot_be_asked_for(
    world: World,
) -> None:
    assert answered(world) is None
    lost(world, minutes=59)

    assert answered(world) is None

    use = relied_on_key(world)
    assert use.relied_on.id == world.clinic.key_id
    assert use.decided_at - use.known_at == 59 * MINUTE
    assert use.finding is None


def test_after_that_nobody_knows(world: World) -> None:
    assert answered(world) is None
    lost(world, minutes=60, seconds=1)

    assert isinstance(answered(world), UnavailableError)
    assert world.verifier.rejudging.report() == ()


def test_an_issuer_that_was_never_accepted_before_is_not_known(world: World) -> None:
    lost(world)

    assert isinstance(answered(world), UnavailableError)


def test_what_was_asked_for_again_is_as_young_as_that(world: World) -> None:
    assert answered(world) is None
    world.clock.advance(30 * MINUTE)
    assert answered(world) is None
    lost(world, minutes=59)

    assert answered(world) is None
    assert relied_on_key(world).known_at == world.clock.now() - 59 * MINUTE


def test_a_did_that_is_known_to_have_ended_stays_so(world: World) -> None:
    assert answered(world) is None
    world.log.small.entries.append(world.clinic.updates(deactivate=True))
    world.evidence.documents[world.clinic.did] = DeactivatedError("it has ended")
    assert isinstance(answered(world), DeactivatedError)
    lost(world, minutes=1)

    assert isinstance(answered(world), DeactivatedError)


def test_what_a_did_says_now_counts_and_not_what_was_kept(world: World) -> None:
    assert answered(world) is None
    world.evidence.documents[world.clinic.did] = DeactivatedError("it has ended")

    assert isinstance(answered(world), DeactivatedError)


def test_a_key_that_was_gone_by_then_is_reported_and_one_that_was_not_stood(world: World) -> None:
    other = World()
    for each in (world, other):
        assert answered(each) is None
        lost(each, minutes=5)
        assert answered(each) is None
        each.log.reachable = True
    before: Any = world.clinic.line["state"]
    method = {
        **before["verificationMethod"][0],
        "publicKeyMultibase": signer("another").public_key.multikey,
    }
    world.log.small.entries.append(
        world.clinic.updates(document={**before, "verificationMethod": [method]})
    )

    for each in (world, other):
        each.verifier.rejudging.judge_again()

    assert isinstance(relied_on_key(world).finding, EndedMeanwhile)
    assert relied_on_key(world).revoked_meanwhile
    assert isinstance(relied_on_key(other).finding, Stood)
