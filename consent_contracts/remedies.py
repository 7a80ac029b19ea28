"""What would have to change for a refusal to go away, in one sentence to the person."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from consent_contracts.refusal import Refusal

_NEW: Final = "You would have to give a new permission."
_FIND_OUT: Final = "It would have to be found out again whether your permission still stands."
_LESS: Final = "Less would have to be asked for, or you would have to permit more."
_REPRESENTED: Final = "Somebody who may act for you would have to agree, or you yourself."
_RESEARCH: Final = "The research would have to keep to what you allowed."
_REMEDIES: Final[Mapping[Refusal, str]] = MappingProxyType(
    {
        Refusal.EMPTY_REQUEST: "The request would have to say whose data it wants, and which.",
        Refusal.NO_GRANT: "You would have to give a permission.",
        Refusal.OBJECTION: "You would have to take your objection back.",
        Refusal.WRONG_RECIPIENT: "You would have to give a permission to whoever asks.",
        Refusal.WRONG_ROLE: "Somebody in a role that you allowed would have to ask.",
        Refusal.RECIPIENT_UNKNOWN: "Whoever asks would have to show as what it acts.",
        Refusal.WRONG_PURPOSE: "You would have to give a permission for this reason.",
        Refusal.OTHER_SUBJECT: "You would have to give a permission for these credentials.",
        Refusal.BEYOND_SCOPE: _LESS,
        Refusal.ACCESS_LEVEL_EXCEEDED: _LESS,
        Refusal.RECORD_UNKNOWN: "More about the record would have to be known.",
        Refusal.NOT_YET_VALID: "Your permission would have to begin first.",
        Refusal.EXPIRED: _NEW,
        Refusal.WITHDRAWN: _NEW,
        Refusal.SUSPENDED: "You would have to let the permission go on.",
        Refusal.SUPERSEDED: _NEW,
        Refusal.STATE_UNKNOWN: _FIND_OUT,
        Refusal.STALE_EVIDENCE: _FIND_OUT,
        Refusal.USE_LIMIT: "Time would have to pass, or you would have to allow more uses.",
        Refusal.WRONG_JURISDICTION: "The data would have to be used in a country that you named.",
        Refusal.GROUP_TOO_SMALL: "The group would have to be larger.",
        Refusal.AUTHORITY_UNKNOWN: "It would have to be found out who may act for you.",
        Refusal.AUTHORITY_ENDED: _REPRESENTED,
        Refusal.AUTHORITY_INCOMPLETE: "More of those who act for you would have to agree.",
        Refusal.CIRCULAR_AUTHORITY: _REPRESENTED,
        Refusal.BEYOND_AUTHORITY: _REPRESENTED,
        Refusal.FROZEN_AT_MAJORITY: "You would have to be asked yourself.",
        Refusal.SUBJECT_DECEASED: "Nothing would change it.",
        Refusal.RESEARCH_NOT_DESCRIBED: "The request would have to describe the research.",
    }
)


def remedy(refusal: Refusal) -> str:
    """Return what would have to change; all terms of data use have one sentence."""
    return _REMEDIES.get(refusal, _RESEARCH)
