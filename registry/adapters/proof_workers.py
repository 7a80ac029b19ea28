"""Proofs verified in processes of their own, because one process verifies on one core only."""

import os
import subprocess
import sys
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Final, final

from registry.adapters.proof_worker import COUNT_BYTES, EACH
from registry.model.envelope import Proof
from registry.model.state import verify_each
from registry.model.strict_keys import require_the_rule
from ssi_core.errors import SsiError

# Below this, asking another process takes longer than it saves.
_WORTH_ASKING: Final = 16
_PROGRAM: Final = "registry.adapters.proof_worker"
# Waiting leaves this process to others. A thousand signatures take less than a tenth of a second.
_PATIENCE: Final = 1.0
_HOLDS: Final = 1
# A program that cannot even start is not tried for ever.
_MAX_FAILURES: Final = 3


@final
class ProofWorkers:
    """Up to `count` processes, each started when a large batch first needs it.

    A batch that finds none idle for a while is verified where it is, and so is one whose process
    has ended.
    """

    def __init__(self, count: int) -> None:
        """Raise `UnavailableError` if the installed libsodium has another rule than the log."""
        require_the_rule()
        self._worth_asking = _WORTH_ASKING if count else sys.maxsize
        self._workers = tuple(_Worker() for _ in range(count))
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def verify(self, proofs: Sequence[Proof]) -> list[SsiError | None]:
        """Return, for each proof, nothing if it holds, and why not if it does not."""
        if len(proofs) < self._worth_asking:
            return verify_each(proofs)
        items = [_item(proof) for proof in proofs]
        held = iter(self._ask([item for item in items if item]))
        # What a worker refuses, or is not asked about, is verified here, for the reason.
        return [
            None if item and next(held, 0) == _HOLDS else proof.failure()
            for item, proof in zip(items, proofs, strict=True)
        ]

    def processes(self) -> tuple[int, ...]:
        """Return the ids of the processes that have been started and have not been given up."""
        return tuple(worker.process.pid for worker in self._workers if worker.process is not None)

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.end()

    def _ask(self, items: Sequence[bytes]) -> bytes:
        try:
            worker = self._idle.get(timeout=_PATIENCE)
        except Empty:
            return b""
        answer = worker.ask(items)
        if worker.failures < _MAX_FAILURES:
            self._idle.put(worker)
        return answer


@final
class _Worker:
    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.failures = 0

    def ask(self, items: Sequence[bytes]) -> bytes:
        """Return a byte for each item, or nothing if the process did not answer as it should."""
        try:
            answer = _exchange(self.process or self._start(), items)
        except (OSError, ValueError):
            answer = b""
        if len(answer) != len(items):
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
            [sys.executable, "-m", _PROGRAM],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self.process


def _exchange(process: subprocess.Popen[bytes], items: Sequence[bytes]) -> bytes:
    if process.stdin is None or process.stdout is None:
        return b""
    process.stdin.write(len(items).to_bytes(COUNT_BYTES, "big") + b"".join(items))
    process.stdin.flush()
    return process.stdout.read(len(items))


def _item(proof: Proof) -> bytes:
    """Return key, signature and data as a worker reads them; nothing if that cannot be."""
    try:
        item = proof.own_signature()
    except SsiError:
        return b""
    return item if len(item) == EACH else b""
