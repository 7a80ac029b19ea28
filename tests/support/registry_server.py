"""The registry as a real process, which can be asked, stopped and killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_PROGRAM = "from registry.cli import commands; commands()"


class RegistryServer:
    """`registry serve` on a free port, which it keeps over restarts.

    `options` are further words of the command line; `command` may be another one that serves, and
    `role` what it says that it is.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        database: str | None = None,
        options: Sequence[str] = (),
        command: str = "serve",
        role: str | None = None,
    ) -> None:
        self._folder = folder
        self._port = port
        self._database = database
        self._command = command
        self._role = role or ("registry" if command == "serve" else command)
        self.options = list(options)
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it says that it answers."""
        command = [sys.executable, "-c", _PROGRAM, self._command, "--port", str(self._port)]
        command += ["--data-dir", str(self._folder), *self.options]
        if self._database is not None:
            command += ["--database", self._database]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline().split()
        assert said[:2] == ["ready", self._role], said
        self.url = said[2]
        self._port = int(self.url.rpartition(":")[2])

    def wait(self) -> int:
        """Wait for it to end by itself, and return its exit status."""
        return self._end(None)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int | None) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        if number is not None:
            self._process.send_signal(number)
        status = self._process.wait(20)
        self._process.stdout.close()
        self._process = None
        return status

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self.kill()
