"""The JavaScript peer's side of the pipe, played by a process that answers as it is told to."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from consentry.bench import javascript
from consentry.bench.javascript import JavaScriptPeer, NoPeerError, javascript_peer


@contextmanager
def answering(*lines: str) -> Iterator[JavaScriptPeer]:
    script = "import sys\nfor said in sys.argv[1:]:\n    input()\n    print(said, flush=True)\n"
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", script, *lines],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield JavaScriptPeer(process)
        finally:
            process.kill()


def test_a_peer_says_how_long_it_has_worked() -> None:
    with answering('{"seconds": 0.5}', '{"seconds": 0.75}') as peer:
        peer.work("issue", 10)(3)

        assert peer.spent() == 0.75


@pytest.mark.parametrize(
    ("said", "reason"),
    [('{"refusal": "not verified"}', "not verified"), ("not JSON", "ended"), ("", "ended")],
)
def test_a_peer_that_does_not_do_it_is_no_peer(said: str, reason: str) -> None:
    with answering(said) as peer, pytest.raises(NoPeerError, match=reason):
        peer.spent()


def test_a_peer_that_has_ended_is_no_peer() -> None:
    with answering() as peer, pytest.raises(NoPeerError, match="ended"):
        peer.spent()


def test_without_node_there_is_no_peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoPeerError, match="Node is not installed"), javascript_peer():
        pass


def test_a_package_that_is_not_installed_has_no_version() -> None:
    assert javascript.package_version("no-such-package") is None
