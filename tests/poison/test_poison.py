"""Whatever is built to stall or to fill us is refused within a second and a hundred megabytes.

Each case runs in a process of its own, which measures what reading it costs beyond making it.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.poison.cases import cases

# What we promise, and how much slower a busy machine may be.
SECONDS: Final = 1.0
MEGABYTES: Final = 100.0
MARGIN: Final = 3
# A presentation of this kind is honest in form, and its proof does not hold.
REFUSALS: Final = frozenset(
    {
        "algorithm_rejected",
        "context_refused",
        "data_loss",
        "disclosure_rejected",
        "holder_binding_rejected",
        "malformed",
        "proof_rejected",
        "status_undetermined",
        "too_much_work",
    }
)

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is measured by Linux's own accounts"
)


@pytest.fixture(scope="module")
def measured(project: Path, vectors: Path) -> dict[str, dict[str, Any]]:
    done = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-m", "tests.poison.measured", str(vectors)],
        capture_output=True,
        text=True,
        cwd=project,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {each.pop("name"): each for each in found}


# One test, so that one process measures, whichever worker gets it.
def test_poison_is_refused_within_a_second_and_a_hundred_megabytes(
    measured, vectors, subtests, record_property
):
    assert measured.keys() == cases(vectors).keys()

    for name, cost in measured.items():
        record_property(name, json.dumps(cost))
        sys.stdout.write(f"{name}: {json.dumps(cost)}\n")
        with subtests.test(msg=name):
            assert cost["outcome"] in REFUSALS
            assert cost["seconds"] < MARGIN * SECONDS
            assert cost["megabytes"] < MARGIN * MEGABYTES
