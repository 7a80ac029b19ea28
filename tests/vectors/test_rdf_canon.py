"""The RDFC-1.0 tests of w3c/rdf-canon: canonical forms, canonical labels, and the poison."""

import json
from hashlib import sha256, sha384
from pathlib import Path
from typing import Any

import pytest

from ssi_core.errors import WorkLimitError
from ssi_core.rdf import n_quads_reader
from ssi_core.rdf.n_quads import Quad
from ssi_core.rdf.rdfc_1_0 import CanonicalDataset, canonicalize

pytestmark = pytest.mark.spec("RDFC-1.0", "4")

EVALUATIONS, MAPS, NEGATIVE = 64, 21, 1


@pytest.fixture(scope="module")
def folder(vectors: Path) -> Path:
    return vectors / "rdf-canon"


@pytest.fixture(scope="module")
def entries(folder: Path) -> list[dict[str, Any]]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.jsonld").read_text())
    entries: list[dict[str, Any]] = manifest["entries"]
    return entries


def of_type(entries: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["type"] == f"rdfc:{kind}"]


def quads(folder: Path, entry: dict[str, Any]) -> tuple[Quad, ...]:
    return n_quads_reader.parse((folder / entry["action"]).read_text(encoding="utf-8"))


def canonical(folder: Path, entry: dict[str, Any]) -> CanonicalDataset:
    function = sha384 if entry.get("hashAlgorithm") == "SHA384" else sha256
    return canonicalize(quads(folder, entry), hash_function=function)


def test_every_dataset_gets_its_published_canonical_form(folder, entries):
    tests = of_type(entries, "RDFC10EvalTest")

    different = [
        entry["id"]
        for entry in tests
        if canonical(folder, entry).n_quads != (folder / entry["result"]).read_bytes()
    ]

    assert len(tests) == EVALUATIONS
    assert different == []


def test_every_blank_node_gets_its_published_label(folder, entries):
    tests = of_type(entries, "RDFC10MapTest")

    different = [
        entry["id"]
        for entry in tests
        if {old[2:]: new[2:] for old, new in canonical(folder, entry).labels.items()}
        != json.loads((folder / entry["result"]).read_text())
    ]

    assert len(tests) == MAPS
    assert different == []


def test_the_published_poison_is_refused(folder, entries):
    tests = of_type(entries, "RDFC10NegativeEvalTest")

    assert len(tests) == NEGATIVE
    for entry in tests:
        with pytest.raises(WorkLimitError):
            canonical(folder, entry)
