"""Grants, requests and keys that the tests of consent start from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from consent_contracts.access import AccessLevel
from consent_contracts.decision import (
    AccessRequest,
    GrantRecord,
    GrantState,
    Refusal,
    RequestedItem,
)
from consent_contracts.grant import Grant, Limits, Notice, Obligation, Recipient, ScopeItem
from consent_contracts.purpose import Purpose
from consent_contracts.request import ConsentRequest
from consent_contracts.terms import NoticeText
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.keys import Ed25519Signer, P256Signer, thumbprint
from ssi_core.period import Period

START: Final = datetime(2026, 12, 1, 9, tzinfo=UTC)
END: Final = START + timedelta(days=30)
AT: Final = START + timedelta(days=2)
SECOND: Final = timedelta(seconds=1)
DIAGNOSIS: Final = "urn:consentry:diagnosis:1"
LABORATORY: Final = "urn:consentry:laboratory-result:1"
INSURER: Final = Did("web", "insurer.example")
RESEARCHER: Final = Did("web", "university.example")
# Refusals that random cases without delegations and facts do not meet: tests of authority do.
OF_AUTHORITY: Final = frozenset(
    {
        Refusal.AUTHORITY_ENDED,
        Refusal.AUTHORITY_INCOMPLETE,
        Refusal.CIRCULAR_AUTHORITY,
        Refusal.BEYOND_AUTHORITY,
        Refusal.FROZEN_AT_MAJORITY,
        Refusal.SUBJECT_DECEASED,
    }
)
LOG: Final = "registry.example/2026"

HOLDER: Final = P256Signer(b"holder".rjust(32, b"\1"))
HOLDER_KEY: Final = thumbprint(HOLDER.public_key.jwk)
INSURER_SIGNER: Final = Ed25519Signer(b"insurer".rjust(32, b"\1"))
INSURER_KEY_ID: Final = f"{INSURER}#assertion"


def digest(text: str) -> str:
    """Return some digest that belongs to `text`."""
    return base64url_encode(sha256(text.encode()).digest())


def make_grant(**changes: Any) -> Grant:
    """Return a grant to the insurer: three claims of a diagnosis, for payment, for 30 days."""
    grant = Grant(
        id="zGrant",
        log=LOG,
        holder_keys=frozenset({HOLDER_KEY}),
        recipient=Recipient(INSURER),
        purposes=frozenset({Purpose.HPAYMT}),
        scope=(scope_item("code", "clinical_status", "onset"),),
        period=Period(START, END),
        max_staleness=timedelta(hours=1),
        limits=Limits(),
        obligations=frozenset({Obligation.ERASE_ON_WITHDRAWAL}),
        notice=Notice("en", digest("notice")),
        request_digest=digest("request"),
    )
    if isinstance(recipient := changes.get("recipient"), Did):
        changes["recipient"] = Recipient(recipient)
    return replace(grant, **changes)


def make_record(grant: Grant | None = None, **changes: Any) -> GrantRecord:
    """Return a grant that was active a minute ago."""
    record = GrantRecord(
        grant=grant or make_grant(),
        state=GrantState.ACTIVE,
        known_at=AT - timedelta(minutes=1),
    )
    return replace(record, **changes)


def make_access_request(**changes: Any) -> AccessRequest:
    """Return what the insurer wants to see: two of the claims granted."""
    request = AccessRequest(
        recipient=INSURER,
        purpose=Purpose.HPAYMT,
        items=(requested_item("code", "onset"),),
        holder_keys=frozenset({HOLDER_KEY}),
    )
    return replace(request, **changes)


def make_consent_request(**changes: Any) -> ConsentRequest:
    """Return the insurer's question to a person."""
    members: dict[str, Any] = {
        "recipient": INSURER,
        "recipient_name": "Northfield Insurance",
        "purposes": frozenset({Purpose.HPAYMT}),
        "period": Period(START, END),
        "max_staleness": timedelta(hours=1),
        "access": AccessLevel.FULL,
        "limits": Limits(),
        "obligations": frozenset({Obligation.ERASE_ON_WITHDRAWAL}),
        "notice": NoticeText("en", "We check whether your policy covers this diagnosis."),
        "if_refused": "You pay the bill and may send it in later.",
        "withdrawal_uri": "https://insurer.example/withdrawals",
        "log": LOG,
    }
    return ConsentRequest(**(members | changes))


def scope_item(*claims: str, vct: str = DIAGNOSIS, access: str = "full") -> ScopeItem:
    """Return a scope item; a dot in a claim's name leads down."""
    return ScopeItem(vct=vct, claims=_paths(claims), access=AccessLevel.parse(access))


def requested_item(*claims: str, vct: str = DIAGNOSIS, access: str = "full") -> RequestedItem:
    """Return an item of an access request; a dot in a claim's name leads down."""
    return RequestedItem(vct=vct, claims=_paths(claims), access=AccessLevel.parse(access))


def _paths(claims: tuple[str, ...]) -> frozenset[tuple[str | int | None, ...]]:
    return frozenset(tuple(claim.split(".")) for claim in claims)
