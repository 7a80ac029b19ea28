"""Decisions over HTTP, in our own shape: decide, explain, look back."""

from collections.abc import Callable

from fastapi import APIRouter, Depends, Request

from consent_contracts.api.identifiers import known_form
from consent_contracts.api.models import (
    AnswerOut,
    DecisionOut,
    DecisionsOut,
    ExplanationIn,
    ExplanationOut,
    QuestionIn,
)
from consent_contracts.api.paging import Limit, Since, next_of
from consent_contracts.explanation import explain
from consent_contracts.question import MEMBERS, Question
from consent_contracts.service.decisions import Decisions
from ssi_core.adapters.strict_route import StrictRoute


def decision_routes(decisions: Decisions, *, authenticate: Callable[[Request], None]) -> APIRouter:
    """Return the routes of decisions; `authenticate` raises for anyone else."""
    routes = APIRouter(
        prefix="/consent",
        tags=["decisions"],
        route_class=StrictRoute,
        dependencies=[Depends(authenticate)],
    )

    @routes.post("/decide", response_model_exclude_none=True)
    def decide(body: QuestionIn) -> AnswerOut:
        """Decide now, and keep the answer; all three answers have status 200."""
        answer = decisions.decide(_question(body))
        return AnswerOut.model_validate(answer.to_json())

    @routes.post("/explain")
    def explain_decision(body: ExplanationIn) -> ExplanationOut:
        """Say how the answer would come about now, for a person and for a machine."""
        question = _question(body)
        decision, traced = decisions.explain(question)
        sentences = explain(question.request, decision, asker=body.asker)
        return ExplanationOut.model_validate(
            {
                "decision": decision.to_json()["decision"],
                "sentences": list(sentences),
                "trace": traced,
            }
        )

    @routes.get("/decisions", response_model_exclude_none=True)
    def look_back(after: Since = 0, limit: Limit = 100) -> DecisionsOut:
        """List the decisions that were made."""
        found = decisions.page(after=after, limit=limit)
        return DecisionsOut(
            decisions=[DecisionOut.model_validate(each.content) for each in found],
            next=next_of([each.number for each in found], limit=limit),
        )

    @routes.get("/decisions/{decision_id}", response_model_exclude_none=True)
    def look_at(decision_id: str) -> DecisionOut:
        """Return what is kept of one decision."""
        return DecisionOut.model_validate(decisions.find(known_form(decision_id)))

    return routes


def _question(body: QuestionIn) -> Question:
    # Inside, "null" is for the parsers to refuse.
    given = {name: getattr(body, name) for name in MEMBERS}
    return Question.parse({name: value for name, value in given.items() if value is not None})
