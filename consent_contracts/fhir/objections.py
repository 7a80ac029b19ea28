"""The rules that a provision with the effect `deny` comes to: objections around its exceptions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from consent_contracts.access import AccessLevel
from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.exceptions import Exemption, purposes_left_out, records_left_out
from consent_contracts.fhir.provision import Provision
from consent_contracts.fhir.purposes import ALL, as_written, cells
from consent_contracts.fhir.rule import ALWAYS, Rule, purposes_of, recipients_of
from consent_contracts.purpose import covered_by
from consent_contracts.recipient import Recipient
from consent_contracts.record_scope import RecordScope
from consent_contracts.terms import Effect
from ssi_core.errors import DataLossError

ANYONE: Final = Recipient(None)


def objections(
    provision: Provision, spared: Sequence[Provision], c: Correspondence
) -> Iterator[Rule]:
    """Yield objections to all that `provision` denies and no permission inside it permits.

    `spared` are exceptions that permit nothing either.
    """
    whole = provision.whole
    exemptions = [Exemption(each.own, each.at) for each in spared]
    for each in exemptions:
        if each.is_everything or each.is_mixed:
            raise DataLossError("spares records or purposes, not both", at=each.at)
    rule = Rule(
        at=provision.at,
        effect=Effect.DENY,
        recipient=ANYONE,
        purposes=whole.purposes or ALL,
        except_purposes=purposes_left_out(exemptions),
        period=whole.validity or ALWAYS,
        actions=None,
        claims=whole.claims or (),
        giving=whole.records(AccessLevel.INFORMATION, at=provision.at),
        withheld=records_left_out(exemptions),
    )
    permitted = [each for each in _below(provision) if each.effect is Effect.PERMIT]
    _require_same_time(rule, permitted)
    for part, permits in _divided(rule, permitted, c):
        exceptions = _Permitted.of(permits, c)
        recipients = whole.recipients or (ANYONE,)
        for recipient in recipients:
            yield from exceptions.around(replace(part, recipient=recipient), recipients)


def _divided(
    rule: Rule, permitted: Sequence[Provision], c: Correspondence
) -> Iterator[tuple[Rule, list[Provision]]]:
    """Yield a rule for each set of purposes for which the same is permitted, and what that is."""
    every = covered_by(rule.purposes) - covered_by(rule.except_purposes)
    theirs = [covered_by(purposes_of(each, c)) for each in permitted]
    found = list(cells(every, theirs))
    for applying, purposes in found:
        permits = [permitted[place] for place in applying]
        if len(found) == 1:
            yield rule, permits
            continue
        for tops, left_out in as_written(purposes):
            yield replace(rule, purposes=tops, except_purposes=left_out), permits


@dataclass(frozen=True, slots=True)
class _Permitted:
    """What is permitted inside a denial, by recipient."""

    by_recipient: Mapping[Recipient, Sequence[Provision]]

    @classmethod
    def of(cls, permits: Iterable[Provision], c: Correspondence) -> "_Permitted":
        found: defaultdict[Recipient, list[Provision]] = defaultdict(list)
        for each in permits:
            for recipient in recipients_of(each, c):
                found[recipient].append(each)
        return cls(found)

    def around(self, rule: Rule, recipients: Sequence[Recipient]) -> Iterator[Rule]:
        """Yield the objection in as many parts as it takes to leave out what is permitted.

        It is one of those to all of `recipients`.
        """
        others = frozenset(self.by_recipient)
        if rule.recipient not in others:
            excepted = rule.recipient.excepted | others
            yield replace(rule, recipient=replace(rule.recipient, excepted=excepted))
        for who, permits in self.by_recipient.items():
            if not all(map(_is_limited, permits)):
                # Everything is permitted, so there is nothing to object to.
                continue
            if rule.recipient in (ANYONE, who):
                yield from self._beside(rule, who)
            elif who not in recipients:
                at = f"{permits[0].at}/actor"
                raise DataLossError("an exception for some of those to whom it is denied", at=at)

    def _beside(self, rule: Rule, who: Recipient) -> Iterator[Rule]:
        """Yield objections to one recipient, beside the records that it is permitted."""
        others = frozenset(self.by_recipient) - {who}
        own = (*rule.withheld, *_records(self.by_recipient[who]))
        yield replace(rule, recipient=replace(who, excepted=others), withheld=own)
        if others:
            # Whoever is several of them at once is permitted what any of them is.
            every = chain.from_iterable(self.by_recipient.values())
            # One provision may be of several recipients, and says the same records each time.
            shared = dict.fromkeys(_records(every))
            yield replace(rule, recipient=who, withheld=(*rule.withheld, *shared))


def _records(permits: Iterable[Provision]) -> tuple[RecordScope, ...]:
    return tuple(
        replace(item, access=AccessLevel.NONE)
        for each in permits
        for item in each.whole.records(AccessLevel.FULL, at=each.at)
    )


def _require_same_time(rule: Rule, permits: Iterable[Provision]) -> None:
    for each in permits:
        if not (each.whole.validity or ALWAYS).covers(rule.period):
            raise DataLossError("an exception to a denial for some time", at=f"{each.at}/period")


def _is_limited(provision: Provision) -> bool:
    return provision.whole.speaks_of_records or provision.whole.claims is not None


def _below(provision: Provision) -> Iterator[Provision]:
    for each in provision.inner:
        yield each
        yield from _below(each)
