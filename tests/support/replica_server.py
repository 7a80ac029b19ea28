"""A replica as a real process, which can be asked, stopped and killed."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from registry.client import RegistryClient
from ssi_core.adapters.http import HttpClient
from tests.support.registry_server import RegistryServer

PATIENCE = 60.0


class ReplicaServer(RegistryServer):
    """`registry replica` on a free port, which it keeps over restarts."""

    def __init__(self, folder: Path, *, source: str, vkey: str, bound: float = 60.0) -> None:
        options = ["--source", source, "--log", vkey, "--every", "0.1", "--bound", str(bound)]
        super().__init__(folder, options=options, command="replica")
        self._http = HttpClient(timeout=20)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._http.close()

    @property
    def client(self) -> RegistryClient:
        """Its API."""
        return RegistryClient(self._http, self.url)

    def ask(self, path: str) -> tuple[dict[str, Any], dict[str, str]]:
        """What it answers to `path`, and the headers of the answer."""
        answer = self._http.get(self.url + path).require_ok()
        return json.loads(answer.body), dict(answer.headers)

    def wait_until(
        self, holds: Callable[[dict[str, Any]], bool], *, patience: float = PATIENCE
    ) -> dict[str, Any]:
        """Wait until `holds` of what it says of itself."""
        end = time.monotonic() + patience
        while not holds(found := self.ask("/healthz")[0]):
            assert time.monotonic() < end, found
            time.sleep(0.05)
        return found
