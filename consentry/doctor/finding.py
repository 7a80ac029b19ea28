"""The outcome of one check."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Verdict(StrEnum):
    """Good; good enough, but read this; or something will not work."""

    GOOD = "good"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, what was found, and, unless it is good, what to do about it."""

    check: str
    verdict: Verdict
    found: str
    remedy: str = ""

    @classmethod
    def good(cls, check: str, found: str) -> Self:
        """Need nothing done."""
        return cls(check=check, verdict=Verdict.GOOD, found=found)

    @classmethod
    def warning(cls, check: str, found: str, remedy: str) -> Self:
        """Works; still, somebody should know."""
        return cls(check=check, verdict=Verdict.WARNING, found=found, remedy=remedy)

    @classmethod
    def wrong(cls, check: str, found: str, remedy: str) -> Self:
        """Will not work, or not safely."""
        return cls(check=check, verdict=Verdict.WRONG, found=found, remedy=remedy)
