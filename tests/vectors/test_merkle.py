"""The transparency-dev/merkle cases for RFC 6962 inclusion and consistency proofs."""

import json
from base64 import b64decode
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from registry.model.merkle import verify_consistency, verify_inclusion
from ssi_core.errors import LogProofError

INCLUSION_CASES = 49
CONSISTENCY_CASES = 43


def cases(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))]


def expected(case: dict[str, Any]) -> AbstractContextManager[object]:
    return pytest.raises(LogProofError) if case["wantErr"] else nullcontext()


def decoded(nodes: list[str] | None) -> list[bytes]:
    return [b64decode(node) for node in nodes or []]


@pytest.mark.spec("RFC 9162", "2.1.3.2")
def test_every_published_inclusion_case_has_its_published_outcome(vectors):
    found = cases(vectors / "merkle" / "inclusion")

    for case in found:
        with expected(case):
            verify_inclusion(
                b64decode(case["leafHash"]),
                index=case["leafIdx"],
                size=case["treeSize"],
                path=decoded(case["proof"]),
                root=b64decode(case["root"]),
            )

    assert len(found) == INCLUSION_CASES


@pytest.mark.spec("RFC 9162", "2.1.4.2")
def test_every_published_consistency_case_has_its_published_outcome(vectors):
    found = cases(vectors / "merkle" / "consistency")

    for case in found:
        with expected(case):
            verify_consistency(
                old_size=case["size1"],
                new_size=case["size2"],
                old_root=b64decode(case["root1"]),
                new_root=b64decode(case["root2"]),
                path=decoded(case["proof"]),
            )

    assert len(found) == CONSISTENCY_CASES
