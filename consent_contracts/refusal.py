"""Every reason why an access is denied, in the order in which reasons are always named."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Refusal(StrEnum):
    """A condition that did not hold; the order of the members is the order of naming them."""

    EMPTY_REQUEST = "empty_request"
    NO_GRANT = "no_grant"
    WRONG_RECIPIENT = "wrong_recipient"
    WRONG_PURPOSE = "wrong_purpose"
    OTHER_SUBJECT = "other_subject"
    BEYOND_SCOPE = "beyond_scope"
    ACCESS_LEVEL_EXCEEDED = "access_level_exceeded"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    STATE_UNKNOWN = "state_unknown"
    STALE_EVIDENCE = "stale_evidence"
    USE_LIMIT = "use_limit"

    @property
    def explanation(self) -> str:
        """One sentence for a person; it names the rule and no value."""
        return _EXPLANATIONS[self]


_EXPLANATIONS: Final[Mapping[Refusal, str]] = MappingProxyType(
    {
        Refusal.EMPTY_REQUEST: "The request does not say whose data it wants, or which.",
        Refusal.NO_GRANT: "No permission was given.",
        Refusal.WRONG_RECIPIENT: "The permission was given to somebody else.",
        Refusal.WRONG_PURPOSE: "The permission is for another purpose.",
        Refusal.OTHER_SUBJECT: "The permission is about other credentials.",
        Refusal.BEYOND_SCOPE: "The permission does not include everything that is asked for.",
        Refusal.ACCESS_LEVEL_EXCEEDED: "The permission allows a less detailed view only.",
        Refusal.NOT_YET_VALID: "The permission has not begun.",
        Refusal.EXPIRED: "The time of the permission is over.",
        Refusal.WITHDRAWN: "The permission was withdrawn.",
        Refusal.SUSPENDED: "The permission is suspended for now.",
        Refusal.SUPERSEDED: "The permission was replaced by another one.",
        Refusal.STATE_UNKNOWN: "It could not be found out whether the permission still stands.",
        Refusal.STALE_EVIDENCE: "What is known about the permission is too old.",
        Refusal.USE_LIMIT: "The permission has been used as often as it may be for now.",
    }
)
