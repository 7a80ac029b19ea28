"""Presentations in envelopes: who presents, to whom, and what is inside."""

from dataclasses import replace
from typing import Any

import pytest

from ssi_core import jws
from ssi_core.credential.enveloped import (
    CREDENTIAL_MEDIA_TYPES,
    PRESENTATION_MEDIA_TYPES,
    VC_JWT,
    VC_SD_JWT,
    VP_COSE,
    VP_JWT,
    VP_SD_JWT,
)
from ssi_core.credential.presentation import Envelope, Presentation
from ssi_core.errors import (
    AudienceError,
    ExpiredError,
    HolderBindingError,
    MalformedError,
    NonceError,
    ProofError,
    QueryError,
    TrustError,
    UnavailableError,
)
from ssi_core.keys import P256Signer
from ssi_core.proof.sd_jwt import SdJwt, bind
from ssi_core.verification.data_integrity import ExpectedPresentation
from ssi_core.verification.enveloped import enveloped_needs, verify_enveloped_presentation
from ssi_core.verification.evidence import DidNeed
from tests.simulator.enveloped import (
    EXPECTED,
    FOR_INSURER,
    NOON,
    NOW,
    POLICY,
    clinic,
    credential,
    evidence,
    holder,
    presentation,
)

_SPEC = "vc-jose-cose"
CLINIC = clinic()
HOLDER = holder()
EVIDENCE = evidence(CLINIC, HOLDER)
CREDENTIAL = CLINIC.secure(credential(CLINIC), VC_JWT)
DOCUMENT = presentation(HOLDER, CREDENTIAL)
FORMS = sorted(PRESENTATION_MEDIA_TYPES)


def _verify(envelope: Envelope, **changes: Any) -> Presentation:
    arguments: dict[str, Any] = {
        "evidence": EVIDENCE,
        "policy": POLICY,
        "expected": EXPECTED,
        "at": NOON,
    }
    return verify_enveloped_presentation(envelope, **{**arguments, **changes})


def _refused(error: type[Exception], envelope: Envelope, **changes: Any) -> None:
    with pytest.raises(error) as caught:
        _verify(envelope, **changes)
    assert type(caught.value) is error


def _presented(document: Any = None, **changes: Any) -> Envelope:
    arguments: dict[str, Any] = {"media_type": VP_JWT, "claims": FOR_INSURER, **changes}
    return HOLDER.secure(DOCUMENT if document is None else document, **arguments)


@pytest.mark.spec(_SPEC, "3")
@pytest.mark.parametrize("inside", sorted(CREDENTIAL_MEDIA_TYPES))
@pytest.mark.parametrize("media_type", FORMS)
def test_a_presentation_holds_in_every_form_with_credentials_in_every_form(media_type, inside):
    document = presentation(HOLDER, CLINIC.secure(credential(CLINIC), inside), CREDENTIAL)
    envelope = _presented(document, media_type=media_type)

    verified = _verify(envelope)

    assert verified.holder == str(HOLDER.did)
    assert len(verified.credentials) == 2
    assert Envelope.parse_presentation(envelope.source) == envelope


def test_the_documents_of_holder_and_issuers_are_needed():
    assert enveloped_needs(_presented()) == {DidNeed(HOLDER.did), DidNeed(CLINIC.did)}
    for known in (HOLDER, CLINIC):
        _refused(UnavailableError, _presented(), evidence=evidence(known))


# For this verifier, this request, and now.


@pytest.mark.spec("RFC 7519", "4.1.3")
@pytest.mark.parametrize("media_type", FORMS)
@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"nonce": "c-1"}, AudienceError),
        ({"nonce": "c-1", "aud": "https://other.example"}, AudienceError),
        ({"nonce": "c-2", "aud": "https://insurer.example"}, NonceError),
        ({"aud": "https://insurer.example"}, MalformedError),
    ],
)
def test_what_was_made_for_another_verifier_or_request_is_refused(media_type, claims, error):
    _refused(error, _presented(media_type=media_type, claims=claims))


@pytest.mark.parametrize("media_type", FORMS)
def test_one_of_several_audiences_and_of_several_domains_is_enough(media_type):
    claims = {"aud": ["https://x.example", "https://insurer.example"], "nonce": "c-1"}
    domains = ExpectedPresentation(
        domain=["https://y.example", "https://insurer.example"], challenge="c-1"
    )

    _verify(_presented(media_type=media_type, claims=claims), expected=domains)


def test_what_names_an_audience_is_refused_where_nobody_in_particular_reads_it():
    _refused(AudienceError, _presented(), expected=None)
    _verify(_presented(claims={"nonce": "anything"}), expected=None)


def test_a_signature_that_is_over_is_refused():
    _refused(ExpiredError, _presented(claims={**FOR_INSURER, "exp": NOW - 60}))


# Who presents.


def test_the_holders_key_must_authenticate():
    other = holder(signer=HOLDER.signer, relationships=("assertionMethod",))

    _refused(ProofError, _presented(), evidence=evidence(CLINIC, other))


def test_another_party_does_not_present_for_the_holder():
    stranger = CLINIC.secure(DOCUMENT, VP_JWT, claims=FOR_INSURER)

    _refused(TrustError, stranger)
    _refused(ProofError, _presented(signer=P256Signer.generate()))
    _refused(ProofError, _presented(claims={**FOR_INSURER, "iss": str(CLINIC.did)}))
    _verify(stranger, policy=replace(POLICY, require_issuer_key=False))


def test_a_holder_that_is_a_url_is_not_taken_for_a_key():
    url = "https://holder.example"
    document = {**DOCUMENT, "holder": url, "iss": url}

    _refused(TrustError, _presented(document, key_id="k1"))


@pytest.mark.spec(_SPEC, "4.1.3")
def test_a_credential_that_is_bound_to_a_key_is_presented_by_that_key_only():
    own = {"cnf": {"jwk": HOLDER.signer.public_key.jwk}}
    by_name = {"cnf": {"kid": HOLDER.key_id}}
    foreign = [
        {"cnf": {"jwk": P256Signer.generate().public_key.jwk}},
        {"cnf": {"kid": CLINIC.key_id}},
        {"cnf": {"jku": "https://x.example"}},
        {"cnf": {}},
    ]

    def presented(claims: Any) -> Envelope:
        inside = CLINIC.secure({**credential(CLINIC), **claims}, VC_JWT)
        return _presented(presentation(HOLDER, CREDENTIAL, inside))

    _verify(presented(own))
    _verify(presented(by_name))
    for claims in foreign:
        _refused(HolderBindingError, presented(claims))


@pytest.mark.spec(_SPEC, "4.1.3")
@pytest.mark.parametrize("inside", sorted(CREDENTIAL_MEDIA_TYPES))
def test_the_key_that_credentials_are_bound_to_presents_without_a_name(inside):
    own = {"cnf": {"jwk": HOLDER.signer.public_key.jwk}}
    bound = CLINIC.secure(credential(CLINIC), inside, claims=own)

    def presented(signer: Any, *credentials: Envelope) -> Envelope:
        document = {**presentation(HOLDER, *credentials, holder=None), **FOR_INSURER}
        return Envelope.of(VP_JWT, jws.sign({"typ": "vp+jwt"}, document, signer=signer))

    assert _verify(presented(HOLDER.signer, bound, bound)).holder is None
    assert enveloped_needs(presented(HOLDER.signer, bound)) == {DidNeed(CLINIC.did)}
    _refused(ProofError, presented(P256Signer.generate(), bound))
    _refused(HolderBindingError, presented(HOLDER.signer, bound, CREDENTIAL))
    with pytest.raises((HolderBindingError, MalformedError)):
        _verify(presented(HOLDER.signer))


# What is inside.


@pytest.mark.spec(_SPEC, "3.1.2")
@pytest.mark.parametrize("media_type", FORMS)
def test_a_credential_outside_an_envelope_is_refused(media_type):
    plain = {**DOCUMENT, "verifiableCredential": [credential(CLINIC)]}
    proven = {**DOCUMENT, "verifiableCredential": [{**credential(CLINIC), "proof": {"type": "X"}}]}

    for document in (plain, proven):
        _refused(ProofError, _presented(document, media_type=media_type))


def test_an_envelope_that_holds_no_credential_is_refused():
    other = {**CREDENTIAL.source, "id": "data:text/plain,hello"}
    presented = {**DOCUMENT, "verifiableCredential": [{**CREDENTIAL.source, "id": "x:y"}]}
    nested = {**CREDENTIAL.source, "id": _presented().to_data_url()}

    _refused(ProofError, _presented({**DOCUMENT, "verifiableCredential": [other]}))
    _refused(ProofError, _presented({**DOCUMENT, "verifiableCredential": [nested]}))
    text = jws.sign({"typ": "vp+jwt", "kid": HOLDER.key_id}, presented, signer=HOLDER.signer)
    _refused(MalformedError, Envelope.of(VP_JWT, text))


def test_each_credential_inside_is_verified():
    forged = CLINIC.secure(credential(CLINIC), VC_JWT, signer=P256Signer.generate())
    over = CLINIC.secure(credential(CLINIC, validUntil="2026-11-30T00:00:00Z"), VC_JWT)

    _refused(ProofError, _presented(presentation(HOLDER, CREDENTIAL, forged)))
    _refused(ExpiredError, _presented(presentation(HOLDER, over)))


def test_a_form_of_credential_that_the_policy_leaves_out_is_refused_inside_too():
    policy = replace(POLICY, media_types=POLICY.media_types - {VC_JWT})

    _refused(ProofError, _presented(), policy=policy)


def test_a_credential_is_no_presentation():
    _refused(ProofError, CREDENTIAL)


@pytest.mark.spec(_SPEC, "3.2.2")
def test_parts_of_a_presentation_may_be_withheld_and_the_rest_holds():
    inside = CLINIC.secure(credential(CLINIC), VC_JWT)
    envelope = _presented(
        presentation(HOLDER, CREDENTIAL, inside),
        media_type=VP_SD_JWT,
        disclosable=[("verifiableCredential", 1), ("holder",)],
    )
    whole = SdJwt.parse(envelope.content)
    shown = [item for item in whole.disclosures if item.name == "holder"]
    part = Envelope.of(VP_SD_JWT, str(replace(whole, disclosures=tuple(shown))))

    assert len(_verify(envelope).credentials) == 2
    assert len(_verify(part).credentials) == 1


@pytest.mark.spec("RFC 9901", "7.3")
def test_a_credential_inside_that_is_key_bound_is_bound_for_the_same_verifier_and_request():
    own = {"cnf": {"jwk": HOLDER.signer.public_key.jwk}}
    issued = SdJwt.parse(CLINIC.secure(credential(CLINIC), VC_SD_JWT, claims=own).content)

    def presented(audience: str, nonce: str) -> Envelope:
        made = bind(issued, signer=HOLDER.signer, audience=audience, nonce=nonce, at=NOON)
        return _presented(presentation(HOLDER, Envelope.of(VC_SD_JWT, str(made))))

    _verify(presented(str(EXPECTED.domain), EXPECTED.challenge))
    _refused(AudienceError, presented("https://other.example", EXPECTED.challenge))
    _refused(NonceError, presented(str(EXPECTED.domain), "c-2"))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"media_type": "application/jwt"}, MalformedError),
        ({"claims": {"jti": "x"}}, MalformedError),
        ({"disclosable": [("holder",)]}, MalformedError),
        ({"media_type": VP_COSE, "disclosable": [("holder",)]}, MalformedError),
        ({"media_type": VP_SD_JWT, "disclosable": [("absent",)]}, QueryError),
        ({"media_type": VP_SD_JWT, "disclosable": [()]}, QueryError),
        ({"media_type": VP_SD_JWT, "disclosable": [("nonce",)]}, MalformedError),
        ({"media_type": VP_COSE, "claims": {"cnf": {}}}, MalformedError),
    ],
)
def test_what_the_form_cannot_say_is_not_signed(changes, error):
    with pytest.raises(error):
        _presented(**changes)


def test_what_is_not_of_the_data_model_is_not_signed():
    changes: list[Any] = [{"type": []}, {"vp": 1}, {"@context": []}]

    for change in changes:
        with pytest.raises(MalformedError):
            _presented({**DOCUMENT, **change})
    with pytest.raises(MalformedError):
        _presented({**DOCUMENT, "aud": "x"})
