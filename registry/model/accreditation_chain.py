"""Whether an accreditation stands: every link of its chain, and every DID that signed one."""

from dataclasses import dataclass
from datetime import datetime
from typing import final

from registry.model.accreditation_records import AccreditationRecord
from registry.model.did_logs import DidLogRecord
from registry.model.status_map import Status
from registry.model.status_proof import ProvenStatuses
from registry.model.view import Overlay
from ssi_core.errors import LogProofError
from ssi_core.period import Period, from_timestamp


@dataclass(frozen=True, slots=True)
class Standing:
    """How an accreditation stands: its period, and since when a key in its chain is not good."""

    period: Period
    compromised_since: datetime | None


@final
class Chains:
    """Accreditations as entries and proven statuses show them at `now`."""

    def __init__(
        self,
        state: Overlay,
        proven: ProvenStatuses,
        *,
        now: datetime,
        issued_at: datetime | None,
    ) -> None:
        self._state = state
        self._proven = proven
        self._now = now
        self._issued_at = issued_at

    def find(self, record: AccreditationRecord) -> Standing | None:
        """Return how `record` stands; nothing if a link, or who signed it, does not count."""
        links = [self._state.accreditation(link) for link in record.chain]
        histories = [self._state.did_log(did) for did in record.accreditors]
        if not all(self._signs(history) for history in histories):
            return None
        ends: list[datetime] = []
        for link in links:
            if link is None or self._now not in period_of(link):
                return None
            status = self._proven.confirm(link.status, link.granted)
            if status is not Status.IN_FORCE:
                since = self._compromised(link, status)
                if since is None:
                    return None
                ends.append(since)
        return Standing(period_of(record), min(ends, default=None))

    def _compromised(self, link: AccreditationRecord, status: Status) -> datetime | None:
        """Return since when a link that ended is not good, if that is after what is asked about."""
        if status is not Status.ENDED or link.compromised_since is None:
            return None
        since = from_timestamp(link.compromised_since)
        return since if self._issued_at is not None and self._issued_at < since else None

    def _signs(self, history: DidLogRecord | None) -> bool:
        if history is None:
            return False
        status = self._proven.of(history.entries[-1])
        if status is Status.SUPERSEDED:
            raise LogProofError("the evidence leaves out a later version of a DID")
        return status is Status.IN_FORCE


def period_of(record: AccreditationRecord) -> Period:
    """Return when an accreditation counts, if nothing ends it."""
    return Period(from_timestamp(record.not_before), from_timestamp(record.expires))
