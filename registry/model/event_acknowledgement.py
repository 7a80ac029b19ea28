"""What a listener signs when it has acted on an event of the log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from registry.model import signed_message
from registry.model.log_event import log_index
from registry.model.strict_keys import strict_key
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Signer
from ssi_core.period import from_timestamp, to_timestamp
from ssi_core.strict_json import as_integer, as_text

ACKNOWLEDGEMENT_TYPE: Final = "consent-log-event-ack+jwt"
_ACKNOWLEDGED: Final = frozenset({"iss", "event", "to", "at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAcknowledgement:
    """A listener confirms that it has acted on an event, and heard everything before `end`."""

    listener: Did
    event: str
    end: int
    at: datetime

    def to_json(self) -> JsonObject:
        """Return the claims of the acknowledgement."""
        return {
            "iss": str(self.listener),
            "event": self.event,
            "to": self.end,
            "at": to_timestamp(self.at),
        }


def acknowledge_event(text: str, *, end: int, at: datetime, signer: Signer) -> str:
    """Sign that the event as it was sent has been acted on."""
    said = EventAcknowledgement(
        listener=signed_message.did_of(strict_key(signer.public_key)),
        event=signed_message.digest(text),
        end=end,
        at=at,
    )
    return signed_message.sign(said.to_json(), typ=ACKNOWLEDGEMENT_TYPE, signer=signer)


def verify_event_acknowledgement(
    text: str, *, event: str, end: int, listener: Did
) -> EventAcknowledgement:
    """Return the acknowledgement if `listener` made it for just this event (its digest)."""
    claims = signed_message.verify(text, typ=ACKNOWLEDGEMENT_TYPE, signer=listener)
    if claims.keys() != _ACKNOWLEDGED:
        raise MalformedError("an acknowledgement has iss, event, to and at", at="")
    said = EventAcknowledgement(
        listener=Did.parse(as_text(claims["iss"], at="/iss"), at="/iss"),
        event=as_text(claims["event"], at="/event"),
        end=log_index(claims["to"], at="/to"),
        at=from_timestamp(as_integer(claims["at"], at="/at"), at="/at"),
    )
    if (said.listener, said.event, said.end) != (listener, event, end):
        raise ProofError("acknowledges something else", at="/event")
    return said
