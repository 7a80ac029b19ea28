"""Whether the one who gave a grant might give it, and whether it still stands by that authority."""

from datetime import datetime

from consent_contracts.context import Context
from consent_contracts.grant import Grant
from consent_contracts.refusal import Refusal


def refusals_of_authority(grant: Grant, context: Context, *, at: datetime) -> frozenset[Refusal]:
    """Return what stands against the authority behind `grant` at this moment; empty if nothing."""
    del context, at
    return frozenset() if grant.grantor is None else frozenset({Refusal.AUTHORITY_UNKNOWN})
