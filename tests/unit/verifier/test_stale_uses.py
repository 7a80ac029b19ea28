"""While the log cannot be asked: what its last word permits, for how long, and what follows."""

from datetime import timedelta

import pytest

from consent_contracts.purpose import Purpose
from registry.client.edge.stale_uses import EndedMeanwhile, Stood, Undetermined
from ssi_core.errors import ConsentError, UnavailableError
from tests.support.verifier import World

HOUR = timedelta(hours=1)


@pytest.fixture
def world():
    return World()


def _cut_off(world, **passed):
    world.log.reachable = False
    world.clock.advance(timedelta(**passed))


def _refusals(world, asked):
    with pytest.raises(ConsentError) as caught:
        world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    return caught.value.refusals


def test_the_last_word_of_a_log_that_is_away_permits_for_as_long_as_its_class_allows(world):
    asked, _ = world.shared()
    _cut_off(world, minutes=59)

    used = world.verifier.uses.use(asked.id, Purpose.HPAYMT)

    assert used.claims
    assert used.basis is not None
    told = used.basis.to_json()
    assert (told["age"], told["class"]) == (59 * 60, "insurer")
    # The log's own snapshot is its last entry.
    assert told["size"] == len(world.log.small.entries) + 1


def test_after_that_nobody_knows_and_nothing_is_permitted(world):
    asked, _ = world.shared()
    _cut_off(world, minutes=61)

    assert _refusals(world, asked) == ("stale_evidence",)
    assert world.verifier.rejudging.report() == ()
    assert world.store.find(asked.id).answer.claims is not None


def test_a_grant_that_says_less_is_held_to_less(world):
    asked = world.ask()
    terms = world.grant_terms(asked.parameters, max_staleness=timedelta(minutes=5))
    assert world.post(asked, world.answer(asked, grant=world.record(terms))).error is None
    _cut_off(world, minutes=6)

    assert _refusals(world, asked) == ("stale_evidence",)


def test_a_clock_that_is_set_back_makes_nothing_young_again(world):
    asked, _ = world.shared()
    world.clock.advance(2 * HOUR)
    world.publish({})
    world.shared()
    world.clock.advance(-2 * HOUR)
    world.log.reachable = False

    assert _refusals(world, asked) == ("stale_evidence",)


def test_an_old_word_that_the_log_itself_gives_is_refused_as_before(world):
    asked, _ = world.shared()
    world.log.age = timedelta(seconds=61)

    with pytest.raises(Exception, match="older than the policy allows"):
        world.verifier.uses.use(asked.id, Purpose.HPAYMT)


def test_a_use_on_fresh_evidence_is_not_judged_again(world):
    asked, _ = world.shared()
    _cut_off(world, seconds=30)

    world.verifier.uses.use(asked.id, Purpose.HPAYMT)

    assert world.verifier.rejudging.report() == ()


def test_a_use_on_old_evidence_waits_until_the_log_can_be_asked(world):
    asked, grant = world.shared()
    _cut_off(world, minutes=30)
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)

    judged = world.verifier.rejudging.judge_again()

    (use,) = world.verifier.rejudging.report()
    assert judged == ()
    assert (use.relied_on.id, use.staleness, use.finding) == (grant.id, "insurer", None)
    assert use.decided_at - use.known_at == timedelta(minutes=30)


def test_a_use_whose_grant_still_stands_stood(world):
    asked, _ = world.shared()
    _cut_off(world, minutes=30)
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    world.log.reachable = True

    (use,) = world.verifier.rejudging.judge_again()

    assert isinstance(use.finding, Stood)
    assert not use.revoked_meanwhile
    assert world.verifier.rejudging.judge_again() == ()


def test_a_withdrawal_that_we_could_not_hear_of_is_found_out_afterwards(world):
    asked, grant = world.shared()
    _cut_off(world, minutes=20)
    world.withdraw(grant)
    world.clock.advance(timedelta(minutes=10))
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    world.log.reachable = True

    (use,) = world.verifier.rejudging.judge_again()

    assert isinstance(use.finding, EndedMeanwhile)
    assert use.finding.index == len(world.log.small.entries) - 1
    assert use.revoked_meanwhile
    assert _refusals(world, asked) == ("withdrawn",)


def test_a_use_while_the_grant_was_suspended_is_reported_though_it_counts_again(world):
    asked, grant = world.shared()
    _cut_off(world, minutes=10)
    pause = world.suspend(grant)
    world.clock.advance(timedelta(minutes=5))
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    world.clock.advance(timedelta(minutes=5))
    world.resume(pause)
    world.log.reachable = True

    (use,) = world.verifier.rejudging.judge_again()

    assert isinstance(use.finding, EndedMeanwhile)
    assert world.log.small.entries[use.finding.index or 0] == pause
    assert use.revoked_meanwhile
    assert world.verifier.uses.use(asked.id, Purpose.HPAYMT).claims


def test_that_a_suspended_grant_has_expired_since_does_not_hide_that_it_did_not_count(world):
    asked, grant = world.shared()
    _cut_off(world, minutes=10)
    pause = world.suspend(grant)
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    world.clock.advance(timedelta(days=40))
    world.log.reachable = True

    (use,) = world.verifier.rejudging.judge_again()

    assert isinstance(use.finding, EndedMeanwhile)
    assert world.log.small.entries[use.finding.index or 0] == pause
    assert use.revoked_meanwhile


@pytest.mark.parametrize(("paused", "used"), [(5, 35), (35, 5)])
def test_a_suspension_of_another_hour_than_the_use_changes_nothing(world, paused, used):
    asked, grant = world.shared()
    begun = world.clock.now()
    world.log.reachable = False

    for minute in sorted((paused, used)):
        world.clock.advance(begun + timedelta(minutes=minute) - world.clock.now())
        if minute == used:
            world.verifier.uses.use(asked.id, Purpose.HPAYMT)
        else:
            world.resume(world.suspend(grant))
    world.clock.advance(timedelta(minutes=5))
    world.log.reachable = True

    (use,) = world.verifier.rejudging.judge_again()

    assert isinstance(use.finding, Stood)


def test_a_grant_that_was_suspended_before_it_ended_did_not_count_between_the_two(world):
    asked, grant = world.shared()
    _cut_off(world, minutes=10)
    pause = world.suspend(grant)
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    world.clock.advance(HOUR)
    world.withdraw(grant)
    world.log.reachable = True

    (use,) = world.verifier.rejudging.judge_again()

    assert isinstance(use.finding, EndedMeanwhile)
    assert world.log.small.entries[use.finding.index or 0] == pause
    assert use.revoked_meanwhile


def test_of_more_suspensions_than_the_log_tells_one_counts_in_doubt(world):
    asked, grant = world.shared()
    _cut_off(world, minutes=5)
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    world.clock.advance(timedelta(minutes=40))
    for _ in range(9):
        world.resume(world.suspend(grant))
    world.log.reachable = True

    (use,) = world.verifier.rejudging.judge_again()

    assert use.finding == EndedMeanwhile(world.clock.now())
    assert use.revoked_meanwhile


def test_a_withdrawal_after_the_use_is_told_apart(world):
    asked, grant = world.shared()
    _cut_off(world, minutes=20)
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    world.clock.advance(timedelta(minutes=10))
    world.withdraw(grant)
    world.log.reachable = True

    (use,) = world.verifier.rejudging.judge_again()

    assert isinstance(use.finding, EndedMeanwhile)
    assert not use.revoked_meanwhile


@pytest.mark.parametrize("is_before", [True, False])
def test_a_use_whose_grant_was_redacted_is_judged_by_the_end_that_the_log_still_proves(
    world, is_before
):
    asked, grant = world.shared()
    _cut_off(world, minutes=20)
    if is_before:
        world.withdraw(grant)
    world.clock.advance(timedelta(minutes=5))
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    world.clock.advance(timedelta(minutes=10))
    if not is_before:
        world.withdraw(grant)
    world.redact(grant)
    world.log.reachable = True

    (use,) = world.verifier.rejudging.judge_again()

    assert isinstance(use.finding, EndedMeanwhile)
    assert use.finding.index == len(world.log.small.entries) - 2
    assert use.revoked_meanwhile is is_before
    assert world.verifier.rejudging.judge_again() == ()


def test_a_use_of_whose_redacted_grant_nothing_can_be_proved_is_undetermined_for_good(world):
    asked, grant = world.shared()
    _cut_off(world, minutes=10)
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    world.clock.advance(HOUR)
    world.withdraw(grant)
    world.redact(grant)
    world.log.reachable = True
    # What ended it is not shown; the redaction is, and it came after the use.
    world.log.redacted.add(len(world.log.small.entries) - 2)

    (use,) = world.verifier.rejudging.judge_again()

    assert use.finding == Undetermined(world.clock.now())
    assert not use.revoked_meanwhile
    assert world.verifier.rejudging.judge_again() == ()
    assert world.verifier.rejudging.report() == (use,)


def test_a_use_whose_grant_a_registry_merely_does_not_show_waits(world):
    asked, grant = world.shared()
    _cut_off(world, minutes=10)
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    world.withdraw(grant)
    world.redact(grant)
    world.log.reachable = True
    world.log.redacted |= set(range(len(world.log.small.entries)))

    assert world.verifier.rejudging.judge_again() == ()


def test_what_ended_before_the_log_was_lost_stays_ended(world):
    asked, grant = world.shared()
    world.withdraw(grant)
    assert _refusals(world, asked) == ("withdrawn",)
    _cut_off(world, days=30)

    assert "withdrawn" in _refusals(world, asked)


def test_an_answer_is_judged_by_what_was_last_known_of_its_issuer(world):
    world.shared()
    asked = world.ask("plain-diagnosis")
    form = world.answer(asked)
    _cut_off(world, minutes=5)

    assert world.post(asked, form).error is None


def test_an_issuer_who_was_last_heard_of_too_long_ago_is_neither_yes_nor_no(world):
    world.shared()
    _cut_off(world, minutes=61)
    world.publish({})
    asked = world.ask("plain-diagnosis")

    error = world.post(asked, world.answer(asked)).error

    assert isinstance(error, UnavailableError)
    assert world.store.find(asked.id).answer is None


def test_a_notice_is_confirmed_by_the_log_itself_and_never_by_what_was_kept(world):
    asked, grant = world.shared()
    world.withdraw(grant)
    world.log.reachable = False

    with pytest.raises(UnavailableError):
        world.verifier.withdrawals.receive(world.notice(grant))

    assert world.store.find(asked.id).answer.claims is not None
