"""Labels, groups and indexes that ecdsa-sd-2023 and bbs-2023 share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.errors import MalformedError, ProofError, SsiError
from ssi_core.json_types import JsonObject
from ssi_core.proof import selective_disclosure as sd
from tests.support.selective import DOCUMENT, JSON_LD, credential

KEY = bytes(range(32))
LABELS = ("c14n0", "c14n1", "c14n2", "c14n10")
POINTERS = [
    "/issuer",
    "/credentialSubject/name",
    "/credentialSubject/results/0/value",
    "/credentialSubject/results/1",
    "/credentialSubject/results/2/code",
    "/credentialSubject",
    "",
]


def _reveal(document, mandatory, selective, make=sd.shuffled_label_map):
    return sd.reveal(
        document,
        mandatory_pointers=mandatory,
        selective_pointers=selective,
        label_map=make(KEY),
        to_quads=JSON_LD.to_quads,
    )


def _recover(reveal):
    return sd.recover(
        JSON_LD.to_quads(reveal.document),
        label_map=reveal.label_map,
        mandatory_indexes=reveal.mandatory_indexes,
    )


@pytest.mark.spec("vc-di-ecdsa", "3.4.4")
def test_labels_are_hmacs_of_canonical_labels():
    labels = sd.hmac_label_map(bytes.fromhex("00112233445566778899AABBCCDDEEFF" * 2))(["c14n0"])

    # https://www.w3.org/TR/vc-di-ecdsa/#representation-ecdsa-sd-2023
    assert labels == {"c14n0": "u4YIOZn1MHES1Z4Ij2hWZG3R4dEYBqg5fHTyDEvYhC38"}


@pytest.mark.spec("vc-di-bbs", "3.2.1")
def test_shuffled_labels_number_the_hmacs_in_their_order():
    hmacs = sd.hmac_label_map(KEY)(LABELS)

    shuffled = sd.shuffled_label_map(KEY)(LABELS)

    assert sorted(shuffled, key=lambda label: int(shuffled[label][1:])) == sorted(
        LABELS, key=hmacs.__getitem__
    )
    assert set(shuffled.values()) == {"b0", "b1", "b2", "b3"}


@pytest.mark.parametrize("make", [sd.hmac_label_map, sd.shuffled_label_map])
def test_an_hmac_key_has_32_bytes(make):
    with pytest.raises(MalformedError):
        make(bytes(31))


def test_statements_are_in_code_point_order_under_their_new_labels():
    statements = sd.statements_of(
        DOCUMENT,
        mandatory_pointers=["/issuer"],
        label_map=sd.shuffled_label_map(KEY),
        to_quads=JSON_LD.to_quads,
    )

    mandatory = [statements.lines[index] for index in sorted(statements.mandatory)]
    assert list(statements.lines) == sorted(statements.lines)
    assert [line.split()[1].rpartition("/")[2] for line in mandatory] == [
        "22-rdf-syntax-ns#type>",
        "issuer>",
    ]
    assert len(statements.non_mandatory) == len(statements.lines) - len(mandatory)


def test_without_mandatory_pointers_nothing_is_mandatory():
    statements = sd.statements_of(
        DOCUMENT,
        mandatory_pointers=[],
        label_map=sd.shuffled_label_map(KEY),
        to_quads=JSON_LD.to_quads,
    )

    assert not statements.mandatory
    assert statements.mandatory_hash == sd.hash_mandatory([])


@given(
    st.lists(st.sampled_from(POINTERS), unique=True),
    st.lists(st.sampled_from(POINTERS), unique=True),
    st.sampled_from([sd.hmac_label_map, sd.shuffled_label_map]),
)
def test_a_verifier_recovers_what_was_signed_and_nothing_else(mandatory, selective, make):
    if not mandatory and not selective:
        return
    reveal = _reveal(DOCUMENT, mandatory, selective, make)

    recovered = _recover(reveal)

    assert recovered.mandatory_hash == reveal.statements.mandatory_hash
    assert list(recovered.non_mandatory) == [
        reveal.statements.non_mandatory[index] for index in reveal.selective_indexes
    ]


def test_nothing_at_all_is_not_disclosed():
    with pytest.raises(MalformedError, match="nothing is chosen"):
        _reveal(DOCUMENT, [], [])


@pytest.mark.parametrize(
    ("mandatory", "selective", "at"),
    [
        (["/issuer", "/none"], [], "/mandatoryPointers/1"),
        ([], ["/none"], "/selectivePointers/0"),
    ],
)
def test_a_pointer_to_nothing_is_named_by_its_place(mandatory, selective, at):
    with pytest.raises(MalformedError) as caught:
        _reveal(DOCUMENT, mandatory, selective)

    assert caught.value.at == at


REVEAL = _reveal(DOCUMENT, ["/issuer"], ["/credentialSubject/results"])


@pytest.mark.parametrize(
    "label_map",
    [
        {},
        dict(list(REVEAL.label_map.items())[:-1]),
        {**REVEAL.label_map, "c14n99": "b99"},
        dict.fromkeys(REVEAL.label_map, "b0"),
        {f"x{label}": signed for label, signed in REVEAL.label_map.items()},
    ],
    ids=["none", "one too few", "one too many", "two alike", "other nodes"],
)
def test_a_label_map_names_every_node_once(label_map):
    with pytest.raises(ProofError, match="label map"):
        sd.recover(
            JSON_LD.to_quads(REVEAL.document),
            label_map=label_map,
            mandatory_indexes=REVEAL.mandatory_indexes,
        )


def test_a_copied_node_needs_a_label_of_its_own():
    twice = credential(results=[{"code": "1"}, {"code": "1"}])
    once = credential(results=[{"code": "1"}])
    reveal = _reveal(once, [], ["/credentialSubject"])
    quads = JSON_LD.to_quads(twice)

    with pytest.raises(ProofError, match="label map"):
        sd.recover(quads, label_map=reveal.label_map, mandatory_indexes=[])
    with pytest.raises(ProofError, match="label map"):
        sd.recover(
            quads,
            label_map={**reveal.label_map, "c14n3": next(iter(reveal.label_map.values()))},
            mandatory_indexes=[],
        )


def test_a_mandatory_index_beyond_the_statements_is_refused():
    with pytest.raises(ProofError, match="index"):
        sd.recover(
            JSON_LD.to_quads(REVEAL.document),
            label_map=REVEAL.label_map,
            mandatory_indexes=[0, 99],
        )


def test_statements_and_what_a_proof_has_for_them_are_as_many():
    assert sd.pair_up([1], ["a"]) == [(1, "a")]
    with pytest.raises(ProofError):
        sd.pair_up([1, 2], ["a"])


@pytest.mark.parametrize(
    ("proof", "proof_id"),
    [
        ({"cryptosuite": "x"}, None),
        ([{"cryptosuite": "y"}, {"cryptosuite": "y"}], None),
        ([{"cryptosuite": "y", "id": "urn:1"}], "urn:2"),
    ],
    ids=["of another suite", "two", "another id"],
)
def test_exactly_one_proof_must_be_meant(proof, proof_id):
    with pytest.raises(ProofError, match="exactly one"):
        sd.only_proof_of({"proof": proof}, cryptosuite="y", proof_id=proof_id)


def test_a_proof_is_found_by_its_id_among_others():
    wanted: JsonObject = {"cryptosuite": "y", "id": "urn:1"}
    secured: JsonObject = {"a": 1, "proof": [{"cryptosuite": "y"}, wanted, {"cryptosuite": "x"}]}

    assert sd.only_proof_of(secured, cryptosuite="y", proof_id="urn:1") == ({"a": 1}, wanted)


def test_options_are_read_in_the_context_of_the_document():
    options = {"type": "DataIntegrityProof", "cryptosuite": "y"}

    digest = sd.hash_options(DOCUMENT, options, to_quads=JSON_LD.to_quads)

    assert digest == sd.hash_options(
        DOCUMENT, {**options, "proofValue": "u"}, to_quads=JSON_LD.to_quads
    )
    assert digest != sd.hash_options(
        DOCUMENT, {**options, "cryptosuite": "z"}, to_quads=JSON_LD.to_quads
    )
    with pytest.raises(SsiError):
        sd.hash_options({}, options, to_quads=JSON_LD.to_quads)


def test_a_proof_that_builds_on_others_is_refused():
    with pytest.raises(ProofError, match="does not build on others"):
        sd.hash_options({**DOCUMENT, "proof": []}, {}, to_quads=JSON_LD.to_quads)
