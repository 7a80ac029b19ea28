"""An EVM chain of one node, where npm has put it, that makes blocks by the clock."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, final
from urllib.request import Request, urlopen

from consentry.demo.processes import free_port

_FOLDER: Final = Path(__file__).parent / "peers_js" / "node_modules" / "@foundry-rs"
_START_SECONDS: Final = 30.0
_GAS: Final = 100_000_000


class NoChainError(Exception):
    """There is no anvil here, or it does not start; the text says so."""


@final
class Node:
    """Speaks JSON-RPC as plainly as possible, many calls to a request."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, *arguments: object) -> Any:
        """Return the result of one call."""
        return self.ask_all([(method, arguments)])[0]

    def ask_all(self, calls: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        """Return the results of several calls, in their order; raise if one was refused."""
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(arguments)}
            for number, (method, arguments) in enumerate(calls)
        ]
        request = Request(  # noqa: S310 - the node that we started
            self.url, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            said = sorted(json.loads(answer.read()), key=lambda each: int(each["id"]))
        if any("error" in each for each in said):
            raise RuntimeError("the chain refused a call")
        return [each["result"] for each in said]


@contextmanager
def anvil(*, block_seconds: int = 1) -> Iterator[Node]:
    """Run anvil with a block so often, and 100 million gas to a block."""
    program = _program()
    node = Node(f"http://127.0.0.1:{(port := free_port())}")
    command = [program, "--port", str(port), "--block-time", str(block_seconds)]
    with subprocess.Popen(  # noqa: S603 - the program that was found
        [*command, "--gas-limit", str(_GAS), "--prune-history", "100"], stdout=subprocess.DEVNULL
    ) as process:
        try:
            _await(node)
            yield node
        finally:
            process.kill()


def _program() -> str:
    found = sorted(_FOLDER.glob("anvil-*/bin/anvil"))
    program = str(found[0]) if found else shutil.which("anvil")
    if program is None:
        raise NoChainError("anvil is not installed (`make bench` does that)")
    return program


def _await(node: Node) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            node.ask("eth_chainId")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise NoChainError("anvil did not start")
