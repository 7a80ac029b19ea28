"""So many users at a time, by autocannon, a load generator that others maintain."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consentry.bench.javascript import NoPeerError

_FOLDER: Final = Path(__file__).parent / "peers_js"
_SECONDS: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What users do at `url`: each waits for its answer before it asks again.

    `file` holds a path for each read, or a body for each write, one to a line; `post` is the path
    that bodies are sent to. `rate` spreads all users' requests over time, so many a second; without
    it they ask as fast as they are answered.
    """

    url: str
    file: Path
    users: int
    amount: int
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


def require_generator() -> str:
    """Return the path of Node; raise `NoPeerError` where it or the load generator is missing."""
    node = shutil.which("node")
    if node is None or not (_FOLDER / "node_modules" / "autocannon").is_dir():
        raise NoPeerError("Node or autocannon is not installed (`make load` does that)")
    return node


def generate(load: Load) -> Seen:
    """Put the load on the server, and return what its users saw."""
    node = require_generator()
    asked = {
        "url": load.url,
        "file": str(load.file),
        "users": load.users,
        "amount": load.amount,
        "post": load.post,
        "rate": load.rate,
    }
    done = subprocess.run(  # noqa: S603 - our own script, by the Node that was found
        [node, str(_FOLDER / "users.js")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    try:
        return Seen(**json.loads(done.stdout))
    except (ValueError, TypeError):
        raise NoPeerError("the load generator did not say what it saw") from None
