"""The custodian as a real process, which can be asked, stopped and killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

_PROGRAM = "from consent_contracts.cli import commands; commands()"
WITH_LOG = "from consentry.custodian.cli import commands; commands()"
"""The same as the front door has it: it tells emergencies to a log."""
TOKEN = "custodian-token"  # noqa: S105 - a test's


class CustodianServer:
    """`consent serve` on a free port, which it keeps over restarts."""

    def __init__(self, folder: Path, *, program: str = _PROGRAM, **settings: str) -> None:
        self.folder = folder
        self._program = program
        self._port = 0
        self.log = folder / "process.log"
        self.url = ""
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it says that it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-c", self._program, "serve", "--data-dir", str(self.folder)]
        command += ["--port", str(self._port)]
        prefix = "CONSENTRY_CONSENT_"
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            f"{prefix}ADMIN_TOKEN": TOKEN,
            **{prefix + name: text for name, text in self._settings.items()},
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
            )
        assert self._process.stdout is not None
        said = self._process.stdout.readline().split()
        assert said[:2] == ["ready", "consent"], self.log.read_text()
        self.url = said[2]
        self._port = int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        return self._end(signal.SIGTERM)

    def post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Send `body` as JSON, with the token."""
        return httpx.post(self.url + path, json=body, headers=_HEADERS, timeout=30)

    def get(self, path: str) -> httpx.Response:
        """Read, with the token."""
        return httpx.get(self.url + path, headers=_HEADERS, timeout=30)

    def _end(self, number: int) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
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


_HEADERS = {"Authorization": f"Bearer {TOKEN}"}
