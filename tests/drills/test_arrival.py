"""How long after a withdrawal everybody who listens denies, on a network that loses a third.

CONSENTRY_DRILL_SUBSCRIBERS=100 has as many verifiers listen, CONSENTRY_DRILL_WITHDRAWALS=N
withdraws N times; the figures are printed (`pytest -s`). The verifiers are the real use cases,
stores and routes, many to a process; the registry's pushes and the verifiers' questions both
pass a proxy that ends three in ten sendings.
"""

import os
import time
from pathlib import Path

from tests.support.listeners import Listener, Listeners, listeners, live_registry
from tests.support.lossy_proxy import lossy
from tests.support.registry import grant

SUBSCRIBERS = int(os.environ.get("CONSENTRY_DRILL_SUBSCRIBERS", "12"))
WITHDRAWALS = int(os.environ.get("CONSENTRY_DRILL_WITHDRAWALS", "6"))
LOSS = 0.3
# What is promised for a hundred. In CI the machine may be busy with everything else.
P99_SECONDS = 5.0 if SUBSCRIBERS >= 100 else 15.0
BACK_SECONDS = 60.0


def wait_for(each: list[Listener], grant_id: str, *, seconds: float) -> None:
    """Wait until all of them deny."""
    end = time.monotonic() + seconds
    while not all(grant_id in one.watch.denied for one in each):
        missing = sum(grant_id not in one.watch.denied for one in each)
        assert time.monotonic() < end, f"{missing} of {len(each)} were never told"
        time.sleep(0.005)


def withdrawn(group: Listeners, each: list[Listener], number: int) -> list[float]:
    """Give and withdraw a grant; return after how many seconds each listener denied it."""
    given = grant(f"drill {number}")
    group.live.client.submit(given.raw)
    began = group.live.withdraw(given.id, given.key)
    wait_for(each, given.id, seconds=BACK_SECONDS)
    return [one.watch.denied[given.id] - began for one in each]


def percentile(values: list[float], part: float) -> float:
    """Return the smallest value that this part of all does not exceed."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def test_a_withdrawal_reaches_every_listener_in_time_and_the_one_that_was_away(tmp_path: Path):
    with (
        live_registry(tmp_path) as live,
        listeners(live, tmp_path) as group,
        lossy(live.url, loss=LOSS, seed=1) as asking,
        lossy(group.url, loss=LOSS, seed=2) as pushing,
        lossy(group.url, loss=LOSS, seed=3) as cut,
    ):
        there = [
            group.add(public_url=pushing.url, ask_at=asking.url) for _ in range(SUBSCRIBERS - 1)
        ]
        away = group.add(public_url=cut.url, ask_at=asking.url)
        for one in (*there, away):
            one.subscribe_until_it_works()
        cut.down = True

        took = [s for number in range(WITHDRAWALS) for s in withdrawn(group, there, number)]
        began = live.withdraw(group.grant.id or "", group.world.secret.signer)
        wait_for(there, group.grant.id or "", seconds=BACK_SECONDS)
        took += [one.watch.denied[group.grant.id or ""] - began for one in there]
        missed_nothing_yet = not away.watch.denied

        cut.down = False
        back = time.monotonic()
        wait_for([away], group.grant.id or "", seconds=BACK_SECONDS)
        returned = away.watch.denied[group.grant.id or ""] - back
        asking.down = True

        p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
        print(  # noqa: T201 - what the drill is for
            f"\n{SUBSCRIBERS} listeners, {len(took)} denials: p50 {p50:.3f} s, p99 {p99:.3f} s, "
            f"worst {max(took):.3f} s; the one away denied {returned:.3f} s after its return; "
            f"{pushing.lost + asking.lost + cut.lost} sendings were lost"
        )
        assert missed_nothing_yet
        assert len(away.watch.denied) == WITHDRAWALS + 1
        assert pushing.lost
        assert p99 < P99_SECONDS
        # None of them can ask the log any more, and still each knows.
        assert {one.refusals() for one in (*there, away)} == {("withdrawn",)}
