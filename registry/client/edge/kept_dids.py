"""The DIDs of organisations as they last were: what a role goes by while it cannot ask for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, Self, final

from registry.client.edge.kept_evidence import EvidenceCache, KeptRow, did_key
from registry.client.edge.sentinel import Watch
from ssi_core import strict_json
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import resolve_log
from ssi_core.errors import DeactivatedError, OverloadedError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_object

# How often a log that is kept is asked for again, while the registry answers.
_ASKED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class KeptDocument(DidDocument):
    """A DID document from when the registry could last be asked, at `known_at` by our own clock."""

    known_at: datetime

    @classmethod
    def of(cls, document: DidDocument, *, known_at: datetime) -> Self:
        """Mark a document as kept."""
        return cls(document.did, document.source, known_at)


class DidLogs(Protocol):
    """A registry, as far as it has the logs of DIDs."""

    def did_log(self, did: Did) -> Sequence[JsonObject]:
        """Return the lines of the log of a DID that lives there, not verified."""
        ...

    def did_witness(self, did: Did) -> JsonValue:
        """Return what witnesses say of a DID that lives there, not verified."""
        ...


@final
class KeptDids:
    """Keeps the logs of DIDs that live at a registry, and resolves them anew from what it kept."""

    def __init__(self, registry: DidLogs, kept: EvidenceCache, watch: Watch) -> None:
        self._registry = registry
        self._kept = kept
        self._watch = watch

    def keep(self, did: Did, *, at: datetime) -> None:
        """Keep the log of a did:webvh as it is now, unless that was done a moment ago.

        Nobody waits for a registry that is known to be away. Raises the registry's errors, such as
        `NotFoundError` for a DID that lives elsewhere.
        """
        if self.is_away():
            return
        kept = self._kept.find_text(did_key(did))
        if kept is None or not timedelta(0) <= at - kept.known_at < _ASKED_EVERY:
            self._ask(did, at=at)

    def keep_end(self, did: Did, *, at: datetime) -> None:
        """Keep that a DID has ended, if it is one of those that are kept."""
        if self._kept.find_text(did_key(did)) is not None:
            self._ask(did, at=at)

    def find(self, did: Did, *, at: datetime, kept_for: timedelta) -> KeptDocument | None:
        """Return the document that was last good, if it is no older than `kept_for` at `at`.

        What was kept is verified anew. Nothing is known of a document from the future. A DID that
        had ended stays so, however old that is: `DeactivatedError`.
        """
        kept = self._kept.find_text(did_key(did))
        if kept is None:
            return None
        body = _body(kept)
        lines = [as_object(each, at="/log") for each in as_array(body.get("log"), at="/log")]
        resolution = resolve_log(did, lines, witness_proofs=body.get("witness"), at=at)
        if resolution.state.deactivated:
            raise DeactivatedError("the DID has been deactivated")
        if not timedelta(0) <= at - kept.known_at <= kept_for:
            return None
        return KeptDocument.of(resolution.document, known_at=kept.known_at)

    def is_away(self) -> bool:
        """Say whether the registry is known to be away, so that nobody should wait for it."""
        return self._watch.presence().is_offline

    def _ask(self, did: Did, *, at: datetime) -> None:
        try:
            lines, proofs = self._registry.did_log(did), self._registry.did_witness(did)
        except (UnavailableError, OverloadedError):
            self._watch.failed()
            raise
        resolve_log(did, lines, witness_proofs=proofs, at=at)
        text = strict_json.render({"log": list(lines), "witness": proofs})
        self._kept.keep_text(did_key(did), text, known_at=at)


def _body(kept: KeptRow) -> JsonObject:
    return strict_json.parse_object(kept.text, max_bytes=len(kept.text.encode()))
