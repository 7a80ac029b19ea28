"""Decide anew whether kept claims may be used: on the log's fresh word, each time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final, final

from consent_contracts.decision import (
    AccessRequest,
    GrantRecord,
    GrantState,
    Permit,
    Refusal,
    decide,
)
from consent_contracts.grant import Grant
from consent_contracts.purpose import Purpose
from registry.model.log_event import Standing
from registry.model.log_evidence import LogEvidence
from ssi_core.errors import ConsentError, SsiError, UnavailableError
from verifier.grants import find_grant, record_of
from verifier.held import Agreement
from verifier.office import Office
from verifier.policy import Policy
from verifier.ports import MarkStore, UseStore, WithdrawalStore
from verifier.service.evidence import Collector

_ENDED: Final = {
    Standing.ENDED: GrantState.WITHDRAWN,
    Standing.SUPERSEDED: GrantState.SUPERSEDED,
}


@final
class Decisions:
    """Asks the log, counts the uses, and decides."""

    def __init__(
        self,
        office: Office,
        *,
        uses: UseStore,
        withdrawals: WithdrawalStore,
        marks: MarkStore,
        collector: Collector,
    ) -> None:
        self._office = office
        self._uses = uses
        self._withdrawals = withdrawals
        self._marks = marks
        self._collector = collector

    def decide(
        self, agreement: Agreement, policy: Policy, purposes: Iterable[Purpose], *, at: datetime
    ) -> Permit | SsiError:
        """Return the permit for one of `purposes`, or why there is none.

        A log that cannot be reached makes a `ConsentError` with `state_unknown`: the decision was
        made, and not knowing is its reason. Evidence that does not hold is its own error.
        """
        grant, rule = agreement.grant, policy.grant
        if grant is None or rule is None:
            return _denied((Refusal.NO_GRANT,))
        try:
            record = self._record(grant, policy, at)
        except SsiError as error:
            return error
        if grant.limits.erase_by is not None and at >= grant.limits.erase_by:
            return _denied((Refusal.EXPIRED,))
        refusals: list[Refusal] = []
        for purpose in purposes:
            request = AccessRequest(
                recipient=self._office.identity.did,
                purpose=purpose,
                items=agreement.items(rule.access),
                holder_keys=agreement.holder_keys,
            )
            decision = decide(request, [record], at=at, max_staleness=rule.max_staleness)
            if isinstance(decision, Permit):
                return decision
            refusals.extend(decision.refusals)
        return _denied(tuple(dict.fromkeys(refusals)))

    def _record(self, grant: Grant, policy: Policy, at: datetime) -> GrantRecord:
        grant_id = grant.id or ""
        if self._withdrawals.withdrawals_of(grant_id):
            # Confirmed once, and terminal: the log need not be asked again.
            return GrantRecord(grant=grant, state=GrantState.WITHDRAWN, known_at=at)
        mark = self._marks.mark_of(grant_id)
        if mark is not None and (ended := _ENDED.get(mark.standing)) is not None:
            # The log told us, and that is for good, whatever it can be asked now.
            return GrantRecord(grant=grant, state=ended, known_at=at)
        uses, last = self._uses.count_uses(grant_id)
        evidence, believed = self._collector.grant(grant_id), self._office.log.believed(policy)
        try:
            logged = find_grant(grant, evidence, log=believed, at=at)
        except UnavailableError:
            logged = None
        record = record_of(grant, logged, uses=uses, last=last)
        if mark is not None and mark.standing is Standing.SUSPENDED:
            # Only a tree that has the entry we were told of can say that it was resumed since.
            size = 0
            if logged is not None and isinstance(evidence, LogEvidence):
                size = believed.verify(evidence.checkpoint, at=at).size
            if size <= mark.index:
                return replace(record, state=GrantState.SUSPENDED, known_at=at)
        return record


def _denied(refusals: tuple[Refusal, ...]) -> ConsentError:
    return ConsentError("no grant permits this", refusals=tuple(each.value for each in refusals))
