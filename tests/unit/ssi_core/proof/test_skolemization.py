"""Naming blank nodes: nothing but names may change, and parts state what the whole states."""

from typing import Any

import pytest

from ssi_core.errors import MalformedError, WorkLimitError
from ssi_core.proof.json_pointers import Selection
from ssi_core.proof.skolemization import skolemize
from ssi_core.rdf.rdfc_1_0 import canonicalize
from tests.support.selective import DOCUMENT, JSON_LD, credential

ENTRIES = [
    pytest.param({"doses": [1, 2, 2]}, id="list"),
    pytest.param({"doses": [{"value": 1}, {"value": 2}]}, id="list of objects"),
    pytest.param({"labels": {"en": "one", "de": "eins"}}, id="language map"),
    pytest.param({"raw": {"a": {"b": None}}}, id="JSON literal"),
    pytest.param({"byId": {"urn:a": {"code": "1"}, "urn:b": {"code": "2"}}}, id="id map"),
    pytest.param({"name": {"@value": "x", "@language": "en"}}, id="value object"),
    pytest.param({"results": {"@set": [{"code": "1"}]}}, id="set object"),
    pytest.param({"results": {"id": "urn:r", "code": "1"}}, id="named object"),
    pytest.param({"results": {}}, id="empty object"),
]


def _skolemize(document, *pointers):
    selection = Selection.parse(document, pointers, at="")
    return skolemize(document, selection, to_quads=JSON_LD.to_quads)


def _part(document, *pointers):
    named = _skolemize(document, "")
    part = Selection.parse(document, pointers, at="").part_of(named.document)
    return named.quads_of(part, to_quads=JSON_LD.to_quads)


def test_names_change_nothing_that_is_stated():
    named = _skolemize(DOCUMENT, "")

    assert canonicalize(named.quads).lines == canonicalize(JSON_LD.to_quads(DOCUMENT)).lines
    assert all("urn:bnid" not in term for quad in named.quads for term in quad)


@pytest.mark.parametrize("claims", ENTRIES)
def test_every_shape_can_be_named_and_chosen_whole(claims):
    document = credential(code="beside", **claims)
    (claim,) = claims
    named = _skolemize(document, "")

    pointers = ["/issuer", f"/credentialSubject/{claim}"]
    part = Selection.parse(document, pointers, at="").part_of(named.document)
    stated = named.quads_of(part, to_quads=JSON_LD.to_quads)

    assert canonicalize(named.quads).lines == canonicalize(JSON_LD.to_quads(document)).lines
    assert {quad for quad in named.quads if quad not in stated} == {
        quad for quad in named.quads if '"beside"' in quad.object
    }


@pytest.mark.parametrize(
    ("claims", "pointer"),
    [
        ({"doses": [1, 2]}, "doses/0"),
        ({"raw": {"a": 1, "b": 2}}, "raw/a"),
        ({"results": {"doses": [{"@list": [1]}, 2]}}, "results"),
        ({"graph": {"code": "1"}}, "graph"),
    ],
    ids=["an element of a list", "a member of a JSON literal", "a list in a list", "a graph"],
)
def test_what_only_makes_sense_whole_cannot_be_chosen_in_part(claims, pointer):
    document = credential(**claims)

    with pytest.raises(MalformedError, match=r"only makes sense whole|told apart"):
        _part(document, f"/credentialSubject/{pointer}")


def test_an_array_of_one_element_keeps_its_index():
    document = credential(results=[{"code": "1", "value": 2}])

    part = _part(document, "/credentialSubject/results/0/code")

    assert [quad.object for quad in part if "code" in quad.predicate] == ['"1"']


def test_equal_lists_of_one_node_are_chosen_alike():
    document = credential(results=[{"doses": [1]}, {"doses": [1]}])

    part = _part(document, "/credentialSubject/results/1")

    assert len([quad for quad in part if quad.predicate.endswith("first>")]) == 1


def test_a_blank_node_identifier_is_refused():
    document = credential(results=[{"id": "_:b0", "code": "1"}])

    with pytest.raises(MalformedError, match="blank node identifier"):
        _skolemize(document, "/credentialSubject/results/0")


def test_objects_that_are_not_chosen_need_no_name():
    document = credential(results=[{"id": "_:b0", "code": "1"}], name="Ada")

    named = _skolemize(document, "/credentialSubject/name")

    assert canonicalize(named.quads).lines == canonicalize(JSON_LD.to_quads(document)).lines


def test_trying_which_objects_are_nodes_is_bounded():
    document = credential(raw=[{"a": number} for number in range(400)], doses=list(range(400)))

    with pytest.raises(WorkLimitError):
        _skolemize(document, "")


def test_one_language_of_a_language_map_can_be_chosen():
    document = credential(labels={"en": "one", "de": "eins"})

    part = _part(document, "/credentialSubject/labels/de")

    assert [quad.object for quad in part if "labels" in quad.predicate] == ['"eins"@de']


def test_a_document_that_is_too_deep_is_refused():
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]

    for claims in ({"raw": deep}, {"results": deep}):
        with pytest.raises(WorkLimitError):
            _skolemize(credential(**claims), "")


def test_a_document_that_is_not_json_ld_is_refused():
    with pytest.raises(MalformedError):
        _skolemize(credential(undefined=1), "")
