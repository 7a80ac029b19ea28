"""Patients with their grants, and requests about them: the same in every run."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import AccessRequest, RequestedItem
from consent_contracts.grant import Grant
from consent_contracts.lifecycle import GrantState
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Recipient
from consent_contracts.record import GrantRecord
from consent_contracts.scope import ScopeItem
from consent_contracts.terms import Limits, Notice
from ssi_core.claim_path import ClaimPath
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.period import Period

RECIPIENTS: Final = tuple(Did.parse(f"did:web:recipient-{n}.example") for n in range(12))
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
_DIGEST: Final = base64url_encode(bytes(32))
_HOUR: Final = timedelta(hours=1)


def records_of(
    random: Random,
    patient: int,
    *,
    count: int,
    at: datetime,
    recipients: Sequence[Did] = RECIPIENTS,
) -> tuple[GrantRecord, ...]:
    """Return so many grants of one patient, most of them in force."""
    key = base64url_encode(patient.to_bytes(32, "big"))
    return tuple(
        GrantRecord(
            grant=_grant(random, f"z{patient}-{number}", key, at=at, recipients=recipients),
            state=random.choice(_STATES),
            known_at=at,
        )
        for number in range(count)
    )


def _grant(
    random: Random, name: str, key: str, *, at: datetime, recipients: Sequence[Did]
) -> Grant:
    start = at - _HOUR * random.randrange(1, 5_000)
    claims = frozenset(random.sample(_CLAIMS, random.randrange(2, len(_CLAIMS) + 1)))
    scope = ScopeItem(
        vct=f"urn:consentry:{random.choice(_TYPES)}:1", claims=claims, access=AccessLevel.FULL
    )
    return Grant(
        id=name,
        log="registry.example/log",
        holder_keys=frozenset({key}),
        recipient=Recipient(random.choice(recipients)),
        purposes=frozenset({random.choice(_PURPOSES)}),
        scope=(scope,),
        period=Period(start, start + _HOUR * random.randrange(1, 9_000)),
        max_staleness=_HOUR,
        limits=Limits(),
        obligations=frozenset(),
        notice=Notice(language="en", digest=_DIGEST),
        request_digest=_DIGEST,
    )


def request_about(random: Random, records: Sequence[GrantRecord]) -> AccessRequest:
    """Return a request for a part of what one of the grants gave, now and then by somebody else."""
    grant = random.choice(records).grant
    scope, party = grant.scope[0], grant.recipient.party
    if not isinstance(party, Did):
        raise TypeError("the grants of the bench are to one party each")
    claims = frozenset(random.sample(sorted(scope.claims), min(2, len(scope.claims))))
    asked = RequestedItem(vct=scope.vct, claims=claims, access=AccessLevel.FULL)
    return AccessRequest(
        recipient=party if random.random() < 0.9 else random.choice(RECIPIENTS),  # noqa: PLR2004 - most ask about a grant of their own
        purpose=random.choice(sorted(grant.purposes)),
        items=(asked,),
        holder_keys=grant.holder_keys,
    )
