"""A wallet with an issuer, a verifier and a registry around it, all in memory."""

from datetime import UTC, datetime
from typing import Final, final

from ssi_core.adapters.clock import FixedClock
from ssi_core.did.document import DidDocument
from ssi_core.did.resolver import CollectedDocuments, DidResolver
from ssi_core.did.syntax import Did
from ssi_core.errors import UnavailableError
from ssi_core.sealing import PassphraseHardness
from tests.support.simulated_http import SimulatedHttp
from tests.support.simulated_issuer import ISSUER, SimulatedEvidence, SimulatedIssuer
from tests.support.simulated_registry import ORIGIN, SimulatedRegistry
from tests.support.simulated_verifier import VERIFIER, SimulatedVerifier
from wallet import history
from wallet.adapters.memory import MemoryVaultStore
from wallet.credential import HeldCredential
from wallet.envelope import Passphrase
from wallet.history import Step
from wallet.ports import Outside, VaultStore
from wallet.service import Wallet
from wallet.trust import Trust
from wallet.vault import Vault

NOW: Final = datetime(2026, 11, 21, 10, tzinfo=UTC)
SOFT: Final = PassphraseHardness(memory_kib=64, iterations=1, lanes=1)


@final
class OneOrTheOther:
    """Resolves at the second place, if there is one, what the first does not have."""

    def __init__(self, first: DidResolver, second: DidResolver | None) -> None:
        self._first = first
        self._second = second

    def resolve(self, did: Did) -> DidDocument:
        try:
            return self._first.resolve(did)
        except UnavailableError:
            if self._second is None:
                raise
            return self._second.resolve(did)


@final
class WalletScene:
    """Everybody whom the wallet meets; `restarted` gives the wallet as a new process opens it."""

    def __init__(self, store: VaultStore | None = None, *, also: DidResolver | None = None) -> None:
        """Lay it out; whose document nobody else has is asked for at `also`."""
        self.clock = FixedClock(NOW)
        self.issuer = SimulatedIssuer(self.clock)
        self.evidence = SimulatedEvidence(self.issuer)
        self.registry = SimulatedRegistry(self.clock)
        self.verifier = SimulatedVerifier(self.clock, self.evidence, log=ORIGIN)
        self.other = SimulatedVerifier(
            self.clock, self.evidence, log=ORIGIN, url="https://research.example"
        )
        self.http = SimulatedHttp(
            {
                ISSUER: self.issuer.serve,
                VERIFIER: self.verifier.serve,
                self.other.url: self.other.serve,
            }
        )
        self.store = store or MemoryVaultStore()
        self.vault = Vault.create(self.store, Passphrase("p"), hardness=SOFT)
        self.outside = Outside(
            http=self.http,
            clock=self.clock,
            resolver=OneOrTheOther(
                CollectedDocuments([self.verifier.document(), self.other.document()]), also
            ),
            evidence=self.evidence,
            registry=self.registry,
        )
        self.wallet = Wallet(self.vault, self.outside)
        self.wallet.change_trust(Trust(roots=(self.registry.root.did,)))
        self.registry.accredit(self.verifier.did)

    def accept(self) -> HeldCredential:
        """Let the issuer give a diagnosis."""
        (credential,) = self.wallet.accept(self.issuer.offer())
        return credential

    def restarted(self) -> Wallet:
        """Return the wallet as it comes back after a crash: the vault is all that is left."""
        self.wallet = Wallet.open(self.store, Passphrase("p"), self.outside)
        return self.wallet

    def steps(self) -> list[Step]:
        """Return what the history says."""
        return [event.step for event in history.read(self.vault)]

    def grant_entries(self) -> list[bytes]:
        """Return the entries of the log that are about grants."""
        return [raw for raw in self.registry.entries() if b'"consent.' in raw]
