"""Credentials in envelopes: what holds in every form, and each refusal with its own reason."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from ssi_core import cbor, cose, jws, strict_json
from ssi_core.cbor import Tagged
from ssi_core.credential import issuer_metadata
from ssi_core.credential.enveloped import (
    CREDENTIAL_MEDIA_TYPES,
    VC_COSE,
    VC_JWT,
    VC_SD_JWT,
    VP_JWT,
)
from ssi_core.credential.model import Credential
from ssi_core.credential.presentation import Envelope
from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64_decode, base64_encode, base64url_encode
from ssi_core.errors import (
    AlgorithmError,
    AudienceError,
    DisclosureError,
    ExpiredError,
    HolderBindingError,
    MalformedError,
    NotYetValidError,
    ProofError,
    TrustError,
    UnavailableError,
)
from ssi_core.keys import (
    Ed25519Signer,
    P256Signer,
    P384Signer,
    P521Signer,
    public_key_from_jwk,
)
from ssi_core.proof.disclosure import Disclosure
from ssi_core.proof.sd_jwt import SdJwt, bind
from ssi_core.verification.data_integrity import ExpectedPresentation
from ssi_core.verification.enveloped import (
    EnvelopedPolicy,
    enveloped_needs,
    verify_enveloped_credential,
)
from ssi_core.verification.evidence import DidNeed, Evidence, IssuerMetadataNeed
from tests.simulator.enveloped import (
    EXPECTED,
    NOON,
    NOW,
    POLICY,
    Party,
    clinic,
    credential,
    evidence,
    holder,
)

_SPEC = "vc-jose-cose"
CLINIC = clinic()
HOLDER = holder()
EVIDENCE = evidence(CLINIC, HOLDER)
DOCUMENT = credential(CLINIC)
FORMS = sorted(CREDENTIAL_MEDIA_TYPES)
HEADER = {"kid": CLINIC.key_id, "typ": "vc+jwt"}


def _verify(envelope: Envelope, **changes: Any) -> Credential:
    arguments: dict[str, Any] = {"evidence": EVIDENCE, "policy": POLICY, "at": NOON}
    return verify_enveloped_credential(envelope, **{**arguments, **changes})


def _refused(error: type[Exception], envelope: Envelope, **changes: Any) -> None:
    with pytest.raises(error) as caught:
        _verify(envelope, **changes)
    assert type(caught.value) is error


def _jwt(payload: Any = None, /, signer: Any = CLINIC.signer, **header: Any) -> Envelope:
    """Return what the clinic's key signed, right or wrong; None leaves a header parameter out."""
    body = DOCUMENT if payload is None else payload
    chosen = {name: value for name, value in {**HEADER, **header}.items() if value is not None}
    return Envelope.of(VC_JWT, jws.sign(chosen, body, signer=signer))


def _cose(header: Any = None, claims: Any = None, payload: bytes | None = None) -> Envelope:
    protected: Any = {cose.KID: CLINIC.key_id.encode(), cose.TYP: VC_COSE, **(header or {})}
    if claims is not None:
        protected[cose.CWT_CLAIMS] = claims
    body = strict_json.render(DOCUMENT).encode() if payload is None else payload
    return Envelope.of(VC_COSE, base64_encode(cose.sign(protected, body, signer=CLINIC.signer)))


# What holds.


@pytest.mark.spec(_SPEC, "3")
@pytest.mark.parametrize("media_type", FORMS)
@pytest.mark.parametrize("kind", [Ed25519Signer, P256Signer, P384Signer, P521Signer])
def test_a_credential_holds_in_every_form_by_every_kind_of_key(media_type, kind):
    issuer = clinic(signer=kind.generate())
    envelope = issuer.secure(DOCUMENT, media_type, claims={"iat": NOW, "exp": NOW + 60})

    verified = _verify(envelope, evidence=evidence(issuer))

    assert verified.issuer == str(issuer.did)
    assert verified.subjects[0]["name"] == "Ada"
    assert DOCUMENT.items() <= verified.source.items()


@pytest.mark.parametrize("media_type", FORMS)
def test_an_envelope_survives_its_data_url(media_type):
    envelope = CLINIC.secure(DOCUMENT, media_type)

    found = Envelope.parse_credential(envelope.source)

    assert found == envelope
    assert found.to_data_url() == envelope.source["id"]
    assert (";base64," in found.to_data_url()) == (media_type == VC_COSE)


def test_the_issuers_document_is_all_that_is_needed():
    assert enveloped_needs(_jwt()) == {DidNeed(CLINIC.did)}
    _refused(UnavailableError, _jwt(), evidence=Evidence())


@pytest.mark.spec(_SPEC, "3.1.1")
def test_an_independent_implementation_verifies_what_we_sign_and_the_reverse():
    key = JWK(**CLINIC.signer.public_key.jwk)
    ours = JWS()
    ours.allowed_algs = ["ES256"]
    ours.deserialize(_jwt().content, key)
    own = JWK.generate(kty="EC", crv="P-384")
    public = public_key_from_jwk(own.export_public(as_dict=True))
    issuer = Did.parse("did:web:other.example")
    theirs = JWS(strict_json.render({**DOCUMENT, "issuer": str(issuer)}))
    head = {"alg": "ES384", "typ": "vc+jwt", "kid": f"{issuer}#key"}
    theirs.add_signature(own, protected=strict_json.render(head))

    verified = _verify(
        Envelope.of(VC_JWT, theirs.serialize(compact=True)),
        evidence=evidence(Party(did=issuer, signer=_Public(public))),
    )

    assert strict_json.parse(ours.payload) == DOCUMENT
    assert verified.issuer == str(issuer)


class _Public:
    """Stands where a signer does, of whom only the public key is known."""

    def __init__(self, public_key: Any) -> None:
        self.public_key = public_key

    def sign(self, data: bytes) -> bytes:
        raise NotImplementedError


# Form, before any key is looked for.


@pytest.mark.parametrize("media_type", FORMS)
def test_a_form_that_the_policy_leaves_out_is_refused(media_type):
    others = replace(POLICY, media_types=CREDENTIAL_MEDIA_TYPES - {media_type})

    _refused(ProofError, CLINIC.secure(DOCUMENT, media_type), policy=others, evidence=Evidence())


def test_a_presentation_is_no_credential():
    _refused(ProofError, Envelope.of(VP_JWT, _jwt(typ="vp+jwt").content))


@pytest.mark.spec("RFC 8725", "3.1")
@pytest.mark.parametrize("media_type", FORMS)
def test_an_algorithm_that_the_policy_leaves_out_is_refused_before_any_key(media_type):
    others = replace(POLICY, algorithms=frozenset({"EdDSA", "ES384"}))

    _refused(
        AlgorithmError, CLINIC.secure(DOCUMENT, media_type), policy=others, evidence=Evidence()
    )


@pytest.mark.spec(_SPEC, "1.1.2.1")
@pytest.mark.parametrize("alg", ["none", "NONE", "HS256", "RS256", "ES256K"])
def test_what_has_no_integrity_or_another_kind_of_it_is_refused(alg):
    head = base64url_encode(strict_json.render({**HEADER, "alg": alg}).encode())
    body = base64url_encode(strict_json.render(DOCUMENT).encode())

    for signature in ("", "AA"):
        with pytest.raises((AlgorithmError, MalformedError)):
            _verify(Envelope.of(VC_JWT, f"{head}.{body}.{signature}"), evidence=Evidence())


@pytest.mark.spec("RFC 8725", "2.1")
def test_a_key_is_not_used_for_an_algorithm_of_another_kind():
    envelope = _jwt(signer=Ed25519Signer.generate())

    _refused(AlgorithmError, envelope)


@pytest.mark.spec(_SPEC, "3.1.1")
@pytest.mark.parametrize("typ", [None, "vp+jwt", "vc+sd-jwt", "JWT", "vc", "", 7])
def test_another_type_or_none_is_refused(typ):
    _refused(ProofError, _jwt(typ=typ))


def test_a_type_may_be_written_as_a_whole_media_type():
    _verify(_jwt(typ="application/VC+JWT"))


@pytest.mark.spec(_SPEC, "3.1.1")
@pytest.mark.parametrize("cty", ["vp", "bad+cty", "application/json"])
def test_content_of_another_type_is_refused(cty):
    _verify(_jwt(cty="vc"))
    _verify(_cose({cose.CONTENT_TYPE: "application/vc"}))
    _refused(ProofError, _jwt(cty=cty))
    _refused(ProofError, _cose({cose.CONTENT_TYPE: cty}))


@pytest.mark.spec("RFC 7515", "4.1.11")
def test_critical_header_parameters_are_refused():
    _refused(ProofError, _jwt(crit=["b64"], b64=False))
    _refused(ProofError, _cose({cose.CRIT: [cose.KID]}))


@pytest.mark.spec(_SPEC, "1.1.2.1")
@pytest.mark.parametrize("name", ["vc", "vp"])
@pytest.mark.parametrize("media_type", [VC_JWT, VC_SD_JWT])
def test_a_credential_is_the_claims_set_and_no_claim_in_it(name, media_type):
    typ = media_type.removeprefix("application/")
    text = jws.sign({**HEADER, "typ": typ}, {**DOCUMENT, name: DOCUMENT}, signer=CLINIC.signer)

    _refused(MalformedError, Envelope.of(media_type, text + "~" * (media_type == VC_SD_JWT)))


@pytest.mark.spec(_SPEC, "6")
@pytest.mark.parametrize(
    "change",
    [
        {"@context": ["https://www.w3.org/2018/credentials/v1"]},
        {"@context": "https://www.w3.org/ns/credentials/v2"},
        {"type": ["Other"]},
        {"issuer": None},
        {"credentialSubject": {}},
        {"validFrom": "yesterday"},
    ],
)
@pytest.mark.parametrize(
    "make", [_jwt, lambda body: _cose(payload=strict_json.render(body).encode())]
)
def test_what_is_not_of_the_data_model_is_refused(make, change):
    _refused(MalformedError, make({**DOCUMENT, **change}))


@pytest.mark.parametrize(
    "body", [b'{"issuer":1,"issuer":2}', b"[]", b"", b"{", b"\xff", b'{"a":NaN}', b"\xa0"]
)
def test_a_payload_that_is_no_strict_json_object_is_refused(body):
    _refused(MalformedError, _jwt(body))
    _refused(MalformedError, _cose(payload=body))


def test_a_payload_or_header_with_a_member_twice_is_refused():
    text = strict_json.render(DOCUMENT)
    doubled = text[:-1] + ',"issuer":"did:web:other.example"}'
    head = base64url_encode(
        f'{{"alg":"ES256","typ":"vc+jwt","kid":"{CLINIC.key_id}","kid":"{HOLDER.key_id}"}}'.encode()
    )
    signed = f"{head}.{base64url_encode(text.encode())}"
    signature = base64url_encode(CLINIC.signer.sign(signed.encode()))

    _refused(MalformedError, _jwt(doubled.encode()))
    _refused(MalformedError, Envelope.of(VC_JWT, f"{signed}.{signature}"))


@pytest.mark.spec("RFC 7515", "2")
@pytest.mark.parametrize("more", ["=", "==", "/", "!"])
def test_base64url_has_one_spelling(more):
    head, body, signature = _jwt().content.split(".")

    for text in (f"{head}{more}.{body}.{signature}", f"{head}.{body}.{signature}{more}"):
        _refused(MalformedError, Envelope.of(VC_JWT, text))


def test_stray_bits_of_the_last_character_are_refused():
    text = _jwt().content
    last = chr(ord(text[-1]) + 1)

    _refused(MalformedError, Envelope.of(VC_JWT, text[:-1] + last))


# COSE.


@pytest.mark.spec(_SPEC, "3.3.1")
def test_cose_travels_in_base64_and_nothing_else_does():
    envelope = _cose()
    for media_type, parameters in ((VC_COSE, ""), (VC_COSE, ";base64;x"), (VC_JWT, ";base64")):
        source = {**envelope.source, "id": f"data:{media_type}{parameters},{envelope.content}"}

        with pytest.raises(MalformedError):
            Envelope.parse_credential(source)


def test_base64_of_cose_may_leave_its_padding_out_but_has_no_other_slack():
    content = _cose().content.rstrip("=")

    _verify(Envelope.of(VC_COSE, content))
    for text in (content + "===", content + "-", base64_decode(content).hex(), "0oRYVqQB!"):
        _refused(MalformedError, Envelope.of(VC_COSE, text))


def test_a_line_break_after_the_base64_is_dropped_as_urls_have_it():
    envelope = _cose()
    source = {**envelope.source, "id": f"{envelope.source['id']}\n"}

    assert Envelope.parse_credential(source).content == envelope.content


@pytest.mark.spec("RFC 9052", "3.1")
def test_claims_of_cose_count_in_the_protected_header_only():
    message = cose.parse(base64_decode(_cose().content))
    header = cbor.encode(message.protected)
    moved: Any = [header, {cose.CWT_CLAIMS: {4: NOW + 60}}, message.payload, message.signature]

    _refused(MalformedError, Envelope.of(VC_COSE, base64_encode(cbor.encode(Tagged(18, moved)))))


@pytest.mark.parametrize("claims", [{4: "soon"}, {6: True}, {1: b"x"}, {3: [1]}, {8: {}}, [], 1])
def test_claims_of_another_shape_are_refused(claims):
    _refused(MalformedError, _cose(claims=claims))


# The key.


@pytest.mark.spec(_SPEC, "4.1")
@pytest.mark.parametrize("kid", [None, "#key", "key", "", "did:web:clinic.example"])
def test_without_iss_the_kid_is_an_absolute_did_url(kid):
    with pytest.raises((ProofError, MalformedError)):
        _verify(_jwt(kid=kid))


@pytest.mark.spec(_SPEC, "4.1")
def test_with_iss_the_kid_may_be_relative_to_it():
    _verify(_jwt({**DOCUMENT, "iss": str(CLINIC.did)}, kid="#key"))
    _verify(_jwt(kid="#key", iss=str(CLINIC.did)))
    _verify(_cose({cose.KID: b"#key"}, {1: str(CLINIC.did)}))
    _refused(ProofError, _jwt({**DOCUMENT, "iss": str(CLINIC.did)}, kid=None))


def test_a_key_of_another_did_is_refused():
    _refused(TrustError, _jwt(kid=HOLDER.key_id, signer=HOLDER.signer))
    _verify(
        _jwt(kid=HOLDER.key_id, signer=HOLDER.signer),
        policy=replace(POLICY, require_issuer_key=False),
    )


def test_a_key_that_the_document_does_not_list_for_assertions_is_refused():
    for relationships in (("authentication",), ()):
        issuer = clinic(signer=CLINIC.signer, relationships=relationships)

        _refused(ProofError, _jwt(), evidence=evidence(issuer))


@pytest.mark.parametrize("member", ["expires", "revoked"])
def test_a_key_that_was_rotated_out_is_refused(member):
    ended = CLINIC.document(**{member: "2026-11-30T00:00:00Z"})
    later = CLINIC.document(**{member: "2026-12-30T00:00:00Z"})

    _refused(ProofError, _jwt(), evidence=Evidence(dids={CLINIC.did: ended}))
    _verify(_jwt(), evidence=Evidence(dids={CLINIC.did: later}))


def test_a_key_that_is_no_longer_in_the_document_is_refused():
    _refused(ProofError, _jwt(), evidence=evidence(clinic()))


@pytest.mark.parametrize("media_type", FORMS)
def test_the_signature_of_another_key_is_refused(media_type):
    forged = CLINIC.secure(DOCUMENT, media_type, signer=P256Signer.generate())

    _refused(ProofError, forged)


@pytest.mark.spec(_SPEC, "4.2.1")
def test_an_issuer_that_is_a_url_is_verified_by_the_keys_that_it_publishes():
    url = "https://clinic.example/tenant"
    envelope = _jwt({**DOCUMENT, "issuer": url, "iss": url}, kid="k1")
    jwks = issuer_metadata.render(url, {"k1": CLINIC.signer.public_key})["jwks"]
    facts = Evidence(issuer_keys={url: jwks})  # type: ignore[dict-item]

    assert enveloped_needs(envelope) == {IssuerMetadataNeed(url)}
    assert _verify(envelope, evidence=facts).issuer == url
    _refused(ProofError, _jwt({**DOCUMENT, "issuer": url}, kid="k1"), evidence=facts)
    _refused(ProofError, _jwt({**DOCUMENT, "issuer": url, "iss": url}, kid="k2"), evidence=facts)


# Claims beside the credential.


@pytest.mark.spec(_SPEC, "4.1.2")
@pytest.mark.parametrize(
    "claims",
    [{"iss": "did:web:other.example"}, {"jti": "urn:uuid:1"}, {"sub": "did:web:other.example"}],
)
def test_claims_that_contradict_the_credential_are_refused(claims):
    _refused(ProofError, _jwt({**DOCUMENT, **claims}))


@pytest.mark.spec(_SPEC, "4.1.2")
def test_claims_that_say_the_same_as_the_credential_are_fine():
    subject = DOCUMENT["credentialSubject"]["id"]
    claims = {"iss": str(CLINIC.did), "jti": DOCUMENT["id"], "sub": subject, "unknown": [1]}

    _verify(_jwt({**DOCUMENT, **claims}))
    _verify(_cose(claims={1: str(CLINIC.did), 2: subject, 7: b"cti", 99: 1, "x": 1}))
    _refused(ProofError, _cose(claims={1: "did:web:other.example"}))


@pytest.mark.spec("RFC 7519", "5.3")
def test_a_claim_that_differs_from_its_copy_in_the_header_is_refused():
    _refused(ProofError, _jwt({**DOCUMENT, "iss": str(CLINIC.did)}, iss="did:web:other.example"))
    _refused(ProofError, _jwt(iss="did:web:other.example"))


@pytest.mark.spec("RFC 7519", "4.1.3")
@pytest.mark.parametrize("aud", ["https://insurer.example", ["a", "b"]])
def test_a_credential_for_an_audience_is_refused_by_those_who_are_nobody_in_particular(aud):
    _refused(AudienceError, _jwt({**DOCUMENT, "aud": aud}))


@pytest.mark.spec("RFC 7519", "4.1")
@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"exp": NOW - 30}, ExpiredError),
        ({"iat": NOW + 31}, NotYetValidError),
        ({"nbf": NOW + 31}, NotYetValidError),
        ({"iat": NOW - 1, "exp": NOW - 2}, MalformedError),
        ({"iat": "2010-01-01T19:23:24Z"}, MalformedError),
        ({"exp": True}, MalformedError),
        ({"exp": -1}, MalformedError),
    ],
)
def test_a_signature_counts_in_its_own_time_only(claims, error):
    _refused(error, _jwt({**DOCUMENT, **claims}))


def test_clocks_may_differ_by_what_the_policy_allows():
    early, late = _jwt({**DOCUMENT, "iat": NOW + 30}), _jwt({**DOCUMENT, "exp": NOW - 29})
    strict = replace(POLICY, clock_skew=timedelta(0))

    _verify(early)
    _verify(late)
    _refused(NotYetValidError, early, policy=strict)
    _refused(ExpiredError, late, policy=strict)


@pytest.mark.spec("vc-data-model-2.0", "4.9")
@pytest.mark.parametrize("media_type", FORMS)
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"validUntil": "2026-11-30T00:00:00Z"}, ExpiredError),
        ({"validFrom": "2026-12-02T00:00:00Z"}, NotYetValidError),
    ],
)
def test_a_credential_outside_its_validity_period_is_refused(media_type, change, error):
    _refused(error, CLINIC.secure(credential(CLINIC, **change), media_type))


@pytest.mark.spec("vc-data-model-2.0", "5.3")
def test_a_related_resource_that_changed_is_refused():
    resource = {"id": "https://x.example/r", "digestSRI": "sha256-" + "A" * 43 + "="}
    envelope = _jwt(credential(CLINIC, relatedResource=[resource]))
    policy = replace(POLICY, known_resources={"https://x.example/r": [b"other"]})

    _verify(envelope)
    _refused(ProofError, envelope, policy=policy)


# SD-JWT.

_MARKED = [("credentialSubject", "name"), ("credentialSubject", "codes", 0)]
_CNF = {"cnf": {"jwk": HOLDER.signer.public_key.jwk}}
_SELECTIVE = CLINIC.secure(DOCUMENT, VC_SD_JWT, disclosable=_MARKED, claims=_CNF)


def _bound(**changes: Any) -> Envelope:
    arguments: dict[str, Any] = {
        "signer": HOLDER.signer,
        "audience": EXPECTED.domain,
        "nonce": EXPECTED.challenge,
        "at": NOON,
    }
    sd_jwt = SdJwt.parse(_SELECTIVE.content)
    return Envelope.of(VC_SD_JWT, str(bind(sd_jwt, **{**arguments, **changes})))


@pytest.mark.spec(_SPEC, "3.2.1")
def test_what_the_holder_withholds_is_not_there_and_the_rest_holds():
    sd_jwt = SdJwt.parse(_SELECTIVE.content)
    shown = replace(sd_jwt, disclosures=sd_jwt.disclosures[:1])

    whole = _verify(_SELECTIVE).subjects[0]
    part = _verify(Envelope.of(VC_SD_JWT, str(shown))).subjects[0]

    assert (whole["name"], whole["codes"]) == ("Ada", ["a", "b"])
    assert (part["name"], part["codes"]) == ("Ada", ["b"])


def test_a_disclosure_that_no_digest_names_is_refused():
    added = replace(
        SdJwt.parse(_SELECTIVE.content),
        disclosures=(*SdJwt.parse(_SELECTIVE.content).disclosures, Disclosure.make("a", 1)),
    )

    _refused(DisclosureError, Envelope.of(VC_SD_JWT, str(added)))


@pytest.mark.spec(_SPEC, "3.2.1")
@pytest.mark.parametrize("name", ["credentialStatus", "validUntil", "cnf", "exp", "type"])
def test_what_a_holder_could_hide_to_its_advantage_must_be_plain(name):
    hidden = Disclosure.make(name, ["VerifiableCredential"])
    plain = {key: value for key, value in DOCUMENT.items() if key != name}
    head = {**HEADER, "typ": "vc+sd-jwt"}
    text = jws.sign(head, {**plain, "_sd": [hidden.digest()]}, signer=CLINIC.signer)
    inside = jws.sign(head, {**plain, name: {"_sd": [hidden.digest()]}}, signer=CLINIC.signer)

    _refused(DisclosureError, Envelope.of(VC_SD_JWT, str(SdJwt(text, (hidden,)))))
    _refused(DisclosureError, Envelope.of(VC_SD_JWT, str(SdJwt(inside, ()))))
    with pytest.raises(MalformedError):
        CLINIC.secure({**DOCUMENT, name: "x"}, VC_SD_JWT, disclosable=[(name,)])


@pytest.mark.spec("RFC 9901", "7.3")
def test_key_binding_is_checked_where_it_is_expected():
    several = ExpectedPresentation(
        domain=["https://other.example", *[str(EXPECTED.domain)]], challenge="c-1"
    )

    _verify(_bound(), expected=EXPECTED)
    _verify(_bound(), expected=several)
    _refused(AudienceError, _bound())
    _refused(HolderBindingError, _SELECTIVE, expected=EXPECTED)
    _refused(HolderBindingError, _bound(signer=P256Signer.generate()), expected=EXPECTED)
    _refused(AudienceError, _bound(audience="https://other.example"), expected=EXPECTED)
    _refused(HolderBindingError, _jwt(), expected=EXPECTED)
    _refused(
        HolderBindingError,
        Envelope.of(
            VC_SD_JWT,
            CLINIC.secure(DOCUMENT, VC_SD_JWT).content + str(_bound().content).rpartition("~")[2],
        ),
        expected=EXPECTED,
    )


# What a policy may say.


@pytest.mark.parametrize(
    "change",
    [
        {"algorithms": frozenset()},
        {"media_types": frozenset()},
        {"algorithms": frozenset({"ES256", "none"})},
        {"algorithms": frozenset({"HS256"})},
        {"media_types": frozenset({"application/jwt"})},
    ],
)
def test_a_policy_that_accepts_nothing_or_too_much_is_no_policy(change):
    arguments = {"algorithms": POLICY.algorithms, "media_types": POLICY.media_types}

    with pytest.raises(MalformedError):
        EnvelopedPolicy(**{**arguments, **change})


def test_a_credential_by_a_did_key_needs_nothing_that_is_fetched():
    signer = Ed25519Signer.generate()
    did = did_key.did_for(signer.public_key)
    issuer = Party(did=did, signer=signer)
    envelope = issuer.secure(credential(issuer), VC_JWT, key_id=did_key.method_id(did))

    assert _verify(envelope, evidence=Evidence(dids={did: did_key.resolve(did)})).issuer == str(did)
