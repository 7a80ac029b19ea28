"""The JavaScript peer: a Node process that is kept, so that its start is not measured."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final

from ssi_core.json_types import JsonObject

_FOLDER: Final = Path(__file__).parent / "peers_js"
_WORKER: Final = _FOLDER / "worker.js"


class NoPeerError(Exception):
    """The peer is not here, or does not do what was asked of it; the text says why."""


@final
class JavaScriptPeer:
    """Answers requests one by one, and says how many seconds it worked."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, **request: object) -> float:
        """Have a request done; return the seconds of work that the peer has spent so far."""
        if self._process.stdin is None or self._process.stdout is None:
            raise NoPeerError("the JavaScript peer cannot be spoken to")
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            said = json.loads(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            raise NoPeerError("the JavaScript peer ended") from error
        if "refusal" in said:
            raise NoPeerError("the JavaScript peer refused: " + said["refusal"])
        return float(said["seconds"])

    def work(self, name: str, size: int) -> Callable[[int], None]:
        """Return a `run` that has the peer do `name` on what was prepared for `size`."""

        def run(count: int) -> None:
            self.ask(run={"work": name, "size": size, "count": count})

        return run

    def spent(self) -> float:
        """Return the seconds of work so far."""
        return self.ask(spent=True)


@contextmanager
def javascript_peer() -> Iterator[JavaScriptPeer]:
    """Start the peer; raise `NoPeerError` where there is no Node, or not what it needs."""
    node = shutil.which("node")
    if node is None:
        raise NoPeerError("Node is not installed")
    if not (_FOLDER / "node_modules").is_dir():
        raise NoPeerError("its packages are not installed (`make bench` does that)")
    with subprocess.Popen(  # noqa: S603 - our own script, by the Node that was found
        [node, str(_WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield JavaScriptPeer(process)
        finally:
            process.kill()


def package_version(name: str) -> str | None:
    """Return the version of a package that is installed for the peer, or nothing."""
    try:
        text = (_FOLDER / "node_modules" / name / "package.json").read_text(encoding="utf-8")
    except OSError:
        return None
    found: JsonObject = json.loads(text)
    return str(found.get("version"))
