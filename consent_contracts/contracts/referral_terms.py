"""The terms of a referral, and the steps that it goes through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from consent_contracts.access_request import AccessRequest, RequestedItem
from consent_contracts.contracts.members import parse_items, parse_period
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import parse_did
from consent_contracts.wire import as_digest, as_duration, as_list, as_moment, require_known
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period
from ssi_core.strict_json import as_array, as_object

_MEMBERS: Final = (
    "referral", "from", "to", "holder_keys", "purpose", "period", "items", "answer_items",
    "acknowledge_within", "answer_within",
)  # fmt: skip


class Step(StrEnum):
    """What moves a referral on; a referral is closed when it was answered and the answer read."""

    SEND = "send"
    ACCEPT = "accept"
    DECLINE = "decline"
    ANSWER = "answer"
    CLOSE = "close"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> "Step":
        """Read a step as it stands on the wire; an unknown one is refused."""
        for step in cls:
            if step.value == value:
                return step
        raise MalformedError("not a step of a referral", at=at)


BEFORE: Final[Mapping[Step, Step | None]] = MappingProxyType(
    {
        Step.SEND: None,
        Step.ACCEPT: Step.SEND,
        Step.DECLINE: Step.SEND,
        Step.ANSWER: Step.ACCEPT,
        Step.CLOSE: Step.ANSWER,
    }
)
"""After which step each may come; `None` is the beginning."""
BY_RECEIVER: Final = frozenset({Step.ACCEPT, Step.DECLINE, Step.ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralTerms:
    """Who refers whom to whom: what travels there, and back, until when, and how soon.

    `referral` is 32 random bytes, by which the steps are known in the register.
    """

    referral: str
    sender: Did
    receiver: Did
    holder_keys: frozenset[str]
    purpose: Purpose
    period: Period
    items: tuple[RequestedItem, ...]
    answer_items: tuple[RequestedItem, ...]
    acknowledge_within: timedelta
    answer_within: timedelta

    def __post_init__(self) -> None:
        if self.sender == self.receiver:
            raise MalformedError("a referral is between two providers", at="/terms/to")

    def party_of(self, step: Step) -> Did:
        """Return who takes a step."""
        return self.receiver if step in BY_RECEIVER else self.sender

    def request_of(self, step: Step) -> AccessRequest | None:
        """Return which access a step asks for; `None` if nothing travels with it."""
        travels = {Step.SEND: self.items, Step.ANSWER: self.answer_items}.get(step)
        if travels is None:
            return None
        return AccessRequest(
            recipient=self.receiver if step is Step.SEND else self.sender,
            purpose=self.purpose,
            items=travels,
            holder_keys=self.holder_keys,
        )

    def due_after(self, step: Step, taken_at: datetime) -> datetime | None:
        """Return by when the next step is to be taken."""
        allowed = {Step.SEND: self.acknowledge_within, Step.ACCEPT: self.answer_within}.get(step)
        return None if allowed is None else taken_at + allowed

    @classmethod
    def parse(cls, terms: JsonObject) -> Self:
        """Read the terms; a member that is not known could restrict them, so it is refused."""
        require_known(terms, _MEMBERS, at="/terms")
        keys = as_list(terms.get("holder_keys"), at="/terms/holder_keys")
        return cls(
            referral=as_digest(terms.get("referral"), at="/terms/referral"),
            sender=parse_did(terms.get("from"), at="/terms/from"),
            receiver=parse_did(terms.get("to"), at="/terms/to"),
            holder_keys=frozenset(as_digest(key, at=at) for key, at in keys),
            purpose=Purpose.parse(terms.get("purpose")),
            period=parse_period(terms.get("period"), at="/terms/period"),
            items=parse_items(terms.get("items"), at="/terms/items"),
            answer_items=parse_items(terms.get("answer_items"), at="/terms/answer_items"),
            acknowledge_within=as_duration(
                terms.get("acknowledge_within"), at="/terms/acknowledge_within"
            ),
            answer_within=as_duration(terms.get("answer_within"), at="/terms/answer_within"),
        )


def parse_steps(state: JsonObject, *, at: datetime) -> tuple[tuple[Step, datetime], ...]:
    """Read `{"steps": [{"step", "at"}, ...]}`: a history that the rules allow, up to now."""
    require_known(state, ("steps",), at="/state")
    found: list[tuple[Step, datetime]] = []
    for place, value in enumerate(as_array(state.get("steps"), at="/state/steps")):
        pointer = f"/state/steps/{place}"
        source = as_object(value, at=pointer)
        require_known(source, ("step", "at"), at=pointer)
        step = Step.parse(source.get("step"), at=f"{pointer}/step")
        moment = as_moment(source.get("at"), at=f"{pointer}/at")
        before, earlier = found[-1] if found else (None, moment)
        if BEFORE[step] is not before or not earlier <= moment <= at:
            raise MalformedError("no referral has gone this way", at=pointer)
        found.append((step, moment))
    return tuple(found)
