"""A peer in a process of its own, which is kept, so that its start is not measured."""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import final


class NoPeerError(Exception):
    """The peer is not here, or does not do what was asked of it; the text says why."""


@final
class PeerProcess:
    """Answers requests one by one, and says how many seconds it worked."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, **request: object) -> float:
        """Have a request done; return the seconds of work that the peer has spent so far."""
        if self._process.stdin is None or self._process.stdout is None:
            raise NoPeerError("the peer cannot be spoken to")
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            said = json.loads(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            raise NoPeerError("the peer ended") from error
        if "refusal" in said:
            raise NoPeerError("the peer refused: " + said["refusal"])
        return float(said["seconds"])

    def work(self, name: str, size: int) -> Callable[[int], None]:
        """Return a `run` that has the peer do `name` on what was prepared for `size`."""

        def run(count: int) -> None:
            self.ask(run={"work": name, "size": size, "count": count})

        return run

    def spent(self) -> float:
        """Return the seconds of work so far."""
        return self.ask(spent=True)


@contextmanager
def peer_process(command: Sequence[str]) -> Iterator[PeerProcess]:
    """Start a peer, which reads requests and writes answers, a line of JSON each."""
    with subprocess.Popen(  # noqa: S603 - our own script, by a program that was found
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield PeerProcess(process)
        finally:
            process.kill()
