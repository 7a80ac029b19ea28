"""Where the log tells what has ended."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from ssi_core.adapters import logging
from ssi_core.adapters.strict_route import StrictRoute
from ssi_core.errors import MalformedError, SsiError
from verifier.service.log_events import LogEvents


class LogMessageIn(BaseModel, frozen=True):
    """One of the two, as the log signed it: an event, or the challenge before the first."""

    model_config = ConfigDict(extra="forbid")

    event: str | None = None
    challenge: str | None = None


class LogAnswerOut(BaseModel, frozen=True):
    """Our signed answer: an acknowledgement of the event, or the answer to the challenge."""

    acknowledgement: str | None = None
    answer: str | None = None


def log_event_routes(events: LogEvents) -> APIRouter:
    """Return the route that takes what the log pushes."""
    routes = APIRouter(tags=["consent"], route_class=StrictRoute)

    @routes.post("/log-events", response_model_exclude_none=True)
    def receive(body: LogMessageIn) -> LogAnswerOut:
        """Deny what the log says has ended, and acknowledge it; or answer its challenge."""
        match body:
            case LogMessageIn(event=str(event), challenge=None):
                return LogAnswerOut(acknowledgement=_received(events, event))
            case LogMessageIn(event=None, challenge=str(challenge)):
                return LogAnswerOut(answer=events.answer(challenge))
            case _:
                raise MalformedError("a log sends an event or a challenge")

    return routes


def _received(events: LogEvents, event: str) -> str:
    try:
        return events.receive(event)
    except SsiError as error:
        # A log that contradicts itself must not go unnoticed because only it is told.
        logging.event("log_event_not_acknowledged", code=error.code)
        raise
