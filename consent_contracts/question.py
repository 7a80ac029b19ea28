"""A question to a custodian: may this be had now? And the answer, as it is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Self

from consent_contracts.access_request import AccessRequest
from consent_contracts.context import NOTHING_KNOWN, Context
from consent_contracts.decision import Decision
from consent_contracts.record import ANY_AGE, GrantRecord
from consent_contracts.wire import as_duration, require_known, require_name
from ssi_core import jcs
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_array, as_boolean, as_object, as_text

MAX_RECORDS: Final = 10_000
_AUDITED: Final = ("grants", "refusals", "overrides", "emergency_refusals")
MEMBERS: Final = ("request", "context", "grants", "max_staleness", "dry_run", "emergency")
"""What a question has, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and what the one who asks knows beside what is kept.

    `records` are grants that are not kept. A permit counts as a use, unless it is a `dry_run`.
    `emergency` is the session by which what is asked for was opened.
    """

    request: AccessRequest
    context: Context = NOTHING_KNOWN
    records: tuple[GrantRecord, ...] = ()
    max_staleness: timedelta = ANY_AGE
    dry_run: bool = False
    emergency: str | None = None

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read `{"request", "context"?, "grants"?, "max_staleness"?, "dry_run"?, "emergency"?}`."""
        require_known(source, MEMBERS, at="")
        records = as_array(source.get("grants", []), at="/grants")
        if len(records) > MAX_RECORDS:
            raise MalformedError("more grants than are looked at", at="/grants")
        return cls(
            request=AccessRequest.parse(as_object(source.get("request"), at="/request")),
            context=Context.parse(source["context"]) if "context" in source else NOTHING_KNOWN,
            records=tuple(GrantRecord.parse(each) for each in records),
            max_staleness=as_duration(source["max_staleness"], at="/max_staleness")
            if "max_staleness" in source
            else ANY_AGE,
            dry_run=as_boolean(source.get("dry_run", False), at="/dry_run"),
            emergency=require_name(as_text(source["emergency"], at="/emergency"), at="/emergency")
            if "emergency" in source
            else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A decision as it was made: when, on which question, and under which id it is kept."""

    id: str
    at: datetime
    question: Question
    decision: Decision

    def to_json(self) -> JsonObject:
        """Return what the one who asked is told."""
        return {"id": self.id, "at": to_timestamp(self.at), **self.decision.to_json()}

    def to_audit(self) -> JsonObject:
        """Return what is kept: who, why, the answer, and no word on whose data or which.

        `request` is the SHA-256 of the canonical request (RFC 8785): whoever has it can prove it.
        `emergency` is the log entry of a broken glass under which it was asked, and `overrides`
        what would have been refused without it.
        """
        request = self.question.request
        actor = {} if request.actor is None else {"actor": str(request.actor)}
        decided = self.decision.to_json()
        return {
            "id": self.id,
            "at": to_timestamp(self.at),
            "request": request_digest(request),
            "recipient": str(request.recipient),
            **actor,
            "purpose": request.purpose.value,
            "decision": decided["decision"],
            **{name: decided[name] for name in _AUDITED if name in decided},
            **self._session(),
            "dry_run": self.question.dry_run,
        }

    def _session(self) -> JsonObject:
        asked_under = self.question.emergency
        return {} if asked_under is None else {"emergency": asked_under}


def request_digest(request: AccessRequest) -> str:
    """Return the SHA-256 of the canonical form (RFC 8785) of a request, in base64url."""
    return base64url_encode(sha256(jcs.canonicalize(request.to_json())).digest())
