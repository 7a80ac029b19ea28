"""Listening to a registry, from the listener's side; what comes is signed, and to be verified."""

from http import HTTPStatus
from typing import final
from urllib.parse import quote, urlencode

from registry.model import signed_message
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import MalformedError


@final
class SubscriptionClient:
    """Begins and ends subscriptions, and asks for events. Threads may share it."""

    def __init__(self, http: HttpClient, base_url: str) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")

    def begin(self, subscription: str) -> None:
        """Hand in a signed wish to listen; return once the endpoint has been challenged."""
        url = f"{self._base_url}/subscriptions"
        self._http.post_json(url, {"subscription": subscription}, idempotent=True).require_ok()

    def event_after(self, heard: int) -> str | None:
        """Return the signed event that comes next, or nothing if nothing has changed since."""
        url = f"{self._base_url}/log-events?{urlencode({'from': heard})}"
        answer = self._http.get(url, max_bytes=signed_message.MAX_CHARACTERS).require_ok()
        if answer.status == HTTPStatus.NO_CONTENT:
            return None
        try:
            return answer.body.decode("ascii")
        except UnicodeDecodeError:
            raise MalformedError("an event is a JWS") from None

    def look(self, subscription_id: str) -> dict[str, object]:
        """Return how far the registry says that a listener has come."""
        url = f"{self._base_url}/subscriptions/{quote(subscription_id, safe='')}"
        return dict(self._http.get(url).require_ok().json())

    def end(self, subscription_id: str, ending: str) -> None:
        """End a subscription; `ending` is its listener's signed wish."""
        url = f"{self._base_url}/subscriptions/{quote(subscription_id, safe='')}"
        headers = {"Authorization": f"Bearer {ending}"}
        self._http.delete(url, headers=headers).require_ok()
