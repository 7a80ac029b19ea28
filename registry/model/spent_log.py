"""Whether a log is spent: handed over, and nothing in it counts any more. Then it may be dropped.

What could not be found out keeps a log, as what still counts does.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Self

from registry.model.accreditation_records import AccreditationRecord
from registry.model.emergencies import BreakGlass
from registry.model.grant_records import GrantRecord
from registry.model.log_records import LogRecord, Successor
from registry.model.status_lists import StatusPublish
from registry.model.status_map import Status
from ssi_core.errors import RejectedError, UnavailableError
from ssi_core.period import from_timestamp, to_timestamp

OVER: Final = 0
"""The end of what does not count any more, whenever that began."""
ENDLESS: Final = 2**63 - 1
"""The end of what counts until somebody ends it."""
EMERGENCIES_STAY: Final = timedelta(days=365)
"""For how long a broken glass can be shown. No entry says by when it has to be reviewed."""


class Kind(Enum):
    """What there is in a log; what of it still counts, and what leaves that open, in words."""

    GRANT = ("grants", "neither ended nor expired", "that cannot be read")
    ACCREDITATION = ("accreditations", "neither ended nor expired", "that cannot be read")
    DID = ("DIDs", "active and not carried over", "perhaps not carried over")
    STATUS_LIST = ("status lists", "within their ttl", "that cannot be read")
    EMERGENCY = ("emergencies", "younger than a year", "that cannot be read")

    @property
    def plural(self) -> str:
        """Its name, for a number of them."""
        return self.value[0]


@dataclass(frozen=True, slots=True)
class Stake:
    """One thing in a log and until when it counts, a NumericDate; none if nobody can tell."""

    kind: Kind
    until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How much there is in a log, how much of it counts, and of how much nobody can tell.

    `latest` is the newest end that lies in the past, a NumericDate; `OVER` if there is none.
    """

    counts: Mapping[Kind, int]
    standing: Mapping[Kind, int]
    unknown: Mapping[Kind, int]
    latest: int = OVER

    @classmethod
    def of(cls, stakes: Iterable[Stake], *, at: datetime) -> Self:
        """Count `stakes`, of which those count at `at` that end after it."""
        now, latest = to_timestamp(at), OVER
        counts: Counter[Kind] = Counter()
        standing: Counter[Kind] = Counter()
        unknown: Counter[Kind] = Counter()
        for stake in stakes:
            counts[stake.kind] += 1
            if stake.until is None:
                unknown[stake.kind] += 1
            elif stake.until > now:
                standing[stake.kind] += 1
            else:
                latest = max(latest, stake.until)
        return cls(counts=counts, standing=standing, unknown=unknown, latest=latest)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            counts=Counter(self.counts) + Counter(other.counts),
            standing=Counter(self.standing) + Counter(other.standing),
            unknown=Counter(self.unknown) + Counter(other.unknown),
            latest=max(self.latest, other.latest),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentLog:
    """A log that may be dropped whole, and what is in it. Only `require_spent` makes one.

    `latest` is when the last thing in it expired; none if all of it had been ended.
    """

    successor: Successor
    counts: Mapping[Kind, int]
    latest: datetime | None


def grant_stake(record: GrantRecord) -> Stake:
    """Return until when a grant counts. A suspended one could be resumed, so it counts."""
    if record.is_over:
        return Stake(Kind.GRANT, OVER)
    return Stake(Kind.GRANT, None if record.terms is None else record.terms.expires)


def accreditation_stake(record: AccreditationRecord) -> Stake:
    """Return until when an accreditation counts, whatever became of those that it stands on."""
    return Stake(Kind.ACCREDITATION, OVER if record.status is Status.ENDED else record.expires)


def did_stake(*, deactivated: bool, carried: bool | None) -> Stake:
    """Return until when a DID's log counts.

    `carried` says whether its last version is proved to stand in the next log too, none if that
    could not be found out. A version names the one before it, so the next log then has them all.
    """
    if deactivated or carried:
        return Stake(Kind.DID, OVER)
    return Stake(Kind.DID, None if carried is None else ENDLESS)


def status_list_stake(latest: StatusPublish | None) -> Stake:
    """Return until when somebody may use a status list; `latest` is none if it cannot be read."""
    until = None if latest is None else latest.published_at + latest.ttl
    return Stake(Kind.STATUS_LIST, until)


def emergency_stake(content: BreakGlass | None) -> Stake:
    """Return until when a broken glass has to be shown; `content` is none if it cannot be read."""
    stays = EMERGENCIES_STAY // timedelta(seconds=1)
    return Stake(Kind.EMERGENCY, None if content is None else content.broken_at + stays)


def require_handed_over(log: LogRecord) -> Successor:
    """Return where the log goes on; raise `RejectedError` if it has not been handed over."""
    if log.successor is None:
        raise RejectedError("the log has not been handed over to another")
    return log.successor


def require_spent(log: LogRecord, tally: Tally) -> SpentLog:
    """Return the log as one that may be dropped.

    Raises `RejectedError` that counts what stands against it, and `UnavailableError` if nothing
    does but something could not be found out.
    """
    successor = require_handed_over(log)
    standing = _listed(tally.standing, word=1)
    unknown = _listed(tally.unknown, word=2)
    if standing:
        reason = f"the log still counts: {', '.join((*standing, *unknown))}"
        raise RejectedError(reason)
    if unknown:
        reason = f"nobody can tell whether the log still counts: {', '.join(unknown)}"
        raise UnavailableError(reason)
    return SpentLog(
        successor=successor,
        counts=tally.counts,
        latest=from_timestamp(tally.latest) if tally.latest else None,
    )


def _listed(counts: Mapping[Kind, int], *, word: int) -> list[str]:
    return [
        f"{kind.plural} {kind.value[word]}: {counts[kind]}" for kind in Kind if counts.get(kind)
    ]
