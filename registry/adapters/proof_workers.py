"""Proofs verified in processes of their own, because one process verifies on one core only."""

import os
import subprocess
import sys
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Final, final

from registry.model.envelope import Proof
from registry.model.state import verify_each
from ssi_core.errors import SsiError

# Below this, asking another process takes longer than it saves.
_WORTH_ASKING: Final = 16
_PROGRAM: Final = "from registry.adapters.proof_worker import main; main()"
# Waiting leaves this process to others; but a machine without an idle core has no use for it.
_PATIENCE: Final = 0.05
_HOLDS: Final = ord("1")
# A program that cannot even start is not tried for ever.
_MAX_FAILURES: Final = 3


@final
class ProofWorkers:
    """Up to `count` processes, each started when a large batch first needs it.

    A batch that finds none idle for some milliseconds is verified where it is, and so is one whose
    process has ended.
    """

    def __init__(self, count: int) -> None:
        self._worth_asking = _WORTH_ASKING if count else sys.maxsize
        self._workers = tuple(_Worker() for _ in range(count))
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def verify(self, proofs: Sequence[Proof]) -> list[SsiError | None]:
        """Return, for each proof, nothing if it holds, and why not if it does not."""
        answer = self._ask(proofs) if len(proofs) >= self._worth_asking else b""
        if len(answer) != len(proofs):
            return verify_each(proofs)
        # What a worker refuses is verified again, for the reason.
        return [
            None if held == _HOLDS else proof.failure()
            for held, proof in zip(answer, proofs, strict=True)
        ]

    def processes(self) -> tuple[int, ...]:
        """Return the ids of the processes that have been started and have not been given up."""
        return tuple(worker.process.pid for worker in self._workers if worker.process is not None)

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.end()

    def _ask(self, proofs: Sequence[Proof]) -> bytes:
        try:
            worker = self._idle.get(timeout=_PATIENCE)
        except Empty:
            return b""
        answer = worker.ask(proofs)
        if worker.failures < _MAX_FAILURES:
            self._idle.put(worker)
        return answer


@final
class _Worker:
    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.failures = 0

    def ask(self, proofs: Sequence[Proof]) -> bytes:
        """Return a digit for each proof, or nothing if the process did not answer as it should."""
        try:
            answer = _exchange(self.process or self._start(), b"".join(map(_line, proofs)) + b"\n")
        except (OSError, ValueError):
            answer = b""
        if len(answer) != len(proofs):
            self.failures += 1
            self.end()
            return b""
        return answer

    def end(self) -> None:
        """End the process, which ends with its input: also when this one is killed."""
        process, self.process = self.process, None
        if process is not None:
            process.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-c", _PROGRAM],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self.process


def _exchange(process: subprocess.Popen[bytes], question: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        return b""
    process.stdin.write(question)
    process.stdin.flush()
    return process.stdout.readline().rstrip()


def _line(proof: Proof) -> bytes:
    # In hex, because a stranger's text could hold whatever else would end a line.
    parts = (proof.verification_method.encode(), proof.value.encode(), proof.data)
    return " ".join(part.hex() for part in parts).encode() + b"\n"
