from typing import Any

import pytest

from ssi_core.presentation.dcql import Candidate, DcqlQuery, Match, Option, match, select_paths

_CLAIMS: dict[str, Any] = {
    "given_name": "Ada",
    "age": 36,
    "married": True,
    "height": 1.5,
    "address": {"street": "Main St", "city": "York"},
    "codes": [{"system": "snomed", "code": "1"}, {"system": "icd", "code": "2"}, {"system": "x"}],
    "languages": ["en", "de"],
    "empty": [],
    "nothing": None,
}


def _candidate(reference: str = "c1", **changes: Any) -> Candidate:
    arguments: dict[str, Any] = {
        "reference": reference,
        "format": "dc+sd-jwt",
        "vct": "urn:x",
        "claims": _CLAIMS,
    }
    return Candidate(**{**arguments, **changes})


def _match(credential: Any, *candidates: Candidate) -> tuple[Option, ...]:
    query = {"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}, **credential}
    found = match(DcqlQuery.parse({"credentials": [query]}), candidates or [_candidate()])
    return found.choices["q"]


@pytest.mark.spec("OpenID4VP 1.0", "6.4.1")
def test_without_claims_nothing_is_disclosed():
    assert _match({}) == (Option("c1", frozenset(), None),)


@pytest.mark.spec("OpenID4VP 1.0", "6.4.1")
def test_all_claims_are_asked_for_together():
    both = _match({"claims": [{"path": ["given_name"]}, {"path": ["address", "city"]}]})
    one_missing = _match({"claims": [{"path": ["given_name"]}, {"path": ["phone"]}]})

    assert both == (Option("c1", frozenset({("given_name",), ("address", "city")}), None),)
    assert one_missing == ()


@pytest.mark.spec("OpenID4VP 1.0", "7.1")
@pytest.mark.parametrize(
    ("path", "paths"),
    [
        (["codes", None, "code"], {("codes", 0, "code"), ("codes", 1, "code")}),
        (["codes", None], {("codes", 0), ("codes", 1), ("codes", 2)}),
        (["languages", 1], {("languages", 1)}),
        (["nothing"], {("nothing",)}),
        (["empty"], {("empty",)}),
    ],
)
def test_a_null_selects_every_element_and_the_paths_are_concrete(path, paths):
    assert _match({"claims": [{"path": path}]}) == (Option("c1", frozenset(paths), None),)


@pytest.mark.spec("OpenID4VP 1.0", "7.1.1")
@pytest.mark.parametrize(
    "path",
    [["empty", None], ["languages", 2], ["given_name", "x"], ["address", None], ["languages", "0"]],
)
def test_a_path_that_leads_nowhere_or_to_another_kind_matches_nothing(path):
    assert _match({"claims": [{"path": path}]}) == ()
    assert select_paths(_CLAIMS, tuple(path)) == frozenset()


@pytest.mark.spec("OpenID4VP 1.0", "6.3")
@pytest.mark.parametrize(
    ("path", "values", "matches"),
    [
        (["given_name"], ["Ada"], True),
        (["given_name"], ["Eve", "Ada"], True),
        (["given_name"], ["ada"], False),
        (["age"], [36], True),
        (["age"], ["36"], False),
        (["married"], [True], True),
        (["married"], [1], False),
        (["married"], ["true"], False),
        (["age"], [True], False),
        (["height"], [1], False),
        (["nothing"], ["null", 0, False], False),
        (["address"], ["York"], False),
        (["languages", None], ["de"], True),
        (["languages", None], ["fr"], False),
    ],
)
def test_values_match_by_type_and_value(path, values, matches):
    assert bool(_match({"claims": [{"path": path, "values": values}]})) is matches


@pytest.mark.spec("OpenID4VP 1.0", "6.4.1")
def test_of_several_elements_only_those_with_the_value_are_disclosed():
    options = _match({"claims": [{"path": ["codes", None, "system"], "values": ["icd"]}]})

    assert options == (Option("c1", frozenset({("codes", 1, "system")}), None),)


@pytest.mark.spec("OpenID4VP 1.0", "6.4.1")
def test_the_claim_set_that_the_verifier_prefers_comes_first():
    options = _match(
        {
            "claims": [
                {"id": "phone", "path": ["phone"]},
                {"id": "age", "path": ["age"]},
                {"id": "name", "path": ["given_name"]},
            ],
            "claim_sets": [["phone"], ["age"], ["age", "name"]],
        },
        _candidate("c1"),
        _candidate("c2"),
    )

    assert [(item.reference, item.claim_set_index) for item in options] == [
        ("c1", 1),
        ("c2", 1),
        ("c1", 2),
        ("c2", 2),
    ]
    assert options[0].paths == {("age",)}


@pytest.mark.spec("OpenID4VP 1.0", "6.1")
@pytest.mark.parametrize(
    "change",
    [{"format": "mso_mdoc"}, {"vct": "urn:y"}, {"holder_bound": False}],
    ids=repr,
)
def test_a_credential_of_another_kind_is_no_option(change):
    assert _match({}, _candidate(**change)) == ()


@pytest.mark.spec("OpenID4VP 1.0", "6.1")
def test_a_credential_without_a_key_is_an_option_where_none_is_required():
    options = _match(
        {"require_cryptographic_holder_binding": False}, _candidate(holder_bound=False)
    )

    assert len(options) == 1


@pytest.mark.spec("OpenID4VP 1.0", "6.1.1")
@pytest.mark.parametrize(
    ("authorities", "matches"),
    [
        ({("aki", "k1")}, True),
        ({("aki", "k2"), ("other", "k1")}, True),
        ({("other", "k1")}, False),
        (set(), False),
    ],
)
def test_one_trusted_authority_behind_the_issuer_is_enough(authorities, matches):
    asked = {"trusted_authorities": [{"type": "aki", "values": ["k1", "k2"]}]}

    options = _match(asked, _candidate(authorities=frozenset(authorities)))

    assert bool(options) is matches


def _sets(sets: Any, answerable: str) -> Match:
    credentials = [
        {"id": name, "format": "dc+sd-jwt", "meta": {"vct_values": [f"urn:{name}"]}}
        for name in "abc"
    ]
    query: dict[str, Any] = {"credentials": credentials}
    if sets is not None:
        query["credential_sets"] = sets
    candidates = [_candidate(name, vct=f"urn:{name}") for name in answerable]
    return match(DcqlQuery.parse(query), candidates)


@pytest.mark.spec("OpenID4VP 1.0", "6.4.2")
@pytest.mark.parametrize(
    ("sets", "answerable", "satisfiable"),
    [
        (None, "abc", True),
        (None, "ab", False),
        ([{"options": [["a", "b"], ["c"]]}], "c", True),
        ([{"options": [["a", "b"], ["c"]]}], "a", False),
        ([{"options": [["a"]]}, {"options": [["b"]]}], "a", False),
        ([{"options": [["a"]]}, {"options": [["b"]], "required": False}], "a", True),
        ([{"options": [["a"]], "required": False}], "", True),
    ],
)
def test_all_required_sets_must_be_answerable(sets, answerable, satisfiable):
    assert _sets(sets, answerable).satisfiable is satisfiable


@pytest.mark.spec("OpenID4VP 1.0", "6.4.2")
def test_only_the_options_that_can_be_answered_are_offered_in_their_order():
    found = _sets([{"options": [["a", "b"], ["b", "c"], ["c"]]}], "bc")

    assert found.sets[0].options == (("b", "c"), ("c",))


def test_without_credentials_nothing_can_be_answered():
    found = _sets(None, "")

    assert found.satisfiable is False
    assert set(found.choices.values()) == {()}
