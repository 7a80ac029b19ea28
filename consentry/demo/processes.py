"""The roles as real processes on this machine: started, watched, stopped and killed."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, final

from ssi_core.errors import UnavailableError

_READY_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
_PORTS: Final = (10_240, 32_768)


@final
class RoleProcess:
    """One `consentry <role> serve`, with a port, a folder and a log of its own.

    It keeps its port over restarts, because DIDs and links name it. `words` are the
    command's, where they are others.
    """

    def __init__(
        self,
        name: str,
        role: str,
        *,
        folder: Path,
        settings: Mapping[str, str],
        port: int,
        words: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.role = role
        self.port = port
        self.url = f"http://localhost:{port}"
        self.folder = folder
        self.log = folder / "process.log"
        self._settings = dict(settings)
        self._words = tuple(words) or (role, "serve")
        self._process: subprocess.Popen[str] | None = None

    @property
    def running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process and wait until it says that it answers."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        prefix = f"CONSENTRY_{self.role.upper()}_"
        own = {"PORT": str(self.port), "PUBLIC_URL": self.url, "DATA_DIR": str(self.folder)}
        settings = {prefix + key: text for key, text in {**own, **self._settings}.items()}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [sys.executable, "-m", "consentry", *self._words],
                env={**os.environ, **settings},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._await_ready(self._process)

    def stop(self) -> None:
        """Ask the process to end, and insist if it does not."""
        if (process := self._process) is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        self._end(process)

    def kill(self) -> None:
        """End the process as a power cut would: SIGKILL, no farewell."""
        if (process := self._process) is not None:
            process.send_signal(signal.SIGKILL)
            self._end(process)

    def _end(self, process: subprocess.Popen[str]) -> None:
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        self._process = None

    def _await_ready(self, process: subprocess.Popen[str]) -> None:
        said: list[str] = []
        reader = threading.Thread(target=_first_line, args=(process.stdout, said), daemon=True)
        reader.start()
        reader.join(_READY_SECONDS)
        if not said or not said[0].startswith("ready "):
            self.kill()
            last = (self.log.read_text(encoding="utf-8").splitlines() or ["nothing"])[-1]
            reason = f"a process did not start; the end of its log says: {last}"
            raise UnavailableError(reason, at=str(self.log))


def free_port() -> int:
    """Return a port of this machine that nobody uses now, and that no client is given meanwhile.

    Systems give outgoing connections ports from 32,768 or 49,152 on; one of those may be taken
    before a process listens there, or while it is started again.
    """
    while True:
        port = random.randrange(*_PORTS)  # noqa: S311 - no secret
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _first_line(stream: IO[str] | None, said: list[str]) -> None:
    if stream is not None:
        said.append(stream.readline())
