from datetime import timedelta
from typing import Any

import pytest

from consent_contracts.subject_facts import SubjectFacts
from ssi_core.errors import MalformedError
from ssi_core.period import Period
from tests.support.consent import AT

HOUR = timedelta(hours=1)
FACTS = [
    SubjectFacts(),
    SubjectFacts(majority_at=AT, incapacity=(), is_living=True),
    SubjectFacts(incapacity=(Period(AT, AT + HOUR), Period(AT + 2 * HOUR, None)), died_at=AT),
]


@pytest.mark.parametrize("facts", FACTS, ids=["nothing", "all", "some"])
def test_facts_are_read_as_they_were_written(facts: SubjectFacts) -> None:
    assert SubjectFacts.parse(facts.to_json()) == facts


@pytest.mark.parametrize(
    "source",
    [
        {"majority": "18"},
        {"majority": -1},
        {"incapacity": {}},
        {"incapacity": [{}]},
        {"incapacity": [{"nbf": 5, "exp": 5}]},
        {"incapacity": [{"nbf": 5, "why": "dementia"}]},
        {"incapacity": [{"nbf": n, "exp": n + 1} for n in range(257)]},
        {"death": "unknown"},
        {"death": True},
        {"name": "Alice"},
        [],
        None,
    ],
    ids=repr,
)
def test_what_is_no_fact_is_refused(source: Any) -> None:
    with pytest.raises(MalformedError):
        SubjectFacts.parse(source)


@pytest.mark.parametrize(
    "members",
    [
        {"died_at": AT, "is_living": True},
        {"majority_at": AT.replace(tzinfo=None)},
        {"incapacity": (Period(None, AT),)},
    ],
    ids=["dead and living", "no time zone", "no beginning"],
)
def test_facts_do_not_contradict_themselves(members: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        SubjectFacts(**members)


def test_not_knowing_of_a_death_is_not_knowing_of_none() -> None:
    unknown, living = SubjectFacts(majority_at=AT, incapacity=()), FACTS[1]

    assert not unknown.is_complete
    assert living.is_complete
    assert not unknown.has_died(AT)
    assert FACTS[2].has_died(AT)
