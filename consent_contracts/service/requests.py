"""Requests for consent: made, refused, or answered by a grant that goes no further."""

from typing import final

from consent_contracts.grant import Grant
from consent_contracts.kept import Document, Kind
from consent_contracts.kept_request import KeptRequest, require_asked_now
from consent_contracts.ports import Clock
from consent_contracts.request import ConsentRequest
from consent_contracts.service.vault import Kept, Vault
from ssi_core.errors import NotFoundError


@final
class Requests:
    """What recipients asked for. A request's id is its digest."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    def make(self, request: ConsentRequest) -> KeptRequest:
        """Keep a request; the same one again is the one that is there."""
        now = self._clock.now().replace(microsecond=0)
        found = self._vault.find(Kind.REQUEST, request.digest)
        if found is not None:
            return KeptRequest.parse(found.content)
        made = KeptRequest(request=require_asked_now(request, at=now), requested_at=now)
        self._vault.commit(self._document(made, replacing=None))
        return made

    def find(self, digest: str) -> KeptRequest:
        """Return a request; `NotFoundError` if there is none."""
        return KeptRequest.parse(self._kept(digest).content)

    def page(self, *, after: int = 0, limit: int = 100) -> tuple[tuple[int, KeptRequest], ...]:
        """Return requests in the order in which they came, each with its number."""
        page = self._vault.page(Kind.REQUEST, after=after, limit=limit)
        return tuple((each.number, KeptRequest.parse(each.content)) for each in page)

    def refuse(self, digest: str) -> KeptRequest:
        """Note that the person said no."""
        kept = self._kept(digest)
        refused = KeptRequest.parse(kept.content).refused(at=self._clock.now())
        self._vault.commit(self._document(refused, replacing=kept))
        return refused

    def answered_by(self, grant: Grant) -> Document | None:
        """Return the request that `grant` names, to be committed as answered, if it is kept here.

        `ConsentError` if the grant goes beyond it, `ConflictError` if it has another answer.
        """
        kept = self._vault.find(Kind.REQUEST, grant.request_digest)
        if kept is None:
            return None
        answered = KeptRequest.parse(kept.content).given(grant, at=self._clock.now())
        return self._document(answered, replacing=kept)

    def _kept(self, digest: str) -> Kept:
        kept = self._vault.find(Kind.REQUEST, digest)
        if kept is None:
            raise NotFoundError("there is no such request here")
        return kept

    def _document(self, request: KeptRequest, *, replacing: Kept | None) -> Document:
        return self._vault.document(
            Kind.REQUEST, request.request.digest, request.to_json(), replacing=replacing
        )
