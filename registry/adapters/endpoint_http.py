"""Listeners' endpoints over HTTP, as far as our reach goes."""

from typing import final

from ssi_core.adapters.http import HttpClient
from ssi_core.json_types import JsonObject


@final
class HttpEndpoint:
    """Posts JSON to the URLs that listeners named; `http` decides how far they may lead."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def send(self, url: str, message: JsonObject) -> JsonObject:
        """Return the listener's answer; raise why there is none."""
        return self._http.post_json(url, message, idempotent=True).require_ok().json()
