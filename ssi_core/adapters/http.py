"""HTTP as we use it: bounded in time, size and reach, no redirects, https except to ourselves."""

import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final, final
from urllib.parse import urlencode

import httpcore

from ssi_core import strict_json
from ssi_core.adapters.lookup import Lookup, system_lookup
from ssi_core.adapters.problem_details import MEDIA_TYPE, error_from_problem
from ssi_core.adapters.punctual import PunctualBackend
from ssi_core.adapters.reach import Reach
from ssi_core.adapters.safe_url import is_loopback, require_safe_url, safe_url
from ssi_core.errors import MalformedError, SsiError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue

__all__ = ["HttpAnswer", "HttpClient", "is_loopback", "require_safe_url"]

_OK: Final = range(200, 300)
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VISIBLE: Final = re.compile(r"[!-~](?:[ -~\t]*[!-~])?")
# Below the five seconds after which common servers hang up, so that we rarely meet one doing so.
_IDLE_SECONDS: Final = 3.0
_CONNECTIONS: Final = 100
_IDLE_CONNECTIONS: Final = 20
_HUNG_UP: Final = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)
_FAILURES: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    OSError,
    # The resolver's word for a host name that cannot be one.
    UnicodeError,
)


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
        """Return the error that this answer stands for; call it only when the answer is not ok.

        It is the other side's word: what it calls revoked is for the caller to believe or not.
        """
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
    """A client that threads may share. Failures to reach a peer are `UnavailableError`.

    `timeout` is for a whole exchange, in seconds. Connections are kept for the next call; when a
    kept one turns out to be dead, what may be repeated is repeated on a new one. No cookies.

    `reach` says which addresses may be connected to, whatever `lookup` finds for a name; beyond it
    is `RejectedError`. Use `Reach.ANY` only for URLs that this machine's operator chose.
    """

    def __init__(
        self,
        *,
        timeout: float = 5.0,
        max_bytes: int = 1_048_576,
        allow_http_loopback: bool = True,
        reach: Reach = Reach.LOCAL,
        lookup: Lookup = system_lookup,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._allow_http_loopback = allow_http_loopback
        self._network = PunctualBackend(reach, lookup)
        self._tls = tls
        self._opening = Lock()
        self._pools: dict[bytes, httpcore.ConnectionPool] = {}

    def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> HttpAnswer:
        """Fetch `url`."""
        request = self._request("GET", url, _headers(headers, accept=accept))
        return self._send(request, max_bytes=max_bytes, idempotent=True)

    def post(
        self,
        url: str,
        *,
        body: bytes,
        content_type: str,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        idempotent: bool = False,
    ) -> HttpAnswer:
        """Send `body` to `url`.

        Say `idempotent` when doing it twice does no more than doing it once: only then is it
        repeated after a kept connection broke without an answer (RFC 9110 section 9.2.2).
        """
        given = _headers(headers, accept=accept, content_type=content_type)
        request = self._request("POST", url, given, body)
        return self._send(request, max_bytes=max_bytes, idempotent=idempotent)

    def post_json(
        self,
        url: str,
        value: JsonValue,
        *,
        headers: Mapping[str, str] | None = None,
        idempotent: bool = False,
    ) -> HttpAnswer:
        """Send `value` as JSON to `url`."""
        try:
            body = strict_json.render(value).encode()
        except (TypeError, ValueError, RecursionError):
            raise MalformedError("the value has no JSON form") from None
        kind = "application/json"
        return self.post(url, body=body, content_type=kind, headers=headers, idempotent=idempotent)

    def post_form(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Send `fields` as a form to `url`."""
        try:
            body = urlencode(fields).encode()
        except UnicodeError:
            raise MalformedError("a form field is not Unicode text") from None
        kind = "application/x-www-form-urlencoded"
        return self.post(url, body=body, content_type=kind, accept=accept, headers=headers)

    def delete(self, url: str, *, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """Have what is at `url` removed."""
        request = self._request("DELETE", url, _headers(headers))
        return self._send(request, max_bytes=None, idempotent=True)

    def close(self) -> None:
        """Give back the connections."""
        for pool in self._pools.values():
            pool.close()

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> httpcore.Request:
        target = safe_url(url, allow_http_loopback=self._allow_http_loopback)
        given = {
            "Host": target.netloc.decode("ascii"),
            "User-Agent": "consentry",
            # What is not compressed cannot be a bomb.
            "Accept-Encoding": "identity",
            **({} if body is None else {"Content-Length": str(len(body))}),
            **headers,
        }
        return httpcore.Request(
            method,
            httpcore.URL(
                scheme=target.raw_scheme,
                host=target.raw_host,
                port=target.port,
                target=target.raw_path,
            ),
            headers=list(given.items()),
            content=body,
            extensions={"timeout": {"pool": self._timeout}},
        )

    def _send(
        self, request: httpcore.Request, *, max_bytes: int | None, idempotent: bool
    ) -> HttpAnswer:
        limit = self._max_bytes if max_bytes is None else max_bytes
        try:
            self._network.begin(self._timeout)
            return _read(self._open(request, idempotent=idempotent), limit)
        except _FAILURES:
            raise UnavailableError("the other side could not be reached") from None

    def _open(self, request: httpcore.Request, *, idempotent: bool) -> httpcore.Response:
        pool = self._pool(request.url.scheme)
        # Each round uses up one kept connection, so this ends at the latest with a new one.
        while True:
            self._network.begin_attempt()
            try:
                return pool.handle_request(request)
            except _HUNG_UP:
                if self._network.connected or not idempotent:
                    raise

    def _pool(self, scheme: bytes) -> httpcore.ConnectionPool:
        with self._opening:
            pool = self._pools.get(scheme)
            if pool is None:
                pool = self._pools[scheme] = self._new_pool(scheme)
            return pool

    def _new_pool(self, scheme: bytes) -> httpcore.ConnectionPool:
        tls = self._tls
        if tls is None and scheme == b"https":
            # Left alone, each connection would read all certificates anew: forty milliseconds.
            tls = httpcore.default_ssl_context()
        return httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_IDLE_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=self._network,
        )


def _headers(
    given: Mapping[str, str] | None, *, accept: str | None = None, content_type: str | None = None
) -> dict[str, str]:
    headers = dict(given or {})
    if accept is not None:
        headers["Accept"] = accept
    if content_type is not None:
        headers["Content-Type"] = content_type
    for name, value in headers.items():
        if _TOKEN.fullmatch(name) is None or _VISIBLE.fullmatch(value) is None:
            raise MalformedError("a header is a token and a line of visible ASCII")
    return headers


def _read(response: httpcore.Response, limit: int) -> HttpAnswer:
    try:
        headers = _merge(response.headers)
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise UnavailableError("the answer is encoded, which we did not ask for")
        return HttpAnswer(status=response.status, headers=headers, body=_body(response, limit))
    finally:
        response.close()


def _merge(pairs: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("ascii").lower(), raw_value.decode("latin-1")
        merged[name] = f"{merged[name]}, {value}" if name in merged else value
    return merged


def _body(response: httpcore.Response, limit: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > limit:
            raise UnavailableError("the answer is larger than allowed")
    return bytes(body)
