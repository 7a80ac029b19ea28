"""Questions and answers in the words of OpenID AuthZEN's Authorization API 1.0.

https://openid.net/specs/authorization-api-1_0.html. `docs/reference/consent-service.md` has the
mapping. A member that is not understood could be a restriction, so it is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from consent_contracts.access import AccessLevel
from consent_contracts.access_request import (
    AccessRequest,
    Requested,
    RequestedItem,
    RequestedRecord,
)
from consent_contracts.context import Context
from consent_contracts.data_use import ResearchUse
from consent_contracts.decision import Permit
from consent_contracts.health_record import HealthRecord
from consent_contracts.purpose import Purpose
from consent_contracts.question import Answer, Question
from consent_contracts.recipient import parse_did
from consent_contracts.scope import parse_claims
from consent_contracts.wire import MAX_LIST, as_digest, require_known
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_boolean, as_object, as_text

_PARTS: Final = ("subject", "action", "resource", "context")


class Semantic(StrEnum):
    """How several evaluations go together (section 7.1.2.1)."""

    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> "Semantic":
        """Read a semantic as it stands on the wire; an unknown one is refused."""
        for semantic in cls:
            if semantic.value == value:
                return semantic
        raise MalformedError("not a semantic of evaluations", at=at)

    def ends_with(self, answer: Answer) -> bool:
        """Say whether nothing is evaluated after this answer."""
        permitted = isinstance(answer.decision, Permit)
        if self is Semantic.DENY_ON_FIRST_DENY:
            return not permitted
        return self is Semantic.PERMIT_ON_FIRST_PERMIT and permitted


@dataclass(frozen=True, slots=True)
class Evaluations:
    """Several questions at once; `are_one` says that it was one question, and gets one answer."""

    questions: tuple[Question, ...]
    semantic: Semantic
    are_one: bool = False

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read an Access Evaluations request: what stands at the top is the default of each."""
        require_known(source, (*_PARTS, "evaluations", "options"), at="")
        options = as_object(source.get("options", {}), at="/options")
        require_known(options, ("evaluations_semantic",), at="/options")
        semantic = Semantic.parse(
            options.get("evaluations_semantic", Semantic.EXECUTE_ALL.value),
            at="/options/evaluations_semantic",
        )
        items = as_array(source.get("evaluations", []), at="/evaluations")
        if len(items) > MAX_LIST:
            raise MalformedError("must have at most 256 elements", at="/evaluations")
        defaults = {name: source[name] for name in _PARTS if name in source}
        if not items:
            return cls((parse_evaluation(defaults),), semantic, are_one=True)
        read = (
            parse_evaluation({**defaults, **as_object(item, at=at)}, at=at)
            for item, at in ((item, f"/evaluations/{n}") for n, item in enumerate(items))
        )
        return cls(tuple(read), semantic)


def parse_evaluation(source: JsonObject, *, at: str = "") -> Question:
    """Read an Access Evaluation request: one recipient, one resource, one purpose."""
    require_known(source, _PARTS, at=at)
    subject = _entity(source.get("subject"), ("recipient",), at=f"{at}/subject")
    resource = _entity(source.get("resource"), ("credential", "record"), at=f"{at}/resource")
    action = as_object(source.get("action"), at=f"{at}/action")
    require_known(action, ("name", "properties"), at=f"{at}/action")
    if action.get("name") != "access":
        raise MalformedError("not an action that is known here", at=f"{at}/action/name")
    wanted = _properties(action, ("purpose", "access", "research"), at=f"{at}/action")
    acting = _properties(subject, ("actor",), at=f"{at}/subject")
    context = dict(as_object(source.get("context", {}), at=f"{at}/context"))
    dry_run = as_boolean(context.pop("dry_run", False), at=f"{at}/context/dry_run")
    level = AccessLevel.parse(wanted.get("access", "full"), at=f"{at}/action/properties/access")
    item, keys = _resource(resource, level, at=f"{at}/resource")
    request = AccessRequest(
        recipient=parse_did(subject.get("id"), at=f"{at}/subject/id"),
        purpose=Purpose.parse(wanted.get("purpose"), at=f"{at}/action/properties/purpose"),
        items=(item,),
        holder_keys=keys,
        actor=parse_did(acting["actor"], at=f"{at}/subject/properties/actor")
        if "actor" in acting
        else None,
        research=ResearchUse.parse(wanted["research"]) if "research" in wanted else None,
    )
    return Question(
        request=request, context=Context.parse(context, at=f"{at}/context"), dry_run=dry_run
    )


def render_answer(answer: Answer) -> JsonObject:
    """Return an Access Evaluation response: `true` for a permit only, with its terms or reasons."""
    told = dict(answer.to_json())
    kind = told.pop("decision")
    return {
        "decision": isinstance(answer.decision, Permit),
        "context": {"answer": kind, **told},
    }


def _entity(value: JsonValue, types: tuple[str, ...], *, at: str) -> JsonObject:
    source = as_object(value, at=at)
    require_known(source, ("type", "id", "properties"), at=at)
    if source.get("type") not in types:
        raise MalformedError("not a type that is known here", at=f"{at}/type")
    as_text(source.get("id"), at=f"{at}/id")
    return source


def _properties(source: JsonObject, names: tuple[str, ...], *, at: str) -> JsonObject:
    found = as_object(source.get("properties", {}), at=f"{at}/properties")
    require_known(found, names, at=f"{at}/properties")
    return found


def _resource(
    source: JsonObject, level: AccessLevel, *, at: str
) -> tuple[Requested, frozenset[str]]:
    """Return what is wanted, and by which keys it is bound."""
    properties, where = (
        as_object(source.get("properties"), at=f"{at}/properties"),
        f"{at}/properties",
    )
    given = as_array(properties.get("holder_keys"), at=f"{where}/holder_keys")
    keys = frozenset(as_digest(key, at=f"{where}/holder_keys/{n}") for n, key in enumerate(given))
    others = {name: value for name, value in properties.items() if name != "holder_keys"}
    if source.get("type") == "credential":
        require_known(others, ("claims",), at=where)
        claims = parse_claims(others.get("claims"), at=f"{where}/claims")
        vct = as_text(source.get("id"), at=f"{at}/id")
        return RequestedItem(vct=vct, claims=claims, access=level), keys
    named = _named(source, at=at)
    if named.keys() & others.keys():
        raise MalformedError("a record is named by the id alone", at=where)
    record = HealthRecord.parse({**named, **others}, at=where)
    return RequestedRecord(record=record, access=level), keys


def _named(source: JsonObject, *, at: str) -> Mapping[str, JsonValue]:
    """Return type and id of a record from a FHIR reference, `Observation/7`."""
    kind, slash, logical = as_text(source.get("id"), at=f"{at}/id").partition("/")
    if not slash:
        raise MalformedError("a record is named by type and id", at=f"{at}/id")
    return {"resource_type": kind, "id": logical}
