"""Evidence from the profile's own status lists, which nothing need be fetched for."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final, final

from consentry.harness.ports import EvidenceSource
from consentry.harness.status_lists import StatusLists
from ssi_core import strict_json
from ssi_core.errors import NotFoundError
from ssi_core.verification import Evidence, FetchedCredential, Need, StatusCredentialNeed
from ssi_core.verification.fetched_credential import fetched_needs

_MEDIA_TYPE: Final = "application/vc"


@final
class WithOwnLists:
    """Gathers evidence; lists published under the public URL come from here.

    That URL may lead through a proxy whose certificate only the harness believes.
    """

    def __init__(self, source: EvidenceSource, lists: StatusLists) -> None:
        self._source = source
        self._lists = lists

    def gather(self, needs: Collection[Need]) -> Evidence:
        """Return each fact, or the reason why it could not be had; nothing is raised."""
        own: dict[str, FetchedCredential] = {}
        others: set[Need] = set()
        for need in needs:
            found = self._own(need)
            if found is None:
                others.add(need)
            else:
                own[found[0]] = found[1]
        for fetched in own.values():
            others |= fetched_needs(fetched)
        evidence = self._source.gather(others)
        return replace(evidence, status_credentials={**evidence.status_credentials, **own})

    def _own(self, need: Need) -> tuple[str, FetchedCredential] | None:
        if not isinstance(need, StatusCredentialNeed):
            return None
        try:
            published = self._lists.published(need.url)
        except NotFoundError:
            return None
        body = strict_json.render(published).encode()
        return need.url, FetchedCredential(media_type=_MEDIA_TYPE, body=body)
