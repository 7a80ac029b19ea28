"""The harness profile as a real process."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self


class HarnessServer:
    """`consentry serve --profile harness` on a free port."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "consentry", "serve", "--profile", "harness"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--port", "0", *self._options],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            # Not this very folder, whose modules have names of rooms.
            cwd=Path(__file__).parent.parent,
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline().split()
        assert said[:2] == ["ready", "harness"], said
        self.url = said[2]
        return self

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(20)
        self._process.stdout.close()
        self._process = None
        return status

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            assert self.stop() == 0
