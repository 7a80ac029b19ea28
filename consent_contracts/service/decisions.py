"""Decisions: gather what is kept about the person, decide, count the use, keep the answer."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, final

from consent_contracts.break_glass_decision import decide_in_emergency
from consent_contracts.context import Context
from consent_contracts.decision import Decision, Permit, decide
from consent_contracts.grant import Grant
from consent_contracts.held_grant import HeldGrant, require_past
from consent_contracts.index import ConsentIndex
from consent_contracts.kept import Document, Kind
from consent_contracts.ports import Clock
from consent_contracts.question import Answer, Question
from consent_contracts.service.delegations import KeptDelegations
from consent_contracts.service.grants import Grants
from consent_contracts.service.rights import Rights
from consent_contracts.service.vault import Kept, Vault
from consent_contracts.trace import trace
from ssi_core.errors import ConflictError, NotFoundError
from ssi_core.json_types import JsonObject

_ID_BYTES: Final = 16
# Whoever loses a race for the last use decides anew, and is then refused by the rules.
_ATTEMPTS: Final = 8


@final
class Decisions:
    """Answers to "may this be had now?"; every one is kept, also the refusals."""

    def __init__(
        self,
        vault: Vault,
        grants: Grants,
        delegations: KeptDelegations,
        *,
        rights: Rights,
        clock: Clock,
    ) -> None:
        self._vault = vault
        self._grants = grants
        self._delegations = delegations
        self._rights = rights
        self._clock = clock

    def decide(self, question: Question) -> Answer:
        """Decide now. A permit counts as a use of its grants; of many who race, none counts twice.

        What is kept and what came with the question speak together: neither can hide the other.
        """
        for attempt in range(_ATTEMPTS):
            at = self._clock.now()
            held = self._grants.about(question.request.holder_keys)
            decision = self._decided(question, held, at=at)
            answer = Answer(
                id=secrets.token_urlsafe(_ID_BYTES), at=at, question=question, decision=decision
            )
            try:
                self._vault.commit(self._kept(answer), *self._uses(answer, held))
            except ConflictError:
                if attempt + 1 == _ATTEMPTS:
                    raise
            else:
                return answer
        raise ConflictError("others are using these grants")

    def explain(self, question: Question) -> tuple[Decision, JsonObject]:
        """Return the decision as it would be now, and how it comes about; nothing is kept."""
        at = self._clock.now()
        held = self._grants.about(question.request.holder_keys)
        index = self._index(question, held, at=at)
        traced = trace(
            question.request,
            index,
            at=at,
            max_staleness=question.max_staleness,
            context=self._context(question),
        )
        return self._decided(question, held, at=at), traced

    def find(self, decision_id: str) -> JsonObject:
        """Return what is kept of a decision."""
        found = self._vault.find(Kind.DECISION, decision_id)
        if found is None:
            raise NotFoundError("there is no such decision here")
        return found.content

    def page(self, *, after: int = 0, limit: int = 100) -> tuple[Kept, ...]:
        """Return what is kept of decisions, in the order in which they were made."""
        return self._vault.page(Kind.DECISION, after=after, limit=limit)

    def _decided(
        self, question: Question, held: Sequence[tuple[Kept, HeldGrant]], *, at: datetime
    ) -> Decision:
        index, context = self._index(question, held, at=at), self._context(question)
        if question.emergency is None:
            return decide(
                question.request,
                index,
                at=at,
                max_staleness=question.max_staleness,
                context=context,
            )
        return decide_in_emergency(
            question.request,
            index,
            self._rights.find(question.emergency).state(at=at),
            at=at,
            max_staleness=question.max_staleness,
            context=context,
        )

    def _context(self, question: Question) -> Context:
        """Return the circumstances, with every delegation that is kept about these people."""
        keys, given = question.request.holder_keys, question.context.delegations
        return replace(question.context, delegations=self._delegations.about(keys, given))

    def _index(
        self, question: Question, held: Sequence[tuple[Kept, HeldGrant]], *, at: datetime
    ) -> ConsentIndex:
        told = [require_past(record, now=at) for record in question.records]
        return ConsentIndex.of([*(each.record for _, each in held), *told])

    def _kept(self, answer: Answer) -> Document:
        found_by = [f"grant:{each.id}" for each in _grants(answer.decision)]
        return self._vault.document(Kind.DECISION, answer.id, answer.to_audit(), found_by=found_by)

    def _uses(self, answer: Answer, held: Sequence[tuple[Kept, HeldGrant]]) -> list[Document]:
        if answer.question.dry_run:
            return []
        relied_on = _grants(answer.decision)
        return [
            self._grants.document(each.used(at=answer.at), replacing=kept)
            for kept, each in held
            if each.counts_uses and each.record.grant in relied_on
        ]


def _grants(decision: Decision) -> tuple[Grant, ...]:
    return decision.grants if isinstance(decision, Permit) else ()
