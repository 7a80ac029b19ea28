"""Provisions that contain exceptions, as rules that each stand alone: what becomes of a Consent.

The innermost provision that a request meets decides. Where provisions side by side contradict each
other, the one that denies does. So an exception to a permission is left out of it, and one that
names an actor or a time becomes an objection; an exception to a denial is a permission of its own,
and the objection that the denial becomes leaves it out.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.fhir import purposes as sets
from consent_contracts.fhir.conditions import Actions, Conditions
from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.provision import Provision
from consent_contracts.fhir.purposes import Purposes
from consent_contracts.purpose import Purpose, covered_by
from consent_contracts.recipient import Recipient
from consent_contracts.record_scope import RecordScope
from consent_contracts.scope import Scope
from consent_contracts.terms import Effect
from ssi_core.errors import DataLossError, WorkLimitError
from ssi_core.period import Period

MAX_RULES: Final = 256
ANYONE: Final = Recipient(None)
_ALWAYS: Final = Period(None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One permission or objection to one recipient; its period may be open."""

    at: str
    effect: Effect
    recipient: Recipient
    purposes: Purposes
    except_purposes: Purposes
    period: Period
    actions: Actions | None
    claims: Scope
    giving: tuple[RecordScope, ...]
    withheld: tuple[RecordScope, ...]


@dataclass(frozen=True, slots=True)
class _Exception:
    """What a provision leaves out of another, and where it stands."""

    own: Conditions
    at: str


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


def _rules_of_one(root: Provision, c: Correspondence) -> Iterator[Rule]:
    places = list(_walk(root, (), permitted=True))
    left_out = [each for each in places if _is_left_out(each)]
    if len(left_out) > MAX_RULES:
        raise WorkLimitError("makes more than 256 exceptions", at=root.at)
    for place in places:
        yield from _rules(place, left_out, c)


@dataclass(frozen=True, slots=True)
class _Place:
    """A provision and those that it is inside of, from the root; and whether these all permit."""

    provision: Provision
    path: tuple[Provision, ...]
    permitted: bool

    @property
    def whole_path(self) -> tuple[Provision, ...]:
        """The way from the root to the provision, and itself."""
        return (*self.path, self.provision)

    @property
    def spared(self) -> tuple[Provision, ...]:
        """The exceptions to a denial that permit nothing: its own, and those beside it."""
        denials = [each for each in self.whole_path if each.effect is Effect.DENY]
        return tuple(inner for each in denials for inner in each.inner if inner.spares)


def _walk(
    provision: Provision, path: tuple[Provision, ...], *, permitted: bool
) -> Iterator[_Place]:
    if provision.spares:
        return
    yield _Place(provision, path, permitted)
    permitted = permitted and provision.effect is Effect.PERMIT
    for each in provision.inner:
        yield from _walk(each, (*path, provision), permitted=permitted)


def _is_left_out(place: _Place) -> bool:
    """Say whether a denial is an exception to permissions, for everybody and all the time."""
    around = [each.own for each in place.whole_path[1:]]
    return (
        place.provision.effect is Effect.DENY
        and bool(place.path)
        and place.permitted
        and all(own.recipients is None and own.validity is None for own in around)
    )


def _rules(place: _Place, left_out: Sequence[_Place], c: Correspondence) -> Iterator[Rule]:
    provision = place.provision
    if provision.effect is Effect.PERMIT:
        around = (*place.path, provision)
        exceptions = [_relative(each, place) for each in left_out if each.provision not in around]
        yield from _permissions(provision, exceptions, c)
    elif all(place is not each for each in left_out):
        yield from _objections(provision, place.spared, c)


def _relative(exception: _Place, permission: _Place) -> _Exception:
    """Return the conditions of an exception that are not those of a permission anyway."""
    own, theirs = exception.whole_path, permission.whole_path
    pairs = zip(own, theirs, strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], pairs))
    stated = Conditions()
    for each in own[common:]:
        stated = each.own.within(stated.without_ladder(), alone=False)
    unlike = exception.provision.whole.without_ladder().unlike(permission.provision.whole)
    return _Exception(stated.within(unlike, alone=False), exception.provision.at)


def _permissions(
    provision: Provision, exceptions: Sequence[_Exception], c: Correspondence
) -> Iterator[Rule]:
    whole, at = provision.whole, provision.at
    _require_plain(exceptions)
    if any(_is_everything(each.own) for each in exceptions):
        return
    giving = whole.records(AccessLevel.FULL, at=at)
    stated = whole.purposes or c.any_purpose
    if not stated:
        raise DataLossError("a permission without purposes is not defined here", at=at)
    excepted = _purposes_only(exceptions)
    if covered_by(stated) <= covered_by(excepted):
        return
    withheld = _records_only(exceptions)
    mixed = [each for each in exceptions if each.own.purposes and each.own.speaks_of_records]
    for purposes, left_out, others in _cells(stated, excepted, mixed):
        for recipient in _recipients(provision, c):
            yield Rule(
                at=at,
                effect=Effect.PERMIT,
                recipient=recipient,
                purposes=purposes,
                except_purposes=left_out,
                period=whole.validity or _ALWAYS,
                actions=whole.actions,
                claims=whole.claims or (),
                giving=giving,
                withheld=(*withheld, *_withheld(others)),
            )


def _cells(
    stated: Purposes, excepted: Purposes, mixed: Sequence[_Exception]
) -> Iterator[tuple[Purposes, Purposes, tuple[_Exception, ...]]]:
    """Yield the purposes, with what is left out of them, to which the same exceptions apply."""
    if not mixed:
        yield stated, excepted, ()
        return
    cells: defaultdict[tuple[int, ...], set[Purpose]] = defaultdict(set)
    theirs = [covered_by(each.own.purposes or ()) for each in mixed]
    for purpose in covered_by(stated) - covered_by(excepted):
        applying = tuple(place for place, some in enumerate(theirs) if purpose in some)
        cells[applying].add(purpose)
    for applying, purposes in sorted(cells.items()):
        for tops, left_out in sets.as_written(frozenset(purposes)):
            yield tops, left_out, tuple(mixed[place] for place in applying)


def _objections(
    provision: Provision, spared: Sequence[Provision], c: Correspondence
) -> Iterator[Rule]:
    whole = provision.whole
    stated = whole.purposes or sets.ALL
    _require_simple(spared)
    excepted = _purposes_only(spared)
    permitted = [each for each in _below(provision) if each.effect is Effect.PERMIT]
    template = Rule(
        at=provision.at,
        effect=Effect.DENY,
        recipient=ANYONE,
        purposes=stated,
        except_purposes=excepted,
        period=whole.validity or _ALWAYS,
        actions=None,
        claims=whole.claims or (),
        giving=whole.records(AccessLevel.INFORMATION, at=provision.at),
        withheld=_records_only(spared),
    )
    for purposes, left_out, permits in _denied_cells(stated, excepted, permitted):
        rule = replace(template, purposes=purposes, except_purposes=left_out)
        recipients = whole.recipients or (ANYONE,)
        for recipient in recipients:
            one = replace(rule, recipient=recipient)
            yield from _around(one, permits, c, recipients=recipients)


def _denied_cells(
    stated: Purposes, excepted: Purposes, permitted: Sequence[Provision]
) -> Iterator[tuple[Purposes, Purposes, tuple[Provision, ...]]]:
    covered = covered_by(stated) - covered_by(excepted)
    cells: defaultdict[tuple[int, ...], set[Purpose]] = defaultdict(set)
    theirs = [covered_by(each.whole.purposes or sets.ALL) for each in permitted]
    for purpose in covered:
        applying = tuple(place for place, some in enumerate(theirs) if purpose in some)
        cells[applying].add(purpose)
    if len(cells) <= 1:
        applying = next(iter(cells), ())
        yield stated, excepted, tuple(permitted[place] for place in applying)
        return
    for applying, purposes in sorted(cells.items()):
        for tops, left_out in sets.as_written(frozenset(purposes)):
            yield tops, left_out, tuple(permitted[place] for place in applying)


def _around(
    rule: Rule, permits: Sequence[Provision], c: Correspondence, *, recipients: Sequence[Recipient]
) -> Iterator[Rule]:
    """Yield an objection that leaves out what `permits` permit, in as many parts as that takes.

    It is one of those to all of `recipients`.
    """
    _require_same_time(rule, permits)
    theirs: defaultdict[Recipient, list[Provision]] = defaultdict(list)
    for each in permits:
        for recipient in _recipients(each, c):
            theirs[recipient].append(each)
    if not theirs:
        yield rule
        return
    others = frozenset(theirs)
    if rule.recipient not in others:
        yield replace(rule, recipient=replace(rule.recipient, excepted=others))
    limited = {who: every for who, every in theirs.items() if all(map(_is_limited, every))}
    for who, every in limited.items():
        if rule.recipient not in (ANYONE, who):
            if who in recipients:
                continue
            at = f"{every[0].at}/actor"
            raise DataLossError("an exception for some of those to whom it is denied", at=at)
        but = replace(who, excepted=others - {who})
        yield replace(rule, recipient=but, withheld=(*rule.withheld, *_spared(every)))
        if len(theirs) > 1:
            # Whoever is several of them at once is permitted what any of them is.
            spared = _spared(permits)
            yield replace(rule, recipient=who, withheld=(*rule.withheld, *spared))


def _require_same_time(rule: Rule, permits: Iterable[Provision]) -> None:
    for each in permits:
        if not (each.whole.validity or _ALWAYS).covers(rule.period):
            raise DataLossError("an exception to a denial for some time", at=f"{each.at}/period")


def _is_limited(provision: Provision) -> bool:
    return provision.whole.speaks_of_records or provision.whole.claims is not None


def _spared(provisions: Iterable[Provision]) -> tuple[RecordScope, ...]:
    return tuple(
        replace(item, access=AccessLevel.NONE)
        for each in provisions
        for item in each.whole.records(AccessLevel.FULL, at=each.at)
    )


def _recipients(provision: Provision, c: Correspondence) -> tuple[Recipient, ...]:
    found = provision.whole.recipients or c.community
    if not found:
        raise DataLossError("a permission without actors is not defined here", at=provision.at)
    return found


def _below(provision: Provision) -> Iterator[Provision]:
    for each in provision.inner:
        yield each
        yield from _below(each)


def _is_everything(own: Conditions) -> bool:
    return own.purposes is None and own.claims is None and not own.speaks_of_records


def _purposes_only(exceptions: Iterable[_Exception | Provision]) -> Purposes:
    return Purposes().union(
        *(each.own.purposes or () for each in exceptions if not each.own.speaks_of_records)
    )


def _records_only(exceptions: Iterable[_Exception | Provision]) -> tuple[RecordScope, ...]:
    return _withheld(each for each in exceptions if each.own.purposes is None)


def _withheld(exceptions: Iterable[_Exception | Provision]) -> tuple[RecordScope, ...]:
    return tuple(
        item for each in exceptions for item in each.own.records(AccessLevel.NONE, at=each.at)
    )


def _require_plain(exceptions: Iterable[_Exception | Provision]) -> None:
    for each in exceptions:
        if each.own.claims is not None or each.own.access is not None:
            raise DataLossError("an exception is about whole records", at=each.at)


def _require_simple(spared: Collection[Provision]) -> None:
    _require_plain(spared)
    for each in spared:
        if _is_everything(each.own) or (each.own.purposes and each.own.speaks_of_records):
            raise DataLossError("spares records or purposes, not both", at=each.at)


def _merged(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules, those that differ only in what they give made one."""
    merged: dict[Rule, Rule] = {}
    for rule in rules:
        key = replace(rule, at="", claims=(), giving=())
        before = merged.get(key)
        merged[key] = rule if before is None else replace(
            before, claims=before.claims + rule.claims, giving=before.giving + rule.giving
        )  # fmt: skip
    return tuple(merged.values())
