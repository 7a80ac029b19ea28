import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_contracts.data_use import DataUseTerm
from consent_contracts.data_use_profile import OBO, dataset_terms, match, research_use
from consent_contracts.duo import DataUse, TermKind, Values
from consent_contracts.refusal import Refusal
from consent_contracts.research_use import ResearchKind, ResearchUse
from ssi_core.errors import MalformedError, SsiError
from tests.support.consent import AT, START

CONCRETE = [term for term in DataUse if term.kind is not TermKind.ABSTRACT]
RESTRICTION = {
    DataUse.DS: ("mondo", ["MONDO:0005015"]),
    DataUse.RS: ("topic", ["paediatric"]),
    DataUse.GS: ("location", ["IE"]),
    DataUse.MOR: ("date", ["2027-01-01"]),
    DataUse.TS: ("months", ["12"]),
    DataUse.US: ("users", ["did:web:ada.example"]),
    DataUse.PS: ("project", ["HEART-7"]),
    DataUse.IS: ("institute", ["did:web:university.example"]),
}
SAYS_SOMETHING_ELSE: list[Any] = [
    None,
    {},
    [],
    "DUO:0000042",
    [7],
    ["DUO:0000001"],
    ["DUO:0000017"],
    ["DUO:0000005"],
    ["duo:0000042"],
    ["DUO:0000042", "DUO:0000042"],
    ["DUO:0000042", f"{OBO}DUO_0000042"],
    ["DUO:0000042", "DUO:0000006"],
    ["DUO:0000019"],
    ["DUO:0000007"],
    [{"id": "DUO:0000042", "unheard": 1}],
    [{"id": "DUO:0000042", "restrictions": [{"type": "mondo", "values": ["MONDO:1"]}]}],
    [{"id": "DUO:0000042", "restrictions": [{"values": ["MONDO:1"]}]}],
    [{"id": "DUO:0000007", "restrictions": [{"type": "topic", "values": ["x"]}]}],
    [{"id": "DUO:0000007", "restrictions": [{"type": "mondo", "values": []}]}],
    [{"id": "DUO:0000007", "restrictions": [{"type": "mondo", "values": ["a", "a"]}]}],
    [{"id": "DUO:0000007", "restrictions": [{"type": "mondo", "values": [{"label": "a"}]}]}],
    [{"id": "DUO:0000007", "restrictions": [{"type": "mondo", "values": ["a"]}] * 2}],
]


def _stated(term: DataUse) -> dict[str, Any]:
    if term not in RESTRICTION:
        return {"id": term.value}
    kind, values = RESTRICTION[term]
    return {"id": term.value, "restrictions": [{"type": kind, "values": values}]}


def _profile(term: DataUse) -> list[Any]:
    return [_stated(term)] if term.kind is TermKind.PERMISSION else ["DUO:0000042", _stated(term)]


@pytest.mark.parametrize("term", CONCRETE, ids=lambda term: term.shorthand)
def test_each_annotation_of_a_dataset_becomes_its_term(term: DataUse) -> None:
    found = {each.term: each for each in dataset_terms(_profile(term))}

    assert found[term].to_json()["term"] == term.value
    assert bool(found[term].texts) == (term.values is Values.TEXTS)


def test_values_are_read_as_texts_ids_months_and_days() -> None:
    annotations: Any = [
        {
            "id": f"{OBO}DUO_0000007",
            "label": "disease specific research",
            "restrictions": [
                {"type": "mondo", "values": [{"id": "MONDO:0005015", "label": "diabetes"}]}
            ],
        },
        _stated(DataUse.MOR),
        _stated(DataUse.TS),
    ]

    assert dataset_terms(annotations) == (
        DataUseTerm(term=DataUse.DS, texts=frozenset({"MONDO:0005015"})),
        DataUseTerm(term=DataUse.MOR, moment=datetime(2027, 1, 1, tzinfo=UTC)),
        DataUseTerm(term=DataUse.TS, months=12),
    )


@pytest.mark.parametrize("annotations", SAYS_SOMETHING_ELSE)
def test_annotations_that_are_not_understood_are_refused(annotations: Any) -> None:
    with pytest.raises(MalformedError):
        dataset_terms(annotations)


@pytest.mark.parametrize(
    ("term", "value"),
    [
        (DataUse.TS, "0"),
        (DataUse.TS, "121"),
        (DataUse.TS, "-1"),
        (DataUse.TS, "1.5"),
        (DataUse.TS, "1" * 5000),
        (DataUse.TS, "٣"),
        (DataUse.MOR, "tomorrow"),
        (DataUse.MOR, "20270101"),
        (DataUse.MOR, "2027-01-01T00:00:00"),
        (DataUse.MOR, "2027-01-01T00:00:00.5Z"),
    ],
)
def test_a_length_or_a_day_that_is_none_is_refused(term: DataUse, value: str) -> None:
    kind, _ = RESTRICTION[term]
    restricted: Any = {"id": term.value, "restrictions": [{"type": kind, "values": [value]}]}

    with pytest.raises(MalformedError):
        dataset_terms(["DUO:0000042", restricted])


def test_what_a_researcher_states_becomes_a_use() -> None:
    statements: list[Any] = [
        _stated(DataUse.DS),
        *(
            _stated(term)
            for term in (DataUse.RS, DataUse.GS, DataUse.US, DataUse.PS, DataUse.IS, DataUse.MOR)
        ),
        "DUO:0000015",
        "DUO:0000016",
        "DUO:0000018",
        "DUO:0000019",
        "DUO:0000020",
        "DUO:0000029",
        {"id": "DUO:0000021", "restrictions": [{"type": "approval", "values": ["REC-9"]}]},
    ]

    assert research_use(statements) == ResearchUse(
        kinds=frozenset({ResearchKind.HEALTH, ResearchKind.GENETIC}),
        diseases=frozenset({"MONDO:0005015"}),
        types=frozenset({"paediatric"}),
        regions=frozenset({"IE"}),
        users=frozenset({"did:web:ada.example"}),
        for_profit_organisation=False,
        commercial_use=False,
        publishes=True,
        collaborates=True,
        returns_results=True,
        publishes_from=datetime(2027, 1, 1, tzinfo=UTC),
        ethics_approval="REC-9",
        institution="did:web:university.example",
        project="HEART-7",
    )


# No researcher states TS: how long a use lasts is the grant's to limit.
@pytest.mark.parametrize(
    "term",
    [term for term in CONCRETE if term is not DataUse.TS],
    ids=lambda term: term.shorthand,
)
def test_whoever_promises_what_a_dataset_asks_for_keeps_its_terms(term: DataUse) -> None:
    stated = _profile(term)
    if term is DataUse.IRB:
        approval = {"type": "approval", "values": ["REC-9"]}
        stated = ["DUO:0000042", {"id": term.value, "restrictions": [approval]}]

    found = match(dataset_terms(_profile(term)), research_use(stated), start=START, at=AT)

    assert [each.term for each in found if each.broken] == []
    assert term in {each.term for each in found}
    assert all(each.term.shorthand in each.explanation for each in found)


@pytest.mark.parametrize(
    "term",
    [term for term in CONCRETE if term not in (DataUse.NRES, DataUse.GRU, DataUse.CC)],
    ids=lambda term: term.shorthand,
)
def test_a_promise_that_is_not_made_is_named(term: DataUse) -> None:
    terms = dataset_terms(_profile(term))
    late = START + timedelta(days=400)

    found = match(terms, research_use(["DUO:0000042"]), start=START, at=late)

    assert {each.term for each in found if each.broken} == {term}
    broken = next(each for each in found if each.term is term)
    reason = Refusal(f"data_use_{term.shorthand.lower()}")
    assert broken.broken is reason
    assert broken.explanation == reason.explanation


def test_care_that_nothing_allows_is_named_though_no_term_forbids_it() -> None:
    found = match(
        dataset_terms(["DUO:0000006"]),
        research_use(["DUO:0000006", "DUO:0000043"]),
        start=START,
        at=AT,
    )

    assert [(each.term, each.broken) for each in found] == [
        (DataUse.HMB, None),
        (DataUse.CC, Refusal.DATA_USE_CC),
    ]


@pytest.mark.parametrize(
    "statements",
    [
        *SAYS_SOMETHING_ELSE,
        ["DUO:0000042", _stated(DataUse.TS)],
        ["DUO:0000042", "DUO:0000021"],
        ["DUO:0000042", {"id": "DUO:0000027", "restrictions": []}],
    ],
)
def test_a_statement_that_says_nothing_definite_is_refused(statements: Any) -> None:
    with pytest.raises(MalformedError):
        research_use(statements)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from([term.value for term in DataUse] + ["mondo", "date", "months"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "restrictions", "type", "values"]), inner)
    ),
    max_leaves=8,
)


@given(st.lists(_JSON, max_size=3))
def test_whatever_is_stated_is_read_or_refused(profile: list[Any]) -> None:
    for read in (dataset_terms, research_use):
        try:
            assert read(profile)
        except SsiError:
            continue


def test_the_page_about_data_use_has_every_term(project: Path) -> None:
    page = (project / "docs/reference/data-use.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| `(DUO:\d{7})` \| (\S+) \|", page, re.MULTILINE)

    assert sorted(rows) == sorted(
        (term.value, "-" if term.kind is TermKind.ABSTRACT else term.shorthand) for term in DataUse
    )
