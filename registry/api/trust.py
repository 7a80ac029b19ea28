"""Trust queries over HTTP: ToIP's Trust Registry Query Protocol 2.0 (TRQP), HTTPS binding.

https://trustoverip.github.io/tswg-trust-registry-protocol/
"""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Protocol
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from registry.service.trust import TrustAnswer, TrustQueries, TrustQuestion
from ssi_core.adapters.strict_route import StrictRoute
from ssi_core.errors import MalformedError
from ssi_core.period import from_rfc3339, to_rfc3339

_MAX_CONTEXT: Final = 32
_MAX_TEXT: Final = 2_048
# RFC 3986: the characters of a URI reference, and percent-encoding of everything else.
_IDENTIFIER: Final = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_YES: Final = "An accreditation in force covers this; `entries` of this log say so."
_NO: Final = "The log knows both of them, and no accreditation in force covers this."
_Identifier = Annotated[str, Field(min_length=1, max_length=_MAX_TEXT)]
_Context = Annotated[
    dict[str, Any],
    Field(max_length=_MAX_CONTEXT, json_schema_extra={"additionalProperties": {"type": "string"}}),
]


class Trusting(Protocol):
    """Whatever answers trust queries: a registry, or a replica of one."""

    @property
    def trust(self) -> TrustQueries:
        """The queries, over the log as it is here."""
        ...


class QueryIn(BaseModel):
    """A TRQP query: entity and authority are DIDs, the resource is a credential type.

    `action` is `issue`, `verify` or `accredit`; `context.time` the moment asked about, in UTC.
    """

    model_config = ConfigDict(strict=True, extra="ignore")

    entity_id: _Identifier
    authority_id: _Identifier
    action: _Identifier
    resource: _Identifier
    context: _Context | None = None


class _AnswerOut(BaseModel, frozen=True):
    entity_id: str
    authority_id: str
    action: str
    resource: str
    time_requested: str | None = None
    time_evaluated: str
    message: str
    context: dict[str, str] | None = None
    evidence: str
    entries: list[int]


class AuthorizationOut(_AnswerOut, frozen=True):
    """A TRQP answer; `evidence` is relative to this URL, `entries` are indexes in the log."""

    authorized: bool


class RecognitionOut(_AnswerOut, frozen=True):
    """A TRQP answer; `evidence` is relative to this URL, `entries` are indexes in the log."""

    recognized: bool


def trust_routes(source: Trusting) -> APIRouter:
    """Return the routes that answer trust queries from the log of `source`."""
    routes = APIRouter(tags=["trust"], route_class=StrictRoute)

    @routes.post("/authorization", response_model=AuthorizationOut)
    def authorization(query: QueryIn, request: Request) -> JSONResponse:
        """Answer whether the authority lets the entity take the action on the resource."""
        answer = source.trust.authorized(_question(query))
        return _reply(request, query, answer, said="authorized")

    @routes.post("/recognition", response_model=RecognitionOut)
    def recognition(query: QueryIn, request: Request) -> JSONResponse:
        """Answer whether the authority knows the entity as one who decides about the action."""
        answer = source.trust.recognized(_question(query))
        return _reply(request, query, answer, said="recognized")

    return routes


def _question(query: QueryIn) -> TrustQuestion:
    for name in ("entity_id", "authority_id", "action", "resource"):
        if _IDENTIFIER.fullmatch(getattr(query, name)) is None:
            raise MalformedError("an identifier has the characters of RFC 3986", at=f"/{name}")
    return TrustQuestion(
        entity=query.entity_id,
        authority=query.authority_id,
        action=query.action,
        resource=query.resource,
        at=_time(_context(query)),
    )


def _context(query: QueryIn) -> dict[str, str]:
    context = query.context or {}
    for name, value in context.items():
        if not isinstance(value, str) or len(value) > _MAX_TEXT or len(name) > _MAX_TEXT:
            # Names in it are the asker's own, so the error points at the whole.
            raise MalformedError("a context holds short texts", at="/context")
    return context


def _time(context: dict[str, str]) -> datetime | None:
    text, at = context.get("time"), "/context/time"
    if not text:
        return None
    if not text.endswith(("Z", "z", "+00:00")):
        raise MalformedError("the time is in UTC", at=at)
    return from_rfc3339(text, at=at)


def _reply(request: Request, query: QueryIn, answer: TrustAnswer, *, said: str) -> JSONResponse:
    asked = _context(query)
    body: dict[str, object] = {
        "entity_id": query.entity_id,
        "authority_id": query.authority_id,
        "action": query.action,
        "resource": query.resource,
        said: answer.holds,
        "time_evaluated": to_rfc3339(answer.evaluated_at),
        "message": _YES if answer.holds else _NO,
        "evidence": _evidence(query, answer),
        "entries": list(answer.entries),
    }
    if query.context is not None:
        body["context"] = asked
    if asked.get("time"):
        body["time_requested"] = asked["time"]
    headers = {"Cache-Control": "no-store"}
    given = request.headers.get("x-request-id", "")
    if _REQUEST_ID.fullmatch(given):
        headers["X-Request-ID"] = given
    return JSONResponse(body, headers=headers)


def _evidence(query: QueryIn, answer: TrustAnswer) -> str:
    asked = {
        "subject": query.entity_id,
        "role": answer.role.value,
        "type": query.resource,
        "root": str(answer.root),
    }
    return f"accreditations?{urlencode(asked)}"
