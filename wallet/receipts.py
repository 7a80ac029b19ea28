"""What a recipient signs for: receipts, acknowledgements, reviews, verified as far as may be."""

from consent_contracts import receipt as receipts
from consent_contracts import signed, withdrawal
from consent_contracts.break_glass_ending import Review, verify_review
from consent_contracts.receipt import Receipt, ReceiptEvent
from consent_contracts.withdrawal import Acknowledgement
from ssi_core.did.document import VerificationRelationship
from ssi_core.did.resolver import DidResolver
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError, ProofError, SsiError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey
from ssi_core.strict_json import as_text
from wallet.sharing import Consented, Sending, Sharing


def given_receipt(
    sharing: Sharing, sending: Sending, body: JsonObject, resolver: DidResolver
) -> str:
    """Return the receipt in a recipient's answer if it is for this very grant and presentation.

    Raises `MalformedError` when there is none, `ProofError` when it is for something else.
    """
    text = as_text(body.get("receipt"), at="/receipt")
    found = _verified(text, sharing, sending, resolver)
    consented = _consented(sharing)
    _require(found.permitted and found.event is ReceiptEvent.GIVEN, at="/decision")
    _require(found.grant_id == consented.grant_id, at="/grant_id")
    return text


def denial_receipt(
    sharing: Sharing, sending: Sending, body: JsonObject, resolver: DidResolver
) -> str | None:
    """Return the receipt of a refusal if there is one that holds."""
    text = body.get("receipt")
    if not isinstance(text, str) or sharing.consented is None:
        return None
    try:
        found = _verified(text, sharing, sending, resolver)
    except SsiError:
        return None
    return None if found.permitted else text


def acknowledgement(
    body: JsonObject, *, notice: str, recipient: Did, resolver: DidResolver
) -> tuple[str, Acknowledgement]:
    """Return the acknowledgement in a recipient's answer to `notice`, as text and as what it says.

    Raises `MalformedError` or `ProofError` when it is none, or another's.
    """
    text = as_text(body.get("acknowledgement"), at="/acknowledgement")
    key = _key_of(text, recipient, resolver)
    said = withdrawal.verify_acknowledgement(text, key=key, notice=notice, recipient=recipient)
    return text, said


def emergency_review(text: str, *, recipient: Did, custodian: str, resolver: DidResolver) -> Review:
    """Return the review of an emergency if the organisation that opened it signed it.

    It was made for the custodian at the URL `custodian`, when it says, and that is long ago.
    """
    key = _key_of(text, recipient, resolver)
    said = Review.unverified(text)
    return verify_review(text, key=key, audience=custodian, at=said.issued_at)


def _verified(text: str, sharing: Sharing, sending: Sending, resolver: DidResolver) -> Receipt:
    consented = _consented(sharing)
    key = _key_of(text, consented.request.recipient, resolver)
    found = receipts.verify(text, key=key)
    _require(found.log == consented.grant.log, at="/log")
    _require(found.request_digest == consented.request.digest, at="/request")
    # A recipient may leave out what it was shown, but not name something else.
    named = found.presentation_digest
    _require(named is None or named == sending.presentation_digest, at="/presentation")
    return found


def _key_of(text: str, recipient: Did, resolver: DidResolver) -> PublicKey:
    method = signed.key_id(text)
    if method.did != recipient:
        raise ProofError("signed by a key of somebody else", at="/header/kid")
    document = resolver.resolve(recipient)
    return document.key_for(str(method), VerificationRelationship.ASSERTION_METHOD)


def _consented(sharing: Sharing) -> Consented:
    if sharing.consented is None:
        raise MalformedError("a receipt is about a grant, and there is none")
    return sharing.consented


def _require(holds: bool, *, at: str) -> None:  # noqa: FBT001 - the one thing it takes
    if not holds:
        raise ProofError("the receipt is about something else", at=at)
