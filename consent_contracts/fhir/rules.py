"""Provisions that contain exceptions, as rules that each stand alone: what becomes of a Consent.

The innermost provision that a request meets decides. Where provisions side by side contradict each
other, the one that denies does. So an exception to a permission is left out of it, and one that
names an actor or a time becomes an objection; an exception to a denial is a permission of its own,
and the objection that the denial becomes leaves it out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final

from consent_contracts.fhir.conditions import Conditions
from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.exceptions import Exemption
from consent_contracts.fhir.objections import objections
from consent_contracts.fhir.permissions import permissions
from consent_contracts.fhir.provision import Provision
from consent_contracts.fhir.rule import Rule
from consent_contracts.terms import Effect
from ssi_core.errors import WorkLimitError

MAX_RULES: Final = 256


def rules_of(root: Provision, correspondence: Correspondence) -> tuple[Rule, ...]:
    """Return the rules that together say what `root` and everything inside it says.

    Under a decision by default each provision stands for itself.
    """
    found: list[Rule] = []
    for each in root.inner if root.is_default and root.inner else (root,):
        for rule in _rules_of_one(each, correspondence):
            found.append(rule)
            if len(found) > MAX_RULES:
                raise WorkLimitError("comes to more than 256 grants", at=root.at)
    return _merged(found)


@dataclass(frozen=True, slots=True)
class _Place:
    """A provision by the way that leads to it, from the root; and whether all on the way permit."""

    path: tuple[Provision, ...]
    permitted: bool

    @property
    def provision(self) -> Provision:
        return self.path[-1]

    @property
    def spared(self) -> tuple[Provision, ...]:
        """The exceptions to a denial that permit nothing: its own, and those beside it."""
        denials = [each for each in self.path if each.effect is Effect.DENY]
        return tuple(inner for each in denials for inner in each.inner if inner.spares)

    @property
    def is_left_out(self) -> bool:
        """Whether this is an exception to permissions, for everybody and all the time."""
        around = [each.own for each in self.path[1:]]
        return (
            self.provision.effect is Effect.DENY
            and bool(around)
            and self.permitted
            and all(own.recipients is None and own.validity is None for own in around)
        )


def _rules_of_one(root: Provision, c: Correspondence) -> Iterator[Rule]:
    places = list(_walk((root,), permitted=True))
    left_out = [each for each in places if each.is_left_out]
    if len(left_out) > MAX_RULES:
        raise WorkLimitError("makes more than 256 exceptions", at=root.at)
    for place in places:
        if place.provision.effect is Effect.PERMIT:
            # What an exception contains is not left out by it.
            others = [each for each in left_out if not _contains(each, place)]
            exemptions = [_exemption(each, place) for each in others]
            yield from permissions(place.provision, exemptions, c)
        elif not place.is_left_out:
            yield from objections(place.provision, place.spared, c)


def _walk(path: tuple[Provision, ...], *, permitted: bool) -> Iterator[_Place]:
    if path[-1].spares:
        return
    yield _Place(path, permitted)
    permitted = permitted and path[-1].effect is Effect.PERMIT
    for each in path[-1].inner:
        yield from _walk((*path, each), permitted=permitted)


def _contains(outer: _Place, inner: _Place) -> bool:
    return any(each is outer.provision for each in inner.path)


def _exemption(exception: _Place, permission: _Place) -> Exemption:
    """Return the conditions of an exception that are not those of a permission anyway."""
    stated = Conditions()
    for each in exception.path[_common(exception, permission) :]:
        stated = each.own.within(stated.without_ladder(), alone=False)
    unlike = exception.provision.whole.without_ladder().unlike(permission.provision.whole)
    return Exemption(stated.within(unlike, alone=False), exception.provision.at)


def _common(one: _Place, other: _Place) -> int:
    """Return how far two ways are the same."""
    pairs = zip(one.path, other.path, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], pairs))


def _merged(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules, those that differ only in what they give made one."""
    merged: dict[Rule, Rule] = {}
    for rule in rules:
        key = replace(rule, at="", claims=(), giving=())
        if (before := merged.get(key)) is None:
            merged[key] = rule
        else:
            claims, giving = before.claims + rule.claims, before.giving + rule.giving
            merged[key] = replace(before, claims=claims, giving=giving)
    return tuple(merged.values())
