"""What time alone does: erase claims that nothing leads to, renew, and send what waits."""

from datetime import datetime
from typing import final

from issuer.model.terms import Retention, Terms
from issuer.ports import OfferStore, RecordStore
from issuer.service.publications import Publications


@final
class Housekeeping:
    """Run it every few seconds; each step stands on its own."""

    def __init__(
        self,
        *,
        records: RecordStore,
        offers: OfferStore,
        publications: Publications,
        terms: Terms,
    ) -> None:
        self._records = records
        self._offers = offers
        self._publications = publications
        self._terms = terms

    def erase(self, *, at: datetime) -> int:
        """Erase claims as the retention says, and return how many credentials' worth."""
        self._offers.forget_expired(at)
        if self._terms.retention is Retention.KEEP:
            return 0
        return self._records.erase(at=at, unoffered_since=at - self._terms.unoffered_lifetime)

    def publish(self) -> bool:
        """Send what waits for the log; true if nothing waits any more."""
        return self._publications.send_waiting()
