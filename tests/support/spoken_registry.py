"""The real registry in memory, as organisations speak through it; it can be cut off."""

from collections.abc import Sequence
from datetime import timedelta
from typing import final

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.adapters.proof_workers import ProofWorkers
from registry.client.registry_client import LogDescription, Outcome, SubmitReceipt
from registry.model.envelope import Entry
from registry.model.evidence import StatusEvidence
from registry.service.registry import LogKeys, Registry
from ssi_core.adapters.clock import FixedClock
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import parse_log
from ssi_core.errors import SsiError, UnavailableError
from ssi_core.json_types import JsonObject
from tests.support.registry import ORIGIN, handed_in, signer

PUBLIC_URL = "http://localhost:8100"
SECOND = timedelta(seconds=1)


@final
class SpokenRegistry:
    """One log. While it `is_away` nobody reaches it; `loses_answers` takes entries, silently."""

    def __init__(self, clock: FixedClock) -> None:
        self.is_away = False
        self.loses_answers = False
        self.handed_in: list[bytes] = []
        self.real = Registry(
            MemoryLogStore(),
            origin=ORIGIN,
            public_url=PUBLIC_URL,
            keys=LogKeys(log=signer("log"), witness=signer("w"), did_witness=signer("dw")),
            memory=MemoryWitnessMemory(),
            verifier=ProofWorkers(0),
            clock=clock,
        )

    def log(self) -> LogDescription:
        self._reach()
        return LogDescription(
            origin=ORIGIN,
            vkey=str(self.real.log_key),
            witnesses=(str(self.real.witness_key),),
            did_host=self.real.dids.did_host,
            did_witness=self.real.dids.witness_did,
        )

    def did_log_at(self, path: str) -> Sequence[JsonObject]:
        self._reach()
        return parse_log(self.real.dids.log_file(path.removeprefix("/")))

    def status_list(self, uri: str, issuer: Did | None = None) -> StatusEvidence:
        self._reach()
        return self.real.reader.status_list(uri, issuer=issuer)

    def submit(self, entry: bytes) -> SubmitReceipt:
        (outcome,) = self.submit_all([entry])
        if isinstance(outcome, SsiError):
            raise outcome
        return outcome

    def submit_all(self, entries: Sequence[bytes]) -> Sequence[Outcome]:
        self._reach()
        self.handed_in += entries
        outcomes = self.real.submit_all(list(entries))
        if self.loses_answers:
            raise UnavailableError("the answer was lost")
        return [
            each if isinstance(each, SsiError) else SubmitReceipt(each.index, each.leaf, each.size)
            for each in outcomes
        ]

    def entries(self) -> list[bytes]:
        """Return what was handed in and is in the log."""
        return handed_in(self.real.reader.entries(0, limit=1000))

    def kinds(self) -> list[str]:
        """Return the types of these entries."""
        return [Entry.parse(raw).type.value for raw in self.entries()]

    def _reach(self) -> None:
        if self.is_away:
            raise UnavailableError("the registry could not be reached")
