"""The keys of organisations that may break the glass: asked for, and kept for when nobody answers.

An organisation's DID often lives at the registry that an emergency must not wait for.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final, final

from consent_contracts.kept import Kind
from consent_contracts.ports import Clock
from consent_contracts.service.vault import Kept, Vault
from consent_contracts.wire import as_moment
from ssi_core.did.document import DidDocument, VerificationRelationship
from ssi_core.did.resolver import DidResolver
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import ConflictError, SsiError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_object

_LOOKED_AT_EVERY: Final = timedelta(hours=1)


@final
class OrganisationKeys:
    """Resolves DIDs, and remembers their documents for `kept_for`."""

    def __init__(
        self, vault: Vault, resolver: DidResolver, clock: Clock, *, kept_for: timedelta
    ) -> None:
        self._vault = vault
        self._resolver = resolver
        self._clock = clock
        self._kept_for = kept_for

    def assertion_key(self, key_id: DidUrl) -> PublicKey:
        """Return the key under `assertionMethod`, or raise what stands in the way.

        Where the DID cannot be resolved now, the document that was seen last has to do, unless it
        is too old. A DID that is known to have ended has no keys.
        """
        document = self._document(key_id.did)
        return document.key_for(str(key_id), VerificationRelationship.ASSERTION_METHOD)

    def look(self, organisations: Collection[Did]) -> None:
        """See that their documents are known before they are needed; what fails may fail."""
        for did in organisations:
            kept = self._kept(did)
            if kept is None or self._age(kept) > _LOOKED_AT_EVERY:
                try:
                    self._resolved(did)
                except SsiError:
                    continue

    def _document(self, did: Did) -> DidDocument:
        try:
            return self._resolved(did)
        except UnavailableError:
            kept = self._kept(did)
            if kept is None or not timedelta(0) <= self._age(kept) <= self._kept_for:
                raise
            return DidDocument.parse(as_object(kept.content.get("document"), at="/document"))

    def _resolved(self, did: Did) -> DidDocument:
        document = self._resolver.resolve(did)
        kept = self._kept(did)
        if kept is None or self._age(kept) > _LOOKED_AT_EVERY or self._differs(kept, document):
            self._keep(document, replacing=kept)
        return document

    def _keep(self, document: DidDocument, *, replacing: Kept | None) -> None:
        content: JsonObject = {
            "document": document.source,
            "seen_at": to_timestamp(self._clock.now()),
        }
        kept = self._vault.document(
            Kind.ORGANISATION, str(document.did), content, replacing=replacing
        )
        try:
            self._vault.commit(kept)
        except ConflictError:
            return  # Somebody else has just kept it.

    def _differs(self, kept: Kept, document: DidDocument) -> bool:
        return kept.content.get("document") != document.source

    def _kept(self, did: Did) -> Kept | None:
        return self._vault.find(Kind.ORGANISATION, str(did))

    def _age(self, kept: Kept) -> timedelta:
        return self._clock.now() - as_moment(kept.content.get("seen_at"), at="/seen_at")
