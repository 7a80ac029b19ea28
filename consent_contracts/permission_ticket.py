"""A grant to a person's own app as the claims of a SMART Permission Ticket.

https://build.fhir.org/ig/jmandel/smart-permission-tickets-wip/, a draft (0.1.0, as of June 2026)
that changes still; docs/reference/smart-permission-tickets.md has the mapping. A ticket limits what
a data holder releases and nothing else, so it must never release more than the grant gives; what
binds the recipient afterwards is named, and has to be kept elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.grant import Grant
from consent_contracts.lifecycle import GrantState
from consent_contracts.purpose import Purpose
from consent_contracts.record import GrantRecord
from consent_contracts.record_scope import RecordScope
from consent_contracts.terms import Effect, Limits, Obligation
from consent_contracts.wire import require_digest, require_name, require_web_url
from ssi_core.did.syntax import Did
from ssi_core.errors import ConsentError, DataLossError, MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp

TICKET_TYPE: Final = "https://smarthealthit.org/permission-ticket-type/patient-self-access-v1"
INTERACTIONS: Final = ("read", "search")

# Conditions on records that no constraint of a ticket has, or has exactly.
_NOT_IN_A_TICKET: Final = ("instances", "labels", "authors", "care_contexts", "data_period")


class Afterwards(StrEnum):
    """What a grant asks of its recipient once data has been released; a ticket cannot say it."""

    NO_ONWARD_SHARING = "no_onward_sharing"
    ERASE_ON_WITHDRAWAL = "erase_on_withdrawal"
    ERASE_ON_EXPIRY = "erase_on_expiry"
    ERASE_AFTER_USE = "erase_after_use"
    ERASE_BY = "erase_by"
    NOTIFY_OF_USE = "notify_of_use"
    NO_REIDENTIFICATION = "no_reidentification"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketParty:
    """What a ticket needs that a grant does not have.

    `issuer` and `audience` are URLs; `client_key` is the RFC 7638 thumbprint of the key of the app,
    which is the grant's recipient; `patient` is a FHIR Patient with what a data holder matches by.
    """

    issuer: str
    audience: str
    client_key: str
    patient: JsonObject

    def __post_init__(self) -> None:
        require_web_url(self.issuer, at="/iss")
        require_web_url(self.audience, at="/aud")
        require_digest(self.client_key, at="/presenter_binding/jkt")
        if self.patient.get("resourceType") != "Patient" or len(self.patient) == 1:
            raise MalformedError("must be a Patient to match by", at="/subject/patient")


def asked_afterwards(grant: Grant) -> frozenset[Afterwards]:
    """Return what `grant` asks of its recipient that a ticket does not carry."""
    found = {Afterwards(each.value) for each in Obligation if each in grant.obligations}
    if not grant.limits.onward_sharing:
        found.add(Afterwards.NO_ONWARD_SHARING)
    if grant.limits.erase_by is not None:
        found.add(Afterwards.ERASE_BY)
    return frozenset(found)


def ticket_claims(
    record: GrantRecord,
    party: TicketParty,
    *,
    others: Iterable[GrantRecord],
    ticket_id: str,
    kept_elsewhere: Iterable[Afterwards],
    at: datetime,
) -> JsonObject:
    """Return the claims of a ticket that releases no more than the grant in `record` gives.

    It lives no longer than what is known of the grant stays fresh, so a withdrawal ends it within
    the grant's own `max_staleness`. `others` are all grants of the person, since an objection among
    them overrides this one. `ConsentError` unless the grant is in force; `DataLossError` names what
    a ticket cannot say, and what it leaves to the recipient if not among `kept_elsewhere`.
    """
    grant = record.grant
    end = _end(record, at=at)
    _require_expressible(grant)
    if any(_objects(each, grant, at=at, end=end) for each in others):
        raise DataLossError("a ticket has no room for the person's objection", at="/terms/effect")
    if asked_afterwards(grant) - frozenset(kept_elsewhere):
        raise DataLossError("the recipient would not be told", at="/terms")
    return {
        "iss": party.issuer,
        "aud": party.audience,
        "iat": to_timestamp(at),
        "exp": to_timestamp(end),
        "jti": require_name(ticket_id, at="/jti"),
        "ticket_type": TICKET_TYPE,
        "presenter_binding": {"method": "jkt", "jkt": party.client_key},
        "subject": {"patient": dict(party.patient)},
        "access": {"fhir_resources": _resources(grant.records)},
    }


def _end(record: GrantRecord, *, at: datetime) -> datetime:
    grant, known_at = record.grant, record.known_at
    start, end = grant.period.start, grant.period.end
    if record.state is not GrantState.ACTIVE or known_at is None:
        raise ConsentError("the grant is not known to be in force", at="/state")
    if start is None or end is None or not start <= at < end or known_at > at:
        raise ConsentError("the grant is not in force", at="/exp")
    ends = [end, known_at + grant.max_staleness]
    if grant.limits.erase_by is not None:
        ends.append(grant.limits.erase_by)
    if to_timestamp(min(ends)) <= to_timestamp(at):
        raise ConsentError("what is known about the grant is too old", at="/known_at")
    return min(ends)


def _objects(other: GrantRecord, grant: Grant, *, at: datetime, end: datetime) -> bool:
    """Say whether `other` is an objection that may speak of anything the ticket gives."""
    objection, party = other.grant, other.grant.recipient.party
    start, over = objection.period.start, objection.period.end
    return (
        objection.effect is Effect.DENY
        and other.state not in (GrantState.WITHDRAWN, GrantState.SUPERSEDED)
        and not (isinstance(party, Did) and party != grant.recipient.party)
        and not objection.holder_keys.isdisjoint(grant.holder_keys)
        and Purpose.PATRQT in objection.covered_purposes
        and (start is None or start < end)
        and (over is None or at < over)
    )


def _require_expressible(grant: Grant) -> None:
    if grant.effect is not Effect.PERMIT:
        raise DataLossError("a ticket objects to nothing", at="/terms/effect")
    if grant.grantor is not None:
        raise DataLossError("access by a representative is another ticket", at="/subject/grantor")
    if not isinstance(grant.recipient.party, Did) or grant.recipient.role is not None:
        raise DataLossError("a ticket is for one app", at="/recipient")
    if Purpose.PATRQT not in grant.covered_purposes:
        raise DataLossError("a ticket of this type is for the person's own use", at="/purposes")
    if grant.scope:
        raise DataLossError("a ticket gives FHIR resources only", at="/scope")
    limits = grant.limits
    if limits != Limits(onward_sharing=limits.onward_sharing, erase_by=limits.erase_by):
        raise DataLossError("a ticket has no such limits", at="/terms/limits")
    for place, item in enumerate(grant.records):
        _require_plain(item, at=f"/scope/{place}")


def _require_plain(item: RecordScope, *, at: str) -> None:
    if item.access is not AccessLevel.FULL:
        raise DataLossError("a ticket gives records as they are, or not at all", at=f"{at}/access")
    for name in _NOT_IN_A_TICKET:
        if getattr(item, name):
            raise DataLossError("a ticket has no such condition", at=f"{at}/records/{name}")
    if not item.resource_types and (item.categories or item.codes):
        raise DataLossError("a ticket narrows what it names", at=f"{at}/records/resource_types")


def _resources(records: Iterable[RecordScope]) -> list[JsonValue]:
    """Return one entry for each type, category and code: an entry of a ticket has no lists."""
    found: list[JsonValue] = []
    for item in records:
        for resource_type in sorted(item.resource_types) or ["*"]:
            for category in sorted(item.categories) or [""]:
                for code in sorted(item.codes) or [""]:
                    entry = {"type": resource_type, "interactions": list(INTERACTIONS)}
                    found.append(
                        {**entry, **_coding("category", category), **_coding("code", code)}
                    )
    return found


def _coding(name: str, coding: str) -> JsonObject:
    if not coding:
        return {}
    system, _, code = coding.partition("|")
    return {name: {"system": system, "code": code}}
