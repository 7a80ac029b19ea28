"""Choosing parts of a document: what is shown, what is not, and which pointers are none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.errors import MalformedError, SsiError
from ssi_core.proof.json_pointers import MAX_POINTERS, Selection

DOCUMENT: dict[str, Any] = {
    "@context": ["https://context.example"],
    "id": "urn:x",
    "type": ["A"],
    "name": "n",
    "a/b": {"m~n": 1},
    "0": "zero",
    "list": [{"type": "T", "x": 1, "y": 2}, [1, 2], "text"],
}
ALWAYS = {name: DOCUMENT[name] for name in ("@context", "id", "type")}


def _part(*pointers):
    return Selection.parse(DOCUMENT, pointers, at="/pointers").part_of(DOCUMENT)


@pytest.mark.spec("vc-di-ecdsa", "3.4.13")
def test_a_member_is_shown_with_the_id_and_type_of_what_it_is_in():
    assert _part("/list/0/x") == {**ALWAYS, "list": [{"type": "T", "x": 1}]}


def test_an_array_closes_up_around_what_is_not_chosen():
    assert _part("/list/2", "/list/0/y") == {**ALWAYS, "list": [{"type": "T", "y": 2}, "text"]}
    assert _part("/list/1/1") == {**ALWAYS, "list": [[2]]}


@pytest.mark.spec("RFC 6901", "4")
def test_escapes_and_digits_name_members():
    assert _part("/a~1b/m~0n") == {**ALWAYS, "a/b": {"m~n": 1}}
    assert _part("/0") == {**ALWAYS, "0": "zero"}


def test_the_empty_pointer_chooses_everything():
    assert _part("") == DOCUMENT
    assert _part("/name", "") == DOCUMENT


@pytest.mark.parametrize(
    "pointers", [("/list/0", "/list/0/x"), ("/list/0/x", "/list/0"), ("/list/0", "/list/0")]
)
def test_a_whole_and_a_part_of_it_are_the_whole(pointers):
    assert _part(*pointers) == {**ALWAYS, "list": [DOCUMENT["list"][0]]}


def test_either_of_two_selections_is_both():
    name = Selection.parse(DOCUMENT, ["/name"], at="")
    x = Selection.parse(DOCUMENT, ["/list/0/x"], at="")

    assert (name | x).part_of(DOCUMENT) == _part("/name", "/list/0/x")


def test_no_pointers_choose_nothing():
    assert Selection.parse(DOCUMENT, [], at="").is_empty
    assert not Selection.parse(DOCUMENT, [""], at="").is_empty


def test_objects_are_those_on_the_way_and_those_below():
    found = Selection.parse(DOCUMENT, ["/list/0/x", "/a~1b"], at="").objects_in(DOCUMENT)

    assert [path for path, _ in found] == [(), ("a/b",), ("list", 0)]


@pytest.mark.spec("vc-di-ecdsa", "3.4.12")
@pytest.mark.parametrize(
    "pointer",
    ["/none", "/list/3", "/list/-", "/list/00", "/list/-1", "/name/0", "/name/x", "/list/0/x/y"],
)
def test_a_pointer_that_leads_to_nothing_is_refused(pointer):
    with pytest.raises(MalformedError, match="leads to nothing") as caught:
        _part("/name", pointer)

    assert caught.value.at == "/pointers/1"


@pytest.mark.parametrize(
    "pointer", ["name", "/a~2b", "/a~", "/\ud800", "/" + "a" * 5_000, 7, None, ["/name"]]
)
def test_what_is_no_pointer_is_refused(pointer):
    with pytest.raises(MalformedError, match="not a JSON pointer"):
        _part(pointer)


def test_more_pointers_than_allowed_are_refused():
    with pytest.raises(MalformedError, match="more pointers"):
        _part(*(["/name"] * (MAX_POINTERS + 1)))


@given(st.lists(st.one_of(st.text(), st.text(alphabet="/~01list@context").map("/{}".format))))
def test_junk_raises_only_our_own_errors(pointers):
    try:
        part = _part(*pointers)
    except SsiError:
        return

    assert ALWAYS.items() <= part.items()
