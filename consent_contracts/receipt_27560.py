"""A consent receipt structured after ISO/IEC TS 27560:2023, in the terms of DPV 2.3.

A profile of our own (docs/reference/receipt-27560.md): the standard's text was not at hand, only
what DPV's guide says of it. The receipt holds the grant as it is, and what DPV says of it is worked
out again by whoever reads it, so the two cannot tell different stories. Unlike `receipt.Receipt` it
says what the consent is about, and is for the person and the recipient alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from consent_contracts import receipt_27560_dpv as dpv
from consent_contracts import signed
from consent_contracts.consent_event import ConsentEvent, replay
from consent_contracts.grant import Grant
from consent_contracts.lifecycle import recorded_state
from consent_contracts.recipient import parse_did
from consent_contracts.terms import Effect, NoticeText, require_country
from consent_contracts.wire import (
    as_list,
    require_known,
    require_name,
    require_web_url,
    require_whole_seconds,
)
from ssi_core import jcs
from ssi_core.did.syntax import Did
from ssi_core.errors import ConsentError, MalformedError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey, Signer
from ssi_core.period import from_rfc3339, to_rfc3339, to_timestamp
from ssi_core.strict_json import as_object, as_text

PROFILE: Final = "https://consentry.example/profiles/receipt-27560/v1"
TYPE: Final = "consent-receipt-27560+jwt"

_CONTROLLER: Final = ("type", "id", "name", "address", "contact")


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """Who received the consent: its DID, and how a person finds it."""

    id: Did
    name: str
    address: str
    contact: str
    """An https URL."""

    def __post_init__(self) -> None:
        require_name(self.name, at="/controller/name")
        require_name(self.address, at="/controller/address", maximum=512)
        require_web_url(self.contact, at="/controller/contact")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/controller") -> Self:
        """Read `{"type", "id", "name", "address", "contact"}`."""
        source = as_object(value, at=at)
        require_known(source, _CONTROLLER, at=at)
        return cls(
            id=parse_did(source.get("id"), at=f"{at}/id"),
            name=as_text(source.get("name"), at=f"{at}/name"),
            address=as_text(source.get("address"), at=f"{at}/address"),
            contact=as_text(source.get("contact"), at=f"{at}/contact"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {
            "type": "DataController",
            "id": str(self.id),
            "name": self.name,
            "address": self.address,
            "contact": self.contact,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt27560:
    """The grant, what happened to it, the notice that was shown, and who answers for it.

    `jurisdiction` (ISO 3166-1 alpha-2) is whose law applies; `withdrawal` is where to take the
    consent back. An objection is no consent and has no receipt of this kind.
    """

    id: str
    created_at: datetime
    grant: Grant
    events: tuple[ConsentEvent, ...]
    notice: NoticeText
    controller: Controller
    jurisdiction: str
    withdrawal: str

    def __post_init__(self) -> None:
        require_name(self.id, at="/id")
        require_whole_seconds(self.created_at, at="/created")
        require_country(self.jurisdiction, at="/process/jurisdiction")
        require_web_url(self.withdrawal, at="/withdrawal/uri")
        if self.grant.id is None:
            raise MalformedError("a receipt is for a grant in the log", at="/grant/grant_id")
        if self.grant.effect is not Effect.PERMIT:
            raise MalformedError("an objection is no consent", at="/grant/terms/effect")
        if not dpv.gives_anything(self.grant):
            raise MalformedError("a consent to nothing has no receipt", at="/grant/scope")
        if self.grant.notice != self.notice.notice:
            raise MalformedError("not the notice that the grant names", at="/notice")
        party = self.grant.recipient.party
        if isinstance(party, Did) and party != self.controller.id:
            raise MalformedError("not the recipient that the grant names", at="/controller/id")
        replay(self.grant, self.events)
        if self.created_at < self.events[-1].at:
            raise MalformedError("is older than what it reports", at="/created")

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read a receipt, unverified; each member must be exactly what the grant makes of it.

        `MalformedError` names the first member that is not.
        """
        notice = as_object(source.get("notice"), at="/notice")
        withdrawal = as_object(source.get("withdrawal"), at="/withdrawal")
        process = as_object(source.get("process"), at="/process")
        receipt = cls(
            id=as_text(source.get("id"), at="/id"),
            created_at=from_rfc3339(as_text(source.get("created"), at="/created"), at="/created"),
            grant=Grant.parse(as_object(source.get("grant"), at="/grant")),
            events=tuple(
                _event(each, at=pointer)
                for each, pointer in as_list(source.get("events"), at="/events")
            ),
            notice=NoticeText(
                as_text(notice.get("language"), at="/notice/language"),
                as_text(notice.get("text"), at="/notice/text"),
            ),
            controller=Controller.parse(source.get("controller")),
            jurisdiction=as_text(
                process.get("jurisdiction"), at="/process/jurisdiction"
            ).removeprefix(dpv.LOCATIONS),
            withdrawal=as_text(withdrawal.get("uri"), at="/withdrawal/uri"),
        )
        if (place := _difference(source, receipt.to_json(), at="")) is not None:
            raise MalformedError("not what the grant makes of it", at=place)
        return receipt

    def to_json(self) -> JsonObject:
        """Return the receipt as JSON-LD under `receipt_27560_dpv.CONTEXT`."""
        consent = replay(self.grant, self.events)
        return {
            "@context": dpv.CONTEXT,
            "type": "ConsentReceipt",
            "profile": PROFILE,
            "id": self.id,
            "created": to_rfc3339(self.created_at),
            "creator": str(self.controller.id),
            "language": self.notice.language,
            "data_subject": dpv.data_subject(self.grant),
            "controller": self.controller.to_json(),
            "notice": {
                "type": "ConsentNotice",
                **self.notice.notice.to_json(),
                "text": self.notice.text,
            },
            "process": dpv.process(
                self.grant, controller=str(self.controller.id), jurisdiction=self.jurisdiction
            ),
            "withdrawal": {"type": "WithdrawConsent", "uri": self.withdrawal},
            "events": [dpv.event(each) for each in self.events],
            "state": recorded_state(consent, at=self.created_at).value,
            "grant": self.grant.to_json(),
        }

    def require_of(self, grant: Grant) -> Self:
        """Return the receipt if it is for `grant`, to the last term; `ConsentError` if not."""
        if self.grant != grant:
            raise ConsentError("a receipt for another grant", at="/grant")
        return self


def issue(receipt: Receipt27560, *, signer: Signer, key_id: str) -> str:
    """Sign `receipt` with a key of its controller's DID, named by `key_id` (a DID URL)."""
    claims: JsonObject = {
        "iss": str(receipt.controller.id),
        "iat": to_timestamp(receipt.created_at),
        "jti": receipt.id,
        "receipt": receipt.to_json(),
    }
    text = signed.sign(claims, typ=TYPE, signer=signer, key_id=key_id)
    if len(text) > signed.MAX_CHARACTERS:
        raise MalformedError("a receipt of this size is read by nobody")
    _require_own_key(text, receipt)
    return text


def verify(text: str, *, key: PublicKey, grant: Grant) -> Receipt27560:
    """Return the receipt if `key` signed it for `grant`; `signed.key_id(text)` says which key.

    The key must be the one that the named DID URL resolves to, under `assertionMethod`.
    """
    claims = signed.verify(text, typ=TYPE, key=key)
    require_known(claims, ("iss", "iat", "jti", "receipt"), at="")
    receipt = Receipt27560.parse(as_object(claims.get("receipt"), at="/receipt"))
    stated = (claims.get("iss"), claims.get("iat"), claims.get("jti"))
    if stated != (str(receipt.controller.id), to_timestamp(receipt.created_at), receipt.id):
        raise MalformedError("the envelope tells another story", at="/receipt")
    _require_own_key(text, receipt)
    return receipt.require_of(grant)


def _require_own_key(text: str, receipt: Receipt27560) -> None:
    if signed.key_id(text).did != receipt.controller.id:
        raise ProofError("a receipt is signed by a key of its controller", at="/header/kid")


def _event(value: JsonValue, *, at: str) -> ConsentEvent:
    source = as_object(value, at=at)
    return ConsentEvent.parse(
        {name: member for name, member in source.items() if name != "type"}, at=at
    )


def _difference(found: JsonValue, expected: JsonValue, *, at: str) -> str | None:
    """Return the pointer to the first member that is missing, additional, or another one."""
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        for name in sorted(found.keys() | expected.keys()):
            place = f"{at}/{name}" if name in expected else at
            if name not in found or name not in expected:
                return place
            if (inner := _difference(found[name], expected[name], at=place)) is not None:
                return inner
        return None
    return None if jcs.canonicalize(found) == jcs.canonicalize(expected) else at
