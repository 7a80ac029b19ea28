"""DID documents: which key may do what, and until when."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did.document import DidDocument, VerificationRelationship
from ssi_core.errors import AlgorithmError, MalformedError, ProofError, SsiError
from ssi_core.keys import Ed25519Signer, P256Signer

pytestmark = pytest.mark.spec("DID Core", "5")

DID = "did:example:clinic"
ONE, TWO = Ed25519Signer(b"\x01" * 32).public_key, P256Signer(b"\x02" * 32).public_key
ASSERTION = VerificationRelationship.ASSERTION_METHOD
AUTHENTICATION = VerificationRelationship.AUTHENTICATION
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def multikey(name: str = "#one", **members: Any) -> dict[str, Any]:
    return {
        "id": name,
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": ONE.multikey,
        **members,
    }


def document(**members: Any) -> DidDocument:
    return DidDocument.parse(
        {
            "id": DID,
            "verificationMethod": [
                multikey(f"{DID}#one"),
                {"id": "#two", "type": "JsonWebKey", "controller": DID, "publicKeyJwk": TWO.jwk},
            ],
            "assertionMethod": ["#one", f"{DID}#two"],
            "authentication": [multikey("#three")],
            **members,
        }
    )


@pytest.mark.parametrize("name", ["#one", f"{DID}#one"])
def test_a_key_is_found_by_its_absolute_and_its_relative_name(name: str):
    assert document().key_for(name, ASSERTION) == ONE
    assert document().key_for(name.replace("one", "two"), ASSERTION) == TWO


def test_a_key_may_stand_where_it_is_used():
    found = document()

    assert found.key_for("#three", AUTHENTICATION) == ONE
    with pytest.raises(ProofError):
        found.key_for("#three", ASSERTION)


def test_a_key_is_authorised_only_for_what_it_is_listed_under():
    found = document()

    for relationship in set(VerificationRelationship) - {ASSERTION}:
        with pytest.raises(ProofError, match=f"/{relationship.value}"):
            found.key_for("#one", relationship)


@pytest.mark.parametrize("name", ["#four", "did:example:other#one", DID, f"{DID}?x#one"])
def test_an_unknown_key_is_refused(name: str):
    with pytest.raises(ProofError):
        document().key_for(name, ASSERTION)


@pytest.mark.parametrize("name", ["", "one", "#a b", "https://x.example/#one", "#\ud800"])
def test_what_is_not_a_did_url_names_no_key(name: str):
    with pytest.raises(MalformedError):
        document().key_for(name, ASSERTION)


def test_a_reference_to_a_key_that_is_not_there_is_refused():
    found = document(assertionMethod=["#four", "did:example:other#one"])

    for name in ("#four", "did:example:other#one"):
        with pytest.raises(ProofError, match="not in the DID document"):
            found.key_for(name, ASSERTION)


def test_an_answer_is_the_same_when_it_is_asked_again():
    found = document()

    assert found.key_for("#one", ASSERTION) is found.key_for("#one", ASSERTION)
    with pytest.raises(ProofError):
        found.key_for("#one", AUTHENTICATION)
    assert found == document()


@pytest.mark.spec("Controlled Identifiers", "2.2")
@pytest.mark.parametrize(
    ("member", "reason"), [("expires", "has expired"), ("revoked", "was revoked")]
)
def test_a_key_that_has_ended_is_refused(member: str, reason: str):
    found = document(authentication=[multikey(**{member: "2026-03-01T12:00:00Z"})])

    assert found.key_for("#one", AUTHENTICATION, at=NOON.replace(hour=11)) == ONE
    for moment in (NOON, NOON.replace(hour=13), None):
        with pytest.raises(ProofError, match=reason):
            found.key_for("#one", AUTHENTICATION, at=moment)


def test_the_earlier_end_of_a_key_counts():
    ends = {"expires": "2026-03-01T13:00:00Z", "revoked": "2026-03-01T11:00:00Z"}

    with pytest.raises(ProofError, match="was revoked"):
        document(authentication=[multikey(**ends)]).key_for("#one", AUTHENTICATION, at=NOON)


@pytest.mark.parametrize("value", [None, "", "soon", 7])
def test_an_end_that_is_no_moment_is_malformed(value: Any):
    with pytest.raises(MalformedError):
        document(authentication=[multikey(revoked=value)]).key_for("#one", AUTHENTICATION, at=NOON)


@pytest.mark.parametrize(
    "members",
    [
        {"publicKeyMultibase": None},
        {"publicKeyMultibase": ""},
        {"publicKeyMultibase": "z"},
        {"publicKeyMultibase": 7},
        {"publicKeyJwk": TWO.jwk},
    ],
)
def test_a_method_without_exactly_one_good_key_is_malformed(members: dict[str, Any]):
    with pytest.raises(MalformedError):
        document(authentication=[multikey(**members)]).key_for("#one", AUTHENTICATION)


@pytest.mark.parametrize(
    "members",
    [
        {"type": "Ed25519VerificationKey2018"},
        {"type": "JsonWebKey"},
        {"type": None},
        {"type": ["Multikey"]},
        {"publicKeyMultibase": None, "publicKeyJwk": dict(TWO.jwk)},
        {"publicKeyMultibase": "z" + "2" * 48},
    ],
)
def test_a_method_of_a_kind_that_we_do_not_support_is_refused(members: dict[str, Any]):
    with pytest.raises(AlgorithmError):
        document(authentication=[multikey(**members)]).key_for("#one", AUTHENTICATION)


def test_a_published_key_has_no_private_part():
    leaked: dict[str, Any] = {"type": "JsonWebKey", "publicKeyMultibase": None}

    with pytest.raises(MalformedError, match="private"):
        document(
            authentication=[multikey(**leaked, publicKeyJwk={**TWO.jwk, "d": "AAAA"})]
        ).key_for("#one", AUTHENTICATION)


def test_methods_are_listed_by_their_absolute_ids():
    assert document().method_ids(ASSERTION) == (f"{DID}#one", f"{DID}#two")
    assert document().method_ids(AUTHENTICATION) == (f"{DID}#three",)
    assert document().method_ids(VerificationRelationship.KEY_AGREEMENT) == ()


def test_the_first_service_of_a_type_is_found():
    services = [
        {"id": "#a", "type": ["X"], "serviceEndpoint": "https://no.example"},
        {"id": "#b", "type": "X", "serviceEndpoint": {"uri": "https://no.example"}},
        {"id": "#c", "type": "X", "serviceEndpoint": "https://yes.example"},
        {"id": "#d", "type": "X", "serviceEndpoint": "https://no.example"},
    ]

    assert document(service=services).service_endpoint("X") == "https://yes.example"
    assert document(service=services).service_endpoint("Y") is None
    assert document().service_endpoint("X") is None


@pytest.mark.parametrize("did", [None, "", 7, "clinic", f"{DID}#one", [DID]])
def test_a_document_is_of_a_did(did: Any):
    with pytest.raises(MalformedError, match="/id"):
        DidDocument.parse({"id": did})
    with pytest.raises(MalformedError, match="/id"):
        DidDocument.parse({})


def test_members_that_we_do_not_understand_are_kept():
    source: dict[str, Any] = {"id": DID, "unknown": [{"x": None}]}

    assert DidDocument.parse(source).source == source


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("#one"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text() | st.sampled_from(["id", "type"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["verificationMethod", "assertionMethod", "service"]), JUNK))
def test_junk_raises_only_our_own_errors(members: dict[str, Any]):
    found = document(**members)
    asked = (
        lambda: found.key_for("#one", ASSERTION),
        lambda: found.method_ids(ASSERTION),
        lambda: found.service_endpoint("X"),
    )

    for ask in asked:
        try:
            ask()
        except SsiError:
            continue
