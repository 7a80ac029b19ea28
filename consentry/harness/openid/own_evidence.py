"""Evidence that does not leave the house for what is in it: the profile's own status lists."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final, final

from issuer.service.status_lists import StatusLists
from ssi_core.adapters.clock import Clock
from ssi_core.errors import NotFoundError, SsiError
from ssi_core.verification import Evidence, Need, StatusNeed
from verifier.ports import EvidenceSource

_MAX_DIGITS: Final = 9


@final
class OwnEvidence:
    """Implements `EvidenceSource`; a list of another issuer, and all else, is for `others`.

    The public URL may be one that this very process cannot reach, behind a proxy of a harness.
    """

    def __init__(
        self,
        status_lists: StatusLists,
        public_url: str,
        *,
        others: EvidenceSource,
        clock: Clock,
    ) -> None:
        self._status_lists = status_lists
        self._prefix = f"{public_url}/status-lists/"
        self._others = others
        self._clock = clock

    def gather(self, needs: Collection[Need]) -> Evidence:
        """Return the facts for `needs`; a failure is a fact too."""
        own = {
            need.uri
            for need in needs
            if isinstance(need, StatusNeed) and need.uri.startswith(self._prefix)
        }
        now = self._clock.now()
        tokens = {uri: self._token(uri, now) for uri in own}
        rest = [need for need in needs if not (isinstance(need, StatusNeed) and need.uri in own)]
        facts = self._others.gather(rest)
        return replace(facts, status_lists={**facts.status_lists, **tokens})

    def _token(self, uri: str, at: datetime) -> str | SsiError:
        number = uri.removeprefix(self._prefix)
        if not (number.isascii() and number.isdecimal() and len(number) <= _MAX_DIGITS):
            return NotFoundError("there is no such status list")
        try:
            return self._status_lists.token(int(number), at=at)
        except SsiError as error:
            return error
