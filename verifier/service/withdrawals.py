"""Withdrawal: confirm the notice in the log, erase what must be erased, acknowledge."""

from collections.abc import Sequence
from datetime import datetime
from typing import final

from consent_contracts.decision import GrantState
from consent_contracts.terms import Obligation
from consent_contracts.withdrawal import (
    Acknowledgement,
    acknowledge,
    notice_digest,
    unverified_grant_id,
    verify_notice,
)
from registry.model.evidence import verify_grant
from ssi_core.errors import ConflictError, LogProofError, NotFoundError, SsiError
from verifier.office import Office
from verifier.ports import Clock, RequestStore, WithdrawalStore
from verifier.request import PresentationRequest
from verifier.service.evidence import Collector
from verifier.service.vault import open_agreement, read_policy
from verifier.use import Withdrawal


@final
class Withdrawals:
    """Takes notices from wallets."""

    def __init__(
        self,
        office: Office,
        *,
        requests: RequestStore,
        withdrawals: WithdrawalStore,
        collector: Collector,
        clock: Clock,
    ) -> None:
        self._office = office
        self._requests = requests
        self._withdrawals = withdrawals
        self._collector = collector
        self._clock = clock

    def receive(self, notice: str) -> str:
        """Return the signed acknowledgement; the same notice gets the same one again.

        Raises `NotFoundError` for a grant that nobody showed here, `ProofError` for a notice by
        another key, `ConflictError` when the log does not say that the grant has ended, and
        `UnavailableError` when the log cannot be asked.
        """
        digest = notice_digest(notice)
        if (known := self._withdrawals.find_withdrawal(digest)) is not None:
            return known.acknowledgement
        now = self._clock.now().replace(microsecond=0)
        grant_id = unverified_grant_id(notice)
        requests = self._requests.find_by_grant(grant_id)
        if not requests:
            raise NotFoundError("there is no such grant here", at="/grant_id")
        self._require_withdrawn(notice, grant_id, requests[0], now)
        erased = self._erase(requests)
        acknowledgement = Acknowledgement(
            recipient=self._office.identity.did,
            grant_id=grant_id,
            notice_digest=digest,
            received_at=now,
            effective_at=now,
            erased=erased,
        )
        identity = self._office.identity
        kept = self._withdrawals.append_withdrawal(
            Withdrawal(
                notice=digest,
                grant_id=grant_id,
                received_at=now,
                erased=erased,
                acknowledgement=acknowledge(
                    acknowledgement,
                    signer=identity.assertion_signer,
                    key_id=identity.assertion_key_id,
                ),
            )
        )
        return kept.acknowledgement

    def _require_withdrawn(
        self, notice: str, grant_id: str, request: PresentationRequest, at: datetime
    ) -> None:
        evidence = self._collector.fresh_grant(grant_id)
        if isinstance(evidence, SsiError):
            raise evidence
        believed = self._office.log.believed(read_policy(self._office, request))
        logged = verify_grant(evidence, grant_id=grant_id, policy=believed, at=at)
        claims = verify_notice(notice, key=logged.control_key, audience=self._office.identity.did)
        if claims.log != self._office.log.origin:
            raise LogProofError("the notice speaks of another log", at="/log")
        if logged.state.value != GrantState.WITHDRAWN.value:
            raise ConflictError("the log does not say that this grant has ended", at="/grant_id")

    def _erase(self, requests: Sequence[PresentationRequest]) -> bool:
        """Erase where the grant obliges to; return whether nothing is left of any answer."""
        obliged = [
            request.id
            for request in requests
            if (agreement := open_agreement(self._office, request)) is not None
            and agreement.grant is not None
            and Obligation.ERASE_ON_WITHDRAWAL in agreement.grant.obligations
        ]
        if obliged:
            self._requests.erase(obliged)
        return len(obliged) == len(requests)
