"""A policy may ask that a status list is the one that its issuer has put into the log."""

from datetime import timedelta
from typing import Any

import pytest

from ssi_core import strict_json
from ssi_core.errors import UnavailableError
from ssi_core.status.token import StatusListToken, digest
from tests.support.verifier import STATUS_URI, World
from verifier.adapters.policy_files import BUNDLED
from verifier.checks import CheckName, Outcome
from verifier.policy import Policy

SOURCE = strict_json.parse_object((BUNDLED / "insurer-diagnosis.json").read_bytes())
UNDETERMINED = {"diagnosis.status_in_log": "status_undetermined"}


@pytest.fixture
def world() -> World:
    root = World().root
    status: dict[str, Any] = {"required": True, "max_age": 300, "in_log": True}
    source = {**SOURCE, "id": "in-log", "status": status}
    return World(policies={"in-log": Policy.parse(source, roots=[root.did])})


def publish(world: World, previous: bytes | None = None) -> bytes:
    """Let the clinic put the digest of its list, as it is now, into the log."""
    token = StatusListToken.parse(str(world.evidence.lists[STATUS_URI]))
    raw = world.clinic.publishes(STATUS_URI, digest(token.encoded_list), previous=previous)
    world.log.small.entries.append(raw)
    return raw


def test_a_list_that_is_in_the_log_is_believed(world):
    publish(world)
    asked = world.ask("in-log")

    reply = world.post(asked, world.answer(asked))

    checks = {check.name: check.outcome for check in world.verifier.results.result(asked.id).checks}
    assert reply.error is None
    assert checks[CheckName.STATUS_IN_LOG] is Outcome.PASSED


def test_a_list_that_is_not_in_the_log_leaves_the_answer_open(world):
    asked = world.ask("in-log")
    form = world.answer(asked)

    first = world.post(asked, form)
    told = world.outcome(asked)
    publish(world)
    again = world.post(asked, form)

    assert isinstance(first.error, UnavailableError)
    assert (told, again.error) == (UNDETERMINED, None)


def test_a_list_that_differs_from_the_one_in_the_log_is_not_believed(world):
    publish(world)
    world.publish({3: 1})
    asked = world.ask("in-log")

    reply = world.post(asked, world.answer(asked))

    assert isinstance(reply.error, UnavailableError)
    assert world.outcome(asked) == UNDETERMINED


def test_a_list_that_the_log_had_before_is_not_believed_any_more(world):
    first = publish(world)
    shown = world.evidence.lists[STATUS_URI]
    world.publish({7: 1})
    publish(world, first)
    world.evidence.lists[STATUS_URI] = shown
    asked = world.ask("in-log")

    reply = world.post(asked, world.answer(asked))

    assert isinstance(reply.error, UnavailableError)
    assert world.outcome(asked) == UNDETERMINED


def test_without_the_log_nobody_knows(world):
    publish(world)
    asked = world.ask("in-log")
    form = world.answer(asked)
    world.log.reachable = False

    world.post(asked, form)

    assert world.outcome(asked).items() >= UNDETERMINED.items()


def test_a_policy_that_does_not_ask_for_it_has_no_such_check(world):
    asked = world.ask()

    reply = world.post(asked, world.answer(asked))

    names = {check.name for check in world.verifier.results.result(asked.id).checks}
    assert reply.error is None
    assert CheckName.STATUS_IN_LOG not in names


def test_a_publication_that_was_kept_for_too_long_leaves_the_answer_open(world):
    publish(world)
    first = world.ask("in-log")
    assert world.post(first, world.answer(first)).error is None
    world.log.reachable = False
    world.clock.advance(timedelta(minutes=61))
    world.publish({})
    asked = world.ask("in-log")

    reply = world.post(asked, world.answer(asked))

    assert isinstance(reply.error, UnavailableError)
    assert world.outcome(asked)["diagnosis.status_in_log"] == "status_undetermined"
