"""Delegations: what lets representatives act for the people whose data is kept here."""

from collections.abc import Collection
from dataclasses import replace
from typing import final

from consent_contracts.delegation import DelegationRecord
from consent_contracts.delegations import Delegations
from consent_contracts.held_grant import require_known_by, require_plain_id
from consent_contracts.kept import Kind
from consent_contracts.ports import Clock
from consent_contracts.service.vault import Kept, Vault
from consent_contracts.state_evidence import newest
from ssi_core.errors import ConflictError, NotFoundError


@final
class KeptDelegations:
    """The delegations of one custodian, on the word of whoever verified them."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    def take(self, record: DelegationRecord) -> DelegationRecord:
        """Keep a delegation; one that is there learns what is new about its state."""
        require_plain_id(record.delegation.id, at="/delegation/delegation_id")
        require_known_by(record.known_at, now=self._clock.now())
        kept = self._vault.find(Kind.DELEGATION, record.delegation.id or "")
        told = record if kept is None else _learned(kept, record)
        self._vault.commit(
            self._vault.document(
                Kind.DELEGATION,
                told.delegation.id or "",
                told.to_json(),
                found_by=told.delegation.holder_keys,
                replacing=kept,
            )
        )
        return told

    def find(self, delegation_id: str) -> DelegationRecord:
        """Return a delegation; `NotFoundError` if there is none with this id."""
        kept = self._vault.find(Kind.DELEGATION, delegation_id)
        if kept is None:
            raise NotFoundError("there is no such delegation here")
        return DelegationRecord.parse(kept.content)

    def about(self, holder_keys: Collection[str], given: Delegations) -> Delegations:
        """Return what is kept about these people together with what came with a question."""
        found = self._vault.found_by(Kind.DELEGATION, holder_keys)
        kept = tuple(DelegationRecord.parse(each.content) for each in found)
        return Delegations((*kept, *given.records)) if kept else given

    def page(self, *, after: int = 0, limit: int = 100) -> tuple[tuple[int, DelegationRecord], ...]:
        """Return delegations in the order in which they came, each with its number."""
        page = self._vault.page(Kind.DELEGATION, after=after, limit=limit)
        return tuple((each.number, DelegationRecord.parse(each.content)) for each in page)


def _learned(kept: Kept, told: DelegationRecord) -> DelegationRecord:
    before = DelegationRecord.parse(kept.content)
    if before.delegation != told.delegation:
        raise ConflictError("another delegation has this id", at="/delegation/delegation_id")
    if told.state is None or told.known_at is None:
        return before
    state, known_at = newest(before.state, before.known_at, told=told.state, told_at=told.known_at)
    return replace(before, state=state, known_at=known_at)
