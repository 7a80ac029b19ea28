"""A child, a grown-up, and those who may act for them: what tests of authority start from."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from consent_contracts.basis import Appointment, Cause, Mandate
from consent_contracts.context import Context
from consent_contracts.delegation import Act, Delegation, DelegationRecord, RepresentativeKind
from consent_contracts.delegations import Delegations
from consent_contracts.grantor import Grantor
from consent_contracts.lifecycle import GrantState
from consent_contracts.purpose import Purpose
from consent_contracts.subject_facts import SubjectFacts
from ssi_core.did.syntax import Did
from ssi_core.period import Period
from tests.support.consent import AT, END, HOLDER_KEY, LOG, digest

DAY: Final = timedelta(days=1)
MOTHER: Final = digest("mother")
FATHER: Final = digest("father")
STRANGER: Final = digest("stranger")
REGISTER: Final = Did("web", "register.example")
CHILD: Final = SubjectFacts(majority_at=END, incapacity=(), is_living=True)
ADULT: Final = SubjectFacts(majority_at=AT - 3000 * DAY, incapacity=(), is_living=True)
BY_MOTHER: Final = Grantor(keys=frozenset({MOTHER}), delegation="zGuardian")


def make_delegation(**changes: Any) -> Delegation:
    """Return what lets either of a child's parents do anything."""
    delegation = Delegation(
        id="zGuardian",
        log=LOG,
        holder_keys=frozenset({HOLDER_KEY}),
        basis=Appointment(Cause.MINORITY, REGISTER),
        kind=RepresentativeKind.GUARDIAN,
        representatives=frozenset({MOTHER, FATHER}),
        acts=frozenset(Act),
        purposes=frozenset({Purpose.HPAYMT, Purpose.TREAT}),
        period=Period(AT - 1000 * DAY, AT + 1000 * DAY),
        max_staleness=timedelta(hours=1),
    )
    return replace(delegation, **changes)


def make_mandate(**changes: Any) -> Delegation:
    """Return what lets a proxy act for a grown-up."""
    members: dict[str, Any] = {
        "basis": Mandate(),
        "kind": RepresentativeKind.PROXY,
        "representatives": frozenset({MOTHER}),
    }
    return make_delegation(**members | changes)


def make_context(*delegations: Delegation, subject: SubjectFacts = CHILD) -> Context:
    """Return what is known, a minute ago, of these delegations and their person."""
    records = tuple(
        DelegationRecord(
            delegation=each, state=GrantState.ACTIVE, known_at=AT - timedelta(minutes=1)
        )
        for each in delegations
    )
    return Context(delegations=Delegations(records), subject=subject)
