"""Random chains of delegations, grants that rest on them, and facts about the person.

Most chains are well made, each link a part of the one above, and then one or two things go wrong.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from consent_contracts.access import AccessLevel
from consent_contracts.basis import Appointment, Basis, Cause, Mandate
from consent_contracts.context import Context
from consent_contracts.delegation import Act, Delegation, DelegationRecord, RepresentativeKind
from consent_contracts.delegations import Delegations
from consent_contracts.extent import Claimed
from consent_contracts.grant import Grant
from consent_contracts.grantor import Grantor
from consent_contracts.lifecycle import GrantState
from consent_contracts.purpose import Purpose
from consent_contracts.scope import ScopeItem
from consent_contracts.subject_facts import SubjectFacts
from ssi_core.did.syntax import Did
from ssi_core.period import Period
from tests.support.consent import AT, DIAGNOSIS, LOG, SECOND, digest, make_grant
from tests.support.consent_cases import KEYS, PATHS
from tests.support.draw import some

PEOPLE: Final = tuple(digest(f"representative {number}") for number in range(4))
PURPOSES: Final = (Purpose.HPAYMT, Purpose.COVERAGE, Purpose.ELIGVER, Purpose.TREAT)
COURT: Final = Did("web", "court.example")
_GIVING: Final = (AccessLevel.INFORMATION, AccessLevel.SAMPLE, AccessLevel.FULL)
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AuthorityCase:
    """A grant by representatives, and what is known about who lets them act."""

    grant: Grant
    records: tuple[DelegationRecord, ...]
    facts: SubjectFacts

    @property
    def context(self) -> Context:
        """The same for a decision."""
        return Context(delegations=Delegations(self.records), subject=self.facts)


def random_authority_case(random: Random) -> AuthorityCase:
    """Return a grant on a chain of one to four delegations."""
    chain = [_root(random)]
    for number in range(1, random.choice((1, 1, 2, 2, 3, 4))):
        chain.append(_below(random, chain[-1], f"d{number}"))
    grant = _grant_of(random, chain[-1])
    for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
        place = random.randrange(len(chain))
        chain[place] = _spoilt(random, chain[place], len(chain))
    records = [random_delegation_record(random, each) for each in chain if random.random() < 0.97]
    if records and random.random() < 0.1:
        records.append(random_delegation_record(random, random.choice(records).delegation))
    if random.random() < 0.1:
        grant = replace(grant, period=Period(AT - 50 * _DAY, AT + 400 * _DAY))
    return AuthorityCase(grant, tuple(records), random_facts(random))


def random_delegation_record(random: Random, delegation: Delegation) -> DelegationRecord:
    """Return what the log says of it, most often that it stands."""
    if random.random() < 0.04:
        return DelegationRecord(delegation=delegation, state=None, known_at=None)
    state = random.choice(tuple(GrantState)) if random.random() < 0.06 else GrantState.ACTIVE
    age = random.choice((0, 0, 0, 0, 0, 0, 59, 60, 3600, 3601)) * SECOND
    return DelegationRecord(delegation=delegation, state=state, known_at=AT - age)


def random_facts(random: Random) -> SubjectFacts:
    """Return facts about the person; now and then one is not known."""
    living = random.random() < 0.93
    return SubjectFacts(
        majority_at=random.choice((None, AT, *[AT + _DAY] * 8, *[AT - 999 * _DAY] * 8)),
        incapacity=random.choice(
            (
                None,
                *[()] * 6,
                (Period(AT - 30 * _DAY, None),),
                *[(Period(AT - 90 * _DAY, None),)] * 4,
                (Period(AT - 90 * _DAY, AT),),
                (Period(AT - 90 * _DAY, AT - 40 * _DAY), Period(AT - 5 * _DAY, None)),
            )
        ),
        died_at=None if living else random.choice((None, AT, AT + SECOND)),
        is_living=living,
    )


def _root(random: Random) -> Delegation:
    people = some(random, PEOPLE, least=1)
    return Delegation(
        id="d0",
        log=LOG,
        holder_keys=some(random, KEYS, least=2),
        basis=_first_basis(random),
        kind=random.choice(tuple(RepresentativeKind)),
        representatives=people,
        threshold=random.randint(1, len(people)),
        acts=frozenset({Act.GIVE, Act.DELEGATE}) | some(random, tuple(Act)),
        purposes=some(random, PURPOSES, least=2),
        scope=random.choice((None, Claimed(_items(random)), Claimed(_items(random)))),
        period=Period(AT - 60 * _DAY, AT + 300 * _DAY),
        max_staleness=random.choice((60 * SECOND, _HOUR, _HOUR)),
    )


def _first_basis(random: Random) -> Basis:
    return random.choice(
        (
            Mandate(enduring=True),
            Mandate(enduring=False),
            Appointment(Cause.MINORITY, COURT),
            Appointment(Cause.INCAPACITY, COURT),
        )
    )


def _below(random: Random, above: Delegation, new_id: str) -> Delegation:
    people = some(random, PEOPLE, least=1)
    below = {each for purpose in above.purposes for each in purpose.covered} & set(PURPOSES)
    return replace(
        above,
        id=new_id,
        basis=Grantor(keys=_enough(random, above), delegation=above.id or ""),
        representatives=people,
        threshold=random.randint(1, len(people)),
        acts=some(random, tuple(sorted(above.acts)), least=1) | {Act.GIVE, Act.DELEGATE},
        purposes=some(random, tuple(sorted(below)), least=1),
        scope=_part(random, above.scope),
        period=Period(AT - random.choice((60, 50)) * _DAY, AT + random.choice((300, 200)) * _DAY),
    )


def _grant_of(random: Random, nearest: Delegation) -> Grant:
    part = _part(random, nearest.scope) or Claimed(_items(random))
    return make_grant(
        holder_keys=some(random, tuple(sorted(nearest.holder_keys)), least=1),
        grantor=Grantor(keys=_enough(random, nearest), delegation=nearest.id or ""),
        purposes=some(random, tuple(sorted(nearest.purposes)), least=1),
        scope=part.claims,
        period=Period(AT - 10 * _DAY, AT + 20 * _DAY),
    )


def _enough(random: Random, delegation: Delegation) -> frozenset[str]:
    people = tuple(sorted(delegation.representatives))
    return some(random, people, least=delegation.threshold)


def _items(random: Random) -> tuple[ScopeItem, ...]:
    return tuple(
        ScopeItem(
            vct=DIAGNOSIS,
            claims=some(random, PATHS, most=4, least=1),
            access=random.choice(_GIVING),
        )
        for _ in range(random.randint(1, 3))
    )


def _part(random: Random, scope: Claimed | None) -> Claimed | None:
    if scope is None:
        return random.choice((None, Claimed(_items(random))))
    return Claimed(tuple(random.sample(scope.claims, random.randint(1, len(scope.claims)))))


def _spoilt(random: Random, delegation: Delegation, length: int) -> Delegation:
    """Return the delegation with one thing changed, which may be wrong or not."""
    people = delegation.representatives
    changes: list[dict[str, Any]] = [
        {"purposes": some(random, PURPOSES, least=1)},
        {"scope": Claimed(_items(random))},
        {"acts": some(random, tuple(Act), least=1)},
        {"threshold": len(people)},
        {"holder_keys": some(random, KEYS, least=1)},
        {"period": Period(AT - 5 * _DAY, AT + 300 * _DAY)},
        {"period": Period(AT - 60 * _DAY, AT + random.choice((0, 1)) * _DAY)},
        {"basis": Grantor(keys=people, delegation=f"d{random.randrange(length)}")},
        {"representatives": frozenset({random.choice(PEOPLE)}), "threshold": 1},
        {"log": "other.example/2026"},
    ]
    return replace(delegation, **random.choice(changes))
