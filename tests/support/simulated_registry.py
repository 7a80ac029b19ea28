"""The real registry in memory behind the wallet's port; it can be cut off, or made to lie."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, final

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.adapters.proof_workers import ProofWorkers
from registry.client.registry_client import Outcome, SubmitReceipt
from registry.model.accreditations import Role
from registry.model.envelope import EntryType
from registry.model.evidence import LogEvidence
from registry.model.log_entry import log_handover
from registry.service.registry import LogKeys, Registry
from registry.service.sequencer import Receipt
from ssi_core.adapters.clock import FixedClock
from ssi_core.did.syntax import Did
from ssi_core.errors import SsiError, UnavailableError
from tests.support.registry import Organisation, handed_in, organisation, signer
from tests.support.simulated_issuer import DIAGNOSIS_VCT

ORIGIN: Final = "registry.example/2026"
_URL: Final = "http://localhost:8100"


@dataclass(frozen=True, slots=True)
class Described:
    """The log as it describes itself."""

    origin: str
    vkey: str
    witnesses: tuple[str, ...]
    policy: str | None = None


@final
class SimulatedRegistry:
    """One log. `is_down` cuts it off; `loses_answers` takes entries and says nothing.

    It `refuses` whatever is handed in by the batch.
    """

    def __init__(self, clock: FixedClock) -> None:
        self.is_down = False
        self.loses_answers = False
        self.hides_grants = False
        self.refuses: SsiError | None = None
        self.batches: list[int] = []
        self._clock = clock
        self.real = self._log("log")
        self.root: Organisation = organisation("authority", log=ORIGIN)
        self._top = self.root.accredits(self.root.did, role="accredit", types=(DIAGNOSIS_VCT,))
        self.submit(self.root.op)
        self.submit(self._top)

    def log(self) -> Described:
        self._require_up()
        return Described(ORIGIN, str(self.real.log_key), (str(self.real.witness_key),))

    def submit(self, entry: bytes) -> Receipt:
        self._require_up()
        receipt = self.real.submit(entry)
        if self.loses_answers:
            raise UnavailableError("the other side could not be reached")
        return receipt

    def submit_all(self, entries: Sequence[bytes]) -> list[Outcome]:
        self._require_up()
        self.batches.append(len(entries))
        if self.refuses is not None:
            return [self.refuses for _ in entries]
        outcomes = self.real.submit_all(list(entries))
        if self.loses_answers:
            raise UnavailableError("the other side could not be reached")
        return [
            each if isinstance(each, SsiError) else SubmitReceipt(each.index, each.leaf, each.size)
            for each in outcomes
        ]

    def grant(self, grant_id: str) -> LogEvidence:
        self._require_up()
        shown = "unknown" if self.hides_grants else grant_id
        return self.real.reader.grant(shown)

    def emergency(self, emergency_id: str) -> LogEvidence:
        self._require_up()
        shown = "unknown" if self.hides_grants else emergency_id
        return self.real.reader.emergency(shown)

    def checkpoint(self) -> str:
        self._require_up()
        return self.real.reader.checkpoint()

    def accreditation(
        self, subject: Did, role: str, credential_type: str, *, roots: Collection[Did]
    ) -> LogEvidence:
        self._require_up()
        return self.real.reader.accreditation(
            subject, role=Role(role), credential_type=credential_type, roots=roots
        )

    def accredit(self, subject: Did) -> None:
        """Let the root say that `subject` may ask for diagnoses."""
        self.submit(self.root.accredits(subject, role="verify", parent=self._top))

    def hand_over(self, *, allows: Sequence[EntryType] = ()) -> None:
        """End the log in favour of another; only what it `allows` may come after that."""
        self.real.submit(
            log_handover(
                log=ORIGIN,
                signer=signer("log"),
                next_origin="registry.example/2027",
                next_key=signer("next log").public_key.multikey,
                at=self._clock.now(),
                allows=allows,
            )
        )

    def swap_keys(self) -> None:
        """Put another log of the same name, with the same entries, in the place of this one."""
        kept = self.entries()
        self.real = self._log("another log")
        for raw in kept:
            self.real.submit(raw)

    def forget(self) -> None:
        """Begin the log anew, under the same key."""
        self.real = self._log("log")

    def entries(self) -> list[bytes]:
        return handed_in(self.real.reader.entries(0, limit=1000))

    def _log(self, name: str) -> Registry:
        return Registry(
            MemoryLogStore(),
            origin=ORIGIN,
            public_url=_URL,
            keys=LogKeys(log=signer(name), witness=signer("w"), did_witness=signer("dw")),
            memory=MemoryWitnessMemory(),
            verifier=ProofWorkers(0),
            clock=self._clock,
        )

    def _require_up(self) -> None:
        if self.is_down:
            raise UnavailableError("the other side could not be reached")
