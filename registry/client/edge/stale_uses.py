"""Uses that were decided on old evidence: written down, judged again after the return, reported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Protocol, TypeAlias, final

from registry.client.edge.freshness import Basis
from registry.client.edge.ports import Clock
from ssi_core.errors import SsiError
from ssi_core.json_types import JsonObject


class Ground(StrEnum):
    """What kind of thing a decision may rest on."""

    GRANT = "grant"
    ACCREDITATION = "accreditation"
    STATUS = "status"
    DID = "did"


@dataclass(frozen=True, slots=True)
class Reliance:
    """One thing that a decision rests on: its kind, its id, and what else it takes to ask about it.

    The id is that of a grant or an accreditation, the DID URL of a key, or, of a status, the list's
    URI with the place in it as fragment.
    """

    ground: Ground
    id: str
    detail: JsonObject = field(default_factory=dict)

    @classmethod
    def on_grant(cls, grant_id: str) -> "Reliance":
        """Return that a decision rests on a grant."""
        return cls(Ground.GRANT, grant_id)


@dataclass(frozen=True, slots=True)
class Stood:
    """The log shows now that what the use rested on still stood after it."""

    known_at: datetime


@dataclass(frozen=True, slots=True)
class EndedMeanwhile:
    """The log shows now that it had ended: by the entry at `index`, as of `signed_at`.

    `signed_at` is the signer's own word, and the only one about when; where they say that a key was
    compromised before they signed, it is that moment. It is missing where nobody says when, and
    `index` where the map of states proves the end and the entry itself was not shown.
    """

    known_at: datetime
    index: int | None = None
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Undetermined:
    """The log shows now that nobody can find out any more whether what the use rested on stood."""

    known_at: datetime


Finding: TypeAlias = Stood | EndedMeanwhile | Undetermined


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleUse:
    """One use that evidence older than usual permitted. Without a finding it waits for its turn.

    `id` is of a use of kept claims, or of an answer that was accepted; one that rests on several
    such things is written down once for each, and each is judged by itself.
    """

    id: str
    relied_on: Reliance
    decided_at: datetime
    known_at: datetime
    size: int
    staleness: str
    flagged: bool
    finding: Finding | None = None
    judged_at: datetime | None = None

    @property
    def key(self) -> str:
        """What tells this row from all others."""
        if self.relied_on.ground is Ground.GRANT:
            return self.id
        return f"{self.id} {self.relied_on.ground} {self.relied_on.id}"

    @property
    def revoked_meanwhile(self) -> bool:
        """Whether what it rests on had ended, unknown to us, when the use was decided.

        An end at the very second counts, and so does one that was signed before and arrived late,
        or of which nobody says when it was.
        """
        match self.finding:
            case EndedMeanwhile(signed_at=None):
                return True
            case EndedMeanwhile(signed_at=datetime() as signed_at):
                return signed_at <= self.decided_at
            case _:
                return False


class StaleUseStore(Protocol):
    """Where stale uses lie. Durable once a call returns; threads may share it."""

    def append(self, use: StaleUse) -> None:
        """Keep a use that waits; one that is there stays as it is."""
        ...

    def waiting(self) -> Sequence[StaleUse]:
        """Return those without a finding, oldest first."""
        ...

    def judged(self, use: StaleUse) -> None:
        """Keep the finding of a use; one that has a finding keeps it."""
        ...

    def all(self) -> Sequence[StaleUse]:
        """Return all of them, oldest first."""
        ...


@final
class StaleUses:
    """Remembers what was decided on old evidence until the log has told how it was."""

    def __init__(self, store: StaleUseStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def record(self, use_id: str, *, relied_on: Reliance, decided_at: datetime, on: Basis) -> None:
        """Write a use down, durably, before anything is given out; a fresh one is not written."""
        if on.fresh:
            return
        self._store.append(
            StaleUse(
                id=use_id,
                relied_on=relied_on,
                decided_at=decided_at,
                known_at=on.known_at,
                size=on.size,
                staleness=on.staleness.name,
                flagged=on.must_be_audited,
            )
        )

    def judge_again(self, look: Callable[[StaleUse], Finding]) -> tuple[StaleUse, ...]:
        """Judge every use that waits by what `look` finds out about its ground; return the judged.

        What cannot be found out, or only as it was before the use, waits for the next time.
        """
        judged: list[StaleUse] = []
        for use in self._store.waiting():
            try:
                finding = look(use)
            except SsiError:
                continue
            if not isinstance(finding, EndedMeanwhile) and finding.known_at < use.decided_at:
                continue
            judged.append(replace(use, finding=finding, judged_at=self._clock.now()))
            self._store.judged(judged[-1])
        return tuple(judged)

    def report(self) -> tuple[StaleUse, ...]:
        """Return every use that was decided on old evidence, with what is known of it by now."""
        return tuple(self._store.all())


@final
class MemoryStaleUseStore:
    """Implements `StaleUseStore`, gone with the process."""

    def __init__(self) -> None:
        self._uses: dict[str, StaleUse] = {}
        self._lock = Lock()

    def append(self, use: StaleUse) -> None:
        """Keep a use that waits; one that is there stays as it is."""
        with self._lock:
            self._uses.setdefault(use.key, use)

    def waiting(self) -> Sequence[StaleUse]:
        """Return those without a finding, oldest first."""
        return [use for use in self.all() if use.finding is None]

    def judged(self, use: StaleUse) -> None:
        """Keep the finding of a use; one that has a finding keeps it."""
        with self._lock:
            if self._uses[use.key].finding is None:
                self._uses[use.key] = use

    def all(self) -> Sequence[StaleUse]:
        """Return all of them, oldest first."""
        with self._lock:
            return list(self._uses.values())
