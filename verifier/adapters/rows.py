"""The verifier's tables, and how its records stand in them."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from ssi_core import strict_json
from ssi_core.protocol.openid4vp import AuthorizationRequest
from verifier.checks import read_checks, render_checks
from verifier.request import Answer, Attempt, PresentationRequest, RequestState
from verifier.use import Use, Withdrawal


class _Table(SQLModel, registry=registry()):
    """Tables of this room alone."""


class RequestRow(_Table, table=True):
    """One request, and later its answer."""

    __tablename__: ClassVar[str] = "verifier_request"  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLModel declares a callable

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    response_id: str = Field(unique=True)
    policy: str
    parameters: str
    created_at: datetime
    expires_at: datetime
    response_key: bytes | None = None
    state: str
    answered_at: datetime | None = None
    form: str = ""
    checks: str = "[]"
    reason: str | None = None
    refusals: str = "[]"
    presentation: str | None = None
    grant_id: str | None = Field(default=None, index=True)
    receipt: str | None = None
    agreement: bytes | None = None
    claims: bytes | None = None


class UseRow(_Table, table=True):
    """One use that was asked for."""

    __tablename__: ClassVar[str] = "verifier_use"  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLModel declares a callable

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    request_id: str = Field(index=True)
    grant_id: str | None = Field(default=None, index=True)
    purpose: str
    used_at: datetime
    refusals: str
    permitted: bool
    receipt: str | None = None


class WithdrawalRow(_Table, table=True):
    """One acknowledged withdrawal."""

    __tablename__: ClassVar[str] = "verifier_withdrawal"  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLModel declares a callable

    notice: str = Field(primary_key=True)
    grant_id: str = Field(index=True)
    received_at: datetime
    erased: bool
    acknowledgement: str


METADATA: MetaData = _Table.metadata


def request_row(request: PresentationRequest) -> RequestRow:
    """Return the row of a new request."""
    return RequestRow(
        id=request.id,
        response_id=request.response_id,
        policy=strict_json.render(request.policy),
        parameters=strict_json.render(request.parameters.to_json()),
        created_at=request.created_at,
        expires_at=request.expires_at,
        response_key=request.response_key,
        state=request.state.value,
    )


def attempt_values(attempt: Attempt) -> dict[str, object]:
    """Return the columns that an attempt fills."""
    checks = strict_json.render(render_checks(attempt.checks))
    return {"checks": checks, "reason": attempt.reason}


def answer_values(answer: Answer) -> dict[str, object]:
    """Return the columns that an answer fills."""
    return {
        "state": answer.state.value,
        "answered_at": answer.answered_at,
        "form": answer.form,
        "checks": strict_json.render(render_checks(answer.checks)),
        "reason": answer.reason,
        "refusals": strict_json.render(list(answer.refusals)),
        "presentation": answer.presentation,
        "grant_id": answer.grant_id,
        "receipt": answer.receipt,
        "agreement": answer.agreement,
        "claims": answer.claims,
        # An answered request opens no further response.
        "response_key": None,
    }


def read_request(row: RequestRow) -> PresentationRequest:
    """Return the request that a row holds."""
    return PresentationRequest(
        id=row.id,
        response_id=row.response_id,
        policy=strict_json.parse_object(row.policy),
        parameters=AuthorizationRequest.parse(strict_json.parse_object(row.parameters)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        response_key=row.response_key,
        state=RequestState(row.state),
        attempt=_read_attempt(row) if row.answered_at is None else None,
        answer=None if row.answered_at is None else _read_answer(row, row.answered_at),
    )


def use_row(use: Use) -> UseRow:
    """Return the row of a use."""
    return UseRow(
        id=use.id,
        request_id=use.request_id,
        grant_id=use.grant_id,
        purpose=use.purpose,
        used_at=use.used_at,
        refusals=strict_json.render(list(use.refusals)),
        permitted=use.permitted,
        receipt=use.receipt,
    )


def read_use(row: UseRow) -> Use:
    """Return the use that a row holds."""
    return Use(
        id=row.id,
        request_id=row.request_id,
        grant_id=row.grant_id,
        purpose=row.purpose,
        used_at=row.used_at,
        refusals=_texts(row.refusals),
        receipt=row.receipt,
    )


def withdrawal_row(withdrawal: Withdrawal) -> WithdrawalRow:
    """Return the row of a withdrawal."""
    return WithdrawalRow(
        notice=withdrawal.notice,
        grant_id=withdrawal.grant_id,
        received_at=withdrawal.received_at,
        erased=withdrawal.erased,
        acknowledgement=withdrawal.acknowledgement,
    )


def read_withdrawal(row: WithdrawalRow) -> Withdrawal:
    """Return the withdrawal that a row holds."""
    return Withdrawal(
        notice=row.notice,
        grant_id=row.grant_id,
        received_at=row.received_at,
        erased=row.erased,
        acknowledgement=row.acknowledgement,
    )


def _read_attempt(row: RequestRow) -> Attempt | None:
    if row.reason is None:
        return None
    return Attempt(checks=read_checks(strict_json.parse(row.checks)), reason=row.reason)


def _read_answer(row: RequestRow, answered_at: datetime) -> Answer:
    return Answer(
        state=RequestState(row.state),
        answered_at=answered_at,
        form=row.form,
        checks=read_checks(strict_json.parse(row.checks)),
        reason=row.reason,
        refusals=_texts(row.refusals),
        presentation=row.presentation,
        grant_id=row.grant_id,
        receipt=row.receipt,
        agreement=row.agreement,
        claims=row.claims,
    )


def _texts(text: str) -> tuple[str, ...]:
    items = strict_json.as_array(strict_json.parse(text), at="")
    return tuple(strict_json.as_text(item, at="") for item in items)
