"""A FHIR Consent, R4 or R5, read as grants: everything that it says, or an error that names what.

https://hl7.org/fhir/R4/consent.html, https://hl7.org/fhir/R5/consent.html. The table in
`docs/reference/fhir-consent.md` says what becomes of each element.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from consent_contracts.fhir.conditions import Conditions
from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.element import Element, element
from consent_contracts.fhir.grants import grants_of
from consent_contracts.fhir.moment import PERIOD, read_period
from consent_contracts.fhir.provision import (
    NAMES,
    OWN,
    Around,
    Provision,
    ProvisionReader,
    require_few,
)
from consent_contracts.fhir.rules import rules_of
from consent_contracts.fhir.understood import require_understood
from consent_contracts.fhir.vocabulary import FhirVersion, Own
from consent_contracts.grant import Grant
from consent_contracts.lifecycle import GrantState
from consent_contracts.recipient import Recipient
from consent_contracts.terms import Effect
from ssi_core import strict_json
from ssi_core.errors import MalformedError, RejectedError
from ssi_core.json_types import JsonObject
from ssi_core.period import Period

_COMMON: Final = (
    "resourceType", "meta", "language", "text", "identifier", "status", "category", "verification",
    "sourceAttachment", "sourceReference", "provision",
)  # fmt: skip
_MEMBERS: Final = {
    FhirVersion.R4: (
        *_COMMON, "scope", "patient", "dateTime", "performer", "organization", "policy",
        "policyRule",
    ),
    FhirVersion.R5: (
        *_COMMON, "subject", "date", "period", "grantor", "grantee", "manager", "controller",
        "regulatoryBasis", "policyBasis", "policyText", "decision",
    ),
}  # fmt: skip
_OWN: Final = {
    FhirVersion.R4: (Own.LOG, Own.DELEGATION, Own.TERMS),
    FhirVersion.R5: (Own.LOG, Own.DELEGATION, Own.TERMS, Own.OBJECTION),
}
_R4_STATES: Final = {"active": GrantState.ACTIVE, "inactive": GrantState.WITHDRAWN}
_STATES: Final[Mapping[FhirVersion, Mapping[str, GrantState | None]]] = MappingProxyType(
    {FhirVersion.R4: _R4_STATES, FhirVersion.R5: {**_R4_STATES, "unknown": None}}
)
_NOT_GIVEN: Final = ("draft", "proposed", "rejected", "not-done", "entered-in-error")


@dataclass(frozen=True, slots=True)
class ReadConsent:
    """The grants that a Consent comes to, and the state that it says it is in.

    Without any grant it permits nothing. The state is `None` if the Consent says that it is not
    known. A Consent from elsewhere gives grants without an id, for they are in no log yet.
    """

    grants: tuple[Grant, ...]
    state: GrantState | None


def read_consent(
    source: JsonObject, correspondence: Correspondence, *, version: FhirVersion
) -> ReadConsent:
    """Read a Consent resource in JSON, with what its references and codes mean to the caller.

    `DataLossError` names an element that has no counterpart here, `RejectedError` says that the
    Consent was never given, and `MalformedError` that it is none.
    """
    # As if it came from outside: whoever made it, it is JSON, and of a bounded size and depth.
    source = strict_json.parse_object(strict_json.render(source))
    if source.get("resourceType") != "Consent":
        raise MalformedError("not a Consent", at="/resourceType")
    ignorable = correspondence.ignorable_extensions
    consent = element(source, _MEMBERS[version], _OWN[version], at="", ignorable=ignorable)
    state = _state(consent, _STATES[version])
    require_understood(consent, correspondence, version)
    require_few(consent)
    rules = rules_of(_root(consent, correspondence, version), correspondence)
    return ReadConsent(grants_of(rules, consent, correspondence, version), state)


def _root(consent: Element, c: Correspondence, version: FhirVersion) -> Provision:
    if version is FhirVersion.R4:
        reader = ProvisionReader(version, c, is_objection=False)
        provision = consent.child("provision", NAMES[version], OWN)
        return reader.read(provision, Around(Effect.DENY, Conditions(), 0))
    decision = Effect.parse(consent.members.get("decision"), at="/decision")
    is_objection = consent.flag(Own.OBJECTION)
    if is_objection and (decision is not Effect.DENY or "provision" not in consent.members):
        raise MalformedError("an objection denies what its provisions say", at="/decision")
    reader = ProvisionReader(version, c, is_objection=is_objection)
    whole = Conditions(recipients=_grantees(consent, reader), validity=_validity(consent, c))
    return Provision(
        at="",
        effect=decision,
        own=whole,
        whole=whole,
        inner=reader.inside(consent, Around(decision, whole, 0)),
        is_default=decision is Effect.DENY,
    )


def _grantees(consent: Element, reader: ProvisionReader) -> tuple[Recipient, ...] | None:
    found = [reader.recipient(each.key(), at=each.at) for each in consent.references("grantee")]
    return tuple(dict.fromkeys(found)) or None


def _validity(consent: Element, c: Correspondence) -> Period | None:
    if "period" not in consent.members:
        return None
    return read_period(consent.child("period", PERIOD), zone=c.zone)


def _state(consent: Element, states: Mapping[str, GrantState | None]) -> GrantState | None:
    status = consent.required("status")
    if status in _NOT_GIVEN:
        raise RejectedError("this Consent was not given", at="/status")
    if status not in states:
        raise MalformedError("not a status that a Consent has", at="/status")
    return states[status]
