"""Listening to the log over HTTP: subscriptions, and the events for those who rather ask."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from registry.ports import Subscription
from registry.service.delivery import Delivery
from registry.service.event_feed import EventFeed
from registry.service.subscriptions import Subscriptions
from ssi_core.adapters.strict_route import StrictRoute
from ssi_core.errors import AuthenticationError
from ssi_core.period import to_timestamp

_NO_STORE: Final = {"Cache-Control": "no-store"}
_EVENT: Final[Mapping[int | str, dict[str, Any]]] = {
    HTTPStatus.NO_CONTENT: {"description": "Nothing has changed since."}
}


class SubscriptionIn(BaseModel, frozen=True):
    """A wish to listen, as the listener signed it (`consent-log-subscription+jwt`)."""

    model_config = ConfigDict(extra="forbid")

    subscription: str


class SubscriptionOut(BaseModel, frozen=True):
    """How far a listener has come; its URL is not told to anybody.

    `behind` counts entries, and is 0 when none of them is of interest.
    """

    id: str
    heard: int
    behind: int
    failures: int
    renewed_at: int
    acknowledgement: str | None


class BacklogOut(BaseModel, frozen=True):
    """How many listen, how many have not heard everything, and how many failed to answer last."""

    listeners: int
    behind: int
    failing: int


def subscription_routes(
    subscriptions: Subscriptions, *, feed: EventFeed, delivery: Delivery
) -> APIRouter:
    """Return the routes by which others listen to the log."""
    routes = APIRouter(tags=["subscriptions"], route_class=StrictRoute)

    @routes.post("/subscriptions", status_code=HTTPStatus.CREATED)
    def begin(body: SubscriptionIn) -> SubscriptionOut:
        """Begin to listen, or go on from another index; the endpoint is challenged first."""
        return shown(subscriptions.begin(body.subscription))

    @routes.get("/subscriptions")
    def count() -> BacklogOut:
        """Say how delivery stands, for an operator to watch; it names nobody."""
        found = delivery.backlog()
        return BacklogOut(listeners=found.listeners, behind=found.behind, failing=found.failing)

    @routes.get("/subscriptions/{subscription_id}")
    def look(subscription_id: str) -> SubscriptionOut:
        """Say how far one listener has come."""
        return shown(subscriptions.find(subscription_id))

    @routes.delete("/subscriptions/{subscription_id}", status_code=HTTPStatus.NO_CONTENT)
    def end(subscription_id: str, request: Request) -> None:
        """End a subscription: the bearer token is its listener's signed wish."""
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise AuthenticationError("a subscription is ended by its listener alone")
        subscriptions.end(subscription_id, text)

    @routes.get("/log-events", response_class=Response, responses=dict(_EVENT))
    def read_event(
        start: Annotated[int, Query(alias="from", ge=0, le=2**53 - 1)],
    ) -> Response:
        """Return the event that comes next for who has heard all before `from`, as it is pushed."""
        event = feed.after(start)
        if event is None:
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=_NO_STORE)
        return Response(event.text, media_type="application/jwt", headers=_NO_STORE)

    def shown(found: Subscription) -> SubscriptionOut:
        return SubscriptionOut(
            id=found.id,
            heard=found.heard,
            behind=subscriptions.behind(found),
            failures=delivery.failures(found.id),
            renewed_at=to_timestamp(found.renewed_at),
            acknowledgement=found.acknowledgement,
        )

    return routes
