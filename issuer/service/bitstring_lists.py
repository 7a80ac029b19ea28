"""Our status lists once more, as Bitstring Status Lists: one for each purpose.

They are made of the same statuses as the Status List Tokens, so no change can reach only one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from types import MappingProxyType
from typing import Final, final

from issuer.model.credential import Copy
from issuer.model.status_list import SignedStatusList, bitstring_of
from issuer.model.terms import Terms
from issuer.ports import StatusListStore
from issuer.service.linked_data import LinkedData
from ssi_core.credential.status_list_credential import status_list_credential
from ssi_core.credential.status_list_entry import (
    REVOCATION,
    SUSPENSION,
    BitstringStatusListEntry,
)
from ssi_core.errors import NotFoundError
from ssi_core.json_types import JsonObject
from ssi_core.proof.data_integrity import CLOCK_SKEW
from ssi_core.status.token import Status

PURPOSES: Final = MappingProxyType({REVOCATION: Status.INVALID, SUSPENSION: Status.SUSPENDED})
_MAX_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class _Signed:
    version: int
    signed_at: datetime
    credential: JsonObject


@final
class BitstringLists:
    """The lists that this issuer serves at `{issuer}/status-lists/{number}/{purpose}`."""

    def __init__(
        self, *, issuer: str, store: StatusListStore, linked_data: LinkedData, terms: Terms
    ) -> None:
        self._issuer = issuer
        self._store = store
        self._linked_data = linked_data
        self._terms = terms
        self._kept: dict[tuple[int, str], _Signed] = {}
        self._lock = Lock()

    def entries(self, copy: Copy) -> Sequence[JsonObject]:
        """Return the `credentialStatus` of a copy: the same place in the list of each purpose."""
        return [
            BitstringStatusListEntry(
                purpose=purpose,
                index=copy.index,
                list_url=self._url(copy.status_list, purpose),
            ).to_json()
            for purpose in PURPOSES
        ]

    def credential(self, number: int, purpose: str, *, at: datetime) -> JsonObject:
        """Return the status list credential of a list, signed anew when its ttl is over.

        A change of the list is in it at once.
        """
        found = self._store.find_list(number) if purpose in PURPOSES else None
        if found is None:
            raise NotFoundError("there is no such status list")
        with self._lock:
            kept = self._kept.get((number, purpose))
        if kept is not None and kept.version == found.version and self._is_fresh(kept, at):
            return kept.credential
        signed = _Signed(found.version, at, self._sign(found, purpose, at))
        with self._lock:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            self._kept[number, purpose] = signed
        return signed.credential

    def _is_fresh(self, kept: _Signed, at: datetime) -> bool:
        life = min(self._terms.status_token_ttl, self._terms.status_token_lifetime / 2)
        return kept.signed_at <= at < kept.signed_at + life

    def _sign(self, found: SignedStatusList, purpose: str, at: datetime) -> JsonObject:
        unsecured = status_list_credential(
            bitstring_of(found.statuses, PURPOSES[purpose]),
            url=self._url(found.number, purpose),
            issuer=self._linked_data.issuer,
            purposes=[purpose],
            # A verifier whose clock is behind ours must not take it for a list of the future.
            valid_from=at - CLOCK_SKEW,
            valid_until=at + self._terms.status_token_lifetime,
            ttl=self._terms.status_token_ttl,
        )
        return self._linked_data.secure(unsecured, at=at)

    def _url(self, number: int, purpose: str) -> str:
        return f"{self._issuer}/status-lists/{number}/{purpose}"
