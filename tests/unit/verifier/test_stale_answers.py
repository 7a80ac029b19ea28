"""Answers that were accepted on what was kept of the log: written down, and judged again."""

from datetime import timedelta
from typing import Any

import pytest

from registry.client.edge.stale_uses import EndedMeanwhile, Ground, StaleUse, Stood
from registry.model import entry
from ssi_core import strict_json
from ssi_core.errors import UnavailableError
from ssi_core.status.token import StatusListToken, digest
from tests.support.registry import signer
from tests.support.verifier import STATUS_URI, World
from verifier.adapters.policy_files import BUNDLED
from verifier.policy import Policy
from verifier.request import PresentationRequest

MINUTE = timedelta(minutes=1)
PLAIN = strict_json.parse_object((BUNDLED / "plain-diagnosis.json").read_bytes())


@pytest.fixture
def world() -> World:
    status: dict[str, Any] = {"required": True, "max_age": 300, "in_log": True}
    root = World().root
    in_log = Policy.parse({**PLAIN, "id": "in-log", "status": status}, roots=[root.did])
    return World(policies={"in-log": in_log})


def accepted(world: World, policy: str = "plain-diagnosis") -> PresentationRequest:
    """Let an answer be accepted four minutes after the log was last heard, and lost."""
    before = world.ask(policy)
    assert world.post(before, world.answer(before)).error is None
    asked = world.ask(policy)
    world.log.reachable = False
    world.clock.advance(4 * MINUTE)
    assert world.post(asked, world.answer(asked)).error is None
    return asked


def judged(world: World) -> dict[Ground, StaleUse]:
    """Let the log be found again, a minute later, and everything be judged that can be."""
    world.clock.advance(MINUTE)
    world.log.reachable = True
    world.verifier.rejudging.judge_again()
    return report(world)


def report(world: World) -> dict[Ground, StaleUse]:
    return {use.relied_on.ground: use for use in world.verifier.rejudging.report()}


def say(world: World, raw: bytes) -> int:
    """Put an entry into the log, and return where it stands."""
    world.log.small.entries.append(raw)
    return len(world.log.small.entries) - 1


def publish(world: World, previous: bytes | None = None) -> bytes:
    """Let the clinic put the digest of its list, as it is now, into the log."""
    token = StatusListToken.parse(str(world.evidence.lists[STATUS_URI]))
    raw = world.clinic.publishes(STATUS_URI, digest(token.encoded_list), previous=previous)
    say(world, raw)
    return raw


def test_an_answer_on_a_kept_accreditation_is_written_down_with_what_it_rests_on(world):
    asked = accepted(world)

    found = report(world)

    assert found.keys() == {Ground.ACCREDITATION, Ground.DID}
    use = found[Ground.ACCREDITATION]
    assert (use.id, use.relied_on.id) == (asked.id, entry.entry_id(world.accreditation))
    assert found[Ground.DID].relied_on.id == world.clinic.key_id
    assert use.size == len(world.log.small.entries) + 1
    assert use.decided_at - use.known_at == 4 * MINUTE
    assert (use.staleness, use.finding) == ("other", None)


def test_an_answer_that_the_log_was_asked_about_is_not_written_down(world):
    asked = world.ask("plain-diagnosis")

    assert world.post(asked, world.answer(asked)).error is None

    assert report(world) == {}


def test_an_answer_that_was_refused_is_not_written_down(world):
    accepted(world)
    before = world.verifier.rejudging.report()
    asked = world.ask("plain-diagnosis")
    stranger = world.present(asked.parameters, signer=signer("another holder"))

    assert world.post(asked, world.answer(asked, presented=stranger)).error is not None

    assert world.verifier.rejudging.report() == before


def test_an_accreditation_that_still_stands_stood(world):
    accepted(world)

    found = judged(world)

    for use in found.values():
        assert isinstance(use.finding, Stood)
        assert not use.revoked_meanwhile


def test_an_accreditation_that_had_ended_is_reported(world):
    before = world.clock.now()
    accepted(world)
    index = say(world, world.root.ends(world.accreditation, at=before))

    use = judged(world)[Ground.ACCREDITATION]

    assert isinstance(use.finding, EndedMeanwhile)
    assert (use.finding.index, use.finding.signed_at) == (index, before.replace(microsecond=0))
    assert use.revoked_meanwhile


def test_an_accreditation_that_ended_after_the_answer_is_told_apart(world):
    accepted(world)
    later = world.clock.now() + timedelta(seconds=1)
    say(world, world.root.ends(world.accreditation, at=later))

    use = judged(world)[Ground.ACCREDITATION]

    assert isinstance(use.finding, EndedMeanwhile)
    assert not use.revoked_meanwhile


def test_a_compromise_that_began_before_the_answer_is_reported_whenever_it_was_told(world):
    before = world.clock.now()
    accepted(world)
    later = world.clock.now() + timedelta(seconds=1)
    say(world, world.root.ends(world.accreditation, at=later, since=before))

    use = judged(world)[Ground.ACCREDITATION]

    assert isinstance(use.finding, EndedMeanwhile)
    assert use.finding.signed_at == before.replace(microsecond=0)
    assert use.revoked_meanwhile


def test_a_suspended_accreditation_is_reported(world):
    accepted(world)
    index = say(world, world.root.suspends(world.accreditation))

    use = judged(world)[Ground.ACCREDITATION]

    assert isinstance(use.finding, EndedMeanwhile)
    assert use.finding.index == index
    assert use.revoked_meanwhile


@pytest.mark.parametrize("link", ["accreditation", "top"])
def test_an_answer_while_an_accreditation_was_suspended_is_reported_though_it_counts_again(
    world, link
):
    accepted(world)
    (top,) = [raw for raw in world.log.small.entries if b'"role":"accredit"' in raw]
    now = world.clock.now()
    of = top if link == "top" else world.accreditation
    pause = world.root.suspends(of, at=now - MINUTE)
    index = say(world, pause)
    say(world, world.root.resumes(pause, at=now + MINUTE))

    use = judged(world)[Ground.ACCREDITATION]

    assert isinstance(use.finding, EndedMeanwhile)
    assert (use.finding.index, use.revoked_meanwhile) == (index, True)


def test_an_accreditation_that_was_suspended_at_another_moment_than_the_answer_stood(world):
    accepted(world)
    now = world.clock.now()
    for start in (now - 2 * MINUTE, now + timedelta(seconds=1)):
        pause = world.root.suspends(world.accreditation, at=start)
        say(world, pause)
        say(world, world.root.resumes(pause, at=start + MINUTE))

    assert isinstance(judged(world)[Ground.ACCREDITATION].finding, Stood)


def test_what_an_accreditation_stands_on_counts_too(world):
    accepted(world)
    (top,) = [raw for raw in world.log.small.entries if b'"role":"accredit"' in raw]
    index = say(world, world.root.ends(top))

    use = judged(world)[Ground.ACCREDITATION]

    assert isinstance(use.finding, EndedMeanwhile)
    assert use.finding.index == index
    assert use.revoked_meanwhile


def test_the_end_of_an_accreditors_did_counts_too(world):
    accepted(world)
    say(world, world.root.updates(deactivate=True))

    use = judged(world)[Ground.ACCREDITATION]

    assert isinstance(use.finding, EndedMeanwhile)
    assert use.revoked_meanwhile


def test_another_accreditation_does_not_hide_the_end_of_the_one_that_was_relied_on(world):
    accepted(world)
    (top,) = [raw for raw in world.log.small.entries if b'"role":"accredit"' in raw]
    say(world, world.root.ends(world.accreditation))
    say(world, world.clinic_accreditation(top))

    assert judged(world)[Ground.ACCREDITATION].revoked_meanwhile


def test_what_cannot_be_found_out_stays_open_and_is_tried_again(world):
    accepted(world)
    say(world, world.root.ends(world.accreditation))

    first = world.verifier.rejudging.judge_again()
    world.log.reachable, world.log.age = True, timedelta(minutes=6)
    second = world.verifier.rejudging.judge_again()
    still = report(world)[Ground.ACCREDITATION].finding
    world.log.age = timedelta(0)
    found = judged(world)

    # The DID's own log has no checkpoint, and was asked now.
    assert (first, [use.relied_on.ground for use in second]) == ((), [Ground.DID])
    assert still is None
    assert found[Ground.ACCREDITATION].revoked_meanwhile
    assert world.verifier.rejudging.judge_again() == ()


def test_a_log_that_does_not_show_the_accreditation_says_nothing_about_it(world):
    accepted(world)
    kept = list(world.log.small.entries)
    world.log.small.entries = [raw for raw in kept if raw != world.accreditation]

    assert judged(world)[Ground.ACCREDITATION].finding is None
    world.log.small.entries = kept
    assert isinstance(judged(world)[Ground.ACCREDITATION].finding, Stood)


def test_a_key_that_its_did_has_no_more_is_reported(world):
    accepted(world)
    before = world.clinic.line["state"]
    others = [{**before["verificationMethod"][0], "publicKeyMultibase": OTHER_KEY}]
    say(world, world.clinic.updates(document={**before, "verificationMethod": others}))

    use = judged(world)[Ground.DID]

    assert isinstance(use.finding, EndedMeanwhile)
    assert use.revoked_meanwhile


def test_a_did_that_ended_is_reported_and_one_that_changed_otherwise_stood(world):
    accepted(world)
    say(world, world.clinic.updates())
    assert isinstance(judged(world)[Ground.DID].finding, Stood)

    other = World()
    accepted(other)
    say(other, other.clinic.updates(deactivate=True))

    assert judged(other)[Ground.DID].revoked_meanwhile


def test_a_credential_that_was_revoked_meanwhile_is_reported(world):
    first = publish(world)
    accepted(world, "in-log")
    world.publish({7: 1})
    publish(world, previous=first)

    found = judged(world)

    assert found.keys() == {Ground.ACCREDITATION, Ground.STATUS, Ground.DID}
    use = found[Ground.STATUS]
    assert use.relied_on.id == f"{STATUS_URI}#7"
    assert isinstance(use.finding, EndedMeanwhile)
    assert use.finding.index == len(world.log.small.entries) - 1
    assert use.revoked_meanwhile
    assert isinstance(found[Ground.ACCREDITATION].finding, Stood)


def test_a_list_in_which_only_others_changed_stood(world):
    first = publish(world)
    accepted(world, "in-log")
    world.publish({3: 1})
    publish(world, previous=first)

    assert isinstance(judged(world)[Ground.STATUS].finding, Stood)


def test_of_several_versions_nobody_says_which_took_the_credential_back(world):
    first = publish(world)
    accepted(world, "in-log")
    world.publish({7: 2})
    second = publish(world, previous=first)
    world.publish({7: 2, 3: 1})
    publish(world, previous=second)

    use = judged(world)[Ground.STATUS]

    assert isinstance(use.finding, EndedMeanwhile)
    assert (use.finding.index, use.finding.signed_at) == (None, None)
    assert use.revoked_meanwhile


def test_a_list_that_is_not_served_as_the_log_has_it_leaves_it_open(world):
    first = publish(world)
    accepted(world, "in-log")
    served = world.evidence.lists[STATUS_URI]
    world.publish({7: 1})
    publish(world, previous=first)
    newest, world.evidence.lists[STATUS_URI] = world.evidence.lists[STATUS_URI], served
    assert judged(world)[Ground.STATUS].finding is None
    world.evidence.lists[STATUS_URI] = UnavailableError("no answer")
    assert judged(world)[Ground.STATUS].finding is None

    world.evidence.lists[STATUS_URI] = newest

    assert judged(world)[Ground.STATUS].revoked_meanwhile


OTHER_KEY = signer("another key").public_key.multikey
