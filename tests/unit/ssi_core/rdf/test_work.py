"""One verification has one limit, however many documents and proofs it has."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ssi_core.credential.contexts import CREDENTIALS_V2, bundled
from ssi_core.errors import WorkLimitError
from ssi_core.rdf import work
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.rdf.n_quads import Quad
from ssi_core.rdf.rdfc_1_0 import canonicalize

# Takes some 30,000 steps.
ALIKE = [
    quad
    for parent in range(2)
    for child in range(6)
    for quad in (
        Quad("<urn:root>", "<urn:p>", f"_:p{parent}"),
        Quad(f"_:p{parent}", "<urn:p>", f"_:c{parent}x{child}"),
        Quad(f"_:c{parent}x{child}", "<urn:p>", f"_:d{parent}x{child}"),
    )
]


def document(values):
    return {
        "@context": [CREDENTIALS_V2, {"@vocab": "urn:terms:"}],
        "type": "VerifiableCredential",
        "credentialSubject": {f"t{index}": index for index in range(values)},
    }


def canonicalize_often(times):
    for _ in range(times):
        canonicalize(ALIKE)


def test_what_is_allowed_once_is_not_allowed_without_end():
    canonicalize_often(8)

    with work.bounded(), pytest.raises(WorkLimitError, match="canonicalize"):
        canonicalize_often(8)


def test_every_bound_begins_anew():
    for _ in range(4):
        with work.bounded():
            canonicalize_often(3)


def test_a_bound_inside_another_is_the_outer_one():
    def inner():
        for _ in range(8):
            with work.bounded():
                canonicalize(ALIKE)

    with work.bounded(), pytest.raises(WorkLimitError):
        inner()


def test_a_refusal_does_not_end_the_bound():
    with work.bounded():
        with pytest.raises(WorkLimitError):
            canonicalize_often(8)
        with pytest.raises(WorkLimitError):
            canonicalize(ALIKE)
        assert canonicalize([Quad("_:a", "<urn:p>", '"x"')]).lines
    assert canonicalize(ALIKE).lines


def test_threads_do_not_share_a_bound():
    with work.bounded(), ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(canonicalize_often, 8).result()

        canonicalize(ALIKE)


def test_values_are_counted_over_all_documents():
    json_ld = JsonLd(bundled())

    def read(times):
        for _ in range(times):
            json_ld.to_quads(document(9_000))

    read(4)
    with work.bounded(), pytest.raises(WorkLimitError, match="more values"):
        read(4)


def test_definitions_of_contexts_are_counted_over_all_documents():
    json_ld = JsonLd(bundled())
    terms = {f"t{index}": f"urn:t{index}" for index in range(900)}

    def read(times):
        for _ in range(times):
            json_ld.to_quads({**document(1), "@context": [CREDENTIALS_V2, {**terms}]})

    read(20)
    with work.bounded(), pytest.raises(WorkLimitError, match="contexts take more"):
        read(20)
