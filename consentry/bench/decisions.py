"""Decide whether grants permit a request: over the index, and by a naive scan."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import AccessRequest, RequestedItem
from consent_contracts.decision import Permit, decide
from consent_contracts.grant import Grant
from consent_contracts.index import ConsentIndex
from consent_contracts.lifecycle import GrantState
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Recipient
from consent_contracts.record import GrantRecord
from consent_contracts.scope import ScopeItem
from consent_contracts.terms import Limits, Notice
from consentry.bench.measure import Case, Pace, Subject
from ssi_core.adapters.clock import SystemClock
from ssi_core.claim_path import ClaimPath
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.period import Period

_AIM: Final = 20_000.0
_PATIENTS: Final = 1_000
_QUICK_PATIENTS: Final = 20
_GRANTS: Final = 50
_REQUESTS: Final = 4_096
_TYPES: Final = ("diagnosis", "laboratory-result", "immunization")
_CLAIMS: Final[tuple[ClaimPath, ...]] = (
    ("code",),
    ("onset",),
    ("recorded",),
    ("encounter",),
    ("organization",),
    ("value",),
)
_PURPOSES: Final = (Purpose.TREAT, Purpose.HPAYMT, Purpose.HRESCH, Purpose.CAREMGT)
_STATES: Final = (*[GrantState.ACTIVE] * 8, GrantState.WITHDRAWN, GrantState.SUSPENDED)
_RECIPIENTS: Final = tuple(Did.parse(f"did:web:recipient-{n}.example") for n in range(12))
_DIGEST: Final = base64url_encode(bytes(32))
_HOUR: Final = timedelta(hours=1)
_TEXT: Final = """\
Requests come in random order from all patients; about half of them are permitted. *Indexed* is the
decision as a verifier makes it, over the index it keeps for each patient; *with an index made for
it* is the same with nothing kept. The reference is a scan over the patient's grants that stops at
the first that permits; it names no reason for a denial, and does not know grants that only together
cover a request."""


@contextmanager
def decisions(pace: Pace) -> Iterator[Subject]:
    """Prepare patients with their grants, and requests about them."""
    at = SystemClock().now().replace(microsecond=0)
    random = Random(20_261_121)  # noqa: S311 - the same patients in every run, and no secret
    count = _QUICK_PATIENTS if pace.quick else _PATIENTS
    patients = [_records(random, number, at=at) for number in range(count)]
    indexes = [ConsentIndex.of(records) for records in patients]
    chosen = [random.randrange(count) for _ in range(_REQUESTS)]
    asked = [(number, _request(random, patients[number])) for number in chosen]
    _require_agreement(patients, indexes, asked, at=at)
    yield Subject(
        title=f"Decisions over {count:,} patients with {_GRANTS} grants each",
        text=_TEXT,
        cases=(
            _case(
                "indexed",
                asked,
                lambda number, request: decide(request, indexes[number], at=at),
                aim=_AIM,
            ),
            _case(
                "with an index made for it",
                asked,
                lambda number, request: decide(request, patients[number], at=at),
            ),
            _case(
                "naive scan",
                asked,
                lambda number, request: permits(request, patients[number], at=at),
            ),
        ),
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


def _case(
    name: str,
    asked: Sequence[tuple[int, AccessRequest]],
    answer: Callable[[int, AccessRequest], object],
    *,
    aim: float | None = None,
) -> Case:
    coming = cycle(asked)

    def run(count: int) -> None:
        for _ in range(count):
            answer(*next(coming))

    reference = None if name == "naive scan" else "naive scan"
    return Case(name=name, run=run, reference=reference, aim=aim)


def _records(random: Random, patient: int, *, at: datetime) -> tuple[GrantRecord, ...]:
    key = base64url_encode(patient.to_bytes(32, "big"))
    return tuple(
        GrantRecord(
            grant=_grant(random, f"z{patient}-{number}", key, at=at),
            state=random.choice(_STATES),
            known_at=at,
        )
        for number in range(_GRANTS)
    )


def _grant(random: Random, name: str, key: str, *, at: datetime) -> Grant:
    start = at - _HOUR * random.randrange(1, 5_000)
    claims = frozenset(random.sample(_CLAIMS, random.randrange(2, len(_CLAIMS) + 1)))
    scope = ScopeItem(
        vct=f"urn:consentry:{random.choice(_TYPES)}:1", claims=claims, access=AccessLevel.FULL
    )
    return Grant(
        id=name,
        log="registry.example/log",
        holder_keys=frozenset({key}),
        recipient=Recipient(random.choice(_RECIPIENTS)),
        purposes=frozenset({random.choice(_PURPOSES)}),
        scope=(scope,),
        period=Period(start, start + _HOUR * random.randrange(1, 9_000)),
        max_staleness=_HOUR,
        limits=Limits(),
        obligations=frozenset(),
        notice=Notice(language="en", digest=_DIGEST),
        request_digest=_DIGEST,
    )


def _request(random: Random, records: Sequence[GrantRecord]) -> AccessRequest:
    grant = random.choice(records).grant
    scope, party = grant.scope[0], grant.recipient.party
    if not isinstance(party, Did):
        raise TypeError("the grants of the bench are to one party each")
    claims = frozenset(random.sample(sorted(scope.claims), min(2, len(scope.claims))))
    asked = RequestedItem(vct=scope.vct, claims=claims, access=AccessLevel.FULL)
    return AccessRequest(
        recipient=party if random.random() < 0.9 else random.choice(_RECIPIENTS),  # noqa: PLR2004 - most ask about a grant of their own
        purpose=random.choice(sorted(grant.purposes)),
        items=(asked,),
        holder_keys=grant.holder_keys,
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
