"""The DID resolution result: written by one side, read by the other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did.document import DidDocument
from ssi_core.did.resolution import error_name, failure, parse_result, result
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    AlgorithmError,
    ConflictError,
    DeactivatedError,
    DidMethodError,
    MalformedError,
    NotFoundError,
    OverloadedError,
    ProofError,
    SsiError,
    UnavailableError,
)

pytestmark = pytest.mark.spec("DID Resolution", "did-resolution-result")

DID = Did.parse("did:web:clinic.example")
DOCUMENT = DidDocument.parse({"@context": ["https://www.w3.org/ns/did/v1"], "id": str(DID)})


def test_a_document_is_rendered_with_its_metadata():
    assert result(DOCUMENT, metadata={"versionId": "1-Qm"}) == {
        "didDocument": DOCUMENT.source,
        "didResolutionMetadata": {"contentType": "application/did+ld+json"},
        "didDocumentMetadata": {"versionId": "1-Qm"},
    }


def test_a_document_without_context_is_plain_json():
    rendered: Any = result(DidDocument.parse({"id": str(DID)}))

    assert rendered["didResolutionMetadata"] == {"contentType": "application/did+json"}
    assert rendered["didDocumentMetadata"] == {}


def test_a_deactivated_did_has_metadata_and_no_document():
    rendered = result(DOCUMENT, metadata={"deactivated": True, "versionId": "2-Qm"})

    assert rendered["didDocument"] is None
    assert rendered["didDocumentMetadata"] == {"deactivated": True, "versionId": "2-Qm"}
    with pytest.raises(DeactivatedError):
        parse_result(DID, rendered)


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
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, SsiError) else value,
)
def test_an_error_has_the_name_that_did_resolution_gives_it(error: SsiError, name: str):
    rendered: Any = failure(error)

    assert error_name(error) == name
    assert rendered["didDocument"] is None
    assert rendered["didResolutionMetadata"]["error"] == name
    assert rendered["didResolutionMetadata"]["problemDetails"] == {
        "type": f"urn:consentry:problem:{error.code}",
        "title": "x",
    }


def test_a_deactivated_did_is_no_error():
    rendered = failure(DeactivatedError("x"))

    assert rendered == {
        "didDocument": None,
        "didResolutionMetadata": {},
        "didDocumentMetadata": {"deactivated": True},
    }


def test_what_one_side_renders_the_other_reads():
    assert parse_result(DID, result(DOCUMENT)) == DOCUMENT
    for error, kind in (
        (MalformedError("x"), MalformedError),
        (ProofError("x"), MalformedError),
        (NotFoundError("x"), NotFoundError),
        (DidMethodError("x"), DidMethodError),
        (UnavailableError("x"), UnavailableError),
        (DeactivatedError("x"), DeactivatedError),
    ):
        with pytest.raises(kind):
            parse_result(DID, failure(error))


def test_a_document_of_another_did_is_refused():
    with pytest.raises(ProofError, match="another DID"):
        parse_result(Did.parse("did:web:other.example"), result(DOCUMENT))


@pytest.mark.parametrize("name", ["somethingNew", 7, {}, [], True, "internalError"])
def test_an_error_that_we_do_not_know_is_neither_yes_nor_no(name: Any):
    with pytest.raises(UnavailableError):
        parse_result(DID, {**result(DOCUMENT), "didResolutionMetadata": {"error": name}})


JUNK = st.recursive(
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
