"""One verify function for every form: the kind of policy says which one is accepted."""

import json
from datetime import timedelta
from typing import Any

import pytest

from ssi_core.anoncreds.presentation import AnonCredsPresentation
from ssi_core.credential import vc_jose_cose
from ssi_core.credential.contexts import bundled
from ssi_core.credential.enveloped import VC_JWT, VP_JWT
from ssi_core.credential.model import Credential
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.did import key
from ssi_core.did.document import DidDocument
from ssi_core.errors import (
    HolderBindingError,
    MalformedError,
    ProofError,
    QueryError,
    SsiError,
    StatusUndeterminedError,
)
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.proof.data_integrity import add_proof
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.suite import AllowedSuites
from ssi_core.verification import DidNeed, Evidence, StatusCredentialNeed, needs, verify
from ssi_core.verification.bitstring_status import BitstringPolicy
from ssi_core.verification.data_integrity import (
    DataIntegrityPolicy,
    ExpectedPresentation,
    VerifiedPresentation,
)
from ssi_core.verification.enveloped import EnvelopedPolicy
from ssi_core.verification.vcdm import VcdmPolicy
from tests.simulator.credentials import EXPECTED, NOON, POLICY, Issuer, present
from tests.support.anoncreds_scene import Scene

SIGNER = Ed25519Signer.generate()
DID = key.did_for(SIGNER.public_key)
EMBEDDED = DataIntegrityPolicy(suites=AllowedSuites([EddsaJcs2022()]))
VCDM_POLICY = VcdmPolicy(
    contexts=bundled(),
    embedded=EMBEDDED,
    enveloped=EnvelopedPolicy(
        algorithms=frozenset({"EdDSA"}), media_types=frozenset({VC_JWT, VP_JWT})
    ),
    status=BitstringPolicy(data_integrity=EMBEDDED),
)
VCDM_EXPECTED = ExpectedPresentation(domain="https://clinic.example", challenge="c-1")
CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": str(DID),
    "credentialSubject": {"id": "urn:uuid:0c07c1ce-57cb-41af-bef2-1b932b986873"},
}


def proven(document, purpose="assertionMethod", **options):
    return add_proof(
        document,
        signer=SIGNER,
        verification_method=key.method_id(DID),
        purpose=purpose,
        created=NOON - timedelta(minutes=1),
        options=options,
    )


def enveloped(document, media_type, **claims):
    return vc_jose_cose.issue(
        document, media_type=media_type, key_id=key.method_id(DID), signer=SIGNER, claims=claims
    ).source


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Scene:
    return Scene.make(tmp_path_factory.mktemp("tails"))


@pytest.fixture(scope="module")
def forms(scene):
    """What is presented in each form, with its policy, expectation and evidence."""
    clinic, holder = Issuer(), P256Signer.generate()
    request = scene.request()
    vcdm = Evidence(dids={DID: _document()})
    presentation = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": str(DID),
        "verifiableCredential": [proven(CREDENTIAL)],
    }
    return {
        "SD-JWT VC": (
            str(present(clinic.issue(holder), holder)),
            POLICY,
            EXPECTED,
            clinic.evidence(),
        ),
        "VCDM credential": (proven(CREDENTIAL), VCDM_POLICY, None, vcdm),
        "VCDM presentation": (
            proven(
                presentation,
                "authentication",
                domain=VCDM_EXPECTED.domain,
                challenge=VCDM_EXPECTED.challenge,
            ),
            VCDM_POLICY,
            VCDM_EXPECTED,
            vcdm,
        ),
        "VCDM envelope": (enveloped(CREDENTIAL, VC_JWT), VCDM_POLICY, None, vcdm),
        "VCDM presentation in an envelope": (
            enveloped(
                {**presentation, "verifiableCredential": [enveloped(CREDENTIAL, VC_JWT)]},
                VP_JWT,
                aud=VCDM_EXPECTED.domain,
                nonce=VCDM_EXPECTED.challenge,
            ),
            VCDM_POLICY,
            VCDM_EXPECTED,
            vcdm,
        ),
        "AnonCreds": (
            scene.present(request),
            scene.policy,
            scene.asked(request),
            scene.evidence(),
        ),
    }


def _document() -> DidDocument:
    return key.resolve(DID)


FORMS = [
    "SD-JWT VC",
    "VCDM credential",
    "VCDM presentation",
    "VCDM envelope",
    "VCDM presentation in an envelope",
    "AnonCreds",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_verified_by_one_function(forms, form):
    presented, policy, expected, evidence = forms[form]

    verified = verify(presented, evidence=evidence, policy=policy, expected=expected, at=NOON)

    assert verified is not None


@pytest.mark.parametrize("form", FORMS)
def test_text_and_what_was_parsed_before_mean_the_same(forms, form):
    presented, policy, expected, evidence = forms[form]
    other: Any = {
        "SD-JWT VC": lambda: SdJwtVc.parse(presented),
        "AnonCreds": lambda: AnonCredsPresentation.parse(presented),
    }.get(form, lambda: f"  {json.dumps(presented)}\n")()

    one, two = (
        verify(item, evidence=evidence, policy=policy, expected=expected, at=NOON)
        for item in (presented, other)
    )

    assert type(one) is type(two)
    assert needs(presented) == needs(other)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("policy_of", ["SD-JWT VC", "VCDM credential", "AnonCreds"])
def test_a_form_that_the_policy_is_not_for_is_refused(forms, form, policy_of):
    presented, *_ = forms[form]
    _, policy, expected, evidence = forms[policy_of]
    if form.split()[0] == policy_of.split()[0]:
        return

    with pytest.raises(QueryError, match="another form"):
        verify(presented, evidence=evidence, policy=policy, expected=expected, at=NOON)
    with pytest.raises(QueryError, match="another form"):
        needs(presented, policy=policy)


@pytest.mark.parametrize("form", FORMS)
def test_an_expectation_of_another_kind_is_refused(forms, form):
    presented, policy, expected, evidence = forms[form]
    for other in (EXPECTED, VCDM_EXPECTED, forms["AnonCreds"][2]):
        if type(other) is type(expected):
            continue

        with pytest.raises((MalformedError, QueryError)):
            verify(presented, evidence=evidence, policy=policy, expected=other, at=NOON)


@pytest.mark.parametrize("form", ["SD-JWT VC", "VCDM presentation", "AnonCreds"])
def test_a_presentation_is_verified_for_what_was_asked(forms, form):
    presented, policy, _, evidence = forms[form]

    with pytest.raises((MalformedError, HolderBindingError)):
        verify(presented, evidence=evidence, policy=policy, expected=None, at=NOON)


def test_a_credential_alone_is_no_answer_where_a_presentation_was_asked_for(forms):
    presented, policy, _, evidence = forms["VCDM credential"]

    with pytest.raises(QueryError, match="presentation was asked for"):
        verify(presented, evidence=evidence, policy=policy, expected=VCDM_EXPECTED, at=NOON)


def test_what_comes_out_is_of_the_form(forms):
    def run(form):
        presented, policy, expected, evidence = forms[form]
        return verify(presented, evidence=evidence, policy=policy, expected=expected, at=NOON)

    assert isinstance(run("VCDM credential"), Credential)
    assert isinstance(run("VCDM presentation"), VerifiedPresentation)


def test_a_presentation_needs_the_documents_of_holder_and_issuers(forms):
    for form in ("VCDM credential", "VCDM presentation"):
        presented, policy, *_ = forms[form]

        assert needs(presented, policy=policy) == {DidNeed(DID)}


@pytest.mark.parametrize(
    "junk", ["", " ", "{", "{}", "[]", "null", "x", "~", "a.b.c~", '{"proof":1}', {}, {"proof": []}]
)
def test_junk_is_refused_with_an_error_of_ours(forms, junk):
    for _, policy, expected, evidence in forms.values():
        with pytest.raises(SsiError):
            verify(junk, evidence=evidence, policy=policy, expected=expected, at=NOON)


def test_a_vcdm_document_that_was_changed_is_refused(forms):
    presented, policy, _, evidence = forms["VCDM credential"]

    with pytest.raises(ProofError):
        verify(
            {**presented, "name": "other"}, evidence=evidence, policy=policy, expected=None, at=NOON
        )


def test_the_status_of_a_vcdm_credential_is_part_of_whether_it_holds():
    status = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": "https://issuer.example/list",
    }
    listed = proven({**CREDENTIAL, "credentialStatus": status})
    evidence = Evidence(dids={DID: _document()})

    asked = needs(listed, policy=VCDM_POLICY)

    assert asked == {DidNeed(DID), StatusCredentialNeed("https://issuer.example/list")}
    with pytest.raises(StatusUndeterminedError):
        verify(listed, evidence=evidence, policy=VCDM_POLICY, expected=None, at=NOON)
