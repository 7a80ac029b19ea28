"""Each refusal of the nine steps, with its own reason."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ssi_core import jws, strict_json
from ssi_core.credential.sd_jwt_vc import SdJwtVc, VerifiedSdJwtVc
from ssi_core.did import key as did_key
from ssi_core.encoding import base64url_encode
from ssi_core.errors import (
    AlgorithmError,
    AudienceError,
    DeactivatedError,
    DisclosureError,
    ExpiredError,
    HolderBindingError,
    MalformedError,
    NonceError,
    NotYetValidError,
    ProofError,
    QueryError,
    StaleError,
    TrustError,
    UnavailableError,
)
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.period import Period
from ssi_core.presentation.binding import TransactionData, transaction_claims
from ssi_core.proof.disclosure import Disclosure
from ssi_core.proof.sd_jwt import Sd, SdJwt, bind
from ssi_core.status.token import StatusReference
from ssi_core.verification import (
    DidNeed,
    Evidence,
    IssuerMetadataNeed,
    StatusNeed,
    needs,
    verify,
)
from tests.simulator.certificates import certify
from tests.simulator.credentials import (
    AUDIENCE,
    EXPECTED,
    NONCE,
    NOON,
    POLICY,
    STATUS_URI,
    VCT,
    Issuer,
    present,
)

CLINIC = Issuer()
HOLDER = P256Signer.generate()
CREDENTIAL = CLINIC.issue(HOLDER)
PRESENTED = present(CREDENTIAL, HOLDER)
EVIDENCE = CLINIC.evidence()


def _verify(presented: SdJwt | SdJwtVc | str = PRESENTED, **changes: Any) -> VerifiedSdJwtVc:
    arguments: dict[str, Any] = {
        "evidence": EVIDENCE,
        "policy": POLICY,
        "expected": EXPECTED,
        "at": NOON,
    }
    text = str(presented) if isinstance(presented, SdJwt) else presented
    return verify(text, **{**arguments, **changes})


def _refused(error: type[Exception], *args: Any, **changes: Any) -> None:
    with pytest.raises(error) as caught:
        _verify(*args, **changes)
    assert type(caught.value) is error


def _signed(payload: Any, disclosures: tuple[Disclosure, ...] = (), **header: Any) -> SdJwt:
    head = {"typ": "dc+sd-jwt", "kid": CLINIC.key_id, **header}
    return SdJwt(jws.sign(head, payload, signer=CLINIC.signer), disclosures)


def _bound(credential: SdJwt) -> SdJwt:
    return bind(credential, signer=HOLDER, audience=AUDIENCE, nonce=NONCE, at=NOON)


PAYLOAD: dict[str, Any] = {
    "iss": str(CLINIC.did),
    "vct": VCT,
    "cnf": {"jwk": HOLDER.public_key.jwk},
    "status": StatusReference(STATUS_URI, 7).to_json(),
}


def test_a_presentation_that_holds_says_what_was_disclosed_and_nothing_else():
    verified = _verify()

    assert verified.vct == VCT
    assert verified.issuer == str(CLINIC.did)
    assert verified.key_id == CLINIC.key_id
    assert verified.holder_key == HOLDER.public_key
    assert verified.disclosed == {("given_name",), ("code",), ("code", "display")}
    assert verified.claims["given_name"] == "Ada"
    assert verified.claims["code"] == {
        "system": "http://snomed.info/sct",
        "code": "44054006",
        "display": "Diabetes",
    }
    assert not {"onset", "performers", "_sd", "_sd_alg"} & verified.claims.keys()
    assert verified.key_binding is not None
    assert verified.key_binding["nonce"] == NONCE


def test_a_presentation_parsed_before_is_verified_the_same():
    assert _verify(SdJwtVc.parse(PRESENTED)) == _verify()


def test_needs_are_the_issuers_keys_and_the_status_list():
    assert needs(str(PRESENTED)) == {DidNeed(CLINIC.did), StatusNeed(STATUS_URI)}


def test_a_holder_verifies_what_was_issued_without_key_binding():
    policy = replace(POLICY, require_holder_binding=False)

    verified = _verify(CREDENTIAL, policy=policy, expected=None)

    assert verified.claims["performers"] == ["Dr. Ng", "Dr. Okafor", "Clinic"]
    assert verified.key_binding is None


# Step 1: parse.


@pytest.mark.parametrize("text", ["", "~", "a.b.c~", str(PRESENTED).replace("~", "", 1)])
def test_text_that_is_no_presentation_is_malformed(text):
    _refused(MalformedError, text)


# Step 2: algorithm and type.


@pytest.mark.spec("RFC 9901", "7.1")
@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES384", "RS256"])
def test_another_algorithm_is_refused_before_any_key_is_looked_for(algorithm):
    _, payload, signature = PRESENTED.jws_text.split(".")
    header = {"alg": algorithm, "typ": "dc+sd-jwt", "kid": CLINIC.key_id}
    head = base64url_encode(strict_json.render(header).encode())

    forged = replace(PRESENTED, jws_text=f"{head}.{payload}.{signature}")

    _refused(AlgorithmError, forged, evidence=Evidence())


def test_an_algorithm_that_the_policy_leaves_out_is_refused():
    _refused(AlgorithmError, policy=replace(POLICY, algorithms=frozenset({"EdDSA"})))


@pytest.mark.spec("draft-ietf-oauth-sd-jwt-vc", "2.2.1")
@pytest.mark.parametrize("typ", ["JWT", "vc+sd-jwt", "kb+jwt", ""])
def test_a_credential_of_another_type_is_refused(typ):
    _refused(ProofError, _bound(_signed(PAYLOAD, typ=typ)))


def test_an_older_type_is_accepted_where_a_policy_says_so():
    policy = replace(POLICY, accepted_types=frozenset({"dc+sd-jwt", "vc+sd-jwt"}))

    assert _verify(_bound(_signed(PAYLOAD, typ="vc+sd-jwt")), policy=policy).vct == VCT


def test_a_critical_extension_is_refused():
    _refused(ProofError, _bound(_signed(PAYLOAD, crit=["exp"])))


# Step 3: the issuer's key.


def test_without_the_issuers_document_nothing_is_known():
    _refused(UnavailableError, evidence=replace(EVIDENCE, dids={}))


@pytest.mark.parametrize("error", [UnavailableError, DeactivatedError])
def test_why_the_issuers_document_could_not_be_had_is_the_reason(error):
    _refused(error, evidence=replace(EVIDENCE, dids={CLINIC.did: error("no")}))


@pytest.mark.spec("draft-ietf-oauth-sd-jwt-vc", "2.5")
def test_an_issuers_key_that_is_no_assertion_method_is_refused():
    evidence = replace(EVIDENCE, dids={CLINIC.did: CLINIC.document("authentication")})

    _refused(ProofError, evidence=evidence)


@pytest.mark.spec("draft-ietf-oauth-sd-jwt-vc", "2.5")
@pytest.mark.parametrize("key_id", ["did:web:evil.example#assertion", "#other", "assertion"])
def test_a_key_that_is_not_the_issuers_is_refused(key_id):
    _refused(ProofError, _bound(_signed(PAYLOAD, kid=key_id)))


@pytest.mark.parametrize(
    "issuer",
    [None, "clinic", "http://clinic.example", "urn:clinic", "https://clinic.example?x"],
)
def test_an_issuer_whose_keys_nothing_could_tell_is_not_trusted(issuer):
    presented = _bound(_signed({**PAYLOAD, "iss": issuer}, kid="#assertion"))

    _refused(TrustError, presented)
    with pytest.raises(TrustError):
        needs(str(presented))


def test_an_issuer_that_is_not_named_is_the_did_whose_key_signed():
    unnamed = {name: value for name, value in PAYLOAD.items() if name != "iss"}
    presented = _bound(_signed(unnamed))

    verified = _verify(presented)

    assert verified.issuer == str(CLINIC.did)
    assert needs(str(presented)) == {DidNeed(CLINIC.did), StatusNeed(STATUS_URI)}
    _refused(ProofError, _bound(_signed(unnamed, kid=f"{CLINIC.did}#other")))
    _refused(UnavailableError, _bound(_signed(unnamed, kid="did:web:evil.example#assertion")))


def test_a_certificate_is_not_trusted_where_the_policy_trusts_none():
    presented = _bound(_signed(PAYLOAD, x5c=["MIIB"]))

    _refused(TrustError, presented)
    assert needs(str(presented)) == {StatusNeed(STATUS_URI)}


def test_an_issuer_with_one_key_of_its_own_needs_no_key_id():
    signer = Ed25519Signer.generate()
    did = did_key.did_for(signer.public_key)
    credential = CLINIC.issue(
        HOLDER, issuer=str(did), key_id=None, signer=signer, status=None, claims={"a": Sd(1)}
    )

    verified = _verify(
        _bound(credential),
        evidence=Evidence(dids={did: did_key.resolve(did)}),
        policy=replace(POLICY, require_status=False),
    )

    assert (verified.issuer, verified.claims["a"]) == (str(did), 1)


ISSUER_URL = "https://clinic.example/tenant/1"


@pytest.mark.spec("draft-ietf-oauth-sd-jwt-vc", "4")
def test_an_issuer_with_a_url_is_verified_with_the_keys_that_it_publishes():
    credential = CLINIC.issue(HOLDER, issuer=ISSUER_URL, key_id="k1")
    jwks = {"keys": [{**CLINIC.signer.public_key.jwk, "kid": "k1"}]}
    status = CLINIC.status_token(issuer=ISSUER_URL, key_id="k1")
    evidence = Evidence(issuer_keys={ISSUER_URL: jwks}, status_lists={STATUS_URI: status})

    verified = _verify(present(credential, HOLDER), evidence=evidence)

    assert verified.issuer == ISSUER_URL
    assert needs(str(credential)) == {IssuerMetadataNeed(ISSUER_URL), StatusNeed(STATUS_URI)}


@pytest.mark.parametrize(
    ("issuer_keys", "error"),
    [
        ({}, UnavailableError),
        ({ISSUER_URL: UnavailableError("no")}, UnavailableError),
        ({ISSUER_URL: {"keys": []}}, ProofError),
        ({"https://clinic.example": {"keys": [CLINIC.signer.public_key.jwk]}}, UnavailableError),
        ({ISSUER_URL: {"keys": [P256Signer.generate().public_key.jwk]}}, ProofError),
        ({ISSUER_URL: {"keys": "x"}}, MalformedError),
    ],
)
def test_without_the_right_published_key_nothing_is_verified(issuer_keys, error):
    credential = CLINIC.issue(HOLDER, issuer=ISSUER_URL, key_id=None)

    _refused(
        error, present(credential, HOLDER), evidence=replace(EVIDENCE, issuer_keys=issuer_keys)
    )


@pytest.mark.spec("draft-ietf-oauth-sd-jwt-vc", "2.5")
def test_an_issuer_with_a_certificate_is_verified_where_the_policy_trusts_it():
    certified = certify("clinic.example")
    signed = {"issuer": "https://clinic.example", "key_id": None, "signer": certified.signer}
    credential = CLINIC.issue(HOLDER, **signed, status=None, header={"x5c": certified.x5c})
    policy = replace(POLICY, require_status=False, trusted_certificates=frozenset({certified.der}))

    verified = _verify(present(credential, HOLDER), policy=policy, evidence=Evidence())

    assert verified.issuer == "https://clinic.example"
    other = replace(policy, trusted_certificates=frozenset({certify("clinic.example").der}))
    _refused(TrustError, present(credential, HOLDER), policy=other, evidence=Evidence())


# Step 4: the issuer's signature.


@pytest.mark.spec("RFC 9901", "9.1")
def test_a_credential_signed_by_another_key_is_refused():
    forged = CLINIC.issue(HOLDER, signer=P256Signer.generate())

    _refused(ProofError, present(forged, HOLDER))


def test_a_signature_of_another_kind_of_key_is_refused():
    forged = CLINIC.issue(HOLDER, signer=Ed25519Signer.generate())

    _refused(AlgorithmError, present(forged, HOLDER))


# Step 5: disclosures.


@pytest.mark.spec("RFC 9901", "7.1")
def test_a_disclosure_that_no_digest_names_is_refused():
    added = replace(CREDENTIAL, disclosures=(*CREDENTIAL.disclosures, Disclosure.make("a", 1)))

    _refused(DisclosureError, _bound(added))


@pytest.mark.spec("draft-ietf-oauth-sd-jwt-vc", "2.2.2.3")
@pytest.mark.parametrize("name", ["exp", "nbf", "aka_vcts", "vct#integrity"])
def test_a_registered_claim_in_a_disclosure_is_refused(name):
    hidden = Disclosure.make(name, 1)

    _refused(DisclosureError, _bound(_signed({**PAYLOAD, "_sd": [hidden.digest()]}, (hidden,))))


def test_a_hash_algorithm_that_the_policy_leaves_out_is_refused():
    policy = replace(POLICY, hash_algorithms=frozenset({"sha-512"}))

    _refused(AlgorithmError, policy=policy)


# Step 6: the type of credential.


def test_a_type_that_the_policy_leaves_out_is_refused():
    _refused(QueryError, policy=replace(POLICY, vcts=frozenset({"urn:other"})))


# Step 7: validity.


@pytest.mark.spec("RFC 9901", "7.1")
@pytest.mark.parametrize(
    ("valid", "error"),
    [
        (Period(None, NOON - timedelta(seconds=30)), ExpiredError),
        (Period(NOON + timedelta(seconds=31), None), NotYetValidError),
        (Period(NOON - timedelta(days=2), NOON - timedelta(days=1)), ExpiredError),
    ],
)
def test_a_credential_outside_its_period_is_refused(valid, error):
    _refused(error, present(CLINIC.issue(HOLDER, valid=valid), HOLDER))


@pytest.mark.parametrize(
    "valid",
    [Period(None, NOON - timedelta(seconds=29)), Period(NOON + timedelta(seconds=30), None)],
)
def test_clocks_may_differ_by_what_the_policy_allows(valid):
    presented = present(CLINIC.issue(HOLDER, valid=valid), HOLDER)

    assert _verify(presented).period == valid
    strict = replace(POLICY, clock_skew=timedelta(0))
    with pytest.raises((ExpiredError, NotYetValidError)):
        _verify(presented, policy=strict)


def test_a_credential_from_the_future_is_refused():
    credential = CLINIC.issue(HOLDER, issued_at=NOON + timedelta(minutes=1))

    _refused(NotYetValidError, present(credential, HOLDER))


def test_an_issuance_time_in_a_disclosure_counts_too():
    issued = Disclosure.make("iat", int(NOON.timestamp()) + 3600)
    credential = _signed({**PAYLOAD, "_sd": [issued.digest()]}, (issued,))

    _refused(NotYetValidError, _bound(credential))


# Step 8: key binding.


@pytest.mark.spec("RFC 9901", "7.3")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"audience": "other"}, AudienceError),
        ({"nonce": "other"}, NonceError),
        ({"signer": P256Signer.generate()}, HolderBindingError),
        ({"at": NOON - timedelta(minutes=5, seconds=31)}, StaleError),
        ({"at": NOON + timedelta(seconds=31)}, NotYetValidError),
    ],
    ids=["another audience", "another nonce", "another key", "too old", "from the future"],
)
def test_key_binding_that_was_made_for_something_else_is_refused(changes, error):
    _refused(error, present(CREDENTIAL, HOLDER, **changes))


@pytest.mark.spec("RFC 9901", "7.3")
def test_a_presentation_without_key_binding_is_refused():
    _refused(HolderBindingError, replace(PRESENTED, key_binding=None))


@pytest.mark.spec("RFC 9901", "7.3")
def test_key_binding_taken_from_another_presentation_is_refused():
    other = present(CREDENTIAL, HOLDER, keep=[("given_name",)])

    _refused(HolderBindingError, replace(PRESENTED, key_binding=other.key_binding))


@pytest.mark.parametrize("cnf", [None, {}, {"kid": "x"}])
def test_a_credential_that_is_bound_to_no_key_is_refused(cnf):
    payload = {name: value for name, value in PAYLOAD.items() if name != "cnf"}
    if cnf is not None:
        payload["cnf"] = cnf

    _refused(HolderBindingError, _bound(_signed(payload)))


@pytest.mark.parametrize("jwk", [{}, {"kty": "oct", "k": "AA"}, {"kty": "EC", "crv": "P-256"}])
def test_a_credential_that_is_bound_to_something_unusable_is_refused(jwk):
    with pytest.raises((AlgorithmError, MalformedError)):
        _verify(_bound(_signed({**PAYLOAD, "cnf": {"jwk": jwk}})))


def test_nothing_to_compare_key_binding_with_refuses():
    _refused(MalformedError, expected=None)


@pytest.mark.spec("OpenID4VP 1.0", "8.4")
def test_the_transactions_that_were_asked_for_must_be_authorised():
    text = TransactionData.encode({"type": "urn:x", "credential_ids": ["a"]}).text
    expected = replace(EXPECTED, transaction_data=(text,))
    presented = present(CREDENTIAL, HOLDER, extra=transaction_claims([text]))

    verified = _verify(presented, expected=expected)

    assert verified.key_binding is not None
    assert "transaction_data_hashes" in verified.key_binding
    _refused(ProofError, PRESENTED, expected=expected)


# What a policy may say.


@pytest.mark.parametrize(
    "change",
    [
        {"algorithms": frozenset()},
        {"algorithms": frozenset({"none"})},
        {"algorithms": frozenset({"ES256", "HS256"})},
        {"vcts": frozenset()},
        {"accepted_types": frozenset()},
        {"hash_algorithms": frozenset()},
    ],
)
def test_a_policy_that_accepts_nothing_or_too_much_is_no_policy(change):
    with pytest.raises(MalformedError):
        replace(POLICY, **change)


@pytest.mark.parametrize("change", [{"audience": ""}, {"nonce": ""}])
def test_an_expectation_of_nothing_is_no_expectation(change):
    with pytest.raises(MalformedError):
        replace(EXPECTED, **change)


def test_evidence_raises_a_new_error_for_each_attempt():
    reason = UnavailableError("no", at="/x")
    evidence = Evidence(dids={CLINIC.did: reason})

    with pytest.raises(UnavailableError) as first:
        evidence.document(CLINIC.did)
    with pytest.raises(UnavailableError) as second:
        evidence.document(CLINIC.did)

    assert len({id(item) for item in (reason, first.value, second.value)}) == 3
    assert str(first.value) == str(reason)
