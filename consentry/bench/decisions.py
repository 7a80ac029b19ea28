"""Decide whether grants permit a request: over the index, and by a naive scan."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import cycle
from random import Random
from typing import Final, TypeAlias, TypeVar

from consent_contracts.access_request import AccessRequest, RequestedItem
from consent_contracts.decision import Permit, decide
from consent_contracts.index import ConsentIndex
from consent_contracts.lifecycle import GrantState
from consent_contracts.record import GrantRecord
from consentry.bench.grants import RECIPIENTS, records_of, request_about
from consentry.bench.measure import Case, Pace, Subject
from ssi_core.adapters.clock import SystemClock
from ssi_core.did.syntax import Did

_AIM: Final = 20_000.0
_PATIENTS: Final = 1_000
_QUICK_PATIENTS: Final = 20
_GRANTS: Final = 50
_REQUESTS: Final = 4_096
_SIZES: Final = (1, 10, 100, 1_000, 10_000)
_QUICK_SIZES: Final = (1, 100)
_NAIVE: Final = "naive scan"
_ONE: Final = "1 grant"
_STRANGER: Final = Did.parse("did:web:stranger.example")
_TEXT: Final = """\
Requests come in random order from all patients; about half of them are permitted. *Indexed* is the
decision as a verifier makes it, over the index it keeps for each patient; *with an index made for
it* is the same with nothing kept. The reference is a scan over the patient's grants that stops at
the first that permits; it names no reason for a denial, and does not know grants that only together
cover a request. The rows below are indexed too. They are compared with the one for a single grant,
to show how the cost grows with the grants of a patient, always to the same twelve recipients; where
a stranger asks, to whom nothing was granted and who is told every reason; and where all grants are
to the one who asks."""

_T = TypeVar("_T")
_Asked: TypeAlias = Sequence[tuple[ConsentIndex, AccessRequest]]


@contextmanager
def decisions(pace: Pace) -> Iterator[Subject]:
    """Prepare patients with their grants, and requests about them."""
    at = SystemClock().now().replace(microsecond=0)
    random = Random(20_261_121)  # noqa: S311 - the same patients in every run, and no secret
    count = _QUICK_PATIENTS if pace.quick else _PATIENTS
    patients = [records_of(random, number, count=_GRANTS, at=at) for number in range(count)]
    indexes = [ConsentIndex.of(records) for records in patients]
    chosen = [random.randrange(count) for _ in range(_REQUESTS)]
    asked = [(number, request_about(random, patients[number])) for number in chosen]
    _require_agreement(patients, indexes, asked, at=at)
    indexed = [(indexes[number], request) for number, request in asked]
    unindexed = [(patients[number], request) for number, request in asked]
    sizes = _QUICK_SIZES if pace.quick else _SIZES
    yield Subject(
        title=f"Decisions over {count:,} patients with {_GRANTS} grants each",
        text=_TEXT,
        cases=(
            _case(
                "indexed", indexed, lambda grants, request: decide(request, grants, at=at), aim=_AIM
            ),
            _case(
                "with an index made for it",
                unindexed,
                lambda grants, request: decide(request, grants, at=at),
            ),
            _case(
                _NAIVE,
                unindexed,
                lambda grants, request: permits(request, grants, at=at),
                reference=None,
            ),
            *_growth(random, sizes, at=at),
        ),
        remarks=(_slowest(indexed, at=at),),
    )


def permits(request: AccessRequest, records: Sequence[GrantRecord], *, at: datetime) -> bool:
    """Say whether one of `records` permits all of `request`, by looking at each in turn."""
    return any(_one_permits(request, record, at=at) for record in records)


def _one_permits(request: AccessRequest, record: GrantRecord, *, at: datetime) -> bool:
    grant = record.grant
    return (
        record.state is GrantState.ACTIVE
        and record.known_at is not None
        and at - record.known_at <= grant.max_staleness
        and grant.recipient.party == request.recipient
        and request.purpose in grant.purposes
        and at in grant.period
        and request.holder_keys <= grant.holder_keys
        and all(
            isinstance(item, RequestedItem)
            and any(
                item.vct == given.vct
                and item.claims <= given.claims
                and item.access <= given.access
                for given in grant.scope
            )
            for item in request.items
        )
    )


def _growth(random: Random, sizes: Sequence[int], *, at: datetime) -> Iterator[Case]:
    """Yield a case for each number of grants, and those in which an index helps least."""
    most = sizes[-1]
    asked = {size: _asked(random, size, RECIPIENTS, at=at) for size in sizes}
    for size, requests in asked.items():
        yield _indexed(_ONE if size == 1 else f"{size:,} grants", requests, at=at)
    stranger = [(index, replace(request, recipient=_STRANGER)) for index, request in asked[most]]
    yield _indexed(f"{most:,} grants, a stranger asks", stranger, at=at)
    own = _asked(random, most, RECIPIENTS[:1], at=at)
    yield _indexed(f"{most:,} grants, all to the one who asks", own, at=at)


def _asked(random: Random, size: int, recipients: Sequence[Did], *, at: datetime) -> _Asked:
    patients = [
        records_of(random, number, count=size, at=at, recipients=recipients)
        for number in range(max(1, _PATIENTS // size))
    ]
    indexes = [ConsentIndex.of(records) for records in patients]
    chosen = [random.randrange(len(patients)) for _ in range(_REQUESTS)]
    return [(indexes[number], request_about(random, patients[number])) for number in chosen]


def _indexed(name: str, asked: _Asked, *, at: datetime) -> Case:
    reference = None if name == _ONE else _ONE
    return _case(
        name, asked, lambda index, request: decide(request, index, at=at), reference=reference
    )


def _case(
    name: str,
    asked: Sequence[tuple[_T, AccessRequest]],
    answer: Callable[[_T, AccessRequest], object],
    *,
    reference: str | None = _NAIVE,
    aim: float | None = None,
) -> Case:
    coming = cycle(asked)

    def run(count: int) -> None:
        for _ in range(count):
            answer(*next(coming))

    return Case(name=name, run=run, reference=reference, aim=aim)


def _slowest(asked: _Asked, *, at: datetime) -> str:
    """Say how long the slowest of a hundred indexed decisions takes."""
    taken = []
    for index, request in asked:
        began = time.thread_time_ns()
        decide(request, index, at=at)
        taken.append(time.thread_time_ns() - began)
    taken.sort()
    middle, slow = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    return (
        f"Of the indexed decisions half take at most {middle / 1e6:.3f} ms of a core, "
        f"and 99 of 100 at most {slow / 1e6:.3f} ms (aim: 1 ms)."
    )


def _require_agreement(
    patients: Sequence[Sequence[GrantRecord]],
    indexes: Sequence[ConsentIndex],
    asked: Sequence[tuple[int, AccessRequest]],
    *,
    at: datetime,
) -> None:
    for number, request in asked:
        decided = isinstance(decide(request, indexes[number], at=at), Permit)
        if decided != permits(request, patients[number], at=at):
            raise RuntimeError("the decision and the naive scan do not agree")
