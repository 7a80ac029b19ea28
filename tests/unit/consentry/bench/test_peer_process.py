"""A peer's side of the pipe, played by a process that answers as it is told to."""

import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from consentry.bench import javascript
from consentry.bench.javascript import javascript_peer
from consentry.bench.peer_process import NoPeerError, PeerProcess, peer_process


def answering(*lines: str) -> AbstractContextManager[PeerProcess]:
    script = "import sys\nfor said in sys.argv[1:]:\n    input()\n    print(said, flush=True)\n"
    return peer_process([sys.executable, "-c", script, *lines])


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
