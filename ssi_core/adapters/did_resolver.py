"""DID resolution over HTTP: web and webvh from their own place, the others from themselves."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final, final
from urllib.parse import urlsplit

from ssi_core import strict_json
from ssi_core.adapters.clock import Clock
from ssi_core.adapters.document_cache import DocumentCache
from ssi_core.adapters.http import HttpAnswer, HttpClient
from ssi_core.did import web, webvh
from ssi_core.did.document import DidDocument
from ssi_core.did.resolution import Resolution, finished
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.resolver import document_in, resolve_self_contained
from ssi_core.did.syntax import Did
from ssi_core.errors import DidMethodError, NotFoundError, RejectedError, UnavailableError
from ssi_core.json_types import JsonValue

_OK: Final = 200
_GONE: Final = frozenset({404, 410})
_FETCHED: Final = frozenset({"web", "webvh"})


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
        methods: Collection[str] = ("key", "jwk", "peer", "web", "webvh"),
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
        self._kept = DocumentCache()

    def resolve(self, did: Did) -> DidDocument:
        """Return the current document of `did`.

        Raises `NotFoundError`, `DeactivatedError`, `DidMethodError`, `MalformedError`,
        `ProofError`, or `UnavailableError` when it could not be found out.
        """
        if did.method not in self._methods:
            raise DidMethodError("the DID method is not resolved here")
        if did.method not in _FETCHED:
            return document_in(did)
        kept = self._kept.find(did, at=self._clock.now())
        return self._fetched_document(did) if kept is None else kept

    def resolve_with(self, did: Did, options: ResolutionOptions) -> Resolution:
        """Return what `did` resolves to, fetched anew; a DID that has ended is no error here."""
        if did.method not in self._methods:
            raise DidMethodError("the DID method is not resolved here")
        match did.method:
            case "webvh":
                return self._webvh(did, options)
            case "web":
                options.require_no_version()
                return finished(Resolution(document=self._web(did)), options)
            case _:
                return resolve_self_contained(did, options)

    def _fetched_document(self, did: Did) -> DidDocument:
        if did.method == "web":
            document, ttl = self._web(did), self._ttl
        else:
            resolution = self._webvh(did, ResolutionOptions())
            document, ttl = resolution.current_document(), self._ttl_of(resolution)
        self._kept.keep(did, document, until=self._clock.now() + ttl)
        return document

    def _web(self, did: Did) -> DidDocument:
        answer = self._http.get(web.document_url(did), accept="application/did+json")
        return web.parse_document(did, _found(answer))

    def _webvh(self, did: Did, options: ResolutionOptions) -> Resolution:
        # Witnesses publish before the log does, so their file is fetched after it.
        lines = webvh.parse_log(self._file(webvh.log_url(did)))
        proofs = self._witness_proofs(did) if webvh.names_witnesses(lines) else None
        now = self._clock.now()
        return webvh.resolve_with(did, lines, options, witness_proofs=proofs, at=now)

    def _ttl_of(self, resolution: Resolution) -> timedelta:
        given = resolution.metadata.get("ttl")
        if not isinstance(given, str):
            return self._ttl
        return min(self._ttl, timedelta(seconds=int(given)))

    def _witness_proofs(self, did: Did) -> JsonValue | None:
        try:
            return strict_json.parse(self._file(webvh.witness_url(did)))
        except NotFoundError:
            return None

    def _file(self, url: str) -> bytes:
        try:
            return _found(self._http.get(url))
        except NotFoundError:
            raise
        except (RejectedError, UnavailableError):
            # Its host is down, or beyond reach; what the registry has proves itself just as well.
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
