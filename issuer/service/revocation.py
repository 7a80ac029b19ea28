"""Revoke, suspend and reinstate: a change covers every copy of a credential, or none."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, final

from issuer.model.credential import Copy, Credential, CredentialState
from issuer.ports import CredentialStore, StatusListStore
from issuer.service.publications import Publications
from issuer.service.status_lists import StatusLists
from ssi_core.errors import ConflictError, NotFoundError, OverloadedError

_ATTEMPTS: Final = 16


@dataclass(frozen=True, slots=True)
class StateChange:
    """A credential after a change, which the lists we serve say already.

    `published` is false while the log has not been told of some change of ours.
    """

    credential: Credential
    published: bool


@final
class Revocation:
    """Changes whether credentials are good."""

    def __init__(
        self,
        *,
        credentials: CredentialStore,
        store: StatusListStore,
        status_lists: StatusLists,
        publications: Publications,
    ) -> None:
        self._credentials = credentials
        self._store = store
        self._status_lists = status_lists
        self._publications = publications

    def change(self, credential: str, state: CredentialState, *, at: datetime) -> StateChange:
        """Bring a credential into a state; what is in it already stays. Durable on return.

        Raises `ConflictError` for a revoked one, which no other state follows.
        """
        changed = self._change_stored(credential, state, at)
        # Told before the change is acknowledged, if the log can be reached; later if not.
        return StateChange(changed, published=self._publications.send_waiting())

    def find(self, credential: str) -> Credential:
        """Return a credential."""
        found = self._credentials.find_credential(credential)
        if found is None:
            raise NotFoundError("there is no such credential")
        return found

    def copies(self, credential: str) -> Sequence[Copy]:
        """Return where the status of every copy of a credential is, in order."""
        found = self._credentials.copies_of(self.find(credential).id)
        return sorted(found, key=lambda copy: (copy.status_list, copy.index))

    def _change_stored(self, credential: str, state: CredentialState, at: datetime) -> Credential:
        for _ in range(_ATTEMPTS):
            before = self.find(credential)
            after = before.in_state(state)
            if after is before:
                return before
            try:
                self._store_change(before, after, at)
            except ConflictError:
                continue
            return after
        raise OverloadedError("other changes were always first")

    def _store_change(self, before: Credential, after: Credential, at: datetime) -> None:
        indexes: dict[int, dict[int, int]] = defaultdict(dict)
        for copy in self._credentials.copies_of(before.id):
            indexes[copy.status_list][copy.index] = after.state.status
        lists = [
            self._status_lists.changed(number, statuses, at=at)
            for number, statuses in sorted(indexes.items())
        ]
        waiting = (self._publications.next_for(item.uri, item.statuses, at=at) for item in lists)
        self._store.change_state(
            after,
            before=before,
            lists=lists,
            publications=[item for item in waiting if item is not None],
        )
