"""What a custodian sends and is sent, as JSON; documents inside are read by their own parsers."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_CREDENTIAL = 262_144


class _In(BaseModel):
    """Input: exact types, and no member that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class QuestionIn(_In):
    """May this be had now? `grants` are records beside those kept; a permit counts as a use.

    `emergency` is the session of a broken glass, if it is asked under one.
    """

    request: dict[str, Any]
    context: dict[str, Any] = Field(default_factory=dict)
    grants: list[dict[str, Any]] = Field(default_factory=list)
    max_staleness: int | None = None
    dry_run: bool = False
    emergency: str | None = None


class ExplanationIn(QuestionIn):
    """A question, and the name under which the person knows whoever asks it."""

    asker: str


class RecordIn(_In):
    """A grant with what is known about its state."""

    grant: dict[str, Any]
    state: str | None = None
    known_at: int | None = None
    uses: int = 0
    last_used_at: int | None = None


class CredentialIn(_In):
    """A grant as its subject signed it, and what the log said of it."""

    credential: str = Field(max_length=_CREDENTIAL)
    state: str | None = None
    known_at: int | None = None


class StateIn(_In):
    """What a log said of a grant, and when."""

    state: str
    known_at: int


class DelegationIn(_In):
    """A delegation that was verified, with what is known about its state."""

    delegation: dict[str, Any]
    state: str | None = None
    known_at: int | None = None


class ReceiptIn(_In):
    """A receipt: a JWS."""

    receipt: str = Field(max_length=65_536)


class AnswerOut(BaseModel, frozen=True):
    """A decision. A permit has its grants and terms, anything else every reason.

    By a broken glass there are no grants: `emergency` names the session, `overrides` what it
    overrides; `emergency_refusals` say why a session does not help.
    """

    id: str
    at: int
    decision: Literal["permit", "deny", "indeterminate"]
    grants: list[str] | None = None
    obligations: list[str] | None = None
    limits: dict[str, Any] | None = None
    refusals: list[str] | None = None
    emergency: str | None = None
    overrides: list[str] | None = None
    emergency_refusals: list[str] | None = None


class ExplanationOut(BaseModel, frozen=True):
    """A decision as it would be now: sentences for the person, and a trace for a machine."""

    decision: Literal["permit", "deny", "indeterminate"]
    sentences: list[str]
    trace: dict[str, Any]


class DecisionOut(BaseModel, frozen=True):
    """What is kept of a decision. `request` is the digest of what was asked.

    `emergency` is the id of the log's entry about the broken glass under which it was asked.
    """

    id: str
    at: int
    request: str
    recipient: str
    actor: str | None = None
    purpose: str
    decision: Literal["permit", "deny", "indeterminate"]
    grants: list[str] | None = None
    refusals: list[str] | None = None
    emergency: str | None = None
    overrides: list[str] | None = None
    emergency_refusals: list[str] | None = None
    dry_run: bool


class DecisionsOut(BaseModel, frozen=True):
    """Decisions in the order in which they were made; `next` is where to go on, if there is."""

    decisions: list[DecisionOut]
    next: int | None = None


class GrantOut(BaseModel, frozen=True):
    """A grant and what is known about it; `signed` says whether its subject's signature is kept."""

    grant: dict[str, Any]
    state: str | None
    known_at: int | None
    uses: int
    last_used_at: int | None = None
    signed: bool


class GrantsOut(BaseModel, frozen=True):
    """Grants in the order in which they came; `next` is where to go on, if there is."""

    grants: list[GrantOut]
    next: int | None = None


class RequestOut(BaseModel, frozen=True):
    """A consent request and what became of it; `text` is the form that the digest is of."""

    digest: str
    text: str
    request: dict[str, Any]
    requested_at: int
    state: Literal["requested", "given", "refused"]
    grant_id: str | None = None


class RequestsOut(BaseModel, frozen=True):
    """Requests in the order in which they came; `next` is where to go on, if there is."""

    requests: list[RequestOut]
    next: int | None = None


class DelegationOut(BaseModel, frozen=True):
    """A delegation and what is known about its state."""

    delegation: dict[str, Any]
    state: str | None
    known_at: int | None


class DelegationsOut(BaseModel, frozen=True):
    """Delegations in the order in which they came; `next` is where to go on, if there is."""

    delegations: list[DelegationOut]
    next: int | None = None


class WithdrawnOut(BaseModel, frozen=True):
    """A grant that permits nothing any more."""

    grant_id: str
    state: str


class ReceiptOut(BaseModel, frozen=True):
    """A receipt that was verified and kept."""

    id: str
    event: str
    grant_id: str | None
    decision: Literal["permit", "deny"]


class ReceiptsOut(BaseModel, frozen=True):
    """Receipts as they were signed, oldest first."""

    receipts: list[str]


class ContractOut(BaseModel, frozen=True):
    """A contract that can be run here."""

    name: str
    version: int


class ContractsOut(BaseModel, frozen=True):
    """Every contract that can be run here."""

    contracts: list[ContractOut]


class SettlementOut(BaseModel, frozen=True):
    """A decision of a contract, its digest, and the inputs that lead to exactly these bytes."""

    decision: dict[str, Any]
    digest: str
    inputs: dict[str, Any]
