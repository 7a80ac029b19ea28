"""The harness profile as a process that speaks OpenID, and wallets as commands against it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx
from click.testing import CliRunner

from wallet.cli import commands

VCT: Final = "urn:example:immunization:1"
_CONSENTRY: Final = (sys.executable, "-m", "consentry")
_SERVE: Final = (*_CONSENTRY, "serve", "--profile", "harness", "--port", "0")


class OpenIdServer:
    """A harness's view of the profile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        with (self.folder.parent / "harness.log").open("a") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*_SERVE, "--data-dir", str(self.folder)],
                env=_environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        ready = self._process.stdout.readline().split()
        assert ready[:2] == ["ready", "harness"]
        self.url = ready[2]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.terminate()
        self._process.wait(20)
        self._process.stdout.close()

    def post(self, path: str, body: Any) -> httpx.Response:
        return httpx.post(self.url + path, json=body)

    def get(self, path: str) -> dict[str, Any]:
        return dict(httpx.get(self.url + path).raise_for_status().json())

    def offer(self, **body: Any) -> dict[str, Any]:
        return dict(self.post("/admin/offer", body).raise_for_status().json())

    def ask(self, *paths: list[Any], **body: Any) -> dict[str, Any]:
        """Ask for claims of the profile's credential under the query id `shot`."""
        wanted = {"dcql_query": query(*paths), **body}
        return dict(self.post("/admin/request", wanted).raise_for_status().json())

    def result(self, request: dict[str, Any]) -> dict[str, Any]:
        return self.get(f"/admin/request/{request['id']}")


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


class WalletCommand:
    """`consentry wallet` with a store of its own, nobody at its terminal.

    Commands run here, which spares starting a process each time; `spawn` is the real thing.
    """

    def __init__(self, store: Path) -> None:
        self.store = store

    def run(self, *arguments: str) -> Done:
        environment = dict.fromkeys(name for name in os.environ if name.startswith("CONSENTRY_"))
        result = CliRunner(env=environment).invoke(commands, self._line(arguments))
        assert isinstance(result.exception, SystemExit | None), result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    def spawn(self, *arguments: str) -> Done:
        done = subprocess.run(  # noqa: S603 - our own program
            [*_CONSENTRY, "wallet", *self._line(arguments)],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def accept(self, uri: str, *options: str) -> Done:
        return self.run("accept", uri, *options)

    def present(self, uri: str, *options: str) -> Done:
        return self.run("present", uri, "--yes", *options)

    def _line(self, arguments: Sequence[str]) -> list[str]:
        return [*arguments, "--store", str(self.store)]


def query(*paths: list[Any]) -> dict[str, Any]:
    """A DCQL query for claims of the profile's credential."""
    claims = [{"path": path} for path in paths or (["given_name"],)]
    asked = {"id": "shot", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}, "claims": claims}
    return {"credentials": [asked]}


def _environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("CONSENTRY_")}
