"""A grant as an ODRL 2.2 policy under a profile of our own, for those who speak ODRL.

https://www.w3.org/TR/odrl-model/, https://www.w3.org/TR/odrl-vocab/, docs/reference/odrl.md. The
policy tells what the grant says; decisions are made from the grant.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from consent_contracts.access import AccessLevel
from consent_contracts.data_use import DataUseTerm
from consent_contracts.grant import Grant, require_term
from consent_contracts.grantor import Grantor
from consent_contracts.odrl_assets import PROFILE, TERM, asset, constraint
from consent_contracts.purpose import CODE_SYSTEM, Purpose
from consent_contracts.recipient import Accreditation, Recipient
from consent_contracts.record_scope import RecordScope
from consent_contracts.scope import ScopeItem
from consent_contracts.terms import Effect, Limits, Obligation
from consent_contracts.wire import seconds
from ssi_core.errors import DataLossError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import from_timestamp, to_rfc3339

CONTEXT: Final = ("http://www.w3.org/ns/odrl.jsonld", {"consent": f"{PROFILE}#"})
LOCATIONS: Final = "https://w3id.org/dpv/loc#"

_OBO: Final = "http://purl.obolibrary.org/obo/"
_THUMBPRINT: Final = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"
# What comes before an erasure that is owed.
_BEFORE_ERASURE: Final = (
    (Obligation.ERASE_ON_WITHDRAWAL, f"{TERM}withdrawal"),
    (Obligation.ERASE_ON_EXPIRY, f"{TERM}expiry"),
    (Obligation.ERASE_AFTER_USE, "odrl:policyUsage"),
)


def policy(grant: Grant) -> JsonObject:
    """Return `grant` as an Agreement, or as a Set of prohibitions if it is an objection.

    Equal grants give equal policies. `DataLossError` names what ODRL cannot say: a grant without
    an id, one that gives nothing or is allowed nowhere, and an objection with exceptions, limits or
    obligations.
    """
    if grant.id is None:
        raise DataLossError("a policy has an identifier", at="/grant_id")
    uid = _uid(grant.log, grant.id)
    members: dict[str, JsonValue] = {
        "@context": list(CONTEXT),
        "uid": uid,
        "type": "Agreement" if grant.effect is Effect.PERMIT else "Set",
        "profile": PROFILE,
        "conflict": "prohibit",
        "assigner": _assigner(grant, uid),
        **_assignee(grant.recipient),
        f"{TERM}notice": _prefixed(grant.notice.to_json()),
        f"{TERM}request": grant.request_digest,
        f"{TERM}maxStaleness": _duration(grant.max_staleness),
    }
    if grant.supersedes is not None:
        members[f"{TERM}supersedes"] = {"@id": _uid(grant.log, grant.supersedes)}
    rules = _permitting(grant, uid) if grant.effect is Effect.PERMIT else _objecting(grant)
    return members | {name: found for name, found in rules.items() if found}


def _permitting(grant: Grant, uid: str) -> dict[str, list[JsonValue]]:
    constraints = [*_when_and_why(grant), *_within(grant.limits), *_data_use(grant.data_use)]
    given = [each for each in _items(grant) if each.access is not AccessLevel.NONE]
    withheld = [each for each in _items(grant) if each.access is AccessLevel.NONE]
    if not given:
        raise DataLossError("an agreement permits something", at="/scope")
    shared = grant.limits.onward_sharing
    actions = ("use", "distribute") if shared else ("use",)
    prohibitions: list[JsonValue] = [_rule(each, "use", withheld=True) for each in withheld]
    if not shared:
        prohibitions += [_rule(each, "distribute", withheld=False) for each in given]
    if Obligation.NO_REIDENTIFICATION in grant.obligations:
        prohibitions.append({"target": f"{uid}#received", "action": f"{TERM}reidentify"})
    return {
        "permission": [
            _rule(each, action, levels=_up_to(each.access), constraints=constraints, withheld=False)
            for each in given
            for action in actions
        ],
        "prohibition": prohibitions,
        "obligation": _obligations(grant, uid),
    }


def _objecting(grant: Grant) -> dict[str, list[JsonValue]]:
    if any(each.access is AccessLevel.NONE for each in _items(grant)):
        raise DataLossError("a prohibition has no exceptions", at="/scope")
    if grant.limits != Limits():
        raise DataLossError("a prohibition has no limits", at="/terms/limits")
    if grant.obligations:
        raise DataLossError("a prohibition has no obligations", at="/terms/obligations")
    constraints = _when_and_why(grant)
    return {
        "prohibition": [
            _rule(each, "use", levels=_from(each.access), constraints=constraints, withheld=True)
            for each in _items(grant)
        ]
    }


def _rule(
    item: ScopeItem | RecordScope,
    action: str,
    *,
    withheld: bool,
    levels: Iterable[AccessLevel] = (),
    constraints: Iterable[JsonValue] = (),
) -> JsonObject:
    refined: JsonValue = action
    if names := [str(level) for level in levels]:
        level = constraint(f"{TERM}accessLevel", "isAnyOf", names)
        refined = [{"rdf:value": {"@id": f"odrl:{action}"}, "refinement": [level]}]
    bound = list(constraints)
    rule: JsonObject = {"target": asset(item, withheld=withheld), "action": refined}
    return {**rule, "constraint": bound} if bound else rule


def _items(grant: Grant) -> tuple[ScopeItem | RecordScope, ...]:
    return (*grant.scope, *grant.records)


def _up_to(level: AccessLevel) -> list[AccessLevel]:
    return [each for each in AccessLevel if AccessLevel.NONE < each <= level]


def _from(level: AccessLevel) -> list[AccessLevel]:
    return [each for each in AccessLevel if each >= level]


def _when_and_why(grant: Grant) -> list[JsonValue]:
    start, end = (from_timestamp(each) for each in require_term(grant.period))
    purposes = [_purpose(each) for each in sorted(grant.covered_purposes)]
    return [
        constraint("purpose", "isAnyOf", purposes),
        constraint("dateTime", "gteq", _moment(start)),
        constraint("dateTime", "lt", _moment(end)),
    ]


def _within(limits: Limits) -> list[JsonValue]:
    found: list[JsonValue] = []
    if limits.uses is not None:
        found.append(constraint("count", "lteq", _number(limits.uses)))
    if limits.interval is not None:
        found.append(constraint("timeInterval", "eq", _duration(limits.interval)))
    if limits.erase_by is not None:
        found.append(constraint("dateTime", "lt", _moment(limits.erase_by)))
    if limits.jurisdictions is not None:
        if not limits.jurisdictions:
            raise DataLossError("allowed nowhere", at="/terms/limits/jurisdictions")
        places = [{"@id": LOCATIONS + each} for each in sorted(limits.jurisdictions)]
        found.append(constraint("spatial", "isAnyOf", places))
    if limits.minimum_group_size is not None:
        found.append(constraint(f"{TERM}groupSize", "gteq", _number(limits.minimum_group_size)))
    return found


def _data_use(terms: Iterable[DataUseTerm]) -> list[JsonValue]:
    ordered = sorted(terms, key=lambda each: each.term)
    names = [{"@id": _OBO + each.term.value.replace(":", "_")} for each in ordered]
    found: list[JsonValue] = [constraint(f"{TERM}dataUse", "isAllOf", names)] if names else []
    for each in ordered:
        operand = TERM + each.term.shorthand
        if each.texts:
            found.append(constraint(operand, "isAnyOf", sorted(each.texts)))
        if each.months is not None:
            found.append(constraint(operand, "lt", _typed(f"P{each.months}M", "duration")))
        if each.moment is not None:
            found.append(constraint(operand, "gteq", _moment(each.moment)))
    return found


def _obligations(grant: Grant, uid: str) -> list[JsonValue]:
    received, found = f"{uid}#received", list[JsonValue]()
    for obligation, event in _BEFORE_ERASURE:
        if obligation in grant.obligations:
            after = constraint("event", "gt", {"@id": event})
            found.append({"target": received, "action": "delete", "constraint": [after]})
    if grant.limits.erase_by is not None:
        by = constraint("dateTime", "lteq", _moment(grant.limits.erase_by))
        found.append({"target": received, "action": "delete", "constraint": [by]})
    if Obligation.NOTIFY_OF_USE in grant.obligations:
        after = constraint("event", "gt", {"@id": "odrl:policyUsage"})
        informed = {"informedParty": f"{uid}#subject"}
        found.append({"target": received, "action": "inform", **informed, "constraint": [after]})
    return found


def _assigner(grant: Grant, uid: str) -> JsonObject:
    subject: JsonObject = {
        "type": "Party",
        "uid": f"{uid}#subject",
        f"{TERM}holderKey": _keys(grant.holder_keys),
    }
    return subject if grant.grantor is None else {**subject, **_representative(grant.grantor)}


def _representative(grantor: Grantor) -> JsonObject:
    return {
        f"{TERM}representative": {
            f"{TERM}key": _keys(grantor.keys),
            f"{TERM}delegation": grantor.delegation,
        }
    }


def _assignee(recipient: Recipient) -> JsonObject:
    if recipient.excepted:
        raise DataLossError("ODRL has no assignee but for some", at="/recipient/except")
    party, role = recipient.party, recipient.role
    refinement: list[JsonValue] = []
    if isinstance(party, Accreditation):
        refinement.append(constraint(f"{TERM}accreditedAs", "eq", party.kind.value))
    if role is not None:
        refinement.append(constraint(f"{TERM}role", "eq", role))
    if not refinement:
        return {} if party is None else {"assignee": {"type": "Party", "uid": str(party)}}
    source = party.accredited_by if isinstance(party, Accreditation) else party
    collection: JsonObject = {
        "type": "PartyCollection",
        "source": f"{TERM}anyone" if source is None else str(source),
        "refinement": refinement,
    }
    return {"assignee": collection}


def _uid(log: str, grant_id: str) -> str:
    return f"urn:consentry:grant:{quote(log, safe='')}:{quote(grant_id, safe='')}"


def _keys(keys: Iterable[str]) -> list[JsonValue]:
    return [{"@id": _THUMBPRINT + key} for key in sorted(keys)]


def _prefixed(members: JsonObject) -> JsonObject:
    return {TERM + name: value for name, value in members.items()}


def _purpose(purpose: Purpose) -> JsonObject:
    return {"@id": f"{CODE_SYSTEM}#{purpose.value}"}


def _moment(moment: datetime) -> JsonObject:
    return _typed(to_rfc3339(moment), "dateTime")


def _duration(span: timedelta) -> JsonObject:
    return _typed(f"PT{seconds(span)}S", "duration")


def _number(count: int) -> JsonObject:
    return _typed(str(count), "integer")


def _typed(text: str, datatype: str) -> JsonObject:
    return {"@value": text, "@type": f"xsd:{datatype}"}
