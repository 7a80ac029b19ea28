"""Processes that are forked from one that has everything loaded, and that die where we say.

A fork costs a hundredth of what starting Python does, so hundreds of deaths are affordable. Fork
only while this process has one thread and no open database.
"""

import mmap
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

_NUMBER: Final = 8
_EVERY: Final = 64
_NEVER: Final = 2**62


class Fork:
    """One forked process. It may be doomed to die by SIGKILL at its n-th step.

    A step is a call or a return, of ours or of a library, in Python or in C: between any two of
    them lies everything that a process can be in the middle of.
    """

    def __init__(self, work: Callable[["Fork"], None], *, dies_at: int = _NEVER) -> None:
        self._left = dies_at
        self._taken = 0
        self._counter = mmap.mmap(-1, _NUMBER)
        self._ready, self._say_ready = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._be(work)
        os.close(self._say_ready)

    def arm_threads(self) -> None:
        """Count steps in threads that begin from now on. Called within."""
        threading.setprofile(self._step)

    def arm(self) -> None:
        """Count steps from now on, in this thread and those that begin later. Called within."""
        self.arm_threads()
        sys.setprofile(self._step)

    def announce(self) -> None:
        """Say that the work may be used now. Called within."""
        os.write(self._say_ready, b".")

    def wait_ready(self) -> bool:
        """Return whether it announced itself before it died."""
        said = os.read(self._ready, 1)
        return said == b"."

    def wait(self) -> int:
        """Wait for its end; return its exit status, or the negative number of its signal."""
        _, status = os.waitpid(self.pid, 0)
        os.close(self._ready)
        return os.waitstatus_to_exitcode(status)

    def kill_now(self) -> None:
        """End it as a power cut would, if it has not ended."""
        os.kill(self.pid, signal.SIGKILL)

    def has_ended(self) -> bool:
        """Say whether it has ended; `wait` says how."""
        found = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return found is not None

    @property
    def steps(self) -> int:
        """How many steps it has taken since it was armed, about."""
        return int.from_bytes(self._counter[:_NUMBER], "little")

    def _step(self, _frame: FrameType, _event: str, _argument: object) -> None:
        self._taken += 1
        if self._taken >= self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._taken % _EVERY == 0:
            self._counter[:_NUMBER] = self._taken.to_bytes(_NUMBER, "little")

    def _be(self, work: Callable[["Fork"], None]) -> NoReturn:
        os.close(self._ready)
        status = 1
        try:
            work(self)
            status = 0
        except BaseException:  # noqa: BLE001 - this process ends here, whatever it was
            traceback.print_exc()
        finally:
            sys.setprofile(None)
            sys.stderr.flush()
            # Nothing of the process that was forked is finished or flushed a second time.
            os._exit(status)
