from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from consent_contracts.basis import Mandate
from consent_contracts.delegation import Delegation, DelegationRecord
from consent_contracts.delegations import Delegations
from consent_contracts.grantor import Grantor
from consent_contracts.lifecycle import GrantState
from ssi_core.errors import MalformedError
from ssi_core.period import Period
from tests.support.authority import DAY, MOTHER, make_delegation, make_mandate
from tests.support.consent import AT, HOLDER_KEY

RECORD = DelegationRecord(delegation=make_delegation(), state=GrantState.ACTIVE, known_at=AT)
ABOVE = Grantor(keys=frozenset({MOTHER}), delegation="zAbove")


@pytest.mark.parametrize(
    "delegation",
    [make_delegation(), make_mandate(), make_mandate(basis=Mandate(enduring=True)), None],
    ids=["appointed", "mandate", "enduring", "nested"],
)
def test_a_delegation_is_read_as_it_was_written(delegation: Delegation | None) -> None:
    delegation = delegation or make_delegation(basis=ABOVE)

    assert Delegation.parse(delegation.to_json()) == delegation


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a member that is not known": lambda each: each | {"unless": "x"},
    "no subject": lambda each: {k: v for k, v in each.items() if k != "subject"},
    "more in the subject": lambda each: each | {"subject": each["subject"] | {"name": "x"}},
    "no acts": lambda each: each | {"acts": []},
    "an act that is not known": lambda each: each | {"acts": ["give", "sell"]},
    "an act that stands there twice": lambda each: each | {"acts": ["give", "give"]},
    "no purposes": lambda each: each | {"purposes": []},
    "an empty scope": lambda each: each | {"scope": []},
    "a scope in another word": lambda each: each | {"scope": "everything"},
    "no basis": lambda each: {k: v for k, v in each.items() if k != "basis"},
    "a basis that is not known": lambda each: each | {"basis": {"kind": "friendship"}},
    "a mandate with an appointer": lambda each: (
        each | {"basis": {"kind": "mandate", "enduring": True, "appointed_by": "did:web:x.example"}}
    ),
    "a mandate that does not say whether it endures": lambda each: (
        each | {"basis": {"kind": "mandate"}}
    ),
    "a minor's guardian whom nobody appointed": lambda each: each | {"basis": {"kind": "minority"}},
    "an end before the beginning": lambda each: each | {"exp": each["nbf"] - 1},
    "no end": lambda each: {k: v for k, v in each.items() if k != "exp"},
    "a key that is no thumbprint": lambda each: each | {"subject": {"keys": ["me"]}},
    "a text": lambda _: "delegation",
    "staleness without a limit": lambda each: each | {"max_staleness": 10**12},
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_no_delegation_is_refused(name: str) -> None:
    source = CHANGES[name](dict(make_delegation().to_json()))

    with pytest.raises(MalformedError):
        Delegation.parse(source)


WITHOUT_SENSE: Final[dict[str, dict[str, Any]]] = {
    "nobody must agree": {"threshold": 0},
    "more must agree than there are": {"threshold": 3},
    "nobody represents": {"representatives": frozenset()},
    "the person represents themselves": {"representatives": frozenset({MOTHER, HOLDER_KEY})},
    "the person has no key": {"holder_keys": frozenset()},
    "for longer than a childhood": {"period": Period(AT, AT + 25 * 366 * DAY)},
    "for ever": {"period": Period(AT, None)},
    "evidence of no age": {"max_staleness": timedelta(0)},
}


@pytest.mark.parametrize("name", WITHOUT_SENSE)
def test_a_delegation_without_sense_is_not_made(name: str) -> None:
    with pytest.raises(MalformedError):
        make_delegation(**WITHOUT_SENSE[name])


def test_a_record_is_read_as_it_was_written() -> None:
    unknown = replace(RECORD, state=None, known_at=None)

    assert DelegationRecord.parse(RECORD.to_json()) == RECORD
    assert DelegationRecord.parse(unknown.to_json()) == unknown


@pytest.mark.parametrize(
    "changes",
    [
        {"delegation": make_delegation(id=None)},
        {"state": None},
        {"known_at": None},
        {"known_at": AT.replace(tzinfo=None)},
    ],
    ids=["not logged", "no state", "no moment", "no time zone"],
)
def test_a_record_says_what_the_log_said_and_when(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        replace(RECORD, **changes)


def test_two_delegations_never_have_one_id() -> None:
    other = replace(RECORD, delegation=make_delegation(threshold=2))

    with pytest.raises(MalformedError):
        Delegations((RECORD, other))


def test_there_is_an_end_to_delegations() -> None:
    with pytest.raises(MalformedError):
        Delegations((RECORD,) * 257)
