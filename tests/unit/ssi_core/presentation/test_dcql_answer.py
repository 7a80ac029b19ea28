from typing import Any

import pytest

from ssi_core.claim_path import WITHHELD
from ssi_core.errors import QueryError
from ssi_core.presentation.dcql import DcqlQuery, Presented, check_answer

_QUERY: dict[str, Any] = {"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}}
_CLAIMS: dict[str, Any] = {"name": "Ada", "codes": [WITHHELD, {"code": "2"}]}


def _presented(**changes: Any) -> Presented:
    arguments: dict[str, Any] = {
        "format": "dc+sd-jwt",
        "vct": "urn:x",
        "claims": _CLAIMS,
        "holder_bound": True,
    }
    return Presented(**{**arguments, **changes})


def _check(credential: Any, *presented: Presented) -> None:
    query = DcqlQuery.parse({"credentials": [{**_QUERY, **credential}]})
    check_answer(query, {"q": presented or (_presented(),)})


@pytest.mark.spec("OpenID4VP 1.0", "8.6")
@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"claims": [{"path": ["name"]}]},
        {"claims": [{"path": ["name"], "values": ["Ada", "Eve"]}]},
        {"claims": [{"path": ["codes", None, "code"]}]},
        {"claims": [{"path": ["codes", 1]}]},
        {
            "claims": [{"id": "n", "path": ["name"]}, {"id": "p", "path": ["phone"]}],
            "claim_sets": [["p"], ["n"]],
        },
    ],
    ids=repr,
)
def test_an_answer_that_has_what_was_asked_for_is_accepted(credential):
    _check(credential)


@pytest.mark.spec("OpenID4VP 1.0", "8.6")
@pytest.mark.parametrize(
    "credential",
    [
        {"claims": [{"path": ["phone"]}]},
        {"claims": [{"path": ["name"]}, {"path": ["phone"]}]},
        {"claims": [{"path": ["name"], "values": ["Eve"]}]},
        {"claims": [{"path": ["codes", 0]}]},
        {"claims": [{"path": ["name", None]}]},
        {
            "claims": [{"id": "n", "path": ["name"]}, {"id": "p", "path": ["phone"]}],
            "claim_sets": [["p"], ["n", "p"]],
        },
    ],
    ids=repr,
)
def test_an_answer_without_what_was_asked_for_is_refused(credential):
    with pytest.raises(QueryError):
        _check(credential)


@pytest.mark.spec("OpenID4VP 1.0", "8.6")
@pytest.mark.parametrize(
    "change", [{"format": "mso_mdoc"}, {"vct": "urn:y"}, {"holder_bound": False}], ids=repr
)
def test_a_credential_of_another_kind_is_refused(change):
    with pytest.raises(QueryError):
        _check({}, _presented(**change))


@pytest.mark.spec("OpenID4VP 1.0", "8.1")
def test_several_presentations_are_accepted_where_multiple_is_set():
    _check({"multiple": True}, _presented(), _presented())
    with pytest.raises(QueryError):
        _check({}, _presented(), _presented())


@pytest.mark.spec("OpenID4VP 1.0", "8.6")
def test_one_bad_presentation_among_several_is_refused():
    with pytest.raises(QueryError):
        _check({"multiple": True}, _presented(), _presented(vct="urn:y"))


@pytest.mark.spec("OpenID4VP 1.0", "8.1")
def test_an_empty_answer_is_refused():
    query = DcqlQuery.parse({"credentials": [_QUERY]})

    answers: list[dict[str, list[Presented]]] = [{}, {"q": []}, {"other": [_presented()]}]
    for answer in answers:
        with pytest.raises(QueryError):
            check_answer(query, answer)


@pytest.mark.spec("OpenID4VP 1.0", "6.4.2")
@pytest.mark.parametrize(
    ("sets", "answered", "accepted"),
    [
        (None, "ab", True),
        (None, "a", False),
        ([{"options": [["a"], ["b"]]}], "b", True),
        ([{"options": [["a", "b"]]}], "b", False),
        ([{"options": [["a"]]}, {"options": [["b"]], "required": False}], "a", True),
        ([{"options": [["a"]]}, {"options": [["b"]], "required": False}], "b", False),
        ([{"options": [["a"]], "required": False}], "b", True),
        ([{"options": [["a"]], "required": False}], "", False),
    ],
)
def test_every_required_set_is_answered(sets, answered, accepted):
    value: dict[str, Any] = {"credentials": [{**_QUERY, "id": name} for name in "ab"]}
    if sets is not None:
        value["credential_sets"] = sets
    answer = {name: [_presented()] for name in answered}

    if accepted:
        check_answer(DcqlQuery.parse(value), answer)
    else:
        with pytest.raises(QueryError):
            check_answer(DcqlQuery.parse(value), answer)
