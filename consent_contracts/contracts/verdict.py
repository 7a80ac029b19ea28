"""What one contract says, and the decision that is made of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, Self

from consent_contracts.contracts.reason import CommonReason, Outcome, Reason
from consent_contracts.recipient import parse_did
from consent_contracts.wire import (
    as_digest,
    as_moment,
    require_digest,
    require_known,
    require_name,
    require_whole_seconds,
)
from ssi_core import jcs
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_array, as_integer, as_object, as_text

_MEMBERS: Final = (
    "contract", "version", "decider", "at", "nonce", "inputs", "outcome", "reasons", "consent",
    "result", "marks",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a contract finds in its inputs.

    `signers` are the parties that have to have signed the terms. `marks` are what may happen once,
    each with the reason that stands against it if it has. `consent` are the codes of a consent
    decision that was not a permit. `result` is what follows if nothing stands against it.
    """

    signers: frozenset[str]
    reasons: tuple[Reason, ...]
    result: JsonObject = field(hash=False)
    marks: Mapping[str, Reason] = field(default_factory=dict, hash=False)
    consent: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.signers:
            raise MalformedError("terms that nobody has to sign bind nobody", at="/terms")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDecision:
    """Authorise, refuse or refer to a person, with every reason; the same inputs give these bytes.

    `inputs_digest` is that of the inputs. Only an authorisation has a `result`, and `marks` that
    have to be entered in a register before it counts.
    """

    contract: str
    version: int
    decider: Did
    at: datetime
    nonce: str
    inputs_digest: str
    outcome: Outcome
    reasons: tuple[str, ...]
    consent: tuple[str, ...]
    result: JsonObject = field(hash=False)
    marks: tuple[str, ...]

    def __post_init__(self) -> None:
        for code in (self.contract, self.nonce, *self.reasons, *self.consent):
            require_name(code, at="/reasons")
        for digest in (self.inputs_digest, *self.marks):
            require_digest(digest, at="/marks")
        require_whole_seconds(self.at, at="/at")
        authorises = self.outcome is Outcome.AUTHORISE
        if authorises is bool(self.reasons) or authorises is not bool(self.marks):
            raise MalformedError(
                "says yes with marks, or anything else with reasons", at="/reasons"
            )
        if not authorises and self.result:
            raise MalformedError("only an authorisation has a result", at="/result")

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical bytes, base64url."""
        return base64url_encode(sha256(self.canonical()).digest())

    def canonical(self) -> bytes:
        """Return the decision as canonical JSON (RFC 8785)."""
        return jcs.canonicalize(self.to_json())

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read the members of this class by their names."""
        require_known(source, _MEMBERS, at="")
        return cls(
            contract=as_text(source.get("contract"), at="/contract"),
            version=as_integer(source.get("version"), at="/version"),
            decider=parse_did(source.get("decider"), at="/decider"),
            at=as_moment(source.get("at"), at="/at"),
            nonce=as_text(source.get("nonce"), at="/nonce"),
            inputs_digest=as_digest(source.get("inputs"), at="/inputs"),
            outcome=_outcome(source.get("outcome")),
            reasons=_texts(source, "reasons"),
            consent=_texts(source, "consent"),
            result=as_object(source.get("result"), at="/result"),
            marks=_texts(source, "marks"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {
            "contract": self.contract,
            "version": self.version,
            "decider": str(self.decider),
            "at": to_timestamp(self.at),
            "nonce": self.nonce,
            "inputs": self.inputs_digest,
            "outcome": self.outcome.value,
            "reasons": list(self.reasons),
            "consent": list(self.consent),
            "result": self.result,
            "marks": list(self.marks),
        }


def ordered(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return reasons in the order of naming them, each once: common ones, then the others."""
    return tuple(sorted(set(reasons), key=_place))


def outcome_of(reasons: Iterable[Reason]) -> Outcome:
    """Return what follows: refusal if any reason refuses, else a person if any refers to one."""
    outcomes = {reason.outcome for reason in reasons}
    for outcome in (Outcome.REFUSE, Outcome.REFER):
        if outcome in outcomes:
            return outcome
    return Outcome.AUTHORISE


def _place(reason: Reason) -> tuple[bool, int, str]:
    return not isinstance(reason, CommonReason), list(type(reason)).index(reason), reason.value


def _outcome(value: JsonValue) -> Outcome:
    for outcome in Outcome:
        if outcome.value == value:
            return outcome
    raise MalformedError("not an outcome", at="/outcome")


def _texts(source: JsonObject, name: str) -> tuple[str, ...]:
    values = as_array(source.get(name), at=f"/{name}")
    return tuple(as_text(each, at=f"/{name}/{place}") for place, each in enumerate(values))
