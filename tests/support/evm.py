"""Two EVM chains to run contracts on: py-evm in this process, and anvil where npm has it."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socket import socket
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final

from registry.adapters.evm_chain import EvmChain
from ssi_core.errors import UnavailableError
from tests.support.node_peers import PeerMissingError, install, programs

ANVIL_FOLDER: Final = Path(__file__).resolve().parent / "anvil"
RICH: Final = 10**20
_START_SECONDS: Final = 30


@contextmanager
def eth_tester() -> Iterator[str]:
    """Serve py-evm over JSON-RPC, and give its URL; a block is made for each transaction."""
    from web3 import EthereumTesterProvider, Web3  # noqa: PLC0415 - takes seconds

    provider = EthereumTesterProvider()
    node = Web3(provider)
    ask = provider.request_func(node, node.middleware_onion)

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 - its own way
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = {"jsonrpc": "2.0", "id": asked["id"], **_answer(ask, asked)}
            body = json.dumps(said, default=_plain).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _answer(ask: Any, asked: dict[str, Any]) -> dict[str, Any]:
    from eth_tester.exceptions import TransactionFailed  # noqa: PLC0415 - takes seconds

    try:
        return {"result": ask(asked["method"], asked["params"])["result"]}
    except TransactionFailed as error:
        return {"error": {"code": 3, "message": str(error), "data": "0x"}}


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else "0x" + bytes(value).hex()


@contextmanager
def anvil(*options: str) -> Iterator[str]:
    """Run anvil on a free port, and give its URL; `PeerMissingError` where it cannot be had."""
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(anvil_program()), "--port", str(port), "--prune-history", "100", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - as found
        try:
            url = f"http://127.0.0.1:{port}"
            _await(url)
            yield url
        finally:
            process.kill()


def anvil_program() -> Path:
    """Return the program in npm's package for this machine, installing it first if need be."""
    node, npm = programs()
    install(ANVIL_FOLDER, npm=[*npm, "--ignore-scripts"], path=Path(node).parent)
    found = sorted(ANVIL_FOLDER.glob("node_modules/@foundry-rs/anvil-*/bin/anvil"))
    if not found:
        raise PeerMissingError("npm has no anvil for this machine")
    return found[0]


def _await(url: str) -> None:
    chain, until = EvmChain.at(url, secret=b"\x01" * 32), monotonic() + _START_SECONDS
    while monotonic() < until:
        try:
            chain.chain_id()
        except UnavailableError:
            sleep(0.05)
        else:
            return
    raise PeerMissingError("anvil did not start")
