"""An issuer as its own process, with a data folder that outlives it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, final

import httpx
import pytest

ADMIN: Final = "administrator"
SERVE: Final = "from issuer.cli import commands; commands()"
SERVE_REGISTRY: Final = "from registry.cli import commands; commands()"


@final
class IssuerProcess:
    """Starts, kills and starts again; `url` stays the same."""

    def __init__(self, data_dir: Path, *options: str, **settings: str) -> None:
        self.data_dir = data_dir
        self.errors = data_dir.with_suffix(".stderr")
        self._options = options
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.token = ADMIN

    def start(self) -> "IssuerProcess":
        port = self.url.rpartition(":")[2] or "0"
        environment = {
            **{name: text for name, text in os.environ.items() if "CONSENTRY_ISSUER" not in name},
            "CONSENTRY_ISSUER_ADMIN_TOKEN": ADMIN,
            **{f"CONSENTRY_ISSUER_{name.upper()}": text for name, text in self._settings.items()},
        }
        command = [sys.executable, "-c", SERVE, "serve", "--port", port]
        command += ["--data-dir", str(self.data_dir), *self._options]
        with self.errors.open("a") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
            )
        assert self._process.stdout is not None
        ready = self._process.stdout.readline().split()
        assert ready[:2] == ["ready", "issuer"], self.errors.read_text()
        self.url = ready[2]
        return self

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code = self._process.wait(timeout=20)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def admin(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {ADMIN}"}
        return httpx.request(method, self.url + path, headers=headers, timeout=30, **request)

    def register(self, bundle: bytes) -> dict[str, Any]:
        answer = self.admin("POST", "/admin/bundles", content=bundle)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def offer(self, record: str, *resources: str, tx_code: bool = True) -> dict[str, Any]:
        body = {"record": record, "resources": list(resources), "tx_code": tx_code}
        answer = self.admin("POST", "/admin/offers", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def issued(self, offer: str) -> list[dict[str, Any]]:
        return list(self.admin("GET", f"/admin/offers/{offer}").json()["issued"])


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[IssuerProcess]:
    """A running issuer without a registry."""
    process = IssuerProcess(tmp_path / "issuer").start()
    yield process
    process.kill()


@pytest.fixture(scope="module")
def shared_issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IssuerProcess]:
    """A running issuer that the tests of a module share."""
    process = IssuerProcess(tmp_path_factory.mktemp("issuer") / "data").start()
    yield process
    process.kill()


@final
class RegistryProcess:
    """A registry as its own process, at one URL for all of its lives."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> "RegistryProcess":
        port = self.url.rpartition(":")[2] or "0"
        command = [sys.executable, "-c", SERVE_REGISTRY, "serve", "--port", port]
        with self._data_dir.with_suffix(".stderr").open("a") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*command, "--data-dir", str(self._data_dir)],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self._process.stdout is not None
        ready = self._process.stdout.readline().split()
        assert ready[:2] == ["ready", "registry"]
        self.url = ready[2]
        return self

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=20)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RegistryProcess]:
    """A running registry."""
    process = RegistryProcess(tmp_path / "registry").start()
    yield process
    process.kill()
