"""Listeners' endpoints over HTTP, as far as our reach goes."""

from typing import final

from ssi_core.adapters.http import HttpClient
from ssi_core.errors import MalformedError, UnavailableError
from ssi_core.json_types import JsonObject


@final
class HttpEndpoint:
    """Posts JSON to the URLs that listeners named; `http` decides how far they may lead."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def send(self, url: str, message: JsonObject) -> JsonObject:
        """Return the listener's answer; raise why there is none.

        That is `RejectedError` or `MalformedError` for a URL that we do not go to, and else
        `UnavailableError`, whatever the other side calls it.
        """
        answer = self._http.post_json(url, message, idempotent=True)
        if not answer.ok:
            raise UnavailableError("the listener answered with an error")
        try:
            return answer.json()
        except MalformedError:
            raise UnavailableError("the listener's answer is not JSON") from None
