"""Use: give out kept claims, if the grant permits it at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import final

from consent_contracts.decision import Permit, Refusal
from consent_contracts.grant import Grant
from consent_contracts.purpose import Purpose
from consent_contracts.receipt import ReceiptEvent
from consent_contracts.terms import Obligation
from registry.client.edge import Reliance, StaleUses
from registry.client.edge.freshness import Basis
from ssi_core.claim_path import ClaimPath
from ssi_core.errors import ConsentError, NotFoundError, SsiError
from ssi_core.json_types import JsonObject
from ssi_core.protocol.openid4vp import new_nonce
from verifier.checks import Checklist, CheckName
from verifier.held import Agreement, HeldClaims
from verifier.office import Office
from verifier.ports import Clock, RequestStore, UseStore
from verifier.receipts import Occasion, issue_receipt, refusal_codes
from verifier.request import PresentationRequest
from verifier.service.decisions import Decided, Decisions
from verifier.service.vault import open_agreement, open_claims, read_policy
from verifier.use import Use


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A use that took place: the claims, what it obliges to, and its receipt."""

    claims: JsonObject
    obligations: tuple[str, ...]
    receipt: str | None
    basis: Basis | None = None
    """How old the evidence was that it rested on, and of how much of the log."""


@final
class Uses:
    """Gives out kept claims, and writes down that it did, or that it did not."""

    def __init__(
        self,
        office: Office,
        *,
        requests: RequestStore,
        uses: UseStore,
        decisions: Decisions,
        stale: StaleUses,
        clock: Clock,
    ) -> None:
        self._office = office
        self._requests = requests
        self._uses = uses
        self._decisions = decisions
        self._stale = stale
        self._clock = clock
        # Counting uses and adding one is one step, or a race could pass a limit.
        self._lock = Lock()

    def use(
        self, request_id: str, purpose: Purpose, wanted: Sequence[ClaimPath] | None = None
    ) -> Used:
        """Return the claims for `purpose`, or raise why not; either way the use is kept.

        `wanted` narrows a use to some of the claims. A denial is a `ConsentError` that names every
        refusal, or the error of evidence that does not hold.
        """
        request = self._requests.find(request_id)
        if request is None or (whole := open_agreement(self._office, request)) is None:
            raise NotFoundError("there is no such answer")
        agreement = whole if wanted is None else whole.narrowed(wanted)
        with self._lock:
            now = self._clock.now()
            policy = read_policy(self._office, request)
            decided = self._decisions.decide(agreement, policy, (purpose,), at=now)
            decision = decided.outcome
            use = self._write_down(request, agreement, purpose, decided, at=now)
        claims = open_claims(self._office, request)
        self._erase_as_obliged(request, agreement.grant, decision, at=now, used=True)
        if isinstance(decision, SsiError):
            raise decision
        if claims is None:
            raise NotFoundError("the claims have been erased")
        obligations = tuple(sorted(each.value for each in decision.obligations))
        given = claims if wanted is None else claims.only(wanted)
        return Used(
            claims=given.to_json(),
            obligations=obligations,
            receipt=use.receipt,
            basis=decided.basis,
        )

    def read(self, request: PresentationRequest) -> HeldClaims | SsiError | None:
        """Return the claims for the purpose that was asked for, or why they are withheld.

        Nothing if there are none, or none any more. It is decided anew, but it is no use.
        """
        claims, agreement = (
            open_claims(self._office, request),
            open_agreement(self._office, request),
        )
        if agreement is None or agreement.grant is None:
            return claims
        now, policy = self._clock.now(), read_policy(self._office, request)
        purposes = sorted(policy.grant.purposes) if policy.grant else ()
        decision = self._decisions.decide(agreement, policy, purposes, at=now).outcome
        self._erase_as_obliged(request, agreement.grant, decision, at=now, used=False)
        return decision if isinstance(decision, SsiError) else claims

    def history(self, request_id: str) -> tuple[Use, ...]:
        """Return every use of what one request brought, permitted or not, oldest first."""
        if self._requests.find(request_id) is None:
            raise NotFoundError("there is no such request")
        return self._uses.uses_of(request_id)

    def _write_down(
        self,
        request: PresentationRequest,
        agreement: Agreement,
        purpose: Purpose,
        decided: Decided,
        *,
        at: datetime,
    ) -> Use:
        error = decided.outcome if isinstance(decided.outcome, SsiError) else None
        use = Use(
            id=new_nonce(),
            request_id=request.id,
            grant_id=None if agreement.grant is None else agreement.grant.id,
            purpose=purpose.value,
            used_at=at,
            refusals=refusal_codes(error),
            receipt=self._receipt(agreement, purpose, error, at),
        )
        if error is None and decided.basis is not None and use.grant_id is not None:
            # First, so that no use on old evidence is ever without its record.
            relied_on = Reliance.on_grant(use.grant_id)
            self._stale.record(use.id, relied_on=relied_on, decided_at=at, on=decided.basis)
        self._uses.append_use(use)
        return use

    def _receipt(
        self, agreement: Agreement, purpose: Purpose, error: SsiError | None, at: datetime
    ) -> str | None:
        grant = agreement.grant
        if grant is None:
            return None
        checklist = Checklist()
        if error is None:
            checklist.passed(CheckName.DECISION)
        else:
            checklist.fail(CheckName.DECISION, error)
        occasion = Occasion(
            id=new_nonce(),
            event=ReceiptEvent.USED,
            at=at,
            log=grant.log,
            request_digest=grant.request_digest,
            purposes=(purpose,),
            grant_id=grant.id,
            scope_digest=agreement.scope_digest,
        )
        return issue_receipt(
            occasion, checklist.checks, refusal_codes(error), identity=self._office.identity
        )

    def _erase_as_obliged(
        self,
        request: PresentationRequest,
        grant: Grant | None,
        decision: Permit | SsiError,
        *,
        at: datetime,
        used: bool,
    ) -> None:
        if grant is not None and must_erase(grant, decision, at=at, used=used):
            self._requests.erase([request.id])


def must_erase(grant: Grant, decision: Permit | SsiError, *, at: datetime, used: bool) -> bool:
    """Say whether the grant's terms oblige to erase the claims after this decision."""
    if grant.limits.erase_by is not None and at >= grant.limits.erase_by:
        return True
    if isinstance(decision, Permit):
        return used and Obligation.ERASE_AFTER_USE in grant.obligations
    if not isinstance(decision, ConsentError):
        return False
    return (
        Refusal.WITHDRAWN.value in decision.refusals
        and Obligation.ERASE_ON_WITHDRAWAL in grant.obligations
    ) or (
        Refusal.EXPIRED.value in decision.refusals
        and Obligation.ERASE_ON_EXPIRY in grant.obligations
    )
