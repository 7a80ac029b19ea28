"""One front for every secured form: what it needs, and what it decides alike for all of them."""

from dataclasses import replace
from typing import Any

import pytest

from consentry.harness.contexts import harness_contexts
from consentry.harness.keys import method_of
from consentry.harness.suites import verifier_suites
from ssi_core import strict_json
from ssi_core.credential import vc_jose_cose
from ssi_core.credential.enveloped import (
    CREDENTIAL_MEDIA_TYPES,
    PRESENTATION_MEDIA_TYPES,
    VC_COSE,
    VC_JWT,
    VC_SD_JWT,
    VP_COSE,
    VP_JWT,
)
from ssi_core.did import key
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    AlgorithmError,
    ContextError,
    ExpiredError,
    MalformedError,
    ProofError,
    RevokedError,
    SsiError,
    StatusUndeterminedError,
    TrustError,
    UnavailableError,
    WorkLimitError,
)
from ssi_core.proof.data_integrity import add_proof
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.suite import AllowedSuites
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.verification import DidNeed, Evidence, FetchedCredential, StatusCredentialNeed, vcdm
from ssi_core.verification.bitstring_status import BitstringPolicy
from ssi_core.verification.data_integrity import DataIntegrityPolicy, ExpectedPresentation
from ssi_core.verification.enveloped import EnvelopedPolicy
from ssi_core.verification.vcdm import VcdmPolicy
from tests.support.harness import KEYS, NOON, harness, unsigned

SIGNER = KEYS.ed25519
DID = Did.parse(KEYS.dids()["Ed25519"])
V2 = "https://www.w3.org/ns/credentials/v2"
EMBEDDED = DataIntegrityPolicy(suites=verifier_suites(JsonLd(harness_contexts())))
POLICY = VcdmPolicy(
    contexts=harness_contexts(),
    embedded=EMBEDDED,
    enveloped=EnvelopedPolicy(
        algorithms=frozenset({"EdDSA"}),
        media_types=CREDENTIAL_MEDIA_TYPES | PRESENTATION_MEDIA_TYPES,
    ),
    status=BitstringPolicy(data_integrity=EMBEDDED),
)
KNOWN = Evidence(dids={DID: key.resolve(DID)})
EXPECTED = ExpectedPresentation(domain="https://verifier.example", challenge="a-challenge")
FORMS = ["embedded", VC_JWT, VC_SD_JWT, VC_COSE]
LIST = "https://issuer.example/list"
STATUS = {
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": LIST,
}


def signed(document: Any, purpose: str, **options: Any) -> Any:
    return add_proof(
        document,
        signer=SIGNER,
        verification_method=method_of(SIGNER),
        purpose=purpose,
        created=NOON,
        suite=EddsaJcs2022(),
        options=options,
    )


def secured(form: str, **changes: Any) -> Any:
    document = unsigned("Ed25519", **changes)
    if form == "embedded":
        return signed(document, "assertionMethod")
    return vc_jose_cose.issue(
        document, media_type=form, key_id=method_of(SIGNER), signer=SIGNER
    ).source


def presented(form: str, *credentials: Any) -> Any:
    document = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": str(DID),
        "verifiableCredential": list(credentials),
    }
    if form == "unsigned":
        return document
    if form == "embedded":
        given = {"domain": EXPECTED.domain, "challenge": EXPECTED.challenge}
        return signed(document, "authentication", **given)
    claims = {"aud": EXPECTED.domain, "nonce": EXPECTED.challenge}
    return vc_jose_cose.issue(
        document, media_type=form, key_id=method_of(SIGNER), signer=SIGNER, claims=claims
    ).source


def verify(document: Any, policy: VcdmPolicy = POLICY, evidence: Evidence = KNOWN) -> Any:
    return vcdm.verify_credential(document, evidence=evidence, policy=policy, at=NOON)


def show(
    document: Any,
    expected: ExpectedPresentation | None = EXPECTED,
    evidence: Evidence = KNOWN,
) -> Any:
    return vcdm.verify_presentation(
        document, evidence=evidence, policy=POLICY, expected=expected, at=NOON
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.spec("vc-data-model-2.0", "4.12")
def test_every_form_leads_to_the_same_credential(form: str) -> None:
    document = secured(form)

    verified = verify(document)

    assert verified.issuer == str(DID)
    assert verified.subjects[0]["id"] == "did:example:abcdefgh"
    assert vcdm.credential_needs(document) == {DidNeed(DID)}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_held_to_the_same_validity_contexts_and_status(form: str) -> None:
    unknown = [V2, "https://www.w3.org/ns/credentials/examples/v2", "https://unknown.example"]
    wrong: list[tuple[dict[str, Any], type[SsiError]]] = [
        ({"validUntil": "2024-01-01T00:00:00Z"}, ExpiredError),
        ({"@context": unknown}, ContextError),
        ({"credentialStatus": STATUS}, StatusUndeterminedError),
        ({"credentialStatus": {"id": "urn:x", "type": "SomethingElse"}}, StatusUndeterminedError),
        ({"issuer": "did:example:another"}, TrustError),
    ]

    for changes, error in wrong:
        with pytest.raises(error):
            verify(secured(form, **changes))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_needs_its_status_list_and_is_refused_by_it(form: str) -> None:
    profile = harness()
    listed = profile.issuing.issue(
        unsigned("Ed25519"),
        suite="eddsa-jcs-2022",
        key_type="Ed25519",
        status_purpose="revocation",
    )
    entry: Any = listed["credentialStatus"]
    url = entry["statusListCredential"]
    document = secured(form, credentialStatus=entry)

    def evidence() -> Evidence:
        body = strict_json.render(profile.lists.published(url)).encode()
        fetched = FetchedCredential(media_type="application/vc", body=body)
        return replace(KNOWN, status_credentials={url: fetched})

    verify(document, evidence=evidence())
    profile.lists.set(entry, status=True)

    assert StatusCredentialNeed(url) in vcdm.credential_needs(document)
    with pytest.raises(RevokedError):
        verify(document, evidence=evidence())
    with pytest.raises(RevokedError):
        show(presented("unsigned", document), expected=None, evidence=evidence())


@pytest.mark.parametrize("form", FORMS)
def test_without_the_keys_nothing_is_decided(form: str) -> None:
    with pytest.raises(UnavailableError):
        verify(secured(form), evidence=Evidence())


def test_what_a_policy_does_not_name_is_refused_whichever_way_it_is_secured() -> None:
    embedded = replace(POLICY, embedded=replace(EMBEDDED, suites=AllowedSuites([])))
    enveloped = replace(
        POLICY, enveloped=replace(POLICY.enveloped, media_types=frozenset({VC_JWT}))
    )

    with pytest.raises(AlgorithmError):
        verify(secured("embedded"), embedded)
    with pytest.raises(ProofError):
        verify(secured(VC_COSE), enveloped)


@pytest.mark.parametrize("form", ["embedded", VP_JWT, VP_COSE])
def test_a_presentation_of_every_form_opens_what_is_in_it(form: str) -> None:
    document = presented(form, secured(VC_JWT), secured(VC_SD_JWT))

    verified = show(document)

    assert [credential.issuer for credential in verified.credentials] == [str(DID)] * 2
    assert verified.envelopes == ()
    assert vcdm.presentation_needs(document) == {DidNeed(DID)}


def test_an_embedded_presentation_may_hold_every_form() -> None:
    inside = [secured(form) for form in FORMS]

    verified = show(presented("embedded", *inside))

    assert len(verified.credentials) == len(FORMS)


@pytest.mark.parametrize("form", ["embedded", VP_JWT, VP_COSE])
def test_a_presentation_for_another_request_is_refused(form: str) -> None:
    document = presented(form, secured(VC_JWT))

    for expected in (replace(EXPECTED, challenge="b"), replace(EXPECTED, domain="https://b")):
        with pytest.raises(ProofError):
            show(document, expected)


def test_an_unsecured_presentation_answers_nothing_that_is_expected() -> None:
    document = presented("unsigned", secured("embedded"), secured(VC_JWT))

    assert len(show(document, expected=None).credentials) == 2
    with pytest.raises(ProofError):
        show(document)


@pytest.mark.parametrize("form", ["unsigned", "embedded", VP_JWT])
def test_one_bad_envelope_spoils_a_presentation_of_every_form(form: str) -> None:
    good = secured(VC_JWT)
    bad = {**good, "id": good["id"][:-8] + "AAAAAAAA"}

    with pytest.raises((ProofError, MalformedError)):
        show(presented(form, good, bad), expected=None if form == "unsigned" else EXPECTED)


def test_a_presentation_of_nothing_by_nobody_is_not_verified() -> None:
    nothing = {"@context": [V2], "type": ["VerifiablePresentation"]}

    with pytest.raises(ProofError):
        show(nothing, expected=None)


def test_credentials_that_are_many_and_large_are_refused_before_any_is_verified() -> None:
    large = {**secured("embedded"), "filler": "x" * (vcdm.MAX_PROVEN_BYTES // 2)}

    with pytest.raises(WorkLimitError):
        show(presented("unsigned", large, large), expected=None)
    with pytest.raises(ProofError):
        show(presented("unsigned", large), expected=None)


def test_a_presentation_cannot_have_us_ask_at_any_number_of_doors() -> None:
    def listed(start: int) -> Any:
        entries = [{**STATUS, "statusListCredential": f"{LIST}/{start + n}"} for n in range(11)]
        return secured("embedded", credentialStatus=entries)

    few = presented("unsigned", listed(0), listed(11))
    many = presented("unsigned", listed(0), listed(11), listed(22))

    assert len(vcdm.presentation_needs(few)) == 23
    with pytest.raises(WorkLimitError):
        vcdm.presentation_needs(many)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"type": None},
        {"type": [7, {}]},
        {"type": "EnvelopedVerifiableCredential"},
        {"type": ["EnvelopedVerifiablePresentation"], "id": "data:,"},
        {"type": "EnvelopedVerifiableThing"},
    ],
)
def test_what_is_neither_is_malformed(document: Any) -> None:
    for judge in (vcdm.credential_needs, vcdm.presentation_needs, verify, show):
        with pytest.raises(MalformedError):
            judge(document)
