"""HTTP as we use it: bounded in time and size, no redirects, https except on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, final
from urllib.parse import urlsplit

import httpx

from ssi_core import strict_json
from ssi_core.adapters.problem_details import MEDIA_TYPE, error_from_problem
from ssi_core.errors import MalformedError, RejectedError, SsiError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue

_OK: Final = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A complete answer. Its status is data: callers decide what it means."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is one of the 200s."""
        return self.status in _OK

    def json(self) -> JsonObject:
        """Return the body as a JSON object, read strictly."""
        return strict_json.parse_object(self.body, max_bytes=len(self.body))

    def problem(self) -> SsiError:
        """Return the error that this answer stands for; call it only when the answer is not ok."""
        if self.headers.get("content-type", "").startswith(MEDIA_TYPE):
            try:
                return error_from_problem(self.json())
            except MalformedError:
                pass
        return UnavailableError("the other side answered with an error of its own")

    def require_ok(self) -> "HttpAnswer":
        """Return this answer if its status is one of the 200s; raise what it stands for if not."""
        if self.ok:
            return self
        raise self.problem()


@final
class HttpClient:
    """A client that threads may share. Failures to reach a peer are `UnavailableError`."""

    def __init__(self, *, timeout: float = 5.0, max_bytes: int = 1_048_576) -> None:
        self._max_bytes = max_bytes
        self._client = httpx.Client(
            timeout=timeout, follow_redirects=False, trust_env=False, max_redirects=0
        )

    def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> HttpAnswer:
        """Fetch `url`."""
        return self._send("GET", url, headers=_headers(headers, accept=accept), max_bytes=max_bytes)

    def post(
        self,
        url: str,
        *,
        body: bytes,
        content_type: str,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> HttpAnswer:
        """Send `body` to `url`."""
        given = _headers(headers, accept=accept, content_type=content_type)
        return self._send("POST", url, body=body, headers=given, max_bytes=max_bytes)

    def post_json(
        self, url: str, value: JsonValue, *, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """Send `value` as JSON to `url`."""
        body = strict_json.render(value).encode()
        return self.post(url, body=body, content_type="application/json", headers=headers)

    def post_form(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Send `fields` as a form to `url`."""
        body = str(httpx.QueryParams(dict(fields))).encode()
        kind = "application/x-www-form-urlencoded"
        return self.post(url, body=body, content_type=kind, accept=accept, headers=headers)

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def _send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        max_bytes: int | None = None,
    ) -> HttpAnswer:
        require_safe_url(url)
        limit = self._max_bytes if max_bytes is None else max_bytes
        try:
            with self._client.stream(method, url, content=body, headers=headers) as response:
                return HttpAnswer(
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=_read(response, limit),
                )
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError):
            raise UnavailableError("the other side could not be reached") from None


def require_safe_url(url: str) -> None:
    """Return if `url` is https, or http to this very machine; raise `RejectedError` if not."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise MalformedError("not a URL") from None
    if not host or parts.username or parts.password:
        raise MalformedError("not a URL that we fetch")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return
    raise RejectedError("a URL must be https, or http on a loopback host")


def is_loopback(host: str) -> bool:
    """Say whether `host` names this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _headers(
    given: Mapping[str, str] | None, *, accept: str | None = None, content_type: str | None = None
) -> dict[str, str]:
    headers = dict(given or {})
    if accept is not None:
        headers["Accept"] = accept
    if content_type is not None:
        headers["Content-Type"] = content_type
    return headers


def _read(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > limit:
            raise UnavailableError("the answer is larger than allowed")
    return bytes(body)
