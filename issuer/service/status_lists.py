"""Status lists: room for new copies, and the tokens that say how the copies are."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from secrets import SystemRandom
from typing import Final, final

from issuer.model.credential import Copy
from issuer.model.identity import SigningIdentity
from issuer.model.status_list import BITS, SignedStatusList
from issuer.model.terms import Terms
from issuer.ports import CredentialStore, StatusListStore
from issuer.service.publications import Publications
from ssi_core.errors import ConflictError, NotFoundError, OverloadedError
from ssi_core.status.token import StatusList, StatusReference, issue_token

_ATTEMPTS: Final = 16
_CANDIDATES: Final = 8
# A list is never more than half full, so that a random index is soon found and tells nothing.
_SPARSENESS: Final = 2
_RANDOM: Final = SystemRandom()


@final
class StatusLists:
    """The lists that this issuer serves at `{issuer}/status-lists/{number}`."""

    def __init__(
        self,
        *,
        issuer: str,
        identity: SigningIdentity,
        store: StatusListStore,
        credentials: CredentialStore,
        publications: Publications,
        terms: Terms,
    ) -> None:
        self._issuer = issuer
        self._identity = identity
        self._store = store
        self._credentials = credentials
        self._publications = publications
        self._terms = terms

    def reference(self, copy: Copy) -> StatusReference:
        """Return the `status` claim's content for a copy."""
        return StatusReference(self._uri(copy.status_list), copy.index)

    def unused(self, count: int, *, at: datetime) -> tuple[Copy, ...]:
        """Return random places that no copy has had; storing them decides any race."""
        for _ in range(_ATTEMPTS):
            number, length = self._list_with_room(at)
            candidates = _RANDOM.sample(range(length), min(length, count * _CANDIDATES))
            taken = self._credentials.taken(number, candidates)
            free = [index for index in candidates if index not in taken][:count]
            if len(free) == count:
                return tuple(Copy(status_list=number, index=index) for index in free)
        raise OverloadedError("no unused status could be found")

    def token(self, number: int, *, at: datetime) -> str:
        """Return the Status List Token of a list, signed anew when half its life is over."""
        signed = self._store.find_list(number)
        if signed is None:
            raise NotFoundError("there is no such status list")
        if self._is_fresh(signed, at):
            return signed.token
        renewed = self._sign(signed, at)
        self._store.replace_token(renewed)
        return renewed.token

    def changed(
        self, number: int, statuses: Mapping[int, int], *, at: datetime
    ) -> SignedStatusList:
        """Return the next version of a list, signed but not stored."""
        found = self._store.find_list(number)
        if found is None:
            raise NotFoundError("there is no such status list")
        changed = found.statuses.with_status(statuses)
        return self._sign(replace(found, statuses=changed, version=found.version + 1), at)

    def prepare(self, *, at: datetime) -> None:
        """Make sure that a list is open, and that the log is told of every list as it is.

        Another public URL, or another compression library, makes other entries necessary.
        """
        number, _length = self._list_with_room(at)
        for each in range(number + 1):
            found = self._store.find_list(each)
            if found is not None:
                missing = self._publications.next_for(self._uri(each), found.statuses, at=at)
                if missing is not None:
                    self._store.add_publication(missing)

    def dismiss(self, uri: str, *, at: datetime) -> None:
        """Set aside what the log refused of a list that we serve no more; see `Publications`.

        Raises `ConflictError` for one that is served: what was revoked there has to arrive, so it
        is signed again.
        """
        latest = self._store.latest_list()
        served = range(0 if latest is None else latest.number + 1)
        if uri in map(self._uri, served):
            raise ConflictError("a list that is served is signed again, not dismissed", at="/uri")
        self._publications.dismiss(uri, at=at)

    def _list_with_room(self, at: datetime) -> tuple[int, int]:
        latest = self._store.latest_list()
        if latest is not None:
            length = len(latest.statuses)
            if self._credentials.count_copies(latest.number) * _SPARSENESS < length:
                return latest.number, length
        return self._open(0 if latest is None else latest.number + 1, at)

    def _open(self, number: int, at: datetime) -> tuple[int, int]:
        statuses = StatusList.new(self._terms.status_list_length, BITS)
        blank = SignedStatusList(
            number=number,
            version=0,
            statuses=statuses,
            uri=self._uri(number),
            token="",
            signed_at=at,
            expires_at=at,
        )
        publication = self._publications.next_for(blank.uri, statuses, at=at)
        # Somebody else may have just opened it, which is as good.
        with suppress(ConflictError):
            self._store.open_list(self._sign(blank, at), publication)
        return number, len(statuses)

    def _is_fresh(self, signed: SignedStatusList, at: datetime) -> bool:
        half_life = signed.signed_at + self._terms.status_token_lifetime / 2
        ttl_over = signed.signed_at + self._terms.status_token_ttl
        return signed.uri == self._uri(signed.number) and at < min(half_life, ttl_over)

    def _sign(self, unsigned: SignedStatusList, at: datetime) -> SignedStatusList:
        uri, expires_at = self._uri(unsigned.number), at + self._terms.status_token_lifetime
        token = issue_token(
            unsigned.statuses,
            uri=uri,
            issuer=self._identity.did,
            signer=self._identity.signer,
            key_id=self._identity.key_id,
            issued_at=at,
            expires_at=expires_at,
            ttl=self._terms.status_token_ttl,
        )
        return replace(unsigned, uri=uri, token=token, signed_at=at, expires_at=expires_at)

    def _uri(self, number: int) -> str:
        return f"{self._issuer}/status-lists/{number}"
