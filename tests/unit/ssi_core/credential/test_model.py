"""The rules of the data model for credentials: one test for each thing that must be so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ssi_core.credential.contexts import CREDENTIALS_V1, CREDENTIALS_V2
from ssi_core.credential.model import Credential, DataModel
from ssi_core.errors import ExpiredError, MalformedError, NotYetValidError

SPEC = "vc-data-model-2.0"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOTH = tuple(DataModel)


def credential(**changes: Any) -> dict[str, Any]:
    return {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject"},
        **changes,
    }


def credential_1_1(**changes: Any) -> dict[str, Any]:
    dates = {"issuanceDate": "2023-01-01T00:00:00Z"}
    return credential(**{"@context": [CREDENTIALS_V1], **dates, **changes})


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in credential().items() if key != name}


def refusal(source: Any, **options: Any) -> MalformedError:
    with pytest.raises(MalformedError) as refused:
        Credential.parse(source, **options)
    return refused.value


def test_a_credential_keeps_what_is_not_known_here() -> None:
    source = credential(somethingNew={"a": [1, None]}, id="urn:uuid:1")

    parsed = Credential.parse(source)

    assert parsed.source == source
    assert parsed.version is DataModel.V2_0
    assert (parsed.id, parsed.types, parsed.issuer) == (
        "urn:uuid:1",
        ("VerifiableCredential",),
        "did:example:issuer",
    )


@pytest.mark.spec(SPEC, "4.3")
@pytest.mark.parametrize(
    ("context", "at"),
    [
        (None, "/@context"),
        ([], "/@context"),
        (CREDENTIALS_V2, "/@context"),
        (["https://example.org/first", CREDENTIALS_V2], "/@context/0"),
        ([{}, CREDENTIALS_V2], "/@context/0"),
        ([CREDENTIALS_V2, 7], "/@context/1"),
        ([CREDENTIALS_V2, None], "/@context/1"),
        ([CREDENTIALS_V2, "not a url"], "/@context/1"),
        ([CREDENTIALS_V2, "https://"], "/@context/1"),
        ([CREDENTIALS_V1], "/@context/0"),
        ([CREDENTIALS_V2, CREDENTIALS_V2], "/@context/1"),
        ([CREDENTIALS_V2, {"a": "urn:a"}, {"a": "urn:a"}], "/@context/2"),
    ],
)
def test_contexts_are_an_ordered_set_that_begins_with_the_base(context: Any, at: str) -> None:
    assert refusal(credential(**{"@context": context})).at == at


@pytest.mark.spec(SPEC, "4.4")
@pytest.mark.parametrize(
    "value", [None, 7, "", "not-a-url", ["urn:a", "urn:b"], {}, "http://", "a b:c"]
)
def test_an_identifier_is_one_url(value: Any) -> None:
    assert refusal(credential(id=value)).at == "/id"
    assert refusal(credential(credentialSubject={"id": value})).at == "/credentialSubject/id"


@pytest.mark.spec(SPEC, "4.5")
@pytest.mark.parametrize("value", [None, 7, "", [], ["Alumni"], [7], ["VerifiableCredential", ""]])
def test_a_type_is_there_and_includes_verifiable_credential(value: Any) -> None:
    assert str(refusal(credential(type=value)).at).startswith("/type")
    assert refusal(without("type")).at == "/type"


@pytest.mark.spec(SPEC, "4.6")
@pytest.mark.parametrize("name", ["name", "description"])
@pytest.mark.parametrize(
    "value",
    [
        7,
        None,
        [],
        ["text"],
        {"@value": 7},
        {"@value": "text", "@language": "not a tag"},
        {"@value": "text", "@direction": "up"},
        {"@value": "text", "url": "https://example.org"},
        {"@language": "en"},
    ],
)
def test_names_and_descriptions_are_text_with_or_without_a_language(name: str, value: Any) -> None:
    assert str(refusal(credential(**{name: value})).at).startswith(f"/{name}")
    issuer = {"id": "did:example:issuer", name: value}
    assert str(refusal(credential(issuer=issuer)).at).startswith(f"/issuer/{name}")


@pytest.mark.spec(SPEC, "11.1")
def test_a_name_may_have_several_languages_and_directions() -> None:
    names = [
        {"@value": "HTML", "@language": "en"},
        {"@value": "HTML", "@language": "ar", "@direction": "rtl"},
        {"@value": "plain"},
    ]

    parsed = Credential.parse(credential(name=names, description="text"))

    assert parsed.source["name"] == names


@pytest.mark.spec(SPEC, "4.7")
@pytest.mark.parametrize(
    ("value", "at"),
    [
        (None, "/issuer"),
        ("", "/issuer"),
        ("an issuer", "/issuer"),
        (7, "/issuer"),
        (["did:example:a"], "/issuer"),
        ({}, "/issuer/id"),
        ({"id": None}, "/issuer/id"),
        ({"id": "an issuer"}, "/issuer/id"),
    ],
)
def test_an_issuer_is_a_url_or_an_object_with_one(value: Any, at: str) -> None:
    assert refusal(credential(issuer=value)).at == at
    assert refusal(without("issuer")).at == "/issuer"


@pytest.mark.spec(SPEC, "4.8")
@pytest.mark.parametrize(
    "value", [None, {}, [], "did:example:s", [{}], [{"id": "did:example:s"}, {}]]
)
def test_there_is_a_subject_and_each_has_claims(value: Any) -> None:
    assert str(refusal(credential(credentialSubject=value)).at).startswith("/credentialSubject")
    assert refusal(without("credentialSubject")).at == "/credentialSubject"


@pytest.mark.spec(SPEC, "4.9")
@pytest.mark.parametrize("name", ["validFrom", "validUntil"])
@pytest.mark.parametrize("value", [None, 7, "", "2023-01-01", "2023-13-01T00:00:00Z", "soon"])
def test_the_ends_of_validity_are_date_time_stamps_with_a_zone(name: str, value: Any) -> None:
    assert refusal(credential(**{name: value})).at == f"/{name}"


@pytest.mark.spec(SPEC, "4.9.1")
def test_a_moment_without_an_offset_is_in_utc() -> None:
    parsed = Credential.parse(credential(validFrom="2026-11-26T12:00:00"))

    assert parsed.valid_from == NOON


@pytest.mark.spec(SPEC, "4.9")
def test_validity_does_not_end_before_it_begins() -> None:
    dates = {"validFrom": "2027-01-01T00:00:00Z", "validUntil": "2026-12-31T23:59:59Z"}

    assert refusal(credential(**dates)).at == "/validUntil"


@pytest.mark.spec(SPEC, "4.9")
def test_a_credential_is_valid_in_its_period_ends_included() -> None:
    dates = {"validFrom": "2026-11-26T13:00:00+01:00", "validUntil": "2026-11-26T13:00:00Z"}
    parsed = Credential.parse(credential(**dates))

    parsed.require_valid(at=NOON)
    parsed.require_valid(at=NOON + HOUR)

    with pytest.raises(NotYetValidError):
        parsed.require_valid(at=NOON - timedelta(seconds=1))
    with pytest.raises(ExpiredError):
        parsed.require_valid(at=NOON + HOUR + timedelta(seconds=1))


def test_a_credential_without_a_period_is_valid_whenever() -> None:
    parsed = Credential.parse(credential())

    parsed.require_valid(at=NOON)

    assert (parsed.valid_from, parsed.valid_until) == (None, None)


@pytest.mark.parametrize("name", ["termsOfUse", "evidence", "refreshService", "credentialStatus"])
@pytest.mark.parametrize("value", [None, 7, "text", [], {}, {"id": "urn:a"}, [{"type": "A"}, {}]])
@pytest.mark.spec(SPEC, "4.10")
@pytest.mark.spec(SPEC, "5.4")
@pytest.mark.spec(SPEC, "5.5")
@pytest.mark.spec(SPEC, "5.6")
def test_further_objects_have_a_type(name: str, value: Any) -> None:
    assert str(refusal(credential(**{name: value})).at).startswith(f"/{name}")


@pytest.mark.spec(SPEC, "4.10")
def test_the_identifier_of_a_status_is_a_url_where_there_is_one() -> None:
    Credential.parse(credential(credentialStatus={"type": "A"}))

    refused = refusal(credential(credentialStatus={"type": "A", "id": "not a url"}))

    assert refused.at == "/credentialStatus/id"


@pytest.mark.spec(SPEC, "4.11")
@pytest.mark.parametrize(
    "value",
    [
        {"type": "JsonSchema"},
        {"id": "urn:a"},
        {"id": 7, "type": "JsonSchema"},
        {"id": "x", "type": "A"},
    ],
)
def test_a_schema_has_a_type_and_a_url(value: Any) -> None:
    assert str(refusal(credential(credentialSchema=value)).at).startswith("/credentialSchema")


@pytest.mark.spec(SPEC, "4.12")
@pytest.mark.parametrize("value", [None, "proof", {}, [], {"type": 7}, {"type": ""}])
def test_a_proof_has_a_type(value: Any) -> None:
    assert str(refusal(credential(proof=value)).at).startswith("/proof")


@pytest.mark.spec("vc-data-model-1.1", "4.6")
def test_version_1_1_is_read_where_it_is_accepted_and_has_an_issuance_date() -> None:
    source = credential_1_1(expirationDate="2024-01-01T00:00:00Z")
    del_date = {name: value for name, value in source.items() if name != "issuanceDate"}

    parsed = Credential.parse(source, versions=BOTH)

    assert parsed.version is DataModel.V1_1
    assert parsed.valid_until == datetime(2024, 1, 1, tzinfo=UTC)
    assert refusal(source).at == "/@context/0"
    assert refusal(del_date, versions=BOTH).at == "/issuanceDate"


@pytest.mark.spec("vc-data-model-1.1", "4.9")
def test_a_status_of_version_1_1_has_an_identifier() -> None:
    source = credential_1_1(credentialStatus={"type": "A"})

    assert refusal(source, versions=BOTH).at == "/credentialStatus/id"


@pytest.mark.parametrize("source", [None, 7, "text", [], [credential()]])
def test_a_credential_is_an_object(source: Any) -> None:
    assert refusal(source).at == ""
