"""Matching never offers what was not asked for, and what it offers answers the query."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.claim_path import covers
from ssi_core.errors import QueryError, SsiError
from ssi_core.keys import P256Signer
from ssi_core.presentation.dcql import (
    Candidate,
    DcqlQuery,
    Option,
    Presented,
    check_answer,
    match,
)
from ssi_core.proof.sd_jwt import Sd, SdJwt, derive, disclosed_paths, issue, process, reveal

_SIGNER = P256Signer.generate()
_NAMES = st.sampled_from(["a", "b", "c"])
_SCALARS = st.sampled_from([1, True, "x", "y", None])


def _marked(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    item = inner | inner.map(Sd)
    return st.lists(item, max_size=3) | st.dictionaries(_NAMES, item, max_size=3)


_CLAIMS = st.dictionaries(
    _NAMES,
    st.recursive(_SCALARS, _marked, max_leaves=8).flatmap(lambda v: st.sampled_from([v, Sd(v)])),
)
_PATHS = st.lists(_NAMES | st.none() | st.integers(0, 2), min_size=1, max_size=4)
_CLAIM_QUERIES = st.lists(
    st.fixed_dictionaries(
        {"path": _PATHS},
        optional={"values": st.lists(st.sampled_from([1, True, "x"]), min_size=1, max_size=2)},
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda claim: tuple(claim["path"]),
)


@st.composite
def _credential_queries(draw: st.DrawFn, name: str) -> dict[str, Any]:
    claims = [{**claim, "id": f"c{i}"} for i, claim in enumerate(draw(_CLAIM_QUERIES))]
    query: dict[str, Any] = {
        "id": name,
        "format": "dc+sd-jwt",
        "meta": {"vct_values": [draw(st.sampled_from(["urn:x", "urn:y"]))]},
        "multiple": draw(st.booleans()),
    }
    if draw(st.booleans()):
        query["claims"] = claims
        if draw(st.booleans()):
            ids = st.sampled_from([claim["id"] for claim in claims])
            query["claim_sets"] = draw(
                st.lists(st.lists(ids, min_size=1, unique=True), min_size=1, max_size=3)
            )
    return query


@st.composite
def _queries(draw: st.DrawFn) -> DcqlQuery:
    names = ["q1", "q2"][: draw(st.integers(1, 2))]
    value: dict[str, Any] = {"credentials": [draw(_credential_queries(name)) for name in names]}
    if draw(st.booleans()):
        options = st.lists(st.sampled_from(names), min_size=1, unique=True)
        sets = st.fixed_dictionaries(
            {"options": st.lists(options, min_size=1, max_size=2)},
            optional={"required": st.booleans()},
        )
        value["credential_sets"] = draw(st.lists(sets, min_size=1, max_size=2))
    return DcqlQuery.parse(value)


def _credentials(claims: list[Any]) -> dict[str, SdJwt]:
    return {
        str(number): issue(item, header={}, signer=_SIGNER, decoys=number % 2)
        for number, item in enumerate(claims)
    }


def _candidates(credentials: dict[str, SdJwt]) -> list[Candidate]:
    return [
        Candidate(
            reference=reference,
            format="dc+sd-jwt",
            vct="urn:x",
            claims=process(item.payload(), item.disclosures),
        )
        for reference, item in credentials.items()
    ]


def _asked(query: DcqlQuery, name: str, option: Option) -> list[Any]:
    credential = next(item for item in query.credentials if item.id == name)
    return [claim.path for claim in credential.claim_combinations()[option.claim_set_index or 0]]


def _presented(credential: SdJwt, option: Option) -> tuple[SdJwt, Presented]:
    derived = derive(credential, option.paths)
    revealed = reveal(derived.payload(), derived.disclosures)
    return derived, Presented(
        format="dc+sd-jwt", vct="urn:x", claims=revealed.as_issued, holder_bound=True
    )


@given(_queries(), st.lists(_CLAIMS, max_size=3))
def test_no_path_is_offered_that_the_query_did_not_ask_for(query: Any, claims: Any) -> None:
    credentials = _credentials(claims)

    found = match(query, _candidates(credentials))

    for name, options in found.choices.items():
        for option in options:
            asked = _asked(query, name, option)
            assert all(
                any(len(p) == len(path) and covers(p, path) for p in asked) for path in option.paths
            )


@given(_queries(), st.lists(_CLAIMS, max_size=3))
def test_what_is_derived_for_an_option_discloses_nothing_beside_it(query: Any, claims: Any) -> None:
    credentials = _credentials(claims)

    found = match(query, _candidates(credentials))

    for options in found.choices.values():
        for option in options:
            credential = credentials[option.reference]
            allowed = {
                path
                for path in disclosed_paths(credential)
                if any(path[: len(p)] == p or p[: len(path)] == path for p in option.paths)
            }
            assert len(_presented(credential, option)[0].disclosures) == len(allowed)


@given(_queries(), st.lists(_CLAIMS, min_size=1, max_size=3), st.data())
def test_the_verifier_accepts_every_answer_that_the_wallet_finds(
    query: DcqlQuery, claims: Any, data: st.DataObject
) -> None:
    credentials = _credentials(claims)
    found = match(query, _candidates(credentials))
    answer = {
        name: [_presented(credentials[option.reference], option)[1]]
        for name, options in found.choices.items()
        if options
        for option in [data.draw(st.sampled_from(options))]
    }

    if found.satisfiable and answer:
        check_answer(query, answer)
    else:
        with pytest.raises(QueryError):
            check_answer(query, answer)


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "format", "meta", "claims", "path", "values", "claim_sets", "options"]
            ),
            inner,
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["credentials", "credential_sets", "x"]), _JUNK))
def test_junk_raises_nothing_but_our_own_errors(value: Any) -> None:
    with contextlib.suppress(SsiError):
        DcqlQuery.parse(value).to_json()


@given(_credential_queries("q"), st.sampled_from(["id", "format", "meta", "claims"]), _JUNK)
def test_a_query_with_a_part_of_junk_raises_nothing_but_our_own_errors(
    credential: dict[str, Any], member: str, junk: Any
) -> None:
    with contextlib.suppress(SsiError):
        query = DcqlQuery.parse({"credentials": [{**credential, member: junk}]})
        match(query, [])
