"""Data Integrity proofs: one W3C vector as short facts, and one refusal per rule."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.errors import (
    AlgorithmError,
    AudienceError,
    ExpiredError,
    MalformedError,
    NonceError,
    NotYetValidError,
    ProofError,
    SsiError,
)
from ssi_core.keys import Ed25519Signer, P256Signer, Signer, public_key_from_multikey
from ssi_core.proof.data_integrity import add_proof, verification_methods, verify_proofs
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.suite import AllowedSuites

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUITES = AllowedSuites([EddsaJcs2022()])
SIGNER = Ed25519Signer(b"\x01" * 32)
OTHER = Ed25519Signer(b"\x02" * 32)
METHOD = "did:example:issuer#key"
KEYS = {METHOD: SIGNER.public_key, "did:example:issuer#other": OTHER.public_key}
DOCUMENT: dict[str, Any] = {
    "@context": ["https://a.example", "https://b.example"],
    "id": "urn:x:1",
    "unknown": {},
}

# https://www.w3.org/TR/vc-di-eddsa/#representation-eddsa-jcs-2022
W3C_KEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
W3C_CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://www.w3.org/ns/credentials/examples/v2",
]
W3C_SIGNED: dict[str, Any] = {
    "@context": W3C_CONTEXT,
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": f"did:key:{W3C_KEY}#{W3C_KEY}",
        "proofPurpose": "assertionMethod",
        "@context": W3C_CONTEXT,
        "proofValue": "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfj"
        "oJdcnTMuVor51aX",
    },
}
W3C_KEYS = {f"did:key:{W3C_KEY}#{W3C_KEY}": public_key_from_multikey(W3C_KEY)}


def signed(
    document: Any = DOCUMENT,
    *,
    signer: Signer = SIGNER,
    method: str = METHOD,
    created: datetime | None = NOW,
    **options: Any,
) -> Any:
    return add_proof(
        document,
        signer=signer,
        verification_method=method,
        purpose="assertionMethod",
        created=created,
        options=options,
    )


def verify(secured: Any, **expected: Any) -> Any:
    defaults = {"suites": SUITES, "keys": KEYS, "purpose": "assertionMethod", "at": NOW}
    return verify_proofs(secured, **{**defaults, **expected})


def with_proof(secured: Any, **members: Any) -> Any:
    return {**secured, "proof": {**secured["proof"], **members}}


def test_the_published_credential_verifies():
    verified = verify(W3C_SIGNED, keys=W3C_KEYS)

    assert verified.document == {k: v for k, v in W3C_SIGNED.items() if k != "proof"}


def test_what_was_signed_here_verifies_and_keeps_unknown_members():
    secured = signed()

    assert verify(secured).document == DOCUMENT
    assert secured["proof"]["@context"] == DOCUMENT["@context"]
    assert secured["proof"]["created"] == "2026-03-01T12:00:00Z"
    assert verification_methods(secured) == (METHOD,)


def test_a_document_without_context_needs_none_in_its_proof():
    secured = signed({"id": "urn:x:1"})

    assert "@context" not in secured["proof"]
    assert verify(secured).document == {"id": "urn:x:1"}


def test_the_signature_is_deterministic():
    assert signed() == signed()


@pytest.mark.parametrize("proof", [None, [], {}, "x", 7, [None], [[]], {"type": []}])
def test_no_proof_is_never_verified(proof):
    with pytest.raises(SsiError):
        verify({**DOCUMENT, "proof": proof})


def test_a_document_without_proof_is_refused():
    with pytest.raises(ProofError, match="no proof"):
        verify(DOCUMENT)


@pytest.mark.parametrize("member", ["name", "issuer", "validFrom", "credentialSubject", "extra"])
def test_any_changed_member_is_refused(member):
    with pytest.raises(ProofError, match="signature does not hold"):
        verify({**W3C_SIGNED, member: "x"}, keys=W3C_KEYS)


@pytest.mark.parametrize("member", ["created", "nonce", "extra"])
def test_any_changed_proof_option_is_refused(member):
    with pytest.raises(ProofError, match="signature does not hold"):
        verify(with_proof(signed(), **{member: "2026-03-01T11:00:00Z"}))


def test_a_changed_proof_id_is_refused():
    with pytest.raises(ProofError, match="signature does not hold"):
        verify(with_proof(signed(), id="urn:uuid:7c5f1b38-6d0a-4f4e-8a44-0f2c1c0d8e11"))


def test_every_proof_of_an_array_must_hold():
    both = signed(signed(), signer=OTHER, method="did:example:issuer#other")
    good, other = both["proof"]

    verified = verify(both)

    assert verified.document == DOCUMENT
    for proofs in ([good, {**other, "created": "2020-01-01T00:00:00Z"}], [good, {}], [good, None]):
        with pytest.raises(SsiError):
            verify({**DOCUMENT, "proof": proofs})


def test_more_proofs_than_anyone_needs_are_refused():
    with pytest.raises(MalformedError, match="more proofs"):
        verify({**DOCUMENT, "proof": [signed()["proof"]] * 17})


def test_a_context_appended_later_still_verifies():
    secured = signed()
    longer = {**secured, "@context": [*DOCUMENT["@context"], "https://c.example"]}

    assert verify(longer).document["@context"][-1] == "https://c.example"


@pytest.mark.parametrize(
    "context",
    [
        None,
        [],
        "https://a.example",
        ["https://a.example"],
        ["https://b.example", "https://a.example"],
        ["https://c.example", "https://a.example", "https://b.example"],
        7,
    ],
)
def test_a_document_that_does_not_begin_with_the_proofs_context_is_refused(context):
    with pytest.raises(SsiError):
        verify({**signed(), "@context": context})


def test_a_proof_context_on_a_document_without_one_is_refused():
    secured = {name: value for name, value in signed().items() if name != "@context"}

    with pytest.raises(SsiError):
        verify(secured)


def test_a_suite_that_was_not_allowed_is_refused():
    with pytest.raises(AlgorithmError, match="not allowed"):
        verify(signed(), suites=AllowedSuites([]))


def test_another_purpose_is_refused():
    with pytest.raises(ProofError, match="another purpose"):
        verify(signed(), purpose="authentication")


def test_another_proof_type_is_refused():
    with pytest.raises(ProofError, match="DataIntegrityProof"):
        verify(with_proof(signed(), type="Ed25519Signature2020"))


def test_a_method_that_was_not_authorised_is_refused():
    with pytest.raises(ProofError, match="not authorised"):
        verify(signed(), keys={})


def test_a_p256_key_neither_signs_nor_verifies():
    p256 = P256Signer(b"\x03" * 32)

    with pytest.raises(AlgorithmError):
        signed(signer=p256)
    with pytest.raises(AlgorithmError):
        verify(signed(), keys={METHOD: p256.public_key})


def test_another_key_is_refused():
    with pytest.raises(ProofError, match="signature does not hold"):
        verify(signed(), keys={METHOD: OTHER.public_key})


@pytest.mark.parametrize("value", ["", "z", "z0", "zz", "uAAAA", "m", None, 7, "z" + "2" * 5000])
def test_a_proof_value_that_is_not_64_bytes_in_base58btc_is_refused(value):
    with pytest.raises(MalformedError):
        verify(with_proof(signed(), proofValue=value))


def test_an_expired_proof_is_refused():
    secured = signed(expires="2026-03-01T13:00:00Z")

    verify(secured)
    with pytest.raises(ExpiredError):
        verify(secured, at=NOW + timedelta(hours=1))


def test_without_a_clock_a_proof_that_expires_is_refused():
    verify(signed(), at=None)
    with pytest.raises(ExpiredError):
        verify(signed(expires="2099-01-01T00:00:00Z"), at=None)


def test_a_proof_from_the_future_is_refused_beyond_clock_skew():
    verify(signed(created=NOW + timedelta(seconds=59)))
    with pytest.raises(NotYetValidError):
        verify(signed(created=NOW + timedelta(minutes=5)))


@pytest.mark.parametrize("moment", ["", "yesterday", 7, None, "2026-02-30T00:00:00Z", "2026-01-01"])
@pytest.mark.parametrize("member", ["created", "expires"])
def test_dates_that_are_no_date_times_are_malformed(member, moment):
    with pytest.raises(MalformedError):
        verify(with_proof(signed(), **{member: moment}))


def test_a_proof_without_created_verifies():
    assert verify(signed(created=None)).document == DOCUMENT


@pytest.mark.spec("vc-data-integrity", "4.5")
def test_domain_and_challenge_must_be_the_expected_ones():
    secured = signed(domain=["https://v.example", "https://w.example"], challenge="c1")

    verify(secured, domain=["https://w.example", "https://v.example"], challenge="c1")
    verify(signed(domain="https://v.example"), domain="https://v.example")
    with pytest.raises(AudienceError):
        verify(secured, domain="https://v.example")
    with pytest.raises(NonceError):
        verify(secured, challenge="c2")
    with pytest.raises(AudienceError):
        verify(signed(), domain="https://v.example")
    with pytest.raises(NonceError):
        verify(signed(), challenge="c1")


@pytest.mark.parametrize("document", [{"n": 2**60}, {"n": float("nan")}, {"s": "\ud800"}])
def test_a_document_without_canonical_form_is_malformed(document):
    with pytest.raises(MalformedError):
        signed(document)
    with pytest.raises(MalformedError):
        verify({**document, "proof": signed({})["proof"]})


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(sorted({*W3C_SIGNED["proof"], "expires", "domain", "previousProof"}))


@given(st.dictionaries(MEMBERS, JUNK, min_size=1), JUNK)
def test_junk_in_a_proof_raises_only_our_own_errors(members, context):
    with pytest.raises(SsiError):
        verify({**with_proof(signed(), **members), "@context": context}, domain="d")


@given(JUNK)
def test_a_junk_proof_raises_only_our_own_errors(proof):
    with pytest.raises(SsiError):
        verify({**DOCUMENT, "proof": proof})
