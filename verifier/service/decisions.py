"""Decide anew whether kept claims may be used: on the log's latest word, each time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
from registry.client.edge.freshness import Basis, basis, limit
from registry.client.edge.kept_evidence import size_of
from registry.model.evidence import LogEvidence, LoggedGrant
from registry.model.log_event import Standing
from registry.model.redacted_grants import RedactedGrant, verify_redaction
from ssi_core.errors import ConsentError, GrantNotLoggedError, SsiError, UnavailableError
from verifier.grants import find_grant, record_of
from verifier.held import Agreement
from verifier.office import Office
from verifier.policy import GrantRule, Policy
from verifier.ports import MarkStore, UseStore, WithdrawalStore
from verifier.service.evidence import Collector
from verifier.staleness import staleness_of, strictest


@dataclass(frozen=True, slots=True)
class Decided:
    """The permit, or why there is none; and the evidence of the log that it rests on, if any."""

    outcome: Permit | SsiError
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a grant: for the decision, and how much of the log says so."""

    record: GrantRecord
    size: int | None = None
    known_at: datetime | None = None


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
        self, agreement: Agreement, policy: Policy, purposes: Sequence[Purpose], *, at: datetime
    ) -> Decided:
        """Return the permit for one of `purposes`, or why there is none.

        While the log cannot be asked its last word counts, for as long as purpose, policy and grant
        allow. Without one, or when it is too old, a `ConsentError` says `state_unknown` or
        `stale_evidence`: the decision was made, and not knowing is its reason. Evidence that does
        not hold is its own error.
        """
        grant, rule = agreement.grant, policy.grant
        if grant is None or rule is None:
            return Decided(_denied((Refusal.NO_GRANT,)))
        now = self._collector.moment(at)
        try:
            known = self._known(grant, policy, now)
        except SsiError as error:
            return Decided(error)
        if grant.limits.erase_by is not None and now >= grant.limits.erase_by:
            return Decided(_denied((Refusal.EXPIRED,)))
        refusals: list[Refusal] = []
        for purpose in purposes:
            request = AccessRequest(
                recipient=self._office.identity.did,
                purpose=purpose,
                items=agreement.items(rule.access),
                holder_keys=agreement.holder_keys,
            )
            allowed = limit(staleness_of(purpose), rule.max_staleness)
            decision = decide(request, [known.record], at=now, max_staleness=allowed)
            if isinstance(decision, Permit):
                return Decided(decision, _basis(known, grant, rule, (purpose,), at=now))
            refusals.extend(decision.refusals)
        denied = _denied(tuple(dict.fromkeys(refusals)))
        return Decided(denied, _basis(known, grant, rule, purposes, at=now))

    def look(
        self, grant: Grant, policy: Policy, *, at: datetime
    ) -> tuple[LoggedGrant | RedactedGrant, LogEvidence]:
        """Return what the log proves of a grant now; raise if it cannot be asked."""
        grant_id, believed = grant.id or "", self._office.log.believed(policy)
        evidence = self._collector.fresh_grant(grant_id)
        if isinstance(evidence, SsiError):
            raise evidence
        try:
            logged = find_grant(grant, evidence, log=believed, at=at)
        except GrantNotLoggedError:
            found = verify_redaction(evidence, grant_id=grant_id, policy=believed, at=at)
            return found, evidence
        self._collector.keep_grant(logged, evidence)
        return logged, evidence

    def _known(self, grant: Grant, policy: Policy, at: datetime) -> _Known:
        grant_id = grant.id or ""
        if self._withdrawals.withdrawals_of(grant_id):
            # Confirmed once, and terminal: the log need not be asked again.
            return _Known(GrantRecord(grant=grant, state=GrantState.WITHDRAWN, known_at=at))
        mark = self._marks.mark_of(grant_id)
        if mark is not None and (ended := _ENDED.get(mark.standing)) is not None:
            # The log told us, and that is for good, whatever it can be asked now.
            return _Known(GrantRecord(grant=grant, state=ended, known_at=at))
        uses, last = self._uses.count_uses(grant_id)
        evidence, believed = self._collector.grant(grant_id), self._office.log.believed(policy)
        try:
            logged = find_grant(grant, evidence, log=believed, at=at)
        except UnavailableError:
            logged = None
        record = record_of(grant, logged, uses=uses, last=last)
        unheard = logged is None or isinstance(evidence, SsiError)
        size = 0 if unheard or isinstance(evidence, SsiError) else size_of(evidence)
        if mark is not None and mark.standing is Standing.SUSPENDED and size <= mark.index:
            # Only a tree that has the entry we were told of can say that it was resumed since.
            return _Known(replace(record, state=GrantState.SUSPENDED, known_at=at))
        if logged is None or isinstance(evidence, SsiError):
            return _Known(record)
        self._collector.keep_grant(logged, evidence)
        return _Known(record, size, logged.known_at)


def _basis(
    known: _Known, grant: Grant, rule: GrantRule, purposes: Iterable[Purpose], *, at: datetime
) -> Basis | None:
    if known.size is None or known.known_at is None:
        return None
    return basis(
        size=known.size,
        known_at=known.known_at,
        at=at,
        staleness=strictest(purposes),
        allowed=min(rule.max_staleness, grant.max_staleness),
        fresh_for=rule.max_checkpoint_age,
    )


def _denied(refusals: tuple[Refusal, ...]) -> ConsentError:
    return ConsentError("no grant permits this", refusals=tuple(each.value for each in refusals))
