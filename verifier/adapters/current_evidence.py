"""Evidence as it is now: an answer is judged by what issuers say at this moment."""

from collections.abc import Collection
from typing import final

from ssi_core.adapters.clock import Clock
from ssi_core.adapters.evidence import HttpEvidence
from ssi_core.adapters.http import HttpClient
from ssi_core.did.resolver import DidResolver
from ssi_core.verification import Evidence, Need


@final
class CurrentEvidence:
    """Gathers over HTTP, and keeps no status list: one that was fetched before may be overtaken."""

    def __init__(self, http: HttpClient, resolver: DidResolver, clock: Clock) -> None:
        self._http = http
        self._resolver = resolver
        self._clock = clock

    def gather(self, needs: Collection[Need]) -> Evidence:
        """Return the facts for `needs`, each fetched anew."""
        return HttpEvidence(self._http, self._resolver, self._clock).gather(needs)
