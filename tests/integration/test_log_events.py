"""A withdrawal arrives at the verifiers that listen, whatever happens on the way."""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from registry.model import subscription as messages
from registry.model.event_acknowledgement import verify_event_acknowledgement
from registry.model.log_event import Change, LogEvent, Standing, sign_event
from registry.model.signed_message import did_of, digest
from registry.service.delivery import DeliveryPace
from ssi_core.errors import (
    ConflictError,
    LogProofError,
    NotFoundError,
    ProofError,
    RejectedError,
    StaleError,
    UnavailableError,
)
from tests.support.listeners import Listeners, LiveRegistry, listeners, live_registry
from tests.support.lossy_proxy import lossy
from tests.support.registry import LOG_SIGNER, ORIGIN, SmallLog, grant, signer

QUICK = DeliveryPace(look=0.02, first_wait=0.02, longest_wait=0.3, prompt=4, late=2)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveRegistry]:
    with live_registry(tmp_path, pace=QUICK) as opened:
        yield opened


@pytest.fixture
def group(live: LiveRegistry, tmp_path: Path) -> Iterator[Listeners]:
    with listeners(live, tmp_path) as opened:
        yield opened


def eventually(holds: Callable[[], object], *, seconds: float = 30.0) -> None:
    """Wait until something holds, and fail if it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def withdraw(group: Listeners) -> None:
    group.live.withdraw(group.grant.id or "", group.world.secret.signer)


def event_of(live: LiveRegistry, *, heard: int) -> str:
    made = live.listening.feed.after(heard)
    assert made is not None
    return made.text


def test_a_withdrawal_is_pushed_denied_without_the_log_and_acknowledged(group: Listeners):
    live = group.live
    with lossy(live.url, loss=0, seed=0) as way:
        one = group.add(ask_at=way.url)
        one.subscribe()
        before = one.refusals()

        withdraw(group)
        eventually(lambda: one.standing()["acknowledgement"])
        told = one.standing()
        way.down = True

        assert before == ()
        assert one.refusals() == ("withdrawn",)
        size = live.client_size()
        assert (told["heard"], told["behind"]) == (size, 0)
        # It holds a grant, so it wants to be told from the first entry on.
        event = live.listening.feed.after(0)
        assert event is not None
        verify_event_acknowledgement(
            str(told["acknowledgement"]), event=event.digest, end=size, listener=one.did
        )


def test_what_is_lost_on_the_way_comes_again_until_it_is_acknowledged(group: Listeners):
    one_behind_chance = 0.4
    with lossy(group.url, loss=one_behind_chance, seed=7) as way:
        one = group.add(public_url=way.url)
        one.subscribe_until_it_works()
        for number in range(12):
            given = grant(f"lost {number}")
            group.live.client.submit(given.raw)
            group.live.withdraw(given.id, given.key)
            eventually(partial(one.has_denied, given.id))

        eventually(lambda: one.standing()["heard"] == group.live.client_size())
        assert way.lost > 0


def test_who_was_away_hears_everything_on_return_in_order(group: Listeners):
    with lossy(group.url, loss=0, seed=1) as way:
        one, other = group.add(public_url=way.url), group.add()
        one.subscribe()
        other.subscribe()
        way.down = True
        given = [grant(f"away {number}") for number in range(5)]
        for each in given:
            group.live.client.submit(each.raw)
            group.live.withdraw(each.id, each.key)
        eventually(lambda: given[-1].id in other.watch.denied)
        eventually(lambda: one.standing()["failures"])
        behind = one.standing()["behind"]
        assert not one.watch.denied

        way.down = False
        eventually(lambda: len(one.watch.denied) == len(given))

        eventually(lambda: group.live.listening.delivery.backlog().behind == 0)
        assert behind
        assert list(one.watch.denied) == [each.id for each in given]


def test_who_holds_a_grant_hears_what_ended_before_it_listened_at_all(group: Listeners):
    ended = grant("before anybody listened")
    group.live.client.submit(ended.raw)
    group.live.withdraw(ended.id, ended.key)
    withdraw(group)
    one = group.add()

    one.subscribe()

    assert list(one.watch.denied) == [ended.id, group.grant.id]
    assert one.standing()["behind"] == 0


def test_a_registry_that_starts_again_goes_on_where_it_stopped(tmp_path: Path):
    given = grant("while nobody listened")
    with live_registry(tmp_path, pace=QUICK) as live, listeners(live, tmp_path) as group:
        one = group.add()
        one.subscribe()
        live.listening.delivery.__exit__(None, None, None)
        live.client.submit(given.raw)
        live.withdraw(given.id, given.key)
        assert not one.watch.denied
        with live_registry(tmp_path, pace=QUICK, clock=live.clock):
            eventually(lambda: given.id in one.watch.denied)


def test_a_slow_listener_holds_nobody_up(group: Listeners):
    class Slow:
        def forget(self, grant_ids: Collection[str]) -> None:
            del grant_ids
            time.sleep(1.5)

    slow = [group.add(caches=(Slow(),)) for _ in range(3)]
    quick = group.add()
    for each in (*slow, quick):
        each.subscribe()

    began = group.live.withdraw(group.grant.id or "", group.world.secret.signer)
    eventually(lambda: quick.watch.denied)

    assert next(iter(quick.watch.denied.values())) - began < 1.0
    eventually(lambda: all(each.standing()["behind"] == 0 for each in slow))


def test_a_gap_is_filled_from_the_log_before_the_event_is_acknowledged(group: Listeners):
    one = group.add()
    one.verifier.log_events.catch_up()
    given = [grant(f"gap {number}") for number in range(2)]
    for each in given:
        group.live.client.submit(each.raw)
        group.live.withdraw(each.id, each.key)
    # The newest change alone, as it comes to those who have heard all before.
    last = event_of(group.live, heard=group.live.client_size() - 2)

    one.verifier.log_events.receive(last)

    assert set(one.watch.denied) == {each.id for each in given}
    assert one.verifier.log_events.catch_up() == group.live.client_size()


def test_the_same_event_again_is_acknowledged_again(group: Listeners):
    one = group.add()
    heard = one.verifier.log_events.catch_up()
    withdraw(group)
    event, end = event_of(group.live, heard=heard), group.live.client_size()

    said = [one.verifier.log_events.receive(event) for _ in range(2)]

    for each in said:
        verify_event_acknowledgement(each, event=digest(event), end=end, listener=one.did)


def test_what_the_log_signed_is_denied_even_if_the_rest_cannot_be_confirmed(group: Listeners):
    with lossy(group.live.url, loss=0, seed=3) as way:
        one = group.add(ask_at=way.url)
        one.verifier.log_events.catch_up()
        withdraw(group)
        # It tells no proof from the tree that we have seen, so the log has to be asked for one.
        event = event_of(group.live, heard=0)
        way.down = True

        with pytest.raises(UnavailableError):
            one.verifier.log_events.receive(event)

        assert one.refusals() == ("withdrawn",)
        way.down = False
        one.verifier.log_events.receive(event)


def test_a_log_that_contradicts_itself_gets_no_acknowledgement(group: Listeners):
    one = group.add()
    heard = one.verifier.log_events.catch_up()
    withdraw(group)
    other = SmallLog([grant(f"other {n}").raw for n in range(9)])
    forked = LogEvent(
        log=ORIGIN,
        start=heard,
        end=heard + 1,
        checkpoint=other.checkpoint(at=group.live.clock.now()),
        consistency=(),
        changed=(),
    )

    with pytest.raises(LogProofError):
        one.verifier.log_events.receive(sign_event(forked, signer=LOG_SIGNER))


def test_an_event_is_believed_only_of_the_log_itself(group: Listeners):
    one = group.add()
    one.verifier.log_events.catch_up()
    change = Change(id=group.grant.id or "", index=1, standing=Standing.ENDED)
    false = LogEvent(
        log=ORIGIN, start=1, end=2, checkpoint="none", consistency=(), changed=(change,)
    )

    with pytest.raises(ProofError):
        one.verifier.log_events.receive(sign_event(false, signer=signer("somebody else")))
    elsewhere = replace(false, log="elsewhere.example/log")
    with pytest.raises(ProofError):
        one.verifier.log_events.receive(sign_event(elsewhere, signer=LOG_SIGNER))

    assert one.refusals() == ()
    assert not one.watch.denied


def test_an_event_under_an_old_checkpoint_denies_and_is_not_acknowledged(group: Listeners):
    one = group.add()
    heard = one.verifier.log_events.catch_up()
    withdraw(group)
    old = LogEvent(
        log=ORIGIN,
        start=heard,
        end=heard + 1,
        checkpoint=group.live.client.checkpoint(),
        consistency=(),
        changed=(Change(id=group.grant.id or "", index=heard, standing=Standing.ENDED),),
    )
    group.live.clock.skip(minutes=10)

    with pytest.raises(StaleError):
        one.verifier.log_events.receive(sign_event(old, signer=LOG_SIGNER))

    assert one.refusals() == ("withdrawn",)


def test_a_resumption_lets_evidence_decide_again_and_only_that(group: Listeners):
    one = group.add()
    one.verifier.log_events.catch_up()
    grant_id, events = group.grant.id or "", one.verifier.log_events

    def told(standing: Standing, index: int) -> None:
        raw = LogEvent(
            log=ORIGIN,
            start=0,
            end=index + 1,
            checkpoint=group.live.client.checkpoint(),
            consistency=(),
            changed=(Change(id=grant_id, index=index, standing=standing),),
        )
        # The log here has no such entries yet, so none of these is acknowledged.
        with pytest.raises(LogProofError):
            events.receive(sign_event(raw, signer=LOG_SIGNER))

    told(Standing.SUSPENDED, 50)
    suspended = one.refusals()
    told(Standing.IN_FORCE, 70)
    resumed = one.refusals()
    told(Standing.SUSPENDED, 50)
    late = one.refusals()

    assert (suspended, resumed, late) == (("suspended",), (), ())


def test_only_an_endpoint_that_asked_for_it_is_subscribed(group: Listeners):
    one, other = group.add(), group.add()
    stranger = messages.subscribe(
        log=ORIGIN,
        url=one.verifier.log_events.url,
        start=0,
        at=group.live.clock.now(),
        signer=signer("stranger"),
    )

    with pytest.raises(UnavailableError):
        other.subscriptions.begin(stranger)

    stolen = messages.subscription_id(
        did_of(signer("stranger").public_key), one.verifier.log_events.url
    )
    with pytest.raises(NotFoundError):
        one.subscriptions.look(stolen)


@pytest.mark.parametrize(
    "url",
    ["https://10.0.0.1/hook", "https://192.168.1.1/", "https://[::ffff:169.254.169.254]/"],
)
def test_no_url_leads_the_registry_into_a_private_network(group: Listeners, url: str):
    one = group.add()
    wish = messages.subscribe(
        log=ORIGIN, url=url, start=0, at=group.live.clock.now(), signer=signer("stranger")
    )

    with pytest.raises(RejectedError):
        one.subscriptions.begin(wish)


def test_a_subscription_is_of_this_log_recent_and_not_ahead_of_it(group: Listeners):
    one, now = group.add(), group.live.clock.now()
    url, key = one.verifier.log_events.url, signer("listener 0")

    with pytest.raises(ProofError):
        one.subscriptions.begin(
            messages.subscribe(log="other.example/log", url=url, start=0, at=now, signer=key)
        )
    with pytest.raises(ConflictError):
        one.subscriptions.begin(
            messages.subscribe(log=ORIGIN, url=url, start=99, at=now, signer=key)
        )
    old = messages.subscribe(log=ORIGIN, url=url, start=0, at=now, signer=key)
    group.live.clock.skip(minutes=6)
    with pytest.raises(StaleError):
        one.subscriptions.begin(old)


def test_a_subscription_ends_when_its_listener_says_so_and_nobody_else(group: Listeners):
    one = group.add()
    one.subscribe()

    with pytest.raises(ProofError):
        one.subscriptions.end(one.id, one.ending(signer("stranger")))
    one.subscriptions.end(one.id, one.ending(signer("listener 0")))
    withdraw(group)

    with pytest.raises(NotFoundError):
        one.standing()
    time.sleep(10 * QUICK.look)
    assert not one.watch.denied


def test_who_says_nothing_for_thirty_days_is_forgotten(group: Listeners):
    one = group.add()
    one.subscribe()
    group.live.clock.skip(days=31)

    def gone() -> bool:
        try:
            one.standing()
        except NotFoundError:
            return True
        return False

    eventually(gone)
