"""An emergency as a custodian keeps it: what was asked, its entry, its session, what came of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from typing import Self

from consent_contracts.access_request import AccessRequest
from consent_contracts.break_glass import (
    AskedEmergency,
    Emergency,
    EndedEmergency,
    Ending,
    OpenedEmergency,
    ReviewedEmergency,
    settle,
)
from consent_contracts.break_glass_ending import Review
from consent_contracts.break_glass_log import (
    EmergencySecret,
    Entered,
    LoggedEmergency,
    QueuedEmergency,
)
from consent_contracts.break_glass_rule import EmergencyReason, EmergencyRule
from consent_contracts.wire import as_moment
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_integer, as_object, as_text


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEmergency:
    """`entry` is signed once, and kept before anybody has it; `entry_id` is the session's id.

    Without a `session` nothing has opened. `found` is where the log has an entry that was queued,
    `refused_at` when the log said that it will not have it; `told_at` when the person first heard.
    `closed_at` is when the organisation said that it is over, `revoked_at` when the custodian took
    the right from it; `review` what it signed (a JWS) that another person found, and `reviewed_at`
    when.
    """

    asked: AskedEmergency
    rule: EmergencyRule
    secret: EmergencySecret
    entry_id: str
    entry: bytes
    session: OpenedEmergency | None = None
    found: LoggedEmergency | None = None
    refused_at: datetime | None = None
    told_at: datetime | None = None
    closed_at: datetime | None = None
    revoked_at: datetime | None = None
    review: str | None = None
    reviewed_at: datetime | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether what became of its entry is not known yet."""
        opened = self.session is not None and self.session.flagged
        return opened and self.found is None and self.refused_at is None

    @property
    def is_unreviewed(self) -> bool:
        """Whether somebody has to look at it, now or when it has ended."""
        return self.session is not None and self.review is None

    @property
    def logged(self) -> LoggedEmergency | None:
        """Where the log has the entry, as far as that was proved."""
        if self.session is not None and isinstance(self.session.logged, LoggedEmergency):
            return self.session.logged
        return self.found

    def state(self, *, at: datetime) -> Emergency:
        """Return the emergency as time, whoever ended it, its review and the log have left it."""
        if self.session is None:
            return self.asked
        state: Emergency = settle(self.session, at=at)
        if ends := self._ends:
            first = min((self.session.ends_at, Ending.EXPIRED), *ends, key=itemgetter(0))
            state = EndedEmergency(self.session, *first)
        if not isinstance(state, EndedEmergency) or self.review is None or self.reviewed_at is None:
            return state
        said = Review.unverified(self.review)
        return ReviewedEmergency(
            state.session,
            state.ended_at,
            state.ending,
            said.reviewer,
            said.finding,
            self.reviewed_at,
        )

    @property
    def _ends(self) -> list[tuple[datetime, Ending]]:
        moments = {
            Ending.CLOSED: self.closed_at,
            Ending.REVOKED: self.revoked_at,
            Ending.REFUSED: self.refused_at,
        }
        return [(moment, ending) for ending, moment in moments.items() if moment is not None]

    def opened(self, session: OpenedEmergency) -> Self:
        """Return it with its session."""
        return replace(self, session=session)

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read what `to_json` wrote."""
        asked = _asked(as_object(source.get("asked"), at="/asked"))
        rule = EmergencyRule.parse(source.get("rule"))
        return cls(
            asked=asked,
            rule=rule,
            secret=EmergencySecret(base64url_decode(as_text(source.get("secret"), at="/secret"))),
            entry_id=as_text(source.get("entry_id"), at="/entry_id"),
            entry=base64url_decode(as_text(source.get("entry"), at="/entry")),
            session=_session(source.get("session"), asked, rule),
            found=_found(source.get("found")),
            refused_at=_moment(source, "refused_at"),
            told_at=_moment(source, "told_at"),
            # What was kept by an earlier version has none of these.
            closed_at=_moment(source, "closed_at"),
            revoked_at=_moment(source, "revoked_at"),
            review=_text(source, "review"),
            reviewed_at=_moment(source, "reviewed_at"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        asked, session, found = self.asked, self.session, self.found
        return {
            "asked": {
                "request": asked.request.to_json(),
                "reason": asked.reason.value,
                "asked_at": to_timestamp(asked.asked_at),
                "role": asked.role,
            },
            "rule": self.rule.to_json(),
            "secret": base64url_encode(self.secret.raw),
            "entry_id": self.entry_id,
            "entry": base64url_encode(self.entry),
            "session": None
            if session is None
            else {
                "opened_at": to_timestamp(session.opened_at),
                "logged": _render_entered(session.logged),
            },
            "found": None if found is None else _render_entered(found),
            "refused_at": _timestamp(self.refused_at),
            "told_at": _timestamp(self.told_at),
            "closed_at": _timestamp(self.closed_at),
            "revoked_at": _timestamp(self.revoked_at),
            "review": self.review,
            "reviewed_at": _timestamp(self.reviewed_at),
        }


def _asked(source: JsonObject) -> AskedEmergency:
    role = source.get("role")
    return AskedEmergency(
        request=AccessRequest.parse(as_object(source.get("request"), at="/asked/request")),
        reason=EmergencyReason.parse(source.get("reason")),
        asked_at=as_moment(source.get("asked_at"), at="/asked/asked_at"),
        role=None if role is None else as_text(role, at="/asked/role"),
    )


def _session(
    value: JsonValue, asked: AskedEmergency, rule: EmergencyRule
) -> OpenedEmergency | None:
    if value is None:
        return None
    source = as_object(value, at="/session")
    opened_at = as_moment(source.get("opened_at"), at="/session/opened_at")
    logged = _entered(as_object(source.get("logged"), at="/session/logged"))
    return OpenedEmergency(
        id=logged.id,
        request=asked.request,
        reason=asked.reason,
        rule=rule,
        opened_at=opened_at,
        ends_at=opened_at + rule.longest,
        logged=logged,
    )


def _render_entered(entered: Entered) -> JsonObject:
    common: JsonObject = {"log": entered.log, "id": entered.id, "body": entered.body}
    if isinstance(entered, QueuedEmergency):
        queued_at, known_at = to_timestamp(entered.queued_at), to_timestamp(entered.known_at)
        return {**common, "queued_at": queued_at, "known_at": known_at}
    place: JsonObject = {"entry": entered.entry, "tree_size": entered.tree_size}
    return {**common, **place, "seen_at": to_timestamp(entered.seen_at)}


def _entered(source: JsonObject) -> Entered:
    log, entry_id = as_text(source.get("log"), at="/log"), as_text(source.get("id"), at="/id")
    body = as_object(source.get("body"), at="/body")
    if "queued_at" in source:
        return QueuedEmergency(
            log=log,
            id=entry_id,
            body=body,
            queued_at=as_moment(source["queued_at"], at="/queued_at"),
            known_at=as_moment(source.get("known_at"), at="/known_at"),
        )
    return LoggedEmergency(
        log=log,
        id=entry_id,
        body=body,
        entry=as_integer(source.get("entry"), at="/entry"),
        tree_size=as_integer(source.get("tree_size"), at="/tree_size"),
        seen_at=as_moment(source.get("seen_at"), at="/seen_at"),
    )


def _found(value: JsonValue) -> LoggedEmergency | None:
    found = None if value is None else _entered(as_object(value, at="/found"))
    return found if isinstance(found, LoggedEmergency) else None


def _timestamp(moment: datetime | None) -> int | None:
    return None if moment is None else to_timestamp(moment)


def _text(source: JsonObject, name: str) -> str | None:
    value = source.get(name)
    return None if value is None else as_text(value, at=f"/{name}")


def _moment(source: JsonObject, name: str) -> datetime | None:
    value = source.get(name)
    return None if value is None else as_moment(value, at=f"/{name}")
