"""The JavaScript peer, where there is Node and what it needs."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from consentry.bench.peer_process import NoPeerError, PeerProcess, peer_process
from ssi_core.json_types import JsonObject

_FOLDER: Final = Path(__file__).parent / "peers_js"
_WORKER: Final = _FOLDER / "worker.js"


@contextmanager
def javascript_peer() -> Iterator[PeerProcess]:
    """Start the peer; raise `NoPeerError` where there is no Node, or not what it needs."""
    node = shutil.which("node")
    if node is None:
        raise NoPeerError("Node is not installed")
    if not (_FOLDER / "node_modules").is_dir():
        raise NoPeerError("its packages are not installed (`make bench` does that)")
    with peer_process([node, str(_WORKER)]) as peer:
        yield peer


def package_version(name: str) -> str | None:
    """Return the version of a package that is installed for the peer, or nothing."""
    try:
        text = (_FOLDER / "node_modules" / name / "package.json").read_text(encoding="utf-8")
    except OSError:
        return None
    found: JsonObject = json.loads(text)
    return str(found.get("version"))
