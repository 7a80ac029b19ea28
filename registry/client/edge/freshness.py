"""How old an answer is, and whether that is young enough: one rule for every role.

The age of evidence is the time since its witnesses saw the checkpoint. It may be as old as the
class of the purpose, the verifier's own policy and the grant allow, whichever is least. An end that
is known is an end however old the evidence is, because nothing that ended begins again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject


class Answer(StrEnum):
    """What may be done on evidence of a certain age; `indeterminate` refuses too."""

    PERMIT = "permit"
    DENY = "deny"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True, kw_only=True)
class StalenessClass:
    """How old evidence may be for a kind of purpose.

    What is permitted on old evidence of a `flagged` class must leave an audit entry behind.
    """

    name: str
    limit: timedelta
    flagged: bool = False

    def __post_init__(self) -> None:
        if self.limit < timedelta(0):
            raise MalformedError("evidence cannot be younger than new", at="/limit")


RESEARCH: Final = StalenessClass(name="research", limit=timedelta(hours=1))
INSURER: Final = StalenessClass(name="insurer", limit=timedelta(hours=1))
ROUTINE_CARE: Final = StalenessClass(name="routine_care", limit=timedelta(hours=24))
EMERGENCY: Final = StalenessClass(name="emergency", limit=timedelta(hours=72), flagged=True)
OTHER: Final = StalenessClass(name="other", limit=timedelta(hours=1))
SUGGESTED: Final[Mapping[str, StalenessClass]] = MappingProxyType(
    {each.name: each for each in (RESEARCH, INSURER, ROUTINE_CARE, EMERGENCY, OTHER)}
)
"""The classes that we suggest; a policy may be stricter, never laxer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a decision rested on: how much of the log, how old, for which class of purpose.

    `fresh` says that it was as young as an answer is when the log can be asked.
    """

    size: int
    known_at: datetime
    age: timedelta
    limit: timedelta
    staleness: StalenessClass
    fresh: bool

    @property
    def is_young_enough(self) -> bool:
        """Whether a decision may rest on it."""
        return self.age <= self.limit

    @property
    def must_be_audited(self) -> bool:
        """Whether what is permitted on it has to leave an audit entry behind."""
        return self.staleness.flagged and not self.fresh

    def to_json(self) -> JsonObject:
        """Return what every answer says about its evidence; the age in seconds."""
        seconds = max(0, int(self.age.total_seconds()))
        return {"size": self.size, "age": seconds, "class": self.staleness.name}


def moment(local: datetime, newest: datetime | None) -> datetime:
    """Return what time it is at least: a witness has seen this much pass, whatever our clock says.

    `newest` is the latest time that any witness has put its name to.
    """
    return local if newest is None else max(local, newest)


def limit(staleness: StalenessClass, *limits: timedelta) -> timedelta:
    """Return how old evidence may be: the least that class, policy and grant allow."""
    return min(staleness.limit, *limits) if limits else staleness.limit


def basis(
    *,
    size: int,
    known_at: datetime,
    at: datetime,
    staleness: StalenessClass,
    allowed: timedelta,
    fresh_for: timedelta,
) -> Basis:
    """Return what evidence of `known_at` is worth at `at`, a moment that `moment` gave."""
    age = at - known_at
    return Basis(
        size=size,
        known_at=known_at,
        age=age,
        limit=limit(staleness, allowed),
        staleness=staleness,
        fresh=age <= fresh_for,
    )


def judge(*, has_ended: bool, on: Basis) -> Answer:
    """Return whether something that the evidence shows may be relied on."""
    if has_ended:
        return Answer.DENY
    return Answer.PERMIT if on.is_young_enough else Answer.INDETERMINATE
