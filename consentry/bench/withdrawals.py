"""How long a withdrawal takes: to a checkpoint that witnesses cosigned, and to a replica."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final, final

from consentry.bench.anvil import NoChainError, anvil
from consentry.bench.entries import Withdrawal, sign_withdrawals
from consentry.bench.measure import Case, Clock, Pace, Subject, percentiles
from consentry.demo.processes import RoleProcess, free_port
from registry.adapters.evm_chain import EvmChain
from registry.adapters.evm_consents import ChainGrant, EvmConsents
from registry.client import RegistryClient
from registry.evm.artifacts import CONSENT_REGISTRY, load_artifact
from registry.model.evidence import verify_grant
from registry.model.grants import GrantState
from registry.model.log_evidence import LogPolicy
from registry.model.merkle import leaf_hash
from registry.model.receipt_state import ReceiptState
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.errors import SsiError, UnavailableError
from ssi_core.period import Period
from ssi_core.strict_json import as_texts

_WITNESSES: Final = 3
_COUNT: Final = 40
_ON_CHAIN: Final = 5
_BLOCK_SECONDS: Final = 2
_SECONDS: Final = 20.0
_LOOK: Final = 0.01
_KEY: Final = b"\x01" * 32
_RICH: Final = 10**21
_TITLE: Final = "From a withdrawal to those who must know"
_TEXT: Final = f"""\
One person after another withdraws. *Witnessed* is answered once the entry is in a checkpoint that
all of {_WITNESSES} witnesses cosigned; *denied at a replica* is when the evidence that a replica
shows, which looks at the log twice a second, proves that the grant is over. Log, witnesses and
replica are processes of this machine. *On a chain* is a transaction of the contract on anvil, with
a block every {_BLOCK_SECONDS} seconds, until it is in a block. What matters is how long it takes,
which stands below; the aims are 2,000 ms and 3,000 ms for the slowest in a hundred."""


@contextmanager
def withdrawals(pace: Pace, folder: Path) -> Iterator[Subject]:
    """Start a log with its witnesses, a replica and a chain."""
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix=".consentry-bench-", dir=folder)
        place = Path(stack.enter_context(temporary)).resolve()
        http = stack.enter_context(closing(HttpClient(timeout=_SECONDS, reach=Reach.ANY)))
        log = _Log(stack, place, http)
        each = 2 if pace.quick else _COUNT
        cases = [
            _Withdrawals(log, log.witness).case("witnessed", each),
            _Withdrawals(log, log.deny).case("denied at a replica", each),
        ]
        remarks: tuple[str, ...] = ()
        if pace.quick:
            remarks = ("A chain is not asked in a quick look, which has no time for blocks.",)
        else:
            try:
                cases.append(_on_chain(stack))
            except (NoChainError, UnavailableError) as error:
                remarks = (f"On a chain: not measured: {error}.",)
        yield Subject(title=_TITLE, text=_TEXT, cases=tuple(cases), remarks=remarks)


@final
class _Log:
    """A registry whose checkpoints all witnesses cosign, and a replica of it."""

    def __init__(self, stack: ExitStack, place: Path, http: HttpClient) -> None:
        self._stack = stack
        first = self._started("registry", place / "registry", ())
        self.client = RegistryClient(http, first.url)
        told = self.client.log()
        self.origin = told.origin
        words = ("registry", "witness", "--log", told.vkey, "--name")
        witnesses = []
        for number in range(_WITNESSES):
            name = f"w{number}.example"
            witness = self._started("witness", place / name, (*words, name))
            known = http.get(f"{witness.url}/witness").json()
            witnesses.append(f"{witness.url}={as_texts(known.get('vkeys'), at='/vkeys')[0]}")
        # The witnesses had to be told of its key before it could be told of theirs.
        first.stop()
        again = {"WITNESSES": json.dumps(witnesses)}
        self._started("registry", first.folder, (), port=first.port, settings=again)
        copy = ("registry", "replica", "--source", first.url, "--log", told.vkey)
        replica = self._started("registry", place / "replica", copy)
        self._replica = RegistryClient(http, replica.url)
        keys = tuple(line.partition("=")[2] for line in witnesses)
        self._policy = LogPolicy(
            origin=told.origin,
            log_vkey=told.vkey,
            witness_vkeys=keys,
            max_checkpoint_age=timedelta(minutes=1),
        )

    def give(self, grants: Sequence[bytes]) -> None:
        """Have grants in the log, and at the replica."""
        until = time.monotonic() + _SECONDS
        while any(isinstance(each, SsiError) for each in self.client.submit_all(grants)):
            # A log that has just begun again waits until its witnesses have answered.
            _require_patience(until)
        last = self.client.receipt(leaf_hash(grants[-1])).index
        while len(self._replica.entries(last, limit=1)) < 1:
            _require_patience(until)

    def witness(self, one: Withdrawal) -> None:
        """Withdraw; return once the witnesses have cosigned it."""
        receipt = self.client.submit(one.revoke, wait_for=ReceiptState.WITNESSED)
        if receipt.state is not ReceiptState.WITNESSED:
            raise UnavailableError("the witnesses did not cosign in time")

    def deny(self, one: Withdrawal) -> None:
        """Withdraw; return once a replica proves it."""
        self.client.submit(one.revoke)
        until = time.monotonic() + _SECONDS
        while self._state(one.id) is not GrantState.WITHDRAWN:
            _require_patience(until)

    def _state(self, grant_id: str) -> GrantState:
        evidence, now = self._replica.grant(grant_id), SystemClock().now()
        return verify_grant(evidence, grant_id=grant_id, policy=self._policy, at=now).state

    def _started(
        self,
        role: str,
        folder: Path,
        words: Sequence[str],
        *,
        port: int | None = None,
        settings: dict[str, str] | None = None,
    ) -> RoleProcess:
        process = RoleProcess(
            role,
            role,
            folder=folder,
            settings=settings or {},
            port=port or free_port(),
            words=words,
        )
        process.start()
        self._stack.callback(process.stop)
        return process


@final
class _Withdrawals:
    """Grants that wait to be withdrawn; new ones are given outside the time taken."""

    def __init__(self, log: _Log, withdraw: Callable[[Withdrawal], None]) -> None:
        self._log = log
        self._withdraw = withdraw
        self._waiting: list[Withdrawal] = []
        self._taken: list[float] = []

    def case(self, name: str, size: int) -> Case:
        """Return the case that withdraws `size` grants, one after another."""
        self._size = size
        self._fill()
        return Case(
            name=name,
            run=self._run,
            clock=Clock.WALL,
            count=size,
            check=self._fill,
            remark=lambda: f"{name}: {percentiles(self._taken)}",
        )

    def _run(self, times: int) -> None:
        for _ in range(times):
            one = self._waiting.pop()
            began = time.perf_counter()
            self._withdraw(one)
            self._taken.append(time.perf_counter() - began)

    def _fill(self) -> None:
        self._waiting = sign_withdrawals(self._size, log=self._log.origin)
        self._log.give([one.grant for one in self._waiting])


def _on_chain(stack: ExitStack) -> Case:
    node = stack.enter_context(anvil(block_seconds=_BLOCK_SECONDS))
    chain = EvmChain.at(node.url, secret=_KEY)
    paid = {"from": node.ask("eth_accounts")[0], "to": chain.address, "value": hex(_RICH)}
    node.ask("eth_sendTransaction", paid)
    time.sleep(_BLOCK_SECONDS + 1)
    consents = EvmConsents(chain, contract=chain.deploy(load_artifact(CONSENT_REGISTRY)))
    hour = SystemClock().now().replace(minute=0, second=0, microsecond=0)
    period = Period(hour, hour + timedelta(days=1))
    grants: list[ChainGrant] = []
    taken: list[float] = []
    numbers = count(1)

    def fill() -> None:
        grants[:] = [
            ChainGrant(
                commitment=next(numbers).to_bytes(32, "big"),
                control=chain.address,
                period=period,
            )
            for _ in range(_ON_CHAIN)
        ]
        consents.give(grants)

    def run(times: int) -> None:
        for _ in range(times):
            began = time.perf_counter()
            consents.withdraw(consents.id_of(grants.pop()))
            taken.append(time.perf_counter() - began)

    fill()
    return Case(
        name="on a chain",
        run=run,
        clock=Clock.WALL,
        count=_ON_CHAIN,
        check=fill,
        remark=lambda: f"on a chain: {percentiles(taken)}",
    )


def _require_patience(until: float) -> None:
    if time.monotonic() > until:
        raise UnavailableError("it did not happen in time")
    time.sleep(_LOOK)
