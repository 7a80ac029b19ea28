"""The rules of the data model for presentations, and for envelopes."""

from typing import Any

import pytest

from ssi_core.credential.contexts import CREDENTIALS_V2
from ssi_core.credential.model import Credential
from ssi_core.credential.presentation import MAX_CREDENTIALS, Envelope, Presentation
from ssi_core.errors import MalformedError, ProofError

SPEC = "vc-data-model-2.0"
HOLDER = "did:example:holder"
ENVELOPE = {
    "@context": CREDENTIALS_V2,
    "type": "EnvelopedVerifiableCredential",
    "id": "data:application/vc+jwt,e30.e30.AAAA",
}


def credential(**changes: Any) -> dict[str, Any]:
    return {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject"},
        "proof": {"type": "DataIntegrityProof"},
        **changes,
    }


def unsecured(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in credential(**changes).items() if name != "proof"}


def presentation(**changes: Any) -> dict[str, Any]:
    return {"@context": [CREDENTIALS_V2], "type": ["VerifiablePresentation"], **changes}


def refusal(source: Any) -> MalformedError:
    with pytest.raises(MalformedError) as refused:
        Presentation.parse(source)
    return refused.value


@pytest.mark.spec(SPEC, "4.13")
def test_a_presentation_has_credentials_and_envelopes() -> None:
    source = presentation(verifiableCredential=[credential(), ENVELOPE], holder=HOLDER, new=1)

    parsed = Presentation.parse(source)

    first, second = parsed.credentials
    assert isinstance(first, Credential)
    assert isinstance(second, Envelope)
    assert (parsed.holder, parsed.source) == (HOLDER, source)


@pytest.mark.spec(SPEC, "4.13")
@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"@context": []}, "/@context"),
        ({"@context": ["https://example.org", CREDENTIALS_V2]}, "/@context/0"),
        ({"type": ["Presentation"]}, "/type"),
        ({"type": None}, "/type"),
        ({"id": "not a url"}, "/id"),
        ({"holder": None}, "/holder"),
        ({"holder": {"name": "Alice"}}, "/holder/id"),
        ({"holder": "Alice"}, "/holder"),
        ({"termsOfUse": {}}, "/termsOfUse/type"),
        ({"verifiableCredential": None}, "/verifiableCredential"),
        ({"verifiableCredential": []}, "/verifiableCredential"),
        ({"verifiableCredential": "e30.e30.AAAA"}, "/verifiableCredential"),
        ({"verifiableCredential": ["https://example.org/1"]}, "/verifiableCredential/0"),
        ({"verifiableCredential": [credential(), 7]}, "/verifiableCredential/1"),
        ({"verifiableCredential": [credential(issuer=7)]}, "/verifiableCredential/0/issuer"),
        ({"verifiableCredential": [{}]}, "/verifiableCredential/0/type"),
    ],
)
def test_what_breaks_a_rule_is_refused_where_it_is(changes: dict[str, Any], at: str) -> None:
    assert refusal(presentation(**changes)).at == at


def test_a_presentation_may_have_no_credentials_but_not_too_many() -> None:
    many = [credential()] * (MAX_CREDENTIALS + 1)

    assert Presentation.parse(presentation()).credentials == ()
    assert refusal(presentation(verifiableCredential=many)).at == "/verifiableCredential"


@pytest.mark.spec(SPEC, "4.13.3")
@pytest.mark.parametrize(
    ("holder", "issuer", "asserted_by"),
    [
        (None, HOLDER, HOLDER),
        (HOLDER, "did:example:issuer", HOLDER),
        ("did:example:other", HOLDER, HOLDER),
        (HOLDER, HOLDER, None),
        (HOLDER, HOLDER, "did:example:other"),
    ],
)
def test_only_what_the_presenting_holder_claims_itself_needs_no_proof(
    holder: str | None, issuer: str, asserted_by: str | None
) -> None:
    given = {} if holder is None else {"holder": holder}
    parsed = Presentation.parse(
        presentation(verifiableCredential=[unsecured(issuer=issuer)], **given)
    )

    with pytest.raises(ProofError) as refused:
        parsed.require_secured(asserted_by=asserted_by)

    assert refused.value.at == "/verifiableCredential"


@pytest.mark.spec(SPEC, "4.13.3")
def test_claims_of_the_holder_who_signed_the_presentation_are_secured_by_that() -> None:
    own = unsecured(issuer=HOLDER)
    parsed = Presentation.parse(presentation(verifiableCredential=[own, ENVELOPE], holder=HOLDER))

    parsed.require_secured(asserted_by=HOLDER)


@pytest.mark.spec(SPEC, "4.13.1")
@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"@context": []}, "/@context"),
        ({"@context": None}, "/@context"),
        ({"@context": "https://www.w3.org/ns/credentials/examples/v2"}, "/@context"),
        ({"type": "VerifiableCredential"}, "/type"),
        ({"type": ["EnvelopedVerifiableCredential", "VerifiableCredential"]}, "/type"),
        ({"id": None}, "/id"),
        ({"id": "e30.e30.AAAA"}, "/id"),
        ({"id": "data:,e30.e30.AAAA"}, "/id"),
        ({"id": "data:application/vc+jwt,"}, "/id"),
        ({"id": "https://example.org/vc"}, "/id"),
    ],
)
def test_an_envelope_is_a_data_url_with_a_media_type(changes: dict[str, Any], at: str) -> None:
    with pytest.raises(MalformedError) as refused:
        Envelope.parse_credential({**ENVELOPE, **changes})

    assert refused.value.at == at


@pytest.mark.spec(SPEC, "4.13.2")
def test_the_envelope_of_a_presentation_is_not_that_of_a_credential() -> None:
    source = {**ENVELOPE, "type": "EnvelopedVerifiablePresentation"}

    parsed = Envelope.parse_presentation(source)

    assert parsed.content == "e30.e30.AAAA"
    with pytest.raises(MalformedError):
        Envelope.parse_credential(source)
    with pytest.raises(MalformedError):
        Envelope.parse_presentation(ENVELOPE)
