"""History: what happened in this wallet, step by step, for the person it belongs to."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from wallet.body import Body
from wallet.vault import Destroy, Keep, Record, Vault

KIND: Final = "event"
_ID_BYTES: Final = 12


class Step(StrEnum):
    """What can happen."""

    WALLET_CREATED = "wallet_created"
    UNLOCKING_CHANGED = "unlocking_changed"
    OFFER_ACCEPTED = "offer_accepted"
    CREDENTIAL_KEPT = "credential_kept"
    CREDENTIAL_REFUSED = "credential_refused"
    CREDENTIAL_DELETED = "credential_deleted"
    OFFER_FAILED = "offer_failed"
    REQUEST_REJECTED = "request_rejected"
    QUESTION_ASKED = "question_asked"
    QUESTION_REFUSED = "question_refused"
    CONSENT_GIVEN = "consent_given"
    GRANT_REGISTERED = "grant_registered"
    PRESENTED = "presented"
    RECEIPT_KEPT = "receipt_kept"
    RECEIPT_REJECTED = "receipt_rejected"
    RECIPIENT_REFUSED = "recipient_refused"
    WITHDRAWAL_ASKED = "withdrawal_asked"
    WITHDRAWAL_REGISTERED = "withdrawal_registered"
    WITHDRAWAL_ACKNOWLEDGED = "withdrawal_acknowledged"
    WITHDRAWAL_NOT_ACKNOWLEDGED = "withdrawal_not_acknowledged"
    GRANT_FORGOTTEN = "grant_forgotten"
    GLASS_BROKEN = "glass_broken"
    GLASS_REVIEWED = "glass_reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step: when, what, about which record, and why in words."""

    at: datetime
    step: Step
    about: str
    detail: str = ""

    def to_json(self) -> JsonObject:
        """Return the event as people's programs see it; `at` in seconds since 1970."""
        return {
            "at": to_timestamp(self.at),
            "step": self.step.value,
            "about": self.about,
            "detail": self.detail,
        }


def note(at: datetime, step: Step, about: str, detail: str = "") -> Keep:
    """Return the change that writes one step down, to be applied with what it tells of."""
    event = Event(at=at, step=step, about=about, detail=detail)
    return Keep(Record(kind=KIND, id=secrets.token_hex(_ID_BYTES), body=event.to_json()))


def read(vault: Vault) -> tuple[Event, ...]:
    """Return everything that happened, oldest first."""
    return tuple(_event(record.body) for record in vault.find(KIND))


def destroyed(vault: Vault, *, about: str) -> tuple[Destroy, ...]:
    """Return the changes that leave no step about a record behind."""
    records = vault.find(KIND)
    return tuple(
        Destroy(KIND, record.id) for record in records if _event(record.body).about == about
    )


def _event(record: JsonObject) -> Event:
    body = Body(record)
    return Event(
        at=body.moment("at"),
        step=Step(body.text("step")),
        about=body.text("about"),
        detail=body.words("detail"),
    )
