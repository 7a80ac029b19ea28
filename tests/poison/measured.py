"""Run each case in a process of its own, forked, and say what it cost: one JSON line each.

Processor time and memory above what the process had before, so that a busy machine changes
little. A case that takes far too much is ended by the system.
"""

import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from ssi_core.errors import SsiError
from tests.poison.cases import cases

SECONDS = 20
BYTES = 2_000_000_000


def main(vectors: str) -> None:
    for name, prepare in cases(Path(vectors)).items():
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            try:
                os.write(write, json.dumps(_measure(prepare)).encode())
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read) as answer:
            text = answer.read()
        os.waitpid(child, 0)
        found = json.loads(text) if text else {"outcome": "ended by the system"}
        sys.stdout.write(json.dumps({"name": name, **found}) + "\n")
        sys.stdout.flush()


def _measure(prepare: Callable[[], Callable[[], object]]) -> dict[str, object]:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    act = prepare()
    before, begun = _peak_from_now(), time.process_time()
    try:
        act()
    except SsiError as error:
        outcome = error.code
    except BaseException:  # noqa: BLE001 - a foreign one is told as what it is
        outcome = traceback.format_exc()
    else:
        outcome = "accepted"
    seconds = time.process_time() - begun
    megabytes = (_status("VmHWM") - before) / 1024
    return {
        "outcome": outcome,
        "seconds": round(seconds, 3),
        "megabytes": round(megabytes, 1),
    }


def _peak_from_now() -> int:
    """Forget the peak so far; return what is held now, in KiB."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main(sys.argv[1])
