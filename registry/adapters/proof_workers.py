"""Proofs verified in processes of their own, because one process verifies on one core only."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock, Semaphore
from typing import Final, final

from registry.adapters.proof_worker import COUNT_BYTES, EACH
from registry.model.envelope import Proof
from registry.model.own_signatures import own_signatures
from registry.model.state import verify_each
from registry.model.strict_keys import require_the_rule
from ssi_core.errors import SsiError

# Below this, asking another process takes longer than it saves.
_WORTH_ASKING: Final = 16
_PROGRAM: Final = "registry.adapters.proof_worker"
# Waiting leaves this process to others. A thousand signatures take less than a tenth of a second.
_PATIENCE: Final = 1.0
_HOLDS: Final = 1
# The next batch is in a worker's pipe before the last one is answered: this process may be long
# about something else before it could send it.
_AT_ONCE: Final = 2
# A program that cannot even start is not tried for ever.
_MAX_FAILURES: Final = 3


@final
class ProofWorkers:
    """Up to `count` processes, each started when a large batch first needs it.

    A batch that no process has time for in a while is verified where it is, and so is one whose
    process has ended.
    """

    def __init__(self, count: int) -> None:
        """Raise `UnavailableError` if the installed libsodium has another rule than the log."""
        require_the_rule()
        self._worth_asking = _WORTH_ASKING if count else sys.maxsize
        self._workers = tuple(_Worker() for _ in range(count))
        self._places = Semaphore(_AT_ONCE * count)
        self._choosing = Lock()

    def verify(self, proofs: Sequence[Proof]) -> list[SsiError | None]:
        """Return, for each proof, nothing if it holds, and why not if it does not."""
        if len(proofs) < self._worth_asking:
            return verify_each(proofs)
        # A worker reads 160 bytes for each; data of another length is none of its business.
        items = [item if len(item) == EACH else b"" for item in own_signatures(proofs)]
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
        if not self._places.acquire(timeout=_PATIENCE):
            return b""
        worker = self._least_asked()
        try:
            return b"" if worker is None else worker.ask(items)
        finally:
            self._leave(worker)

    def _least_asked(self) -> "_Worker | None":
        with self._choosing:
            able = [worker for worker in self._workers if worker.failures < _MAX_FAILURES]
            worker = min(able, key=lambda one: one.asked, default=None)
            if worker is not None:
                worker.asked += 1
            return worker

    def _leave(self, worker: "_Worker | None") -> None:
        if worker is not None:
            with self._choosing:
                worker.asked -= 1
        self._places.release()


@final
class _Worker:
    """One process, which answers batches in the order in which they are sent."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.failures = 0
        self.asked = 0
        self._sending = Lock()
        self._receiving = Lock()

    def ask(self, items: Sequence[bytes]) -> bytes:
        """Return a byte for each item, or nothing if the process did not answer as it should."""
        try:
            return self._exchange(items)
        except (OSError, ValueError):
            return b""

    def end(self) -> None:
        """End the process, which ends with its input: also when this one is killed."""
        with self._sending, self._receiving:
            process, self.process = self.process, None
            if process is not None:
                process.communicate()

    def _exchange(self, items: Sequence[bytes]) -> bytes:
        with self._sending:
            process = self.process or self._start()
            with self._unbroken(process):
                _send(process, items)
                # Taken before anybody else can send, so whoever sent first receives first.
                self._receiving.acquire()
        try:
            with self._unbroken(process):
                return _receive(process, len(items))
        finally:
            self._receiving.release()

    @contextmanager
    def _unbroken(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Give up a process whenever an exchange breaks off: its next answer is another batch's."""
        try:
            yield
        except BaseException:
            if self.process is process:
                self.process = None
                self.failures += 1
            _kill(process)
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [sys.executable, "-m", _PROGRAM],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError:
            self.failures += 1
            raise
        return self.process


def _send(process: subprocess.Popen[bytes], items: Sequence[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.write(len(items).to_bytes(COUNT_BYTES, "big") + b"".join(items))
        process.stdin.flush()


def _receive(process: subprocess.Popen[bytes], count: int) -> bytes:
    answer = b"" if process.stdout is None else process.stdout.read(count)
    if len(answer) != count:
        raise OSError("the worker has ended")
    return answer


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError, ValueError):
            if pipe is not None:
                pipe.close()
