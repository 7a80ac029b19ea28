"""Receipts for answers and uses: what was decided, on which checks, signed by the organisation."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from consent_contracts import receipt as receipts
from consent_contracts.purpose import Purpose
from consent_contracts.receipt import Receipt, ReceiptEvent
from ssi_core import strict_json
from ssi_core.encoding import base64url_encode
from ssi_core.errors import ConsentError, SsiError
from verifier.checks import Check, Outcome
from verifier.ports import Identity

_MAX_CODE: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a receipt is about. A permit names the grant and the digest of its scope."""

    id: str
    event: ReceiptEvent
    at: datetime
    log: str
    request_digest: str
    purposes: Collection[Purpose]
    grant_id: str | None = None
    scope_digest: str | None = None
    presentation: str | None = None


def issue_receipt(
    occasion: Occasion, checks: Sequence[Check], refusals: tuple[str, ...], *, identity: Identity
) -> str:
    """Return the signed receipt; checks that were skipped prove nothing and are left out."""
    receipt = Receipt(
        recipient=identity.did,
        issued_at=occasion.at.replace(microsecond=0),
        id=occasion.id,
        event=occasion.event,
        log=occasion.log,
        request_digest=occasion.request_digest,
        purposes=frozenset(occasion.purposes),
        checks=tuple(_stated(check) for check in checks if check.outcome is not Outcome.SKIPPED),
        refusals=refusals,
        grant_id=occasion.grant_id,
        scope_digest=occasion.scope_digest,
        presentation_digest=occasion.presentation,
    )
    return receipts.issue(
        receipt, signer=identity.assertion_signer, key_id=identity.assertion_key_id
    )


def refusal_codes(error: SsiError | None) -> tuple[str, ...]:
    """Return why something was refused, as codes; empty if it was not."""
    if error is None:
        return ()
    if isinstance(error, ConsentError) and error.refusals:
        return error.refusals
    return (error.code,)


def presentation_digest(vp_token: Mapping[str, Sequence[str]]) -> str:
    """Return the base64url SHA-256 of the `vp_token` as compact JSON, in the order it came."""
    compact = strict_json.render({name: list(items) for name, items in vp_token.items()})
    return base64url_encode(sha256(compact.encode()).digest())


def _stated(check: Check) -> receipts.Check:
    name = check.name.value
    if check.credential is not None:
        qualified = f"{check.credential.lower()}.{name}"
        if len(qualified) <= _MAX_CODE and check.credential[0].isalnum():
            name = qualified
    return receipts.Check(name, receipts.Outcome(check.outcome.value), check.reason)
