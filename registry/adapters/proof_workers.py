"""Proofs verified in processes of their own, because one process verifies on one core only."""

import subprocess
import sys
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Final, final

from registry.model.envelope import Proof
from ssi_core.errors import SsiError

# Below this, asking another process takes longer than it saves.
_WORTH_ASKING: Final = 16
_PROGRAM: Final = "from registry.adapters.proof_worker import main; main()"


@final
class ProofWorkers:
    """Up to `count` processes, each started when a large batch first needs it.

    A batch that finds none idle is verified where it is, and so is one whose process has ended.
    """

    def __init__(self, count: int) -> None:
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for _ in range(count):
            self._idle.put(_Worker())

    def verify(self, proofs: Sequence[Proof]) -> list[SsiError | None]:
        """Return, for each proof, nothing if it holds, and why not if it does not."""
        holds = self._ask(proofs) if len(proofs) >= _WORTH_ASKING else b""
        if len(holds) != len(proofs):
            return [proof.failure() for proof in proofs]
        # What a worker refuses is verified again, for the reason.
        return [
            None if held == b"1"[0] else proof.failure()
            for held, proof in zip(holds, proofs, strict=True)
        ]

    def close(self) -> None:
        """End the processes that are idle."""
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    def _ask(self, proofs: Sequence[Proof]) -> bytes:
        try:
            worker = self._idle.get_nowait()
        except Empty:
            return b""
        try:
            return worker.ask(proofs)
        finally:
            self._idle.put(worker)


@final
class _Worker:
    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, proofs: Sequence[Proof]) -> bytes:
        """Return `1` for each proof that holds and `0` if not; nothing if there is no answer."""
        process = self._process or self._start()
        if process.stdin is None or process.stdout is None:
            return b""
        try:
            process.stdin.write(b"".join(map(_line, proofs)) + b"\n")
            process.stdin.flush()
            return process.stdout.readline().rstrip()
        except OSError:
            return b""

    def close(self) -> None:
        """End the process: it ends when its input does, also when this one is killed."""
        if self._process is not None:
            self._process.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self._process


def _line(proof: Proof) -> bytes:
    return f"{proof.verification_method} {proof.value} {proof.data.hex()}\n".encode()
