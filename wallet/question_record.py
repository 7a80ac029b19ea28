"""A question as the vault keeps it until it is answered: enough to answer it after a restart."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from consent_contracts.request import ConsentRequest
from ssi_core import claim_path
from ssi_core.claim_path import ClaimPath
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from ssi_core.protocol.openid4vp import AuthorizationRequest
from ssi_core.strict_json import as_array
from wallet.body import Body
from wallet.question import Accredited, Asker, Question, Share, render_share
from wallet.vault import Keep, Record

KIND: Final = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptQuestion:
    """A question without the values that it would share: those are read when it is shown."""

    record: Record
    asker: Asker
    request: AuthorizationRequest
    consent: ConsentRequest | None
    options: tuple[tuple[Share, ...], ...]
    warnings: tuple[str, ...]
    asked_at: datetime


def keep_question(question: Question, former: Record | None) -> Keep:
    """Return the change that keeps a question, in the place of the same one asked before."""
    record = former or Record(kind=KIND, id=question.id)
    body: JsonObject = {
        "asker": question.asker.to_json(),
        "request": question.request.to_json(),
        "consent": None if question.consent is None else question.consent.text,
        "options": [
            {"shares": [render_share(shown.share) for shown in option.shares]}
            for option in question.options
        ],
        "warnings": list(question.warnings),
        "asked_at": to_timestamp(question.asked_at),
    }
    return Keep(replace(record, body=body))


def parse_question(record: Record) -> KeptQuestion:
    """Read what `keep_question` kept."""
    body = Body(record.body)
    consent = body.text_or_none("consent")
    return KeptQuestion(
        record=record,
        asker=parse_asker(body.object("asker")),
        request=AuthorizationRequest.parse(body.object("request")),
        consent=None if consent is None else ConsentRequest.parse(consent),
        options=body.each("options", lambda option: Body(option).each("shares", parse_share)),
        warnings=body.texts("warnings"),
        asked_at=body.moment("asked_at"),
    )


def parse_asker(members: JsonObject) -> Asker:
    """Read an asker."""
    body = Body(members)
    return Asker(
        client_id=body.text("client_id"),
        response_origin=body.text("response_origin"),
        did=body.text_or_none("did"),
        name=body.text_or_none("name"),
        proven_by=body.text("proven_by"),
        accredited=Accredited(body.text("accredited")),
    )


def parse_share(members: JsonObject) -> Share:
    """Read a share."""
    body = Body(members)
    return Share(
        query_id=body.text("query"),
        credential_id=body.text("credential"),
        paths=_paths(members, "paths"),
        asked=_paths(members, "asked"),
    )


def _paths(members: JsonObject, name: str) -> frozenset[ClaimPath]:
    return frozenset(claim_path.parse(path) for path in as_array(members.get(name), at=f"/{name}"))
