"""Emergencies as they are kept: looked up by request, by session, by person, by what is missing."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, final

from consent_contracts.kept import Kind
from consent_contracts.kept_emergency import KeptEmergency
from consent_contracts.service.vault import Kept, Vault
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, NotFoundError, ReplayError

_NONE: Final = "there is no such emergency here"
_WAITING: Final = "waiting"
_UNREVIEWED: Final = "unreviewed"
# What else is written about a session meanwhile, that its person was told or where its entry is,
# must not keep it open.
_ATTEMPTS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An emergency and its place among all documents, from which a list goes on."""

    kept: Kept
    emergency: KeptEmergency

    @property
    def number(self) -> int:
        """Where the list goes on."""
        return self.kept.number


@final
class Sessions:
    """The emergencies of one custodian. One's id here is the digest of the request for it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def require_new(self, request_digest: str) -> None:
        """Refuse a request that was used before."""
        if self._vault.find(Kind.EMERGENCY, request_digest) is not None:
            raise ReplayError("the request was used before", at="/jti")

    def begin(self, request_digest: str, emergency: KeptEmergency) -> Listed:
        """Keep what a request begins; of several who come with one request, all but one replay."""
        try:
            self._keep(request_digest, emergency, replacing=None)
        except ConflictError:
            raise ReplayError("the request was used before", at="/jti") from None
        return self._read(self._vault.find(Kind.EMERGENCY, request_digest))

    def change(self, listed: Listed, emergency: KeptEmergency) -> Listed:
        """Keep what became of an emergency; `ConflictError` if it has changed meanwhile."""
        self._keep(listed.kept.id, emergency, replacing=listed.kept)
        return self._read(self._vault.find(Kind.EMERGENCY, listed.kept.id))

    def amend(
        self, find: Callable[[], Listed], change: Callable[[KeptEmergency], KeptEmergency]
    ) -> Listed:
        """Keep what `change` makes of the emergency that `find` gives, as it is by then.

        Whoever changes it at the same moment only makes this begin again; `ConflictError` if that
        goes on. Nothing is kept where `change` changes nothing.
        """
        for attempt in range(_ATTEMPTS):
            listed = find()
            changed = change(listed.emergency)
            if changed == listed.emergency:
                return listed
            try:
                return self.change(listed, changed)
            except ConflictError:
                if attempt + 1 == _ATTEMPTS:
                    raise
        raise ConflictError("others are changing this emergency")

    def find(self, session: str) -> Listed:
        """Return an emergency by its session's id, which is that of its entry in the log."""
        found = self._vault.found_by(Kind.EMERGENCY, [f"session:{session}"])
        return self._read(found[0] if found else None)

    def of(self, organisation: Did, session: str) -> Listed:
        """Return an emergency of this organisation; another's is one that is not here."""
        found = self.find(session)
        if found.emergency.asked.request.recipient != organisation:
            raise NotFoundError(_NONE)
        return found

    def about(self, holder_keys: Collection[str]) -> tuple[Listed, ...]:
        """Return the emergencies in which data bound by any of these keys was opened."""
        found = self._vault.found_by(Kind.EMERGENCY, [f"key:{key}" for key in holder_keys])
        listed = (self._read(each) for each in found)
        return tuple(each for each in listed if each.emergency.session is not None)

    def waiting(self) -> tuple[Listed, ...]:
        """Return those whose entry the log was not seen to have, oldest first."""
        return tuple(self._read(each) for each in self._vault.found_by(Kind.EMERGENCY, [_WAITING]))

    def unreviewed(self) -> tuple[Listed, ...]:
        """Return those that were opened, and that nobody has reviewed, oldest first."""
        found = self._vault.found_by(Kind.EMERGENCY, [_UNREVIEWED])
        return tuple(self._read(each) for each in found)

    def page(self, *, after: int, limit: int) -> tuple[Listed, ...]:
        """Return emergencies in the order in which they were asked for."""
        found = self._vault.page(Kind.EMERGENCY, after=after, limit=limit)
        return tuple(self._read(each) for each in found)

    def _keep(
        self, request_digest: str, emergency: KeptEmergency, *, replacing: Kept | None
    ) -> None:
        keys = emergency.asked.request.holder_keys
        found_by = [f"session:{emergency.entry_id}", *(f"key:{key}" for key in keys)]
        document = self._vault.document(
            Kind.EMERGENCY,
            request_digest,
            emergency.to_json(),
            found_by=[
                *found_by,
                *([_WAITING] if emergency.is_waiting else []),
                *([_UNREVIEWED] if emergency.is_unreviewed else []),
            ],
            replacing=replacing,
        )
        self._vault.commit(document)

    def _read(self, kept: Kept | None) -> Listed:
        if kept is None:
            raise NotFoundError(_NONE)
        return Listed(kept=kept, emergency=KeptEmergency.parse(kept.content))
