"""The DID resolution result: written by one side, read by the other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did.document import DidDocument
from ssi_core.did.resolution import (
    Form,
    Resolution,
    error_name,
    error_type,
    failure,
    finished,
    parse_result,
    result,
)
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    AlgorithmError,
    ConflictError,
    DeactivatedError,
    DidMethodError,
    DidResolutionError,
    MalformedError,
    NotFoundError,
    OverloadedError,
    ProofError,
    SsiError,
    UnavailableError,
)
from ssi_core.json_types import JsonObject

pytestmark = pytest.mark.spec("DID Resolution", "did-resolution-result")

DID = Did.parse("did:web:clinic.example")
DOCUMENT = DidDocument.parse({"@context": ["https://www.w3.org/ns/did/v1"], "id": str(DID)})
FOUND = Resolution(document=DOCUMENT)


def test_a_document_is_rendered_with_its_metadata():
    found = Resolution(document=DOCUMENT, metadata={"versionId": "1-Qm"})

    assert result(found) == {
        "didDocument": DOCUMENT.source,
        "didResolutionMetadata": {"contentType": "application/did"},
        "didDocumentMetadata": {"versionId": "1-Qm"},
    }


def test_older_readers_find_a_context_too():
    rendered = result(FOUND, Form.OLDER)

    assert rendered == {"@context": "https://w3id.org/did-resolution/v1", **result(FOUND)}


def test_a_did_that_has_ended_has_metadata_and_no_document():
    metadata: JsonObject = {"deactivated": True, "versionId": "2-Qm"}
    ended = Resolution(document=None, metadata=metadata)

    rendered = result(ended)

    assert rendered == {
        "didDocument": None,
        "didResolutionMetadata": {},
        "didDocumentMetadata": metadata,
    }
    for refused in (ended, Resolution(document=DOCUMENT, metadata=metadata)):
        with pytest.raises(DeactivatedError):
            refused.current_document()
        with pytest.raises(DeactivatedError):
            parse_result(DID, result(refused))


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (MalformedError("x"), "invalidDid"),
        (ProofError("x"), "invalidDid"),
        (AlgorithmError("x"), "invalidDid"),
        (NotFoundError("x"), "notFound"),
        (DidMethodError("x"), "methodNotSupported"),
        (UnavailableError("x"), "internalError"),
        (OverloadedError("x"), "internalError"),
        (ConflictError("x"), "internalError"),
        (DidResolutionError("x"), "invalidDid"),
        (DidResolutionError("x", error="invalidOptions"), "invalidOptions"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, SsiError) else value,
)
def test_an_error_has_the_name_that_did_resolution_gives_it(error: SsiError, name: str):
    details = {"type": error_type(name), "title": "x"}

    assert error_name(error) == name
    assert failure(error) == {
        "didDocument": None,
        "didResolutionMetadata": {"error": details},
        "didDocumentMetadata": {},
    }
    assert failure(error, Form.OLDER) == {
        "@context": "https://w3id.org/did-resolution/v1",
        "didDocument": {},
        "didResolutionMetadata": {"error": name, "problemDetails": details},
        "didDocumentMetadata": {},
    }


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("invalidDid", "https://www.w3.org/ns/did#INVALID_DID"),
        ("notFound", "https://www.w3.org/ns/did#NOT_FOUND"),
        ("representationNotSupported", "https://www.w3.org/ns/did#REPRESENTATION_NOT_SUPPORTED"),
        ("invalidDidUrl", "https://www.w3.org/ns/did#INVALID_DID_URL"),
        ("methodNotSupported", "https://www.w3.org/ns/did#METHOD_NOT_SUPPORTED"),
        ("invalidPublicKeyLength", "https://www.w3.org/ns/did#INVALID_PUBLIC_KEY_LENGTH"),
        (
            "invalidVerificationMethod",
            "https://w3id.org/security#INVALID_VERIFICATION_METHOD",
        ),
    ],
)
def test_an_error_has_the_url_of_its_specification(name: str, url: str):
    assert error_type(name) == url


@pytest.mark.parametrize("form", Form)
def test_what_one_side_renders_the_other_reads(form: Form):
    assert parse_result(DID, result(FOUND, form)) == DOCUMENT
    for error, kind in (
        (MalformedError("x"), MalformedError),
        (ProofError("x"), MalformedError),
        (DidResolutionError("x", error="invalidDidDocument"), MalformedError),
        (NotFoundError("x"), NotFoundError),
        (DidMethodError("x"), DidMethodError),
        (UnavailableError("x"), UnavailableError),
    ):
        with pytest.raises(kind):
            parse_result(DID, failure(error, form))


def test_a_document_of_another_did_is_refused():
    with pytest.raises(ProofError, match="another DID"):
        parse_result(Did.parse("did:web:other.example"), result(FOUND))


@pytest.mark.parametrize(
    "name", ["somethingNew", 7, {}, [], True, "internalError", {"type": "x"}, {"type": 1}]
)
def test_an_error_that_we_do_not_know_is_neither_yes_nor_no(name: Any):
    with pytest.raises(UnavailableError):
        parse_result(DID, {**result(FOUND), "didResolutionMetadata": {"error": name}})


JUNK: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["didDocument", "didResolutionMetadata", "didDocumentMetadata"]), JUNK
    )
)
def test_junk_raises_only_our_own_errors(body: Any):
    with pytest.raises(SsiError):
        parse_result(DID, body)


@pytest.mark.spec("DID Resolution", "expandRelativeUrls")
def test_relative_urls_are_written_out_where_ids_and_references_stand():
    document = DidDocument.parse(
        {
            "id": str(DID),
            "verificationMethod": [{"id": "#a", "x": "#b"}, {"id": "did:web:o.example#c"}, 7],
            "authentication": ["#a", "did:web:o.example#c", {"id": "#d"}, {"type": "x"}],
            "service": [{"id": "#s", "serviceEndpoint": "#t"}],
            "keyAgreement": "#e",
            "other": ["#a"],
        }
    )

    asked = ResolutionOptions(expand_relative_urls=True)
    found = finished(Resolution(document=document, metadata={"versionId": "1"}), asked)

    assert found.document is not None
    assert found.document.source == {
        "id": str(DID),
        "verificationMethod": [{"id": f"{DID}#a", "x": "#b"}, {"id": "did:web:o.example#c"}, 7],
        "authentication": [
            f"{DID}#a",
            "did:web:o.example#c",
            {"id": f"{DID}#d"},
            {"type": "x"},
        ],
        "service": [{"id": f"{DID}#s", "serviceEndpoint": "#t"}],
        "keyAgreement": "#e",
        "other": ["#a"],
    }
    assert found.metadata == {"versionId": "1"}
    assert finished(found, ResolutionOptions()) is found
