"""Notifications: what became of a credential in the wallet (section 11)."""

from dataclasses import dataclass, field
from typing import Final, Self

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.protocol.openid4vci.members import optional, others, present
from ssi_core.strict_json import as_text

CREDENTIAL_ACCEPTED: Final = "credential_accepted"
CREDENTIAL_FAILURE: Final = "credential_failure"
CREDENTIAL_DELETED: Final = "credential_deleted"
EVENTS: Final = frozenset({CREDENTIAL_ACCEPTED, CREDENTIAL_FAILURE, CREDENTIAL_DELETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRequest:
    """Says that the credentials of one response were stored, failed or deleted."""

    notification_id: str
    event: str
    event_description: str | None = None
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read the request; the event must be one of the three."""
        event = as_text(source.get("event"), at="/event")
        if event not in EVENTS:
            raise MalformedError("the event is not one of the three", at="/event")
        return cls(
            notification_id=as_text(source.get("notification_id"), at="/notification_id"),
            event=event,
            event_description=optional(source, "event_description", as_text),
            others=others(source, {"notification_id", "event", "event_description"}),
        )

    def render(self) -> JsonObject:
        """Return the JSON object."""
        return {
            **self.others,
            "notification_id": self.notification_id,
            "event": self.event,
            **present(event_description=self.event_description),
        }
