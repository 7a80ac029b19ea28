"""JSON-LD without loss: what a document states, and what is refused because it would be lost."""

import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.credential.contexts import CREDENTIALS_V2, DATA_INTEGRITY_V2, HEALTH_V1, bundled
from ssi_core.errors import ContextError, DataLossError, MalformedError, SsiError, WorkLimitError
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.rdf.n_quads import render
from ssi_core.rdf.rdfc_1_0 import canonicalize

pytestmark = pytest.mark.spec("vc-data-integrity", "2.4.3")

JSON_LD = JsonLd(bundled())
ANY = {"@vocab": "urn:v#"}
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"


def states(document: Any) -> str:
    return canonicalize(JSON_LD.to_quads(document)).n_quads.decode()


def value(item: Any, definition: Any = None) -> str:
    """What a property of that value states about an unnamed node."""
    context = ANY if definition is None else {**ANY, "p": {"@id": "urn:v#p", **definition}}
    return states({"@context": context, "p": item})


def credential(**members: Any) -> dict[str, Any]:
    return {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject"},
        **members,
    }


@pytest.mark.parametrize(
    ("item", "literal"),
    [
        ("text", '"text"'),
        ("", '""'),
        (True, f'"true"^^<{XSD}boolean>'),
        (False, f'"false"^^<{XSD}boolean>'),
        (0, f'"0"^^<{XSD}integer>'),
        (-7, f'"-7"^^<{XSD}integer>'),
        (5.0, f'"5"^^<{XSD}integer>'),
        (2**53 - 1, f'"9007199254740991"^^<{XSD}integer>'),
        (1.5, f'"1.5E0"^^<{XSD}double>'),
        (-0.000001, f'"-1.0E-6"^^<{XSD}double>'),
        (0.1, f'"1.0E-1"^^<{XSD}double>'),
        (123456789.125, f'"1.23456789125E8"^^<{XSD}double>'),
        (1e21, f'"1.0E21"^^<{XSD}double>'),
        ({"@value": "x"}, '"x"'),
        ({"@value": "2020", "@type": f"{XSD}gYear"}, f'"2020"^^<{XSD}gYear>'),
        ({"@value": 5, "@type": f"{XSD}decimal"}, f'"5"^^<{XSD}decimal>'),
        ({"@value": 5, "@type": f"{XSD}double"}, f'"5.0E0"^^<{XSD}double>'),
        ({"@value": "5.0E0", "@type": f"{XSD}double"}, f'"5.0E0"^^<{XSD}double>'),
        ({"@value": "five", "@type": f"{XSD}double"}, f'"five"^^<{XSD}double>'),
        ({"@value": "x", "@language": "de-AT"}, '"x"@de-at'),
        (
            {"@value": {"b": [1.50, None], "a": "é"}, "@type": "@json"},
            f'"{{\\"a\\":\\"é\\",\\"b\\":[1.5,null]}}"^^<{RDF}JSON>',
        ),
        ({"@id": "urn:other"}, "<urn:other>"),
    ],
)
def test_a_value_becomes_one_term(item, literal):
    assert value(item) == f"_:c14n0 <urn:v#p> {literal} .\n"


@pytest.mark.parametrize(
    ("item", "datatype"),
    [
        ({"@value": "x", "@language": "AR", "@direction": "rtl"}, "ar_rtl"),
        ({"@value": "x", "@direction": "ltr"}, "_ltr"),
    ],
)
def test_a_base_direction_is_kept_in_the_datatype(item, datatype):
    assert value(item) == f'_:c14n0 <urn:v#p> "x"^^<https://www.w3.org/ns/i18n#{datatype}> .\n'


def test_arrays_are_sets_and_lists_keep_their_order():
    assert value([1, 2]) == value([2, 1])
    first_then_second = value({"@list": ["a", "b", "a"]})
    assert first_then_second != value({"@list": ["b", "a", "a"]})
    assert len(first_then_second.splitlines()) == 7
    assert value({"@list": []}) == f"_:c14n0 <urn:v#p> <{RDF}nil> .\n"
    assert value([], {"@container": "@list"}) == value({"@list": []})


def test_graphs_reverse_properties_and_included_nodes_are_stated():
    document = {
        "@context": {
            **ANY,
            "of": {"@reverse": "urn:v#has"},
            "g": {"@id": "urn:v#g", "@container": "@graph"},
        },
        "@id": "urn:a",
        "of": {"@id": "urn:b", "name": "b"},
        "g": {"@id": "urn:c", "name": "c"},
        "@included": [{"@id": "urn:d", "name": "d"}],
    }

    assert states(document).splitlines() == [
        "<urn:a> <urn:v#g> _:c14n0 .",
        "<urn:b> <urn:v#has> <urn:a> .",
        '<urn:b> <urn:v#name> "b" .',
        '<urn:c> <urn:v#name> "c" _:c14n0 .',
        '<urn:d> <urn:v#name> "d" .',
    ]


def test_blank_nodes_keep_who_is_who():
    document = {"@context": ANY, "@id": "_:x", "p": {"@id": "_:y", "q": {"@id": "_:x"}}}

    assert len(states(document).splitlines()) == 2
    assert "_:c14n1 <urn:v#q> _:c14n0" in states(document) or "_:c14n0 <urn:v#q>" in states(
        document
    )


@pytest.mark.parametrize(
    "item",
    [
        None,
        [None],
        ["x", None],
        [],
        [[]],
        ["x", "x"],
        [1, 1.0],
        ["urn:a", "urn:a"],
        {"@value": None},
        {"@value": "x", "@index": "i"},
        {"@value": "x", "@type": None},
        {"@value": "x", "@language": None},
        {"@list": [None]},
        {"@set": []},
        {"@language": "de"},
        {"@index": "i", "q": 1},
        {"@id": "relative"},
        {"@id": "../up"},
        {"@id": ""},
        {"@id": "https ://not-a-url"},
        {"@type": "@none"},
        {"@type": ["urn:t", "urn:t"]},
        {"@type": []},
        {"@graph": []},
        {"@graph": ["x"]},
        {"@graph": [{}]},
        {"@graph": [{"@id": "urn:alone"}]},
        {"@graph": [{"@value": "x"}]},
        {"@included": []},
        {"@default": 1, "q": 1},
        {"@unknown": 1, "q": 1},
        {"_:property": 1},
        2**53,
        -(2**53),
        2**80,
        1e20,
        {"@value": "05", "@type": f"{XSD}double"},
    ],
    ids=repr,
)
def test_what_would_be_lost_or_changed_is_refused(item):
    with pytest.raises(DataLossError):
        value(item)


@pytest.mark.parametrize(
    "item",
    [
        float("nan"),
        float("inf"),
        {"@value": "x", "@language": "not a tag"},
        {"@value": "x", "@language": ""},
        {"@value": "x", "@direction": "up"},
        {"@value": 5, "@direction": "ltr"},
        {"@value": 5, "@language": "de"},
        {"@value": ["x"]},
        {"@value": "x", "q": 1},
        {"@id": 7},
        {"@id": None},
        {"@id": ["urn:a", "urn:b"]},
        {"@type": 7},
        {"@type": {"a": 1}},
        {"@list": ["x"], "q": 1},
        {"@reverse": "x"},
        {"@value": {"n": 2**60}, "@type": "@json"},
        "\ud800",
    ],
    ids=repr,
)
def test_what_is_no_json_ld_is_malformed(item):
    with pytest.raises(MalformedError):
        value(item)


def test_a_term_that_no_context_defines_is_refused_wherever_it_stands():
    for document in (
        credential(undefined=1),
        credential(credentialSubject={"undefined": 1}),
        credential(issuer={"id": "did:example:issuer", "undefined": 1}),
        credential(type=["VerifiableCredential", "Undefined"]),
        credential(credentialSubject={"type": "Undefined"}),
        credential(credentialStatus={"type": "BitstringStatusListEntry", "undefined": "1"}),
        {"@context": {"p": None}, "p": 1},
        {"p": 1},
    ):
        with pytest.raises(SsiError):
            states(document)


def test_a_type_scoped_context_does_not_reach_further_and_its_terms_are_not_lost_silently():
    context = {"T": {"@id": "urn:T", "@context": {"inner": "urn:inner"}}, "child": "urn:child"}

    assert '"x"' in states({"@context": context, "@type": "T", "inner": "x"})
    with pytest.raises(DataLossError):
        states({"@context": context, "@type": "T", "child": {"inner": "x"}})


@pytest.mark.parametrize("index", ["@index", ["@index", "@set"]])
def test_index_maps_are_refused_since_their_keys_are_not_signed(index):
    with pytest.raises(DataLossError):
        value({"one": "x"}, {"@container": index})


def test_language_id_and_type_maps_are_stated_keys_and_all():
    assert value({"de": "x", "en": ["y"]}, {"@container": "@language"}).splitlines() == [
        '_:c14n0 <urn:v#p> "x"@de .',
        '_:c14n0 <urn:v#p> "y"@en .',
    ]
    assert "<urn:k> <urn:v#q>" in value({"urn:k": {"q": 1}}, {"@container": "@id"})
    assert "#type> <urn:k>" in value({"urn:k": {"q": 1}}, {"@container": "@type"})


@pytest.mark.parametrize(
    "context",
    [
        {"VerifiableCredential": "https://evil.example"},
        {"id": "https://evil.example"},
        {"type": "https://evil.example"},
        {"@protected": True, "issuer": "https://evil.example"},
        {"name": "https://evil.example"},
        None,
    ],
)
def test_a_protected_term_is_never_redefined(context):
    with pytest.raises(ContextError, match="protected"):
        states(credential(**{"@context": [CREDENTIALS_V2, context]}))


def test_a_protected_term_is_not_redefined_deeper_down_either():
    evil = {"@context": {"id": "https://evil.example"}, "id": "did:example:subject"}

    with pytest.raises(ContextError, match="protected"):
        states(credential(credentialSubject=evil))


@pytest.mark.parametrize(
    "context",
    [
        "https://unknown.example/v1",
        "https ://not-a-url",
        "",
        123,
        True,
        ["https://unknown.example/v1"],
        {"@import": CREDENTIALS_V2},
        {"p": {"@id": "urn:p", "@context": DATA_INTEGRITY_V2}},
        {"p": {"@id": "urn:p", "@context": ["https://unknown.example"]}},
        {"@foo": "urn:p"},
        {"p": "@foo"},
        {"p": "@graph"},
        {"p": {"@id": "@graph"}},
        {"p": {"@reverse": "@foo"}},
        {"p": {"@id": "urn:p", "@index": {}}},
        {"p": 7},
        {"": "urn:p"},
        {"p": "relative"},
        {"p": {"@id": "urn:p", "@unknown": 1}},
        {"a": "b:x", "b": "a:x"},
        {"@version": 1.0},
        {"@vocab": 7},
        {"@vocab": None},
        {"@context": {}, "p": "urn:p"},
    ],
    ids=repr,
)
def test_a_context_that_is_unknown_or_none_is_refused(context):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MalformedError):
            states(credential(**{"@context": [CREDENTIALS_V2, context]}))


def test_a_context_in_an_object_of_its_own_is_read():
    context = [CREDENTIALS_V2, {"@context": {"Alumni": "urn:Alumni"}}]

    assert "<urn:Alumni>" in states(
        credential(**{"@context": context, "type": ["VerifiableCredential", "Alumni"]})
    )


def test_contexts_that_agree_may_be_combined_in_any_way():
    once = states(credential())

    assert once == states(credential(**{"@context": [CREDENTIALS_V2, CREDENTIALS_V2]}))
    assert once == states(credential(**{"@context": [CREDENTIALS_V2, DATA_INTEGRITY_V2]}))
    assert once == states(credential(**{"@context": [CREDENTIALS_V2, HEALTH_V1]}))
    assert once == states(credential(**{"@context": CREDENTIALS_V2}))


def test_one_document_leaves_nothing_behind_for_the_next():
    loose = {"@context": [CREDENTIALS_V2, {"@vocab": "urn:v#"}]}
    strict = credential(undefined=1)

    for _ in range(3):
        assert "urn:v#undefined" in states({**strict, **loose})
        with pytest.raises(DataLossError):
            states(strict)


def test_what_strangers_define_is_not_kept():
    json_ld = JsonLd(bundled())
    document = credential()
    for index in range(600):
        inline = {f"t{index}": f"urn:t{index}"}
        json_ld.to_quads({**document, "@context": [CREDENTIALS_V2, inline, EXAMPLES]})

    kept = json_ld._processing._kept  # noqa: SLF001 - that it stays small is what is tested

    assert len(kept) < 20


def test_the_document_itself_is_left_as_it_was():
    document = credential(name={"@value": "x", "@language": "DE"})
    before = repr(document)

    states(document)

    assert repr(document) == before


def test_compacting_what_was_expanded_states_the_same():
    document = credential(name="A name", credentialSubject=[{"id": "urn:a"}, {"id": "urn:b"}])

    compacted = JSON_LD.compact(JSON_LD.expand(document), context=document["@context"])

    assert render(JSON_LD.to_quads(compacted)) == render(JSON_LD.to_quads(document))


def test_a_document_that_states_nothing_is_refused():
    for document in ({}, {"@context": CREDENTIALS_V2}, {"@context": ANY, "@id": "urn:a"}):
        with pytest.raises(DataLossError):
            states(document)


@pytest.mark.parametrize(
    "document",
    [
        {"@context": ANY, "p": b"bytes"},
        {"@context": ANY, "p": {1: 2}},
        {"@context": ANY, "p": {"q": {1, 2}}},
        {"@context": ANY, "p": object()},
    ],
    ids=["bytes", "key", "set", "object"],
)
def test_what_is_no_json_is_malformed(document):
    with pytest.raises(MalformedError):
        states(document)


KEYWORDS = [
    "@context",
    "@id",
    "@type",
    "@value",
    "@language",
    "@direction",
    "@list",
    "@set",
    "@graph",
    "@reverse",
    "@included",
    "@index",
    "@nest",
    "@json",
    "@none",
    "@vocab",
    "@base",
    "@import",
    "@protected",
    "@propagate",
    "@container",
    "@prefix",
    "@version",
]
NAMES = st.sampled_from([*KEYWORDS, "p", "q:r", "urn:x", "id", "type"]) | st.text(max_size=3)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["urn:a", "@id", "@type", "_:b", "de", "rel", CREDENTIALS_V2])
)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["@context", "@id", "@type", "@graph", "p", "q"]), JUNK))
def test_junk_raises_only_our_own_errors(document):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for context in ({}, {"@context": [ANY, document.get("@context")]}):
            try:
                states({**document, **context})
            except SsiError:
                continue


def test_deep_nesting_is_refused():
    document: Any = {"p": 1}
    for _ in range(100_000):
        document = {"p": document}

    with pytest.raises(WorkLimitError, match="deeper"):
        states({"@context": ANY, "p": document})
    del document
