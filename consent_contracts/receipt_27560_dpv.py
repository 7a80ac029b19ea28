"""What a grant says in the terms of DPV 2.3, for those who read a receipt and not a grant.

https://w3id.org/dpv/guides/consent-27560 shows which term stands for which field of ISO/IEC TS
27560. Everything here follows from the grant: nothing is said that it does not say.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.consent_event import ConsentEvent, EventKind, EventParty
from consent_contracts.grant import Grant
from consent_contracts.purpose import Purpose
from consent_contracts.purpose_mappings import DPV, NO_REIDENTIFICATION, dpv_of
from consent_contracts.recipient import Accreditation
from consent_contracts.record_scope import RecordScope
from consent_contracts.scope import ScopeItem
from consent_contracts.terms import Limits, Obligation
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import Period, to_rfc3339
from ssi_core.rdf.contexts import Contexts, PinnedContext

CONTEXT: Final = "https://consentry.example/contexts/consent-receipt/v1"
"""Under a domain that exists nowhere: nobody can fetch it, and its bytes come with the product."""
LOCATIONS: Final = "https://w3id.org/dpv/loc#"
THUMBPRINT: Final = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"
"""RFC 9278: how a key's thumbprint stands as a URI."""

_DIGEST: Final = "03bfdaf8bcd266a6d30d0fc96ac474a53f10a81d98a97fb8bc52bc01824cfbfc"
_HEALTH_DATA: Final = "https://w3id.org/dpv/pd#MedicalHealth"
_ERASING: Final = (
    Obligation.ERASE_ON_WITHDRAWAL,
    Obligation.ERASE_ON_EXPIRY,
    Obligation.ERASE_AFTER_USE,
)
_STATUS: Final[Mapping[EventKind, str]] = MappingProxyType(
    {
        EventKind.GIVEN: "ConsentGiven",
        # DPV has no word for a consent that rests, nor for one that another took the place of.
        EventKind.SUSPENDED: "ConsentStatusInvalidForProcessing",
        EventKind.RESUMED: "ConsentStatusValidForProcessing",
        EventKind.WITHDRAWN: "ConsentWithdrawn",
        EventKind.SUPERSEDED: "ConsentStatusInvalidForProcessing",
        EventKind.EXPIRED: "ConsentExpired",
    }
)


@cache
def receipt_contexts() -> Contexts:
    """Return the one context of receipts, its bytes checked against its digest."""
    text = (
        resources.files("consent_contracts") / "contexts/consent-receipt-v1.jsonld"
    ).read_bytes()
    return Contexts((PinnedContext(url=CONTEXT, digest=_DIGEST, text=text),))


def gives_anything(grant: Grant) -> bool:
    """Say whether any item of the scope is above level `none`."""
    return any(each.access > AccessLevel.NONE for each in _items(grant))


def data_subject(grant: Grant) -> JsonObject:
    """Return whom the consent is about, by keys alone, and who acted for the person."""
    subject: dict[str, JsonValue] = {"type": "DataSubject", "keys": _thumbprints(grant.holder_keys)}
    if grant.grantor is not None:
        subject["representative"] = {
            "type": "Representative",
            "keys": _thumbprints(grant.grantor.keys),
            "delegation": grant.grantor.delegation,
        }
    return subject


def process(grant: Grant, *, controller: str, jurisdiction: str) -> JsonObject:
    """Return the processing that is consented to; `controller` is a DID, and receives the data."""
    members: dict[str, JsonValue] = {
        "type": "Process",
        "purposes": [_purpose(each) for each in sorted(grant.purposes)],
        "personal_data": [_data(each) for each in _items(grant) if each.access > AccessLevel.NONE],
        "processing": [f"{DPV}Collect", f"{DPV}Use", *_sharing(grant.limits)],
        "data_sources": _sources(grant),
        "data_controller": controller,
        "recipients": [_recipient(grant, controller)],
        "legal_basis": f"{DPV}ExplicitlyExpressedConsent",
        "jurisdiction": f"{LOCATIONS}{jurisdiction}",
        "validity": _validity(grant.period),
    }
    if grant.except_purposes:
        members["excluded_purposes"] = [_purpose(each) for each in sorted(grant.except_purposes)]
    if withheld := [_data(each) for each in _items(grant) if each.access is AccessLevel.NONE]:
        members["withheld_data"] = withheld
    if storage := _storage(grant):
        members["storage"] = storage
    if conditions := _conditions(grant):
        members["conditions"] = conditions
    return members


def event(each: ConsentEvent) -> JsonObject:
    """Return an event with its DPV status; ended by a representative it counts as revoked."""
    revoked = each.kind is EventKind.WITHDRAWN and each.party is EventParty.REPRESENTATIVE
    return {"type": "ConsentRevoked" if revoked else _STATUS[each.kind], **each.to_json()}


def _items(grant: Grant) -> Sequence[ScopeItem | RecordScope]:
    return (*grant.scope, *grant.records)


def _purpose(purpose: Purpose) -> JsonObject:
    return {
        "type": "Purpose",
        "code": purpose.value,
        "broader": dpv_of(purpose),
        "label": purpose.display,
    }


def _data(item: ScopeItem | RecordScope) -> JsonObject:
    label = item.vct if isinstance(item, ScopeItem) else "health records"
    return {
        "type": "SensitivePersonalData",
        "broader": _HEALTH_DATA,
        "label": label,
        "access": str(item.access),
        "scope": item.to_json(),
    }


def _sharing(limits: Limits) -> list[str]:
    return [f"{DPV}Share"] if limits.onward_sharing else []


def _sources(grant: Grant) -> list[JsonValue]:
    """Return where the data comes from: the person's wallet, or whoever keeps the records."""
    named = ((grant.scope, "DataSubjectDataSource"), (grant.records, "ThirdPartyDataSource"))
    return [f"{DPV}{source}" for items, source in named if items]


def _recipient(grant: Grant, controller: str) -> JsonObject:
    party, role = grant.recipient.party, grant.recipient.role
    members: dict[str, JsonValue] = {"type": "Recipient", "id": controller}
    if isinstance(party, Accreditation):
        members |= {"class": party.kind.value, "accredited_by": str(party.accredited_by)}
    if role is not None:
        members["role"] = role
    return members


def _validity(period: Period) -> JsonObject:
    named = {"start": period.start, "end": period.end}
    return {name: to_rfc3339(moment) for name, moment in named.items() if moment is not None}


def _storage(grant: Grant) -> JsonObject:
    members: dict[str, JsonValue] = {}
    if grant.limits.erase_by is not None:
        members["until"] = to_rfc3339(grant.limits.erase_by)
    if events := [each.value for each in _ERASING if each in grant.obligations]:
        members["until_event"] = events
    return {"type": "StorageDuration", **members} if members else {}


def _conditions(grant: Grant) -> JsonObject:
    limits, members = grant.limits, dict[str, JsonValue]()
    if limits.jurisdictions:
        members["locations"] = [f"{LOCATIONS}{each}" for each in sorted(limits.jurisdictions)]
    if grant.data_use:
        obo = "http://purl.obolibrary.org/obo/"
        members["data_use"] = [obo + each.term.value.replace(":", "_") for each in grant.data_use]
    if Obligation.NO_REIDENTIFICATION in grant.obligations:
        members["organisational_measures"] = [NO_REIDENTIFICATION]
    return members


def _thumbprints(keys: frozenset[str]) -> list[JsonValue]:
    return [THUMBPRINT + key for key in sorted(keys)]
