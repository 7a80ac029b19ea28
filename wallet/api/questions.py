"""Questions: read a request, show what it asks, answer yes or no."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from ssi_core import claim_path
from ssi_core.json_types import JsonObject
from wallet import question_text
from wallet.api.answers import Authenticate, answer, private_router
from wallet.question import Choice, Question
from wallet.service import Wallet
from wallet.sharing import Sharing


class RequestIn(BaseModel):
    """An authorization request as a wallet opens or scans it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    request_uri: str


class ChoiceIn(BaseModel):
    """A yes: which option, for how many days, and what is held back of it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    option: int = 0
    days: int | None = None
    purposes: list[str] | None = None
    without: list[list[Any]] = []


def question_routes(wallet: Wallet, authenticate: Authenticate) -> APIRouter:
    """Return the routes by which a person is asked and answers."""
    routes = private_router("questions", authenticate, prefix="/questions")

    @routes.post("", status_code=HTTPStatus.CREATED)
    def ask(body: RequestIn) -> JSONResponse:
        """Read a request; return the question, also as `text`."""
        return answer(_question(wallet.inspect(body.request_uri)), HTTPStatus.CREATED)

    @routes.get("/{question_id}")
    def show(question_id: str) -> JSONResponse:
        """Show a question that waits for its answer."""
        return answer(_question(wallet.question(question_id)))

    @routes.post("/{question_id}/consent")
    def consent(question_id: str, body: ChoiceIn | None = None) -> JSONResponse:
        """Say yes; return once the recipient has it, with its receipt."""
        question = wallet.question(question_id)
        return answer(render_sharing(wallet.consent(question, _choice(body or ChoiceIn()))))

    @routes.post("/{question_id}/refuse")
    def refuse(question_id: str) -> JSONResponse:
        """Say no."""
        wallet.refuse(wallet.question(question_id))
        return answer({"question": question_id, "state": "refused"})

    return routes


def render_sharing(sharing: Sharing) -> JsonObject:
    """Return what came of an answer."""
    return {
        "question": sharing.id,
        "state": sharing.state.word,
        "grant": None if sharing.consented is None else sharing.consented.grant_id,
        "receipt": sharing.receipt,
        "redirect_uri": sharing.redirect_uri,
    }


def _question(question: Question) -> JsonObject:
    return {**question.to_json(), "text": question_text.render(question)}


def _choice(body: ChoiceIn) -> Choice:
    without = [
        claim_path.parse(path, at=f"/without/{index}") for index, path in enumerate(body.without)
    ]
    return Choice(
        option=body.option, days=body.days, purposes=body.purposes, without=tuple(without)
    )
