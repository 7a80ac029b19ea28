"""kill -9 of wallet, clinic, registry and insurer at any step of a withdrawal or a revocation.

CONSENTRY_DRILL_KILLS=1000 kills as often; CONSENTRY_DRILL_SEED=N draws other steps. Everybody
is forked from one process that has loaded everything, and is fated to die at a step that chance
has drawn: a call or a return, in Python or in C. Each goes on where it stopped when it is started
again, and is killed there again. After every death of a server, and after every tenth action, log,
status list, and the stores of all are compared.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ssi_core import strict_json

KILLS = int(os.environ.get("CONSENTRY_DRILL_KILLS", "200"))
SEED = os.environ.get("CONSENTRY_DRILL_SEED", "7")
_PROGRAM = "from tests.support.kill_driver import main; main()"


@pytest.mark.timeout(120 + 5 * KILLS)
def test_store_list_and_log_never_disagree_whoever_is_killed_at_whichever_step(
    tmp_path: Path, project: Path
):
    path = os.pathsep.join([*sys.path, str(project)])

    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _PROGRAM, str(tmp_path), str(KILLS), SEED],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, f"seed {SEED}\n{done.stderr[-6000:]}"
    report = strict_json.parse_object((tmp_path / "report.json").read_bytes())
    print(f"\nseed {SEED}: {report}")  # noqa: T201 - to be seen, and to play it again
    deaths = strict_json.as_object(report["deaths"], at="/deaths")
    assert sum(int(str(count)) for count in deaths.values()) >= KILLS
    assert all(deaths.values()), deaths
