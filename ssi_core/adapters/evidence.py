"""Collects what a verification needs over HTTP, each fact or the reason why it could not be had."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, final

from ssi_core.adapters.clock import Clock
from ssi_core.adapters.http import HttpClient
from ssi_core.credential import issuer_metadata
from ssi_core.did.document import DidDocument
from ssi_core.did.resolver import DidResolver
from ssi_core.did.syntax import Did
from ssi_core.errors import SsiError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.status import cwt
from ssi_core.status.token import MEDIA_TYPE, StatusListToken
from ssi_core.verification import DidNeed, Evidence, IssuerMetadataNeed, Need, StatusNeed

_MAX_CACHED_LISTS: Final = 256
# Either form will do (draft-ietf-oauth-status-list section 8.1).
_STATUS_LIST: Final = f"{MEDIA_TYPE}, {cwt.MEDIA_TYPE};q=0.9"


@dataclass(frozen=True, slots=True)
class _CachedList:
    token: str | bytes
    fetched_at: datetime
    ttl: timedelta
    expires_at: datetime | None

    def is_fresh(self, at: datetime) -> bool:
        in_force = self.expires_at is None or at < self.expires_at
        return in_force and timedelta(0) <= at - self.fetched_at < self.ttl


@final
class HttpEvidence:
    """Gathers evidence; threads may share it. Status lists are kept for as long as their `ttl`."""

    def __init__(self, http: HttpClient, resolver: DidResolver, clock: Clock) -> None:
        self._http = http
        self._resolver = resolver
        self._clock = clock
        self._lists: dict[str, _CachedList] = {}
        self._lock = Lock()

    def gather(self, needs: Collection[Need]) -> Evidence:
        """Fetch all of `needs`; nothing is raised, for a failure is a fact too."""
        dids: dict[Did, DidDocument | SsiError] = {}
        status_lists: dict[str, str | bytes | SsiError] = {}
        issuer_keys: dict[str, JsonObject | SsiError] = {}
        for need in needs:
            match need:
                case DidNeed(did):
                    dids[did] = self._document(did)
                case StatusNeed(uri):
                    status_lists[uri] = self._status_list(uri)
                case IssuerMetadataNeed(issuer):
                    issuer_keys[issuer] = self._issuer_keys(need)
        return Evidence(dids=dids, status_lists=status_lists, issuer_keys=issuer_keys)

    def _document(self, did: Did) -> DidDocument | SsiError:
        try:
            return self._resolver.resolve(did)
        except SsiError as error:
            return error

    def _issuer_keys(self, need: IssuerMetadataNeed) -> JsonObject | SsiError:
        try:
            body = self._fetch(need.url, accept="application/json")
            return issuer_metadata.parse(body, issuer=need.issuer)
        except SsiError as error:
            return error

    def _status_list(self, uri: str) -> str | bytes | SsiError:
        now = self._clock.now()
        with self._lock:
            cached = self._lists.get(uri)
        if cached is not None and cached.is_fresh(now):
            return cached.token
        try:
            token = _token(self._fetch(uri, accept=_STATUS_LIST))
        except SsiError as error:
            return error
        self._keep(uri, token, now)
        return token

    def _fetch(self, url: str, *, accept: str) -> bytes:
        answer = self._http.get(url, accept=accept)
        if not answer.ok:
            # Whatever the server says of it, we did not get what the decision needs.
            raise UnavailableError("what the decision rests on was not served")
        return answer.body

    def _keep(self, uri: str, token: str | bytes, now: datetime) -> None:
        try:
            parsed = StatusListToken.parse(token)
        except SsiError:
            return
        if parsed.ttl is None:
            return
        with self._lock:
            if len(self._lists) >= _MAX_CACHED_LISTS:
                self._lists.clear()
            self._lists[uri] = _CachedList(token, now, parsed.ttl, parsed.expires_at)


def _token(body: bytes) -> str | bytes:
    """Return a JWT, which is ASCII, as text, and anything else, as a CWT is, as bytes."""
    return body.decode("ascii").strip() if body.isascii() else body
