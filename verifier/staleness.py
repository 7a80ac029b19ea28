"""How old the log's word may be for a purpose, when the log itself cannot be asked."""

from collections.abc import Iterable

from consent_contracts.purpose import Purpose
from registry.client.edge.freshness import (
    EMERGENCY,
    INSURER,
    OTHER,
    RESEARCH,
    ROUTINE_CARE,
    StalenessClass,
)

_BY_PURPOSE = (
    (Purpose.ETREAT, EMERGENCY),
    (Purpose.TREAT, ROUTINE_CARE),
    (Purpose.HRESCH, RESEARCH),
    (Purpose.HPAYMT, INSURER),
)


def staleness_of(purpose: Purpose) -> StalenessClass:
    """Return the class of a purpose: that of the nearest one above it which has a class."""
    for above, found in _BY_PURPOSE:
        if purpose in above.covered:
            return found
    return OTHER


def strictest(purposes: Iterable[Purpose]) -> StalenessClass:
    """Return the class with the least patience among those of several purposes."""
    found = [staleness_of(purpose) for purpose in purposes]
    return min(found, key=lambda each: each.limit, default=OTHER)
