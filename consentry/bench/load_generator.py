"""So many users at a time, by locust, a load generator that others maintain."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consentry.bench.peer_process import NoPeerError

# What one user does. It runs where locust is installed, so it is no module of ours.
_SCRIPT: Final = """\
import os
import random
import time
from itertools import cycle
from pathlib import Path

from locust import FastHttpUser, between, task

LINES = cycle(Path(os.environ["USERS_FILE"]).read_bytes().splitlines())
POST = os.environ["USERS_POST"]
PACE = float(os.environ["USERS_PACE"])
JSON = {"Content-Type": "application/json"}


class Someone(FastHttpUser):
    # Half as long or half as long again: people do not ask in step with each other.
    wait_time = between(0.5 * PACE, 1.5 * PACE)

    def on_start(self):
        # All are started at once.
        time.sleep(random.random() * PACE)

    @task
    def ask(self):
        line = next(LINES)
        if POST:
            self.client.post(POST, data=line, headers=JSON, name="all")
        else:
            self.client.get(line.decode(), name="all")
"""
# It wants other versions of what we use, so it has an environment of its own.
_PROGRAM: Final = Path(sys.prefix, "load", "bin", "locust")
_GRACE: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What users do at `url` for some seconds: each waits for its answer before it asks again.

    `file` holds a path for each read, or a body for each write, one to a line; `post` is the path
    that bodies are sent to. `rate` is how often all users ask together in a second: each of them
    pauses for about `users / rate` seconds. Without it they ask as fast as they are answered.
    """

    url: str
    file: Path
    users: int
    seconds: int
    post: str | None = None
    rate: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the users saw: milliseconds, and how many answers were good and how many were not."""

    mean: float
    p50: float
    p99: float
    good: int
    bad: int
    seconds: float

    @property
    def success(self) -> float:
        """The share of good answers, in per cent."""
        return 100 * self.good / max(1, self.good + self.bad)

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.good / max(self.seconds, 0.001)


def require_generator() -> Path:
    """Return the load generator's path; raise `NoPeerError` where it is missing."""
    if not _PROGRAM.exists():
        raise NoPeerError("locust is not installed (`make load` does that)")
    return _PROGRAM


def generate(load: Load) -> Seen:
    """Put the load on the server, and return what its users saw."""
    pace = 0 if load.rate is None else load.users / load.rate
    script = load.file.with_name("users.py")
    script.write_text(_SCRIPT, encoding="utf-8")
    command = [
        *(str(require_generator()), "--locustfile", str(script), "--host", load.url),
        *("--headless", "--skip-log", "--json", "--users", str(load.users)),
        *(
            "--spawn-rate",
            str(load.users),
            "--run-time",
            f"{load.seconds}s",
            "--stop-timeout",
            "30",
        ),
    ]
    environment = {
        **os.environ,
        "USERS_FILE": str(load.file),
        "USERS_POST": load.post or "",
        "USERS_PACE": str(pace),
    }
    done = subprocess.run(  # noqa: S603 - our own script, by the generator that was found
        command,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=load.seconds + _GRACE,
    )
    try:
        (said,) = json.loads(done.stdout)
        return seen_in(said)
    except (ValueError, TypeError, KeyError):
        raise NoPeerError("the load generator did not say what it saw") from None


def seen_in(said: Mapping[str, object]) -> Seen:
    """Return what the generator's own account of all requests says."""
    times = said["response_times"]
    count, failed = int(str(said["num_requests"])), int(str(said["num_failures"]))
    if not isinstance(times, Mapping) or not count:
        raise ValueError("nothing was asked")
    spent = {float(milliseconds): int(number) for milliseconds, number in times.items()}
    began, ended = float(str(said["start_time"])), float(str(said["last_request_timestamp"]))
    return Seen(
        mean=float(str(said["total_response_time"])) / count,
        p50=_percentile(spent, 0.5),
        p99=_percentile(spent, 0.99),
        good=count - failed,
        bad=failed,
        seconds=ended - began,
    )


def _percentile(spent: Mapping[float, int], share: float) -> float:
    wanted = share * sum(spent.values())
    for milliseconds in sorted(spent):
        wanted -= spent[milliseconds]
        if wanted <= 0:
            return milliseconds
    return max(spent)
