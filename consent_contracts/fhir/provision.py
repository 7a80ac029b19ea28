"""The provisions of a FHIR Consent as a tree of rules with their conditions.

In R4 each provision says whether it permits or denies. In R5 a Consent has a decision by default,
and each level of provisions turns round the one above it.
"""

from dataclasses import dataclass, replace
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.fhir.conditions import Actions, Conditions
from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.data import read_data, read_resource_types
from consent_contracts.fhir.element import Element
from consent_contracts.fhir.moment import PERIOD, read_period, span
from consent_contracts.fhir.vocabulary import CONSENT_ACTION, RECEIVERS, FhirVersion, Own
from consent_contracts.purpose import CODE_SYSTEM, Purpose
from consent_contracts.recipient import Recipient, parse_did
from consent_contracts.scope import Scope, ScopeItem
from consent_contracts.terms import Effect
from ssi_core import strict_json
from ssi_core.errors import DataLossError, MalformedError, WorkLimitError
from ssi_core.period import Period

MAX_PROVISIONS: Final = 1_000
MAX_DEPTH: Final = 8

_COMMON: Final = (
    "period", "actor", "action", "securityLabel", "purpose", "code", "dataPeriod", "data",
    "provision",
)  # fmt: skip
NAMES: Final = {
    FhirVersion.R4: (*_COMMON, "type", "class"),
    FhirVersion.R5: (*_COMMON, "resourceType"),
}
OWN: Final = (Own.ACCESS, Own.CATEGORY, Own.CLAIMS, Own.EVERY_MEANING, Own.ALONE, Own.SPARES)
_ACTIONS: Final = frozenset({"collect", "access", "use", "disclose", "correct"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One rule and its exceptions; `own` is what it states itself, `whole` with what it inherits.

    `is_default` marks the decision of an R5 Consent that stands only where no provision does, and
    `spares` an exception to an objection that permits nothing by itself.
    """

    at: str
    effect: Effect
    own: Conditions
    whole: Conditions
    inner: tuple["Provision", ...] = ()
    spares: bool = False
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """The effect and conditions of what a provision stands in, and how deep that is."""

    effect: Effect
    whole: Conditions
    depth: int


@dataclass(frozen=True, slots=True)
class ProvisionReader:
    """Reads the provisions of one Consent, which is an objection as a whole or not."""

    version: FhirVersion
    correspondence: Correspondence
    is_objection: bool

    def read(self, element: Element, around: Around) -> Provision:
        """Return a provision and all that are inside it."""
        if around.depth >= MAX_DEPTH:
            raise WorkLimitError("provisions are nested deeper than allowed", at=element.at)
        effect = self._effect(element, around)
        own, outer = self._conditions(element, effect), around.whole
        if effect is not around.effect:
            if effect is Effect.PERMIT and outer.has_ladder and own.labels is None:
                at = f"{element.at}/securityLabel"
                raise DataLossError("how confidential is permitted is not said", at=at)
            outer = outer.without_ladder()
        whole = own.within(outer, alone=element.flag(Own.ALONE))
        if own.validity is not None and outer.validity is not None:
            both = _both(own.validity, outer.validity, at=f"{element.at}/period")
            whole = replace(whole, validity=both)
        return Provision(
            at=element.at,
            effect=effect,
            own=own,
            whole=whole,
            inner=self.inside(element, Around(effect, whole, around.depth + 1)),
            spares=element.flag(Own.SPARES),
        )

    def inside(self, element: Element, around: Around) -> tuple[Provision, ...]:
        """Return the provisions inside `element`, which is what is `around` them."""
        inner = element.children("provision", NAMES[self.version], OWN)
        return tuple(self.read(each, around) for each in inner)

    def _effect(self, element: Element, around: Around) -> Effect:
        if self.version is FhirVersion.R4:
            return Effect.parse(element.members.get("type"), at=f"{element.at}/type")
        turns = around.effect is Effect.DENY and not self.is_objection
        return Effect.PERMIT if turns else Effect.DENY

    def _conditions(self, element: Element, effect: Effect) -> Conditions:
        c = self.correspondence
        types = "class" if self.version is FhirVersion.R4 else "resourceType"
        return Conditions(
            recipients=self._recipients(element),
            purposes=self._purposes(element),
            validity=_period(element, "period", c),
            actions=_actions(element, effect),
            resource_types=read_resource_types(element, types),
            categories=_categories(element),
            codes=frozenset(element.concepts("code")) or None,
            labels=frozenset(element.codings("securityLabel")) or None,
            data_period=_period(element, "dataPeriod", c),
            data=read_data(element, bases=c.bases),
            access=_access(element),
            claims=_claims(element),
        )

    def _recipients(self, element: Element) -> tuple[Recipient, ...] | None:
        actors = element.children("actor", ("role", "reference"), (Own.RECIPIENT,))
        return tuple(dict.fromkeys(self._recipient(actor) for actor in actors)) or None

    def _recipient(self, actor: Element) -> Recipient:
        if "role" in actor.members or self.version is FhirVersion.R4:
            roles = actor.concept("role")
            if RECEIVERS.isdisjoint(roles):
                raise DataLossError("an actor that receives nothing", at=f"{actor.at}/role")
        if (text := actor.own_text(Own.RECIPIENT)) is not None:
            return Recipient.parse(strict_json.parse(text), at=f"{actor.at}/extension")
        return self.recipient(actor.reference("reference"), at=f"{actor.at}/reference")

    def recipient(self, key: str, *, at: str) -> Recipient:
        """Return the recipient that a reference means."""
        if (known := self.correspondence.recipients.get(key)) is not None:
            return known
        if key.startswith("did:"):
            return Recipient(parse_did(key, at=at))
        raise DataLossError("an actor that is not known here", at=at)

    def _purposes(self, element: Element) -> frozenset[Purpose] | None:
        found = [
            self._purpose(token, at=f"{element.at}/purpose/{place}")
            for place, token in enumerate(element.codings("purpose"))
        ]
        return frozenset(found) or None

    def _purpose(self, token: str, *, at: str) -> Purpose:
        if (known := self.correspondence.purposes.get(token)) is not None:
            return known
        system, _, code = token.rpartition("|")
        if system != CODE_SYSTEM:
            raise DataLossError("a purpose of a code system that is not known here", at=at)
        return Purpose.parse(code, at=at)


def require_few(element: Element) -> None:
    """Refuse a Consent with more provisions than a person could have thought about."""
    waiting, count = [element.members], 0
    while waiting:
        inner = waiting.pop().get("provision")
        items = inner if isinstance(inner, list) else [inner]
        found = [each for each in items if isinstance(each, dict)]
        waiting.extend(found)
        count += len(found)
        if count > MAX_PROVISIONS:
            raise WorkLimitError("has more than 1,000 provisions", at=f"{element.at}/provision")


def _both(own: Period, outer: Period, *, at: str) -> Period:
    """Return the time that a provision and the one around it both speak of."""
    starts = [each for each in (own.start, outer.start) if each is not None]
    ends = [each for each in (own.end, outer.end) if each is not None]
    return span(max(starts, default=None), min(ends, default=None), at=at)


def _period(element: Element, name: str, c: Correspondence) -> Period | None:
    if name not in element.members:
        return None
    return read_period(element.child(name, PERIOD), zone=c.zone)


def _actions(element: Element, effect: Effect) -> Actions | None:
    if "action" not in element.members:
        return None
    at, found = f"{element.at}/action", set[str]()
    for token in element.concepts("action"):
        system, _, code = token.rpartition("|")
        if system != CONSENT_ACTION or code not in _ACTIONS:
            raise DataLossError("an action that is not known here", at=at)
        found.add(code)
    if effect is Effect.DENY:
        if "access" not in found:
            raise DataLossError("some actions cannot be denied and others left", at=at)
        return None
    if not {"access", "use"} <= found or "correct" in found:
        raise DataLossError("what is permitted is to see and to use, not to correct", at=at)
    return Actions(disclose="disclose" in found, collect="collect" in found)


def _access(element: Element) -> AccessLevel | None:
    text = element.own_text(Own.ACCESS)
    return None if text is None else AccessLevel.parse(text, at=f"{element.at}/extension")


def _categories(element: Element) -> frozenset[str] | None:
    found: set[str] = set()
    for value in element.own(Own.CATEGORY):
        if not isinstance(value, dict) or value.keys() != {"system", "code"}:
            raise MalformedError("a category is a coding", at=f"{element.at}/extension")
        found.add(f"{value['system']}|{value['code']}")
    return frozenset(found) or None


def _claims(element: Element) -> Scope | None:
    text = element.own_text(Own.CLAIMS)
    if text is None:
        return None
    items = strict_json.as_array(strict_json.parse(text), at=f"{element.at}/extension")
    return tuple(ScopeItem.parse(item, at=f"{element.at}/extension") for item in items)
