"""kill -9 of any process at any moment: what was acknowledged is there, and the story goes on.

CONSENTRY_KILLS=N kills N times instead of 30; CONSENTRY_SEED=N replays what N printed.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from random import Random, SystemRandom

import pytest

from consentry.demo import synthetic
from consentry.demo.narrator import Narrator
from consentry.demo.stage import Stage
from consentry.demo.story import Story
from tests.e2e.conftest import Enter
from tests.support.power_cuts import PowerCuts

_PARTS = 5
_KILLS = int(os.environ.get("CONSENTRY_KILLS", "30"))
_SEED = os.environ.get("CONSENTRY_SEED")
# About how many seconds each takes, so that most are cut off on their way, and some just after.
_ACTIONS = {"accept": 0.25, "consent": 0.25, "withdraw": 0.2, "revoke": 0.1, "use": 0.03}


@pytest.fixture(autouse=True)
def lights_on(open_stage: Stage) -> Iterator[None]:
    """Start again whoever a failed test has left dead: others play on the same stage."""
    yield
    for name in ("registry", "clinic", "insurer"):
        if not open_stage.process(name).running:
            open_stage.process(name).start()


@pytest.mark.timeout(60 + 20 * _KILLS)
@pytest.mark.parametrize("part", range(_PARTS))
def test_nothing_acknowledged_is_lost_by_a_power_cut(
    part: int, *, open_stage: Stage, enter: Enter, story: Story, tale: Narrator
):
    seed = SystemRandom().randrange(2**32) if _SEED is None else int(_SEED)
    chance = Random(seed)  # noqa: S311 - replayed by its seed
    patient = enter(synthetic.bundle(part))
    cuts = PowerCuts(open_stage, patient.name, patient.bundle, chance)
    victims = ("registry", "clinic", "insurer", patient.name)

    for number in range(-(-_KILLS // _PARTS)):
        action, takes = chance.choice(list(_ACTIONS.items()))
        victim = chance.choice(victims)
        delay = chance.uniform(0, takes)
        told = f"seed {seed}, kill {number}: {victim} {delay:.3f} s into {action}"
        print(told)  # noqa: T201 - shown when a test fails, to play it again
        cuts.round(action, victim, delay)

    assert cuts.kills >= _KILLS // _PARTS
    print(f"{cuts.cut_off} of {cuts.kills} were cut off")  # noqa: T201
    story.play(patient)
    assert tale.broken == 0
    assert _fsck(open_stage).startswith("sound ")


def _fsck(stage: Stage) -> str:
    folder = str(stage.process("registry").folder)
    command = [sys.executable, "-m", "consentry", "registry", "fsck", "--data-dir", folder]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
