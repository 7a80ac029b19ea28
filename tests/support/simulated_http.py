"""The network of a test: servers in memory that can be cut off, behind the wallet's own port."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, final
from urllib.parse import urlencode, urlsplit

from ssi_core import strict_json
from ssi_core.adapters.http import HttpAnswer, require_safe_url
from ssi_core.errors import UnavailableError
from ssi_core.json_types import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that reached a server."""

    method: str
    url: str
    body: bytes
    content_type: str
    headers: Mapping[str, str]


Server = Callable[[Sent], HttpAnswer]
_FORM: Final = "application/x-www-form-urlencoded"


@final
@dataclass
class SimulatedHttp:
    """Routes requests by origin. `cut` holds paths that time out; `lost` those whose answers do."""

    servers: dict[str, Server] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)

    def get(self, url: str, *, accept: str | None = None) -> HttpAnswer:
        return self._send(Sent("GET", url, b"", "", {"accept": accept or "*/*"}))

    def post_form(
        self, url: str, fields: Mapping[str, str], *, accept: str | None = None
    ) -> HttpAnswer:
        body = urlencode(fields).encode()
        return self._send(Sent("POST", url, body, _FORM, {"accept": accept or "*/*"}))

    def post_json(
        self, url: str, value: JsonValue, *, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        body = strict_json.render(value).encode()
        return self._send(Sent("POST", url, body, "application/json", dict(headers or {})))

    def paths(self, method: str = "POST") -> list[str]:
        return [urlsplit(item.url).path for item in self.sent if item.method == method]

    def _send(self, request: Sent) -> HttpAnswer:
        require_safe_url(request.url)
        parts = urlsplit(request.url)
        server = self.servers.get(f"{parts.scheme}://{parts.netloc}")
        if server is None or parts.path in self.cut:
            raise UnavailableError("the other side could not be reached")
        self.sent.append(request)
        answer = server(request)
        if parts.path in self.lost:
            raise UnavailableError("the other side could not be reached")
        return answer


def json_answer(value: JsonObject, status: int = 200) -> HttpAnswer:
    body = strict_json.render(value).encode()
    return HttpAnswer(status=status, headers={"content-type": "application/json"}, body=body)


def text_answer(text: str, content_type: str) -> HttpAnswer:
    return HttpAnswer(status=200, headers={"content-type": content_type}, body=text.encode())


def no_answer(status: int) -> HttpAnswer:
    return HttpAnswer(status=status, headers={}, body=b"")
