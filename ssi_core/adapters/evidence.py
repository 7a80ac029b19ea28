"""Collects what a verification needs over HTTP, each fact or the reason why it could not be had."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final, final

from ssi_core import strict_json
from ssi_core.adapters.clock import Clock
from ssi_core.adapters.fresh_cache import FreshCache
from ssi_core.adapters.http import HttpAnswer, HttpClient
from ssi_core.anoncreds.identifiers import resource_url
from ssi_core.credential import issuer_metadata
from ssi_core.did.document import DidDocument
from ssi_core.did.resolver import DidResolver
from ssi_core.did.syntax import Did
from ssi_core.errors import SsiError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.status import cwt
from ssi_core.status.token import MEDIA_TYPE, StatusListToken
from ssi_core.verification import (
    DidNeed,
    Evidence,
    FetchedCredential,
    IssuerMetadataNeed,
    Need,
    ResourceNeed,
    StatusCredentialNeed,
    StatusNeed,
)
from ssi_core.verification.fetched_credential import ACCEPT, fetched_needs, lifetime_of

# Either form will do (draft-ietf-oauth-status-list section 8.1).
_STATUS_LIST: Final = f"{MEDIA_TYPE}, {cwt.MEDIA_TYPE};q=0.9"
_MAX_SECOND_ROUND: Final = 32


@final
class HttpEvidence:
    """Gathers evidence; threads may share it. Status lists are kept for as long as their `ttl`."""

    def __init__(self, http: HttpClient, resolver: DidResolver, clock: Clock) -> None:
        self._http = http
        self._resolver = resolver
        self._clock = clock
        self._tokens: FreshCache[str | bytes] = FreshCache()
        self._credentials: FreshCache[FetchedCredential] = FreshCache()

    def gather(self, needs: Collection[Need]) -> Evidence:
        """Fetch all of `needs`, and what the status lists among them need in their turn.

        Nothing is raised, for a failure is a fact too.
        """
        dids: dict[Did, DidDocument | SsiError] = {}
        status_lists: dict[str, str | bytes | SsiError] = {}
        issuer_keys: dict[str, JsonObject | SsiError] = {}
        status_credentials: dict[str, FetchedCredential | SsiError] = {}
        resources: dict[str, JsonObject | SsiError] = {}
        for need in needs:
            match need:
                case DidNeed(did):
                    dids[did] = self._document(did)
                case StatusNeed(uri):
                    status_lists[uri] = self._status_list(uri)
                case IssuerMetadataNeed(issuer):
                    issuer_keys[issuer] = self._issuer_keys(need)
                case StatusCredentialNeed(url):
                    status_credentials[url] = self._status_credential(url)
                case ResourceNeed(identifier):
                    resources[identifier] = self._resource(identifier)
        for need in _second_round(status_credentials.values()):
            match need:
                case DidNeed(did) if did not in dids:
                    dids[did] = self._document(did)
                case IssuerMetadataNeed(issuer) if issuer not in issuer_keys:
                    issuer_keys[issuer] = self._issuer_keys(need)
        return Evidence(
            dids=dids,
            status_lists=status_lists,
            issuer_keys=issuer_keys,
            status_credentials=status_credentials,
            resources=resources,
        )

    def _document(self, did: Did) -> DidDocument | SsiError:
        try:
            return self._resolver.resolve(did)
        except SsiError as error:
            return error

    def _issuer_keys(self, need: IssuerMetadataNeed) -> JsonObject | SsiError:
        try:
            body = self._fetch(need.url, accept="application/json").body
            return issuer_metadata.parse(body, issuer=need.issuer)
        except SsiError as error:
            return error

    def _resource(self, identifier: str) -> JsonObject | SsiError:
        try:
            body = self._fetch(resource_url(identifier), accept="application/json").body
            return strict_json.parse_object(body)
        except SsiError as error:
            return error

    def _status_list(self, uri: str) -> str | bytes | SsiError:
        now = self._clock.now()
        if (kept := self._tokens.find(uri, at=now)) is not None:
            return kept
        try:
            token = _token(self._fetch(uri, accept=_STATUS_LIST).body)
        except SsiError as error:
            return error
        # What cannot be read is for the verification to refuse, and not for us to keep.
        with suppress(SsiError):
            parsed = StatusListToken.parse(token)
            self._tokens.keep(uri, token, at=now, ttl=parsed.ttl, expires_at=parsed.expires_at)
        return token

    def _status_credential(self, url: str) -> FetchedCredential | SsiError:
        now = self._clock.now()
        if (kept := self._credentials.find(url, at=now)) is not None:
            return kept
        try:
            answer = self._fetch(url, accept=ACCEPT)
        except SsiError as error:
            return error
        media_type = answer.headers.get("content-type", "")
        fetched = FetchedCredential(media_type=media_type, body=answer.body)
        with suppress(SsiError):
            life = lifetime_of(fetched)
            self._credentials.keep(url, fetched, at=now, ttl=life.ttl, expires_at=life.valid_until)
        return fetched

    def _fetch(self, url: str, *, accept: str) -> HttpAnswer:
        answer = self._http.get(url, accept=accept)
        if not answer.ok:
            # Whatever the server says of it, we did not get what the decision needs.
            raise UnavailableError("what the decision rests on was not served")
        return answer


def _second_round(
    fetched: Collection[FetchedCredential | SsiError],
) -> Sequence[DidNeed | IssuerMetadataNeed]:
    lists = (fetched_needs(item) for item in fetched if isinstance(item, FetchedCredential))
    found = {need for needs in lists for need in needs}
    # One honest list has one issuer: whoever names hundreds of them wants us to knock on doors.
    return sorted(found, key=str)[:_MAX_SECOND_ROUND]


def _token(body: bytes) -> str | bytes:
    """Return a JWT, which is ASCII, as text, and anything else, as a CWT is, as bytes."""
    return body.decode("ascii").strip() if body.isascii() else body
