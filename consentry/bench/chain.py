"""A grant in the log beside a grant in a contract: one transaction for each, on a chain alone."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count as numbers
from pathlib import Path
from typing import Final, final

from consentry.bench.anvil import NoChainError, Node, anvil
from consentry.bench.entries import require_taken, sign_entries
from consentry.bench.measure import Case, Clock, Lead, Pace, Subject, often
from consentry.bench.supply import Supply
from registry.adapters.evm_chain import EvmChain
from registry.adapters.evm_consents import EvmConsents
from registry.app import open_registry
from registry.evm.artifacts import CONSENT_REGISTRY, load_artifact
from registry.model.entry import entry_id
from registry.service.registry import Registry
from ssi_core.errors import UnavailableError

_URL: Final = "http://localhost:8100"
_CLIENTS: Final = 4
_AT_ONCE: Final = 100
# Several blocks full, so that it does not matter when the first one is made.
_GRANTS: Final = 6_000
_GAS: Final = 80_000
_BLOCK_GAS: Final = 100_000_000
_RICH: Final = 10**21
_BEGINS, _EXPIRES = 3_600, 3_600 * 1_000_000
_TIMES: Final = 10
_STATUS_TIMES: Final = 100
_CHAIN: Final = "the chain, a transaction for each grant"
_STATE: Final = "the chain, a state through web3"
_STATUS: Final = "the log, a status in process"
_TITLE: Final = "The log beside a chain"
_TEXT: Final = f"""\
*The log* appends signed grants, verified and durable, in batches of 250 from {_CLIENTS} clients,
and looks up their states. *The chain* is anvil, a single node that agrees with nobody and keeps
its state in memory, with a block each second and 100 million gas to a block; {_CLIENTS} accounts of
its own, so that nobody signs anything, send one transaction of `ConsentRegistry` for each grant,
{_AT_ONCE} to a request. A grant counts once it is in a block."""


@contextmanager
def chain(pace: Pace, folder: Path) -> Iterator[Subject]:
    """Start a chain with a contract, and open a log."""
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix=".consentry-bench-", dir=folder)
        place = Path(stack.enter_context(temporary))
        if pace.quick:
            yield _without("Not measured in a quick look, which has no time for blocks.")
            return
        try:
            grants = _GrantsOnChain(stack.enter_context(anvil()), stack)
        except (NoChainError, UnavailableError) as error:
            yield _without(f"Not measured: {error}.")
            return
        log = stack.enter_context(open_registry(data_dir=place / "log", public_url=_URL))
        supply = Supply(
            partial(_take, log),
            log=log.origin,
            count=5_000,
            batch=250,
            clients=_CLIENTS,
            stack=stack,
            pace=pace,
        )
        appends = supply.case("the log, an entry for each grant")
        yield Subject(
            title=_TITLE,
            text=_TEXT,
            cases=(
                Case(
                    name=appends.name,
                    run=appends.run,
                    clock=Clock.WALL,
                    count=appends.count,
                    lead=Lead(_TIMES, _CHAIN),
                ),
                Case(
                    name=_CHAIN,
                    run=grants.give,
                    clock=Clock.WALL,
                    count=_GRANTS,
                    check=grants.require_given,
                ),
                _statuses(log),
                Case(name=_STATE, run=often(grants.look), clock=Clock.WALL),
            ),
            remarks=(grants.bound(),),
        )


def _without(remark: str) -> Subject:
    return Subject(title=_TITLE, text=_TEXT, cases=(), remarks=(remark,))


def _statuses(log: Registry) -> Case:
    entry = sign_entries(1, log=log.origin)[0]
    _take(log, [entry])
    grant_id = entry_id(entry) or ""
    look = often(lambda: log.status(grant_id))
    return Case(name=_STATUS, run=look, clock=Clock.WALL, lead=Lead(_STATUS_TIMES, _STATE))


@final
class _GrantsOnChain:
    """Gives grants by the thousand through the node's own accounts."""

    def __init__(self, node: Node, stack: ExitStack) -> None:
        self._node = node
        self._senders = node.ask("eth_accounts")[:_CLIENTS]
        self._threads = stack.enter_context(ThreadPoolExecutor(_CLIENTS))
        self._chain = EvmChain.at(node.url, secret=b"\x01" * 32)
        paid = {"from": self._senders[0], "to": self._chain.address, "value": hex(_RICH)}
        sent = node.ask("eth_sendTransaction", paid)
        _await_receipt(node, sent)
        self._contract = self._chain.deploy(load_artifact(CONSENT_REGISTRY))
        self._consents = EvmConsents(self._chain, contract=self._contract)
        self._numbers = numbers(1)
        selector = self._chain.keccak(b"give((bytes32,address,uint64,uint64))")[:4]
        self._call = selector.hex()
        # The node does what is in one request side by side, so each transaction names its turn.
        self._turns = {sender: self._sent(sender) for sender in self._senders}
        self._given = 0
        self._from = 0

    def give(self, count: int) -> None:
        """Return once `count` more grants are in blocks."""
        share = count // len(self._senders)
        list(self._threads.map(lambda sender: self._send(sender, share), self._senders))
        self._given = share * len(self._senders)
        # Transactions of an account go in order, and every account ended with one of these.
        for sender in self._senders:
            self._await(sender)

    def require_given(self) -> None:
        """Raise unless the contract says that it took every one of the last."""
        newest = int(self._node.ask("eth_blockNumber"), 16)
        blocks = {"fromBlock": hex(self._from), "toBlock": hex(newest), "address": self._contract}
        if len(self._node.ask("eth_getLogs", blocks)) != self._given:
            raise RuntimeError("the contract did not take every grant")
        self._from = newest + 1

    def look(self) -> None:
        """Ask for the state of one grant."""
        self._consents.state(bytes(32))

    def bound(self) -> str:
        """Say how many grants fit into a block of this gas at most."""
        sent = self._node.ask("eth_sendTransaction", self._transaction(self._senders[0]))
        receipt = _await_receipt(self._node, sent)
        self._from = int(receipt["blockNumber"], 16) + 1
        gas = int(receipt["gasUsed"], 16)
        bound = _BLOCK_GAS / gas
        return f"One grant takes {gas:,} gas, so no more than {bound:,.0f} fit into a block."

    def _send(self, sender: str, count: int) -> None:
        for start in range(0, count, _AT_ONCE):
            size = min(_AT_ONCE, count - start)
            calls = [("eth_sendTransaction", [self._transaction(sender)]) for _ in range(size)]
            self._node.ask_all(calls)

    def _transaction(self, sender: str) -> dict[str, str]:
        words = (next(self._numbers), int(sender, 16), _BEGINS, _EXPIRES)
        data = self._call + "".join(f"{word:064x}" for word in words)
        turn = self._turns[sender]
        self._turns[sender] = turn + 1
        return {
            "from": sender,
            "to": self._contract,
            "gas": hex(_GAS),
            "nonce": hex(turn),
            "data": f"0x{data}",
        }

    def _sent(self, sender: str) -> int:
        return int(self._node.ask("eth_getTransactionCount", sender, "latest"), 16)

    def _await(self, sender: str) -> None:
        while self._sent(sender) < self._turns[sender]:
            if self._is_idle() and (missing := self._turns[sender] - self._sent(sender)):
                # Under load the node forgets what it has acknowledged; so it is sent again.
                self._turns[sender] -= missing
                self._send(sender, missing)
            time.sleep(0.02)

    def _is_idle(self) -> bool:
        pool = self._node.ask("txpool_status")
        return not any(int(pool[kind], 16) for kind in ("pending", "queued"))


def _await_receipt(node: Node, transaction: str) -> dict[str, str]:
    while (found := node.ask("eth_getTransactionReceipt", transaction)) is None:
        time.sleep(0.02)
    receipt: dict[str, str] = found
    if int(receipt["status"], 16) != 1:
        raise RuntimeError("the contract refused")
    return receipt


def _take(log: Registry, entries: Sequence[bytes]) -> None:
    require_taken(log.submit_all(entries))
