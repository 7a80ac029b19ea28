"""Every reason why an access is refused, in the order in which reasons are always named."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Refusal(StrEnum):
    """A condition that did not hold; the order of the members is the order of naming them."""

    EMPTY_REQUEST = "empty_request"
    NO_GRANT = "no_grant"
    OBJECTION = "objection"
    WRONG_RECIPIENT = "wrong_recipient"
    WRONG_ROLE = "wrong_role"
    RECIPIENT_UNKNOWN = "recipient_unknown"
    WRONG_PURPOSE = "wrong_purpose"
    OTHER_SUBJECT = "other_subject"
    BEYOND_SCOPE = "beyond_scope"
    ACCESS_LEVEL_EXCEEDED = "access_level_exceeded"
    RECORD_UNKNOWN = "record_unknown"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    STATE_UNKNOWN = "state_unknown"
    STALE_EVIDENCE = "stale_evidence"
    USE_LIMIT = "use_limit"
    WRONG_JURISDICTION = "wrong_jurisdiction"
    GROUP_TOO_SMALL = "group_too_small"
    AUTHORITY_UNKNOWN = "authority_unknown"
    AUTHORITY_ENDED = "authority_ended"
    AUTHORITY_INCOMPLETE = "authority_incomplete"
    CIRCULAR_AUTHORITY = "circular_authority"
    BEYOND_AUTHORITY = "beyond_authority"
    FROZEN_AT_MAJORITY = "frozen_at_majority"
    SUBJECT_DECEASED = "subject_deceased"
    RESEARCH_NOT_DESCRIBED = "research_not_described"
    DATA_USE_HMB = "data_use_hmb"
    DATA_USE_DS = "data_use_ds"
    DATA_USE_POA = "data_use_poa"
    DATA_USE_RS = "data_use_rs"
    DATA_USE_NMDS = "data_use_nmds"
    DATA_USE_GSO = "data_use_gso"
    DATA_USE_NPUNCU = "data_use_npuncu"
    DATA_USE_PUB = "data_use_pub"
    DATA_USE_COL = "data_use_col"
    DATA_USE_IRB = "data_use_irb"
    DATA_USE_GS = "data_use_gs"
    DATA_USE_MOR = "data_use_mor"
    DATA_USE_TS = "data_use_ts"
    DATA_USE_US = "data_use_us"
    DATA_USE_PS = "data_use_ps"
    DATA_USE_IS = "data_use_is"
    DATA_USE_RTN = "data_use_rtn"
    DATA_USE_CC = "data_use_cc"
    DATA_USE_NPOA = "data_use_npoa"
    DATA_USE_NPU = "data_use_npu"
    DATA_USE_NCU = "data_use_ncu"

    @property
    def explanation(self) -> str:
        """One sentence for a person; it names the rule and no value."""
        return _EXPLANATIONS[self]

    @property
    def is_not_knowing(self) -> bool:
        """Whether this says that something could not be found out, and not that it is wrong."""
        return self in _NOT_KNOWING


_EXPLANATIONS: Final[Mapping[Refusal, str]] = MappingProxyType(
    {
        Refusal.EMPTY_REQUEST: "The request does not say whose data it wants, or which.",
        Refusal.NO_GRANT: "No permission was given.",
        Refusal.OBJECTION: "The person has objected to this.",
        Refusal.WRONG_RECIPIENT: "The permission was given to somebody else.",
        Refusal.WRONG_ROLE: "The permission was given to people in another role.",
        Refusal.RECIPIENT_UNKNOWN: "It could not be found out as what the recipient acts.",
        Refusal.WRONG_PURPOSE: "The permission is for another purpose.",
        Refusal.OTHER_SUBJECT: "The permission is about other credentials.",
        Refusal.BEYOND_SCOPE: "The permission does not include everything that is asked for.",
        Refusal.ACCESS_LEVEL_EXCEEDED: "The permission allows a less detailed view only.",
        Refusal.RECORD_UNKNOWN: "Too little is known about a record to say whether it is included.",
        Refusal.NOT_YET_VALID: "The permission has not begun.",
        Refusal.EXPIRED: "The time of the permission is over.",
        Refusal.WITHDRAWN: "The permission was withdrawn.",
        Refusal.SUSPENDED: "The permission is suspended for now.",
        Refusal.SUPERSEDED: "The permission was replaced by another one.",
        Refusal.STATE_UNKNOWN: "It could not be found out whether the permission still stands.",
        Refusal.STALE_EVIDENCE: "What is known about the permission is too old.",
        Refusal.USE_LIMIT: "The permission has been used as often as it may be for now.",
        Refusal.WRONG_JURISDICTION: "The permission is for use in other countries.",
        Refusal.GROUP_TOO_SMALL: "The group is smaller than the permission asks for.",
        Refusal.AUTHORITY_UNKNOWN: "It could not be found out who may act for the person.",
        Refusal.AUTHORITY_ENDED: "Whoever gave the permission may no longer act for the person.",
        Refusal.AUTHORITY_INCOMPLETE: "Fewer representatives agreed than have to.",
        Refusal.CIRCULAR_AUTHORITY: "Representatives name each other as those who let them act.",
        Refusal.BEYOND_AUTHORITY: "Whoever gave the permission may not give this one.",
        Refusal.FROZEN_AT_MAJORITY: "The person is of age now, and has to be asked.",
        Refusal.SUBJECT_DECEASED: "The permission ended with the person's death.",
        Refusal.RESEARCH_NOT_DESCRIBED: "The request does not say what kind of research it is.",
        Refusal.DATA_USE_HMB: "The data may be used for health research only, not for ancestry.",
        Refusal.DATA_USE_DS: "The data may be used for research on certain diseases only.",
        Refusal.DATA_USE_POA: "The data may be used for research on ancestry only.",
        Refusal.DATA_USE_RS: "The data may be used for certain types of research only.",
        Refusal.DATA_USE_NMDS: "The data may not be used to develop methods.",
        Refusal.DATA_USE_GSO: "The data may be used for genetic studies only.",
        Refusal.DATA_USE_NPUNCU: "Neither the use nor the organisation may be for profit.",
        Refusal.DATA_USE_PUB: "The results have to be published.",
        Refusal.DATA_USE_COL: "The researcher has to collaborate with those who made the study.",
        Refusal.DATA_USE_IRB: "The use needs the approval of an ethics board.",
        Refusal.DATA_USE_GS: "The data may be used in certain regions only.",
        Refusal.DATA_USE_MOR: "Results may not be published before a certain date.",
        Refusal.DATA_USE_TS: "The months of approved use are over.",
        Refusal.DATA_USE_US: "The data may be used by approved people only.",
        Refusal.DATA_USE_PS: "The data may be used in approved projects only.",
        Refusal.DATA_USE_IS: "The data may be used in approved institutions only.",
        Refusal.DATA_USE_RTN: "What is derived from the data has to be returned.",
        Refusal.DATA_USE_CC: "The data may not be used for care.",
        Refusal.DATA_USE_NPOA: "The data may not be used for research on ancestry.",
        Refusal.DATA_USE_NPU: "The data may be used by not-for-profit organisations only.",
        Refusal.DATA_USE_NCU: "The data may not be used commercially.",
    }
)
_NOT_KNOWING: Final = frozenset(
    {
        Refusal.RECIPIENT_UNKNOWN,
        Refusal.RECORD_UNKNOWN,
        Refusal.STATE_UNKNOWN,
        Refusal.STALE_EVIDENCE,
        Refusal.AUTHORITY_UNKNOWN,
    }
)

BIT: Final[Mapping[Refusal, int]] = MappingProxyType(
    {refusal: 1 << place for place, refusal in enumerate(Refusal)}
)
"""A set of refusals as decisions keep it: an integer with one bit for each, in their order."""
NOT_KNOWING: Final = sum(BIT[refusal] for refusal in _NOT_KNOWING)
"""The set of all that could not be found out."""


def named(found: int) -> tuple[Refusal, ...]:
    """Return the refusals of a set, in the order in which they are named."""
    return tuple(refusal for refusal, bit in BIT.items() if found & bit)
