import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import claim_path
from ssi_core.claim_path import WITHHELD
from ssi_core.errors import MalformedError, QueryError, SsiError
from ssi_core.json_types import JsonObject

_CREDENTIAL: JsonObject = {
    "name": "Arthur Dent",
    "address": {"street_address": "42 Market Street", "locality": "Milliways"},
    "degrees": [
        {"type": "Bachelor of Science", "university": "Betelgeuse"},
        {"type": "Master of Science"},
    ],
    "nationalities": ["British", "Betelgeusian"],
}


@pytest.mark.spec("OpenID4VP 1.0", "7.3")
@pytest.mark.parametrize(
    ("path", "selected"),
    [
        (("name",), {("name",): "Arthur Dent"}),
        (("address",), {("address",): _CREDENTIAL["address"]}),
        (("address", "street_address"), {("address", "street_address"): "42 Market Street"}),
        (
            ("degrees", None, "type"),
            {
                ("degrees", 0, "type"): "Bachelor of Science",
                ("degrees", 1, "type"): "Master of Science",
            },
        ),
        (("nationalities", 1), {("nationalities", 1): "Betelgeusian"}),
    ],
)
def test_the_examples_of_the_specification_select_what_it_says(path, selected):
    assert claim_path.select(_CREDENTIAL, path) == selected


@pytest.mark.spec("OpenID4VP 1.0", "7.1.1")
@pytest.mark.parametrize(
    "path", [("phone",), ("nationalities", 2), ("address", "phone"), ("degrees", None, "grade")]
)
def test_what_is_not_there_is_not_selected(path):
    assert claim_path.select(_CREDENTIAL, path) == {}


@pytest.mark.spec("OpenID4VP 1.0", "7.1.1")
def test_an_element_without_the_member_drops_out_of_the_selection():
    selected = claim_path.select(_CREDENTIAL, ("degrees", None, "university"))

    assert selected == {("degrees", 0, "university"): "Betelgeuse"}


@pytest.mark.spec("OpenID4VP 1.0", "7.1.1")
@pytest.mark.parametrize(
    "path", [("name", "first"), ("nationalities", "0"), ("address", None), ("name", 0)]
)
def test_a_component_that_asks_for_another_kind_is_an_error(path):
    with pytest.raises(QueryError):
        claim_path.select(_CREDENTIAL, path)


def test_nothing_is_selected_below_a_withheld_element():
    claims = {"degrees": [WITHHELD, {"type": "Master"}]}

    assert claim_path.select(claims, ("degrees", None, "type")) == {
        ("degrees", 1, "type"): "Master"
    }
    assert claim_path.select(claims, ("degrees", 0)) == {("degrees", 0): WITHHELD}


@pytest.mark.spec("OpenID4VP 1.0", "7")
@pytest.mark.parametrize(
    "value", [[], "name", None, {}, 1, ["a", -1], ["a", True], ["a", 1.0], ["a", []], [2**53]]
)
def test_a_path_is_an_array_of_strings_nulls_and_natural_numbers(value):
    with pytest.raises(MalformedError):
        claim_path.parse(value)


def test_a_path_deeper_than_allowed_is_refused():
    with pytest.raises(MalformedError):
        claim_path.parse(["a"] * (claim_path.MAX_COMPONENTS + 1))


def test_a_path_survives_a_round_trip():
    value = ["degrees", None, 0, "type"]

    assert claim_path.render(claim_path.parse(value)) == value


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        (("a",), ("a",), True),
        (("a",), ("a", "b", 0), True),
        (("a", None), ("a", 3), True),
        (("a", None), ("a", None), True),
        (("a", 3), ("a", 3, "b"), True),
        (("a", "b"), ("a",), False),
        (("a", None), ("a", "b"), False),
        (("a", 3), ("a", None), False),
        (("a", 3), ("a", 4), False),
        (("a", "3"), ("a", 3), False),
    ],
)
def test_a_pattern_covers_what_it_names_and_everything_below(pattern, path, covered):
    assert claim_path.covers(pattern, path) is covered


def test_a_pointer_escapes_and_names_every_index_with_a_star():
    assert claim_path.pointer(("a/b", "c~d", None, 0)) == "/a~1b/c~0d/*/0"


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_JUNK, st.dictionaries(st.text(), _JUNK, max_size=4))
def test_junk_raises_nothing_but_our_own_errors(value, claims):
    with contextlib.suppress(SsiError):
        claim_path.select(claims, claim_path.parse(value))
