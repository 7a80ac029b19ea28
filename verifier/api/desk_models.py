"""What the desk sends and is sent, as JSON."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_TEN_YEARS = 315_619_200


class _In(BaseModel):
    """Input: exact types, and no member that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OverridesIn(_In):
    """How one request departs from its policy. `period` is in seconds, and shortens only."""

    period: int | None = Field(default=None, ge=1, le=_TEN_YEARS)
    response_mode: Literal["direct_post", "direct_post.jwt"] | None = None
    client_id_prefix: Literal["decentralized_identifier", "redirect_uri"] | None = None


class RequestIn(OverridesIn):
    """Ask under a policy; overrides stand beside it, or in a member of their own."""

    policy: str = Field(min_length=1, max_length=256)
    overrides: OverridesIn | None = None


class UseIn(_In):
    """Use what an answer brought. `claims` are paths of member names, for a use that needs less."""

    purpose: str = Field(min_length=1, max_length=64)
    claims: list[Any] | None = None


class RequestOut(BaseModel, frozen=True):
    """A new request: `uri` is for the wallet, `request_uri` is in it unless it came by value."""

    id: str
    uri: str
    request_uri: str
    expires_at: int


class CheckOut(BaseModel, frozen=True):
    """One check by name; `reason` is the code of the error, `refusals` are a decision's."""

    name: str
    outcome: Literal["passed", "failed", "undetermined", "skipped"]
    credential: str | None = None
    reason: str | None = None
    refusals: list[str] | None = None


class ResultOut(BaseModel, frozen=True):
    """What became of a request; `withheld` says why claims are not shown any more."""

    id: str
    policy: str
    state: Literal["created", "fetched", "verified", "refused", "denied", "expired"]
    checks: list[CheckOut]
    reason: str | None = None
    refusals: list[str] | None = None
    claims: dict[str, Any] | None = None
    withheld: list[str] | None = None
    grant_id: str | None = None
    receipt: str | None = None


class EvidenceOut(BaseModel, frozen=True):
    """What the log was known to say: how many entries, how many seconds ago, and for which class.

    `class` is how long evidence for such a purpose may be used while the log cannot be asked.
    """

    size: int
    age: int
    staleness: str = Field(serialization_alias="class")


class UseOut(BaseModel, frozen=True):
    """A use that was permitted, with the claims that it gives and the evidence it rests on."""

    decision: Literal["permit"] = "permit"
    claims: dict[str, Any]
    obligations: list[str]
    receipt: str | None = None
    evidence: EvidenceOut | None = None


class PastUseOut(BaseModel, frozen=True):
    """A use that was asked for before."""

    purpose: str
    used_at: int
    decision: Literal["permit", "deny"]
    refusals: list[str]
    receipt: str | None = None


class UsesOut(BaseModel, frozen=True):
    """Every use of what one request brought, permitted or not, oldest first."""

    uses: list[PastUseOut]


class IdentityOut(BaseModel, frozen=True):
    """Who asks at this desk."""

    did: str
    name: str
    log: str


class PolicyOut(BaseModel, frozen=True):
    """One question that can be asked here."""

    id: str
    title: str
    grant: bool


class PoliciesOut(BaseModel, frozen=True):
    """Every question that can be asked here."""

    policies: list[PolicyOut]
