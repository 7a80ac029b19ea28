"""How long things last here, and how many there may be."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Retention(StrEnum):
    """When the claims of a bundle are erased: once no offer can lead to them, or never."""

    UNTIL_ISSUED = "until_issued"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the operator decides; the defaults suit a clinic's counter."""

    offer_lifetime: timedelta = timedelta(minutes=15)
    token_lifetime: timedelta = timedelta(minutes=10)
    nonce_lifetime: timedelta = timedelta(minutes=5)
    credential_lifetime: timedelta = timedelta(days=365)
    unoffered_lifetime: timedelta = timedelta(days=1)
    retention: Retention = Retention.UNTIL_ISSUED
    tx_code_attempts: int = 5
    batch_size: int = 10
    status_list_length: int = 131_072
    status_token_lifetime: timedelta = timedelta(hours=1)
    status_token_ttl: timedelta = timedelta(seconds=10)
