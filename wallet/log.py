"""The registry's log as this wallet believes it: pinned when first met, proved ever after."""

from dataclasses import replace
from datetime import timedelta
from typing import Final, final

from registry.client.edge import Report, send_waiting
from registry.model.evidence import (
    GrantEvidence,
    GrantState,
    LoggedBreakGlass,
    LoggedGrant,
    LogPolicy,
    verify_accreditation,
    verify_emergency,
    verify_grant,
)
from ssi_core.did.syntax import Did
from ssi_core.errors import AccreditationError, LogProofError, SsiError, UnavailableError
from ssi_core.json_types import JsonObject
from wallet.outbox import JournalOutbox
from wallet.ports import Clock, Registry
from wallet.question import Accredited
from wallet.trust import Trust, TrustedLog, keep_trust, load_trust
from wallet.vault import Vault

# The registry cosigns anew whenever it is asked, so an older checkpoint is a registry cut off.
_MAY_ASK: Final = "verify"
_MAX_CHECKPOINT_AGE: Final = timedelta(minutes=10)


@final
class TrustedRegistry:
    """A registry, and the key that its log had when the wallet first met it."""

    def __init__(self, vault: Vault, registry: Registry | None, clock: Clock) -> None:
        self._vault = vault
        self._registry = registry
        self._clock = clock
        self._outbox = JournalOutbox(vault)

    def send_waiting(self) -> Report:
        """Hand in every grant and withdrawal that waits, in order and many at a time.

        The sharings go on from there; `Report.problem` says why some still wait, if some do.
        """
        if self._registry is None:
            return Report()
        self._outbox.begin()
        return send_waiting(self._outbox, self._registry, self._clock)

    def is_waiting(self) -> bool:
        """Say whether there is something that the log does not have yet."""
        self._outbox.begin()
        return bool(self._outbox.waiting(1))

    def ask(self) -> None:
        """Return if the registry answers; `UnavailableError` if not."""
        self._met().log()

    def origin(self) -> str:
        """Return the name of the log; `UnavailableError` if there is none, or none can be met."""
        return self._policy().origin

    def record(self, entry: bytes) -> int:
        """Hand in an entry and return its index; the same bytes are recorded once."""
        index = self._outbox.sent_to(entry)
        return self._met().submit(entry).index if index is None else index

    def prove(self, grant_id: str) -> LoggedGrant:
        """Return a grant as the log proves it to be now; see `verify_grant`."""
        return self._verified(self._met().grant(grant_id), grant_id)

    def prove_given(self, grant_id: str, commitments: JsonObject) -> LoggedGrant:
        """Return the grant if the log proves that it holds exactly these commitments, in force."""
        logged = self.prove(grant_id)
        if dict(logged.commitments) != dict(commitments):
            raise LogProofError("the log holds another grant than was handed in", at="/c")
        if logged.state not in (GrantState.ACTIVE, GrantState.PENDING):
            raise LogProofError("the log does not hold the grant as one in force")
        return logged

    def prove_withdrawn(self, grant_id: str) -> int:
        """Return the index of the entry that ended a grant, proved; raise if there is none."""
        logged = self.prove(grant_id)
        if logged.state is not GrantState.WITHDRAWN or logged.changed is None:
            raise LogProofError("the log does not hold the withdrawal")
        return logged.changed

    def prove_emergency(self, session: str) -> LoggedBreakGlass:
        """Return a broken glass as the log proves it; see `verify_emergency`."""
        evidence = self._met().emergency(session)
        now = self._clock.now()
        return verify_emergency(evidence, emergency_id=session, policy=self._policy(), at=now)

    def accredited(self, did: Did | None, types: frozenset[str]) -> Accredited:
        """Say whether `did` may ask for every one of `types`, as far as that can be found out."""
        roots = load_trust(self._vault).roots
        if did is None or not roots or not types:
            return Accredited.UNKNOWN
        try:
            for asked in sorted(types):
                self._require_accredited(did, asked, roots)
        except AccreditationError:
            return Accredited.NO
        except SsiError:
            # A registry that shows broken evidence tells us nothing about who asks.
            return Accredited.UNKNOWN
        return Accredited.YES

    def _require_accredited(self, did: Did, asked: str, roots: tuple[Did, ...]) -> None:
        verify_accreditation(
            self._met().accreditation(did, _MAY_ASK, asked, roots=roots),
            subject=did,
            role=_MAY_ASK,
            type=asked,
            roots=roots,
            policy=self._policy(),
            at=self._clock.now(),
        )

    def _verified(self, evidence: GrantEvidence, grant_id: str) -> LoggedGrant:
        now = self._clock.now()
        return verify_grant(evidence, grant_id=grant_id, policy=self._policy(), at=now)

    def _met(self) -> Registry:
        if self._registry is None:
            raise UnavailableError("this wallet knows no registry; name one with --registry")
        return self._registry

    def _policy(self) -> LogPolicy:
        log = load_trust(self._vault).log or self._pin()
        return LogPolicy.pinned(
            origin=log.origin,
            log_vkey=log.vkey,
            witness_vkeys=log.witnesses,
            policy=log.policy,
            max_checkpoint_age=_MAX_CHECKPOINT_AGE,
        )

    def _pin(self) -> TrustedLog:
        told = self._met().log()
        log = TrustedLog(
            origin=told.origin,
            vkey=told.vkey,
            witnesses=tuple(told.witnesses),
            policy=told.policy,
        )
        trust: Trust = replace(load_trust(self._vault), log=log)
        self._vault.apply(keep_trust(self._vault, trust))
        return log
