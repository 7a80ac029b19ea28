"""DID resolution over HTTP: web and webvh from their own place, key and jwk from themselves."""

from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, final
from urllib.parse import urlsplit

from ssi_core import strict_json
from ssi_core.adapters.clock import Clock
from ssi_core.adapters.http import HttpAnswer, HttpClient
from ssi_core.did import jwk, key, web, webvh
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.errors import DeactivatedError, DidMethodError, NotFoundError, UnavailableError
from ssi_core.json_types import JsonValue

_OK: Final = 200
_GONE: Final = frozenset({404, 410})
_MAX_CACHED: Final = 1024


@final
class HttpDidResolver:
    """Resolves DIDs of the methods it is given. Threads may share one.

    Documents are kept for `ttl`, or for less if a did:webvh log says so; failures never are.
    `registry_url` is asked, by `registry_http`, for a did:webvh log when its own place cannot be
    reached: a log proves itself, wherever it comes from.
    """

    def __init__(
        self,
        http: HttpClient,
        clock: Clock,
        *,
        methods: Collection[str] = ("key", "jwk", "web", "webvh"),
        ttl: timedelta = timedelta(seconds=60),
        registry_url: str | None = None,
        registry_http: HttpClient | None = None,
    ) -> None:
        self._http = http
        self._registry_http = registry_http or http
        self._clock = clock
        self._methods = frozenset(methods)
        self._ttl = ttl
        self._registry_url = registry_url
        self._kept: OrderedDict[Did, tuple[datetime, DidDocument]] = OrderedDict()
        self._lock = Lock()

    def resolve(self, did: Did) -> DidDocument:
        """Return the current document of `did`.

        Raises `NotFoundError`, `DeactivatedError`, `DidMethodError`, `MalformedError`,
        `ProofError`, or `UnavailableError` when it could not be found out.
        """
        if did.method not in self._methods:
            raise DidMethodError("the DID method is not resolved here")
        match did.method:
            case "key":
                return key.resolve(did)
            case "jwk":
                return jwk.resolve(did)
            case "web" | "webvh":
                return self._kept_document(did) or self._fetched_document(did)
            case _:
                raise DidMethodError("the DID method is not resolved here")

    def _kept_document(self, did: Did) -> DidDocument | None:
        with self._lock:
            until, document = self._kept.get(did, (None, None))
            return document if until is not None and self._clock.now() < until else None

    def _fetched_document(self, did: Did) -> DidDocument:
        if did.method == "web":
            body = _found(self._http.get(web.document_url(did), accept="application/did+json"))
            document, ttl = web.parse_document(did, body), self._ttl
        else:
            document, ttl = self._webvh(did)
        self._keep(did, document, ttl)
        return document

    def _keep(self, did: Did, document: DidDocument, ttl: timedelta) -> None:
        with self._lock:
            self._kept[did] = (self._clock.now() + ttl, document)
            self._kept.move_to_end(did)
            if len(self._kept) > _MAX_CACHED:
                self._kept.popitem(last=False)

    def _webvh(self, did: Did) -> tuple[DidDocument, timedelta]:
        # Witnesses publish before the log does, so their file is fetched after it.
        lines = webvh.parse_log(self._file(webvh.log_url(did)))
        proofs = self._witness_proofs(did) if webvh.names_witnesses(lines) else None
        resolution = webvh.resolve_log(did, lines, witness_proofs=proofs, at=self._clock.now())
        if resolution.state.deactivated:
            raise DeactivatedError("the DID has been deactivated")
        given = resolution.state.parameters.ttl
        limit = self._ttl if given is None else min(self._ttl, timedelta(seconds=given))
        return resolution.document, limit

    def _witness_proofs(self, did: Did) -> JsonValue | None:
        try:
            return strict_json.parse(self._file(webvh.witness_url(did)))
        except NotFoundError:
            return None

    def _file(self, url: str) -> bytes:
        try:
            return _found(self._http.get(url))
        except UnavailableError:
            if self._registry_url is None:
                raise
        fallback = self._registry_url.rstrip("/") + urlsplit(url).path
        try:
            return _found(self._registry_http.get(fallback))
        except NotFoundError:
            # The registry need not know every DID, so its "no" says nothing about this one.
            raise UnavailableError("the DID's own place could not be reached") from None


def _found(answer: HttpAnswer) -> bytes:
    if answer.status == _OK:
        return answer.body
    if answer.status in _GONE:
        raise NotFoundError("there is no such DID at its place")
    raise UnavailableError("the DID's place answered with an error")
