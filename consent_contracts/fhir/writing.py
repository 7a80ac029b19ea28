"""A grant written as a FHIR Consent, R4 or R5, that `read_consent` reads as the same grant.

What FHIR has an element for stands there, the rest in extensions of ours. One that takes something
away from a permission is a `modifierExtension`, so that nobody who does not know it permits more.
"""

from collections.abc import Mapping
from typing import Final

from consent_contracts.fhir.parties import GRANTOR, SUBJECT
from consent_contracts.fhir.record_elements import coding, extended
from consent_contracts.fhir.rule_elements import write_r4, write_r5
from consent_contracts.fhir.terms import write_terms
from consent_contracts.fhir.vocabulary import (
    CONSENT_CATEGORY,
    GRANT_POLICY,
    GRANT_SYSTEM,
    PATIENT_PRIVACY,
    THUMBPRINT,
    URI_SYSTEM,
    FhirVersion,
    Own,
)
from consent_contracts.grant import Grant
from consent_contracts.lifecycle import GrantState
from consent_contracts.terms import Effect
from ssi_core.errors import DataLossError
from ssi_core.json_types import JsonObject, JsonValue

# A grant that has not begun, or is over, says so by its period.
_STATUS: Final[Mapping[GrantState, str]] = {
    GrantState.PENDING: "active",
    GrantState.ACTIVE: "active",
    GrantState.EXPIRED: "active",
    GrantState.WITHDRAWN: "inactive",
    GrantState.SUPERSEDED: "inactive",
}


def write_consent(
    grant: Grant, *, version: FhirVersion, state: GrantState = GrantState.ACTIVE
) -> JsonObject:
    """Return the Consent resource, in JSON, that says what `grant` says, and its state.

    `DataLossError` names what FHIR cannot say: a suspended grant, a fraction of a second, an
    author that is neither a FHIR reference nor a DID.
    """
    if state not in _STATUS:
        raise DataLossError("FHIR has no suspended Consent", at="/status")
    limiting = "modifierExtension" if grant.effect is Effect.PERMIT else "extension"
    members: dict[str, JsonValue] = {
        "resourceType": "Consent",
        "status": _STATUS[state],
        "category": [{"coding": [coding(CONSENT_CATEGORY)]}],
        SUBJECT[version]: _subject(grant),
        GRANTOR[version]: _grantors(grant),
    }
    if grant.id is not None:
        members["identifier"] = [{"system": GRANT_SYSTEM, "value": grant.id}]
    extended(members, Own.LOG, value=grant.log)
    extended(members, Own.TERMS, value=write_terms(grant), name=limiting)
    if grant.grantor is not None:
        extended(members, Own.DELEGATION, value=grant.grantor.delegation, name=limiting)
    return {**members, **(_r4(grant) if version is FhirVersion.R4 else _r5(grant))}


def _r4(grant: Grant) -> JsonObject:
    return {
        "scope": {"coding": [coding(PATIENT_PRIVACY)]},
        "policy": [{"uri": GRANT_POLICY}],
        "sourceAttachment": _notice(grant),
        "provision": write_r4(grant),
    }


def _r5(grant: Grant) -> JsonObject:
    found: dict[str, JsonValue] = {
        "policyBasis": {"url": GRANT_POLICY},
        "sourceAttachment": [_notice(grant)],
        "decision": "deny",
        "provision": write_r5(grant),
    }
    if grant.effect is Effect.DENY:
        # Without it the provisions would be read as permissions.
        extended(found, Own.OBJECTION, name="modifierExtension")
    return found


def _subject(grant: Grant) -> JsonObject:
    first, *others = sorted(grant.holder_keys)
    members: dict[str, JsonValue] = {**_by_key(first)}
    for key in others:
        extended(members, Own.SUBJECT_KEY, value=key)
    return members


def _grantors(grant: Grant) -> list[JsonValue]:
    keys = [min(grant.holder_keys)] if grant.grantor is None else sorted(grant.grantor.keys)
    return [_by_key(key) for key in keys]


def _by_key(key: str) -> JsonObject:
    return {"identifier": {"system": URI_SYSTEM, "value": f"{THUMBPRINT}{key}"}}


def _notice(grant: Grant) -> JsonObject:
    members: dict[str, JsonValue] = {"language": grant.notice.language}
    extended(members, Own.NOTICE_DIGEST, value=grant.notice.digest)
    return members
