"""RDFC-1.0 beside an independent canonicalizer: the same wherever both answer.

The oracle has no limit on its work and cannot be interrupted, so it is asked in the test's own
process only about what it is quick with.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256, sha384
from pathlib import Path
from typing import Any, Final

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat

from issuer.configurations import certify
from issuer.fhir import read_bundle
from ssi_core.credential.contexts import CREDENTIALS_V2, HEALTH_V1, bundled
from ssi_core.errors import WorkLimitError
from ssi_core.rdf import n_quads_reader
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.rdf.n_quads import Quad, render
from ssi_core.rdf.rdfc_1_0 import canonicalize

pytestmark = pytest.mark.spec("RDFC-1.0", "4")

JSON_LD: Final = JsonLd(bundled())
BUNDLES: Final = 44
# Seconds that the oracle gets, in a process of its own, where it may not come to an end.
PATIENCE: Final = 20
ALGORITHMS: Final = {
    sha256: CanonicalizationAlgorithm.RDFC_1_0_SHA_256,
    sha384: CanonicalizationAlgorithm.RDFC_1_0_SHA_384,
}
TYPES: Final = {
    "diagnosis": "DiagnosisCredential",
    "laboratory_result": "LaboratoryResultCredential",
    "immunization": "ImmunizationCredential",
}
_ALONE: Final = (
    "import sys; from tests.property.test_rdfc_oracle import oracle; "
    "sys.stdout.write(oracle(sys.stdin.read()))"
)


def oracle(n_quads: str, function: Any = sha256) -> str:
    """Return the canonical form that the oracle gives."""
    dataset = Dataset(pyoxigraph.parse(n_quads, format=RdfFormat.N_QUADS))
    dataset.canonicalize(ALGORITHMS[function])
    lines: bytes | None = pyoxigraph.serialize(dataset, format=RdfFormat.N_QUADS)
    return "".join(sorted(f"{line}\n" for line in (lines or b"").decode().split("\n") if line))


def patient_oracle(n_quads: str, project: Path) -> str:
    """Return the same from a process that is ended when it takes too long."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", _ALONE],
        input=n_quads,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        cwd=project,
        check=True,
    )
    return done.stdout


def ours(quads: Sequence[Quad], function: Any = sha256) -> str:
    return canonicalize(quads, hash_function=function).n_quads.decode()


P, Q = "<urn:p>", "<urn:q>"
BLANK = st.sampled_from([f"_:n{index}" for index in range(6)])
SUBJECTS = BLANK | st.sampled_from(["<urn:a>", "<urn:b>"])
OBJECTS = SUBJECTS | st.sampled_from(
    ['"x"', '"y"@en', '"1"^^<http://www.w3.org/2001/XMLSchema#integer>']
)
PREDICATES = st.sampled_from([P, Q])
IN_NAMED = st.builds(Quad, SUBJECTS, PREDICATES, OBJECTS, st.just("") | st.just("<urn:g>"))
# The oracle tries every order of the statements that a node has in one graph.
IN_BLANK = st.builds(Quad, SUBJECTS, PREDICATES, OBJECTS, BLANK)


@given(st.lists(IN_NAMED, max_size=14), st.lists(IN_BLANK, max_size=5))
def test_any_dataset_has_the_form_that_the_oracle_gives_it(named, blank):
    quads = [*named, *blank]

    assert ours(quads) == oracle(render(quads))


@given(st.integers(1, 3), st.integers(1, 4), st.lists(IN_NAMED, max_size=3))
def test_look_alikes_have_the_form_that_the_oracle_gives_them(parents, children, others):
    quads = [
        quad
        for parent in range(parents)
        for child in range(children)
        for quad in (
            Quad("_:root", P, f"_:p{parent}"),
            Quad(f"_:p{parent}", Q, f"_:c{parent}x{child}"),
            Quad(f"_:c{parent}x{child}", Q, '"same"'),
        )
    ]

    assert ours([*quads, *others]) == oracle(render([*quads, *others]))


@given(st.integers(2, 4), st.integers(1, 6), st.booleans())
def test_graphs_alike_have_the_form_that_the_oracle_gives_them(graphs, statements, nested):
    quads = [
        quad
        for graph in range(graphs)
        for number in range(statements)
        for quad in (
            Quad("_:presentation", P, f"_:g{graph}"),
            Quad(f"_:s{graph}", f"<urn:p{number}>", '"same"', f"_:g{graph}"),
            Quad(f"_:g{graph}" if nested else "<urn:a>", Q, f"_:s{graph}", f"_:g{graph}"),
        )
    ]

    assert ours(quads) == oracle(render(quads))


def test_every_published_dataset_has_the_form_that_the_oracle_gives_it(vectors):
    folder = vectors / "rdf-canon"
    entries = json.loads((folder / "manifest.jsonld").read_text())["entries"]
    evaluations = [entry for entry in entries if entry["type"] == "rdfc:RDFC10EvalTest"]

    different = []
    for entry in evaluations:
        function = sha384 if entry.get("hashAlgorithm") == "SHA384" else sha256
        text = (folder / entry["action"]).read_text(encoding="utf-8")
        if ours(n_quads_reader.parse(text), function) != oracle(text, function):
            different.append(entry["id"])

    assert len(evaluations) == 64
    assert different == []


def test_what_our_limit_refuses_has_the_oracles_form_without_it(project):
    quads = [
        quad
        for parent in range(2)
        for child in range(7)
        for quad in (
            Quad("<urn:root>", P, f"_:p{parent}"),
            Quad(f"_:p{parent}", P, f"_:c{parent}x{child}"),
            Quad(f"_:c{parent}x{child}", P, f"_:d{parent}x{child}"),
        )
    ]

    with pytest.raises(WorkLimitError):
        canonicalize(quads)

    unlimited = canonicalize(quads, max_steps=10**7).n_quads.decode()
    assert unlimited == patient_oracle(render(quads), project)


def credentials(bundle: bytes, most: int) -> list[dict[str, Any]]:
    """Return credentials as VCDM has them, of up to `most` resources of a patient."""
    record = read_bundle(bundle)
    made = (certify(record.patient, resource) for _, resource in record.resources[:most])
    return [
        {
            "@context": [CREDENTIALS_V2, HEALTH_V1],
            "type": ["VerifiableCredential", TYPES[configuration.id]],
            "issuer": "did:web:clinic.example",
            "validFrom": "2026-01-01T00:00:00Z",
            "credentialSubject": dict(claims),
        }
        for configuration, claims in made
    ]


@pytest.fixture(scope="module")
def bundles(data: Path) -> list[bytes]:
    found = [path.read_bytes() for path in sorted((data / "synthea-r4").glob("*.json"))]
    assert len(found) == BUNDLES
    return found


def presentation(held: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": held,
    }


def test_credentials_of_every_real_patient_have_the_form_that_the_oracle_gives_them(bundles):
    compared = 0
    for bundle in bundles:
        for credential in credentials(bundle, most=6):
            quads = JSON_LD.to_quads(credential)
            compared += 1

            assert ours(quads) == oracle(render(quads))
    assert compared > 5 * BUNDLES


@pytest.mark.parametrize("count", [2, 16, 64])
def test_a_presentation_of_one_patients_credentials_is_no_poison(bundles, count):
    """Before orders that read alike were tried once, two laboratory results were too much."""
    for bundle in bundles[:: BUNDLES // 4]:
        held = credentials(bundle, most=count)
        for document in (presentation(held), presentation([held[0]] * count)):
            canonical = canonicalize(JSON_LD.to_quads(document), max_steps=40_000)

            assert len(set(canonical.labels.values())) == len(canonical.labels)


def test_two_credentials_alike_have_the_form_that_the_oracle_gives_them():
    small = {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": "did:web:clinic.example",
        "credentialSubject": {"name": "x", "description": "y"},
    }
    for count in (2, 3):
        quads = JSON_LD.to_quads(presentation([small] * count))

        assert ours(quads) == oracle(render(quads))
