"""Two EVM chains to run contracts on: py-evm in this process, and anvil where npm has it."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final, final

import httpx

from consentry.demo.processes import free_port
from registry.adapters.evm_chain import EvmChain
from ssi_core.errors import UnavailableError
from tests.support.node_peers import ANVIL, PeerMissingError, install, programs

_RICH: Final = 10**20
_ENOUGH_GAS: Final = 8_000_000
_START_SECONDS: Final = 30


@final
class PyEvm:
    """py-evm in this process; a block is made for each transaction."""

    def __init__(self) -> None:
        from web3 import EthereumTesterProvider, Web3  # noqa: PLC0415 - takes seconds

        provider = EthereumTesterProvider()
        node = Web3(provider)
        self._call: Any = provider.request_func(node, node.middleware_onion)
        self._tester: Any = provider.ethereum_tester

    @contextmanager
    def served(self, port: int = 0) -> Iterator[str]:
        """Answer JSON-RPC over HTTP, and give the URL; the chain outlives it."""
        with HTTPServer(("127.0.0.1", port), partial(_Answering, self)) as server:
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return what JSON-RPC answers, a result or an error."""
        from eth_tester.exceptions import TransactionFailed  # noqa: PLC0415 - takes seconds

        try:
            return {"result": self._perform(asked["method"], asked["params"])}
        except TransactionFailed as error:
            return {"error": {"code": 3, "message": str(error), "data": "0x"}}

    def _perform(self, method: str, arguments: list[Any]) -> Any:
        match method:
            case "evm_increaseTime":
                now = self._tester.get_block_by_number("latest")["timestamp"]
                return self._tester.time_travel(now + arguments[0])
            case "evm_mine":
                return self._tester.mine_block()
            case "eth_estimateGas":
                # py-evm would try a dozen times to find the least that suffices.
                self._call("eth_call", [arguments[0], "latest"])
                return _ENOUGH_GAS
            case _:
                return self._call(method, arguments)["result"]


class _Answering(BaseHTTPRequestHandler):
    def __init__(self, chain: PyEvm, *arguments: Any) -> None:
        self._chain = chain
        super().__init__(*arguments)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = {"jsonrpc": "2.0", "id": asked["id"], **self._chain.answer(asked)}
        body = json.dumps(said, default=_plain).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own way
        """Say nothing."""


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else "0x" + bytes(value).hex()


@contextmanager
def anvil(*options: str) -> Iterator[str]:
    """Run anvil on a free port, and give its URL; `PeerMissingError` where it cannot be had."""
    port = free_port()
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
    install(ANVIL, npm=npm, path=Path(node).parent)
    found = sorted(ANVIL.glob("node_modules/@foundry-rs/anvil-*/bin/anvil"))
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


@cache
def account(url: str, name: str) -> EvmChain:
    """The account of that name on the chain at `url`, with enough to pay for everything."""
    chain = EvmChain.at(url, secret=sha256(name.encode()).digest())
    pay(url, chain.address)
    return chain


def pay(url: str, address: str) -> None:
    """Give an account of ours some of what the chain's own accounts have."""
    rich = ask(url, "eth_accounts")[0]
    sent = ask(url, "eth_sendTransaction", {"from": rich, "to": address, "value": hex(_RICH)})
    while ask(url, "eth_getTransactionReceipt", sent) is None:
        sleep(0.02)


def pass_seconds(url: str, seconds: int) -> None:
    """Let the chain's clock go on, and make a block."""
    ask(url, "evm_increaseTime", seconds)
    ask(url, "evm_mine")


def ask(url: str, method: str, *arguments: Any) -> Any:
    """Call the node's JSON-RPC."""
    asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": arguments}
    said = httpx.post(url, json=asked, timeout=30).json()
    assert "error" not in said, said
    return said["result"]
