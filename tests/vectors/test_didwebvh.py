"""Logs and resolution results of decentralized-identity/didwebvh-test-suite, did:webvh 1.0."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from ssi_core.did import webvh
from ssi_core.did.syntax import Did
from ssi_core.errors import ProofError, SsiError

pytestmark = pytest.mark.spec("did:webvh 1.0", "Read (Resolve)")

SCENARIOS: Final = (
    "basic-create",
    "basic-update",
    "deactivate",
    "key-rotation",
    "multi-update",
    "multiple-update-keys",
    "portable",
    "portable-move",
    "pre-rotation",
    "pre-rotation-consume",
    "services",
    "witness-threshold",
    "witness-update",
)


class Scenario:
    """One folder of the test suite."""

    def __init__(self, folder: Path) -> None:
        proofs = folder / "did-witness.json"
        self.lines = webvh.parse_log((folder / "did.jsonl").read_bytes())
        self.witness_proofs: Any = json.loads(proofs.read_text()) if proofs.is_file() else None
        self.result: Any = json.loads((folder / "resolutionResult.json").read_text())
        state: Any = self.lines[0]["state"]
        self.did = Did.parse(state["id"])


@pytest.fixture
def scenario(request: pytest.FixtureRequest, vectors: Path) -> Scenario:
    return Scenario(vectors / "didwebvh" / request.param / "python")


def test_every_published_scenario_is_tested(vectors: Path):
    assert sorted(path.name for path in (vectors / "didwebvh").iterdir()) == list(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, indirect=True)
def test_a_published_log_resolves_as_published(scenario: Scenario):
    if scenario.result["didDocument"] is None:
        with pytest.raises(ProofError, match="witness"):
            webvh.resolve_log(scenario.did, scenario.lines, witness_proofs=scenario.witness_proofs)
        return

    found = webvh.resolve_log(scenario.did, scenario.lines, witness_proofs=scenario.witness_proofs)

    assert found.document.source == scenario.result["didDocument"]
    assert found.metadata == scenario.result["didDocumentMetadata"]


@pytest.mark.parametrize("scenario", ["multi-update"], indirect=True)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_published_version_is_found_by_number_and_by_id(scenario: Scenario, number: int):
    line: Any = scenario.lines[number - 1]

    by_number = webvh.resolve_log(
        scenario.did, scenario.lines, witness_proofs=None, version_number=number
    )
    by_id = webvh.resolve_log(
        scenario.did, scenario.lines, witness_proofs=None, version_id=line["versionId"]
    )

    assert by_number == by_id
    assert by_number.metadata["versionTime"] == line["versionTime"]
    assert by_number.metadata["updated"] == scenario.result["didDocumentMetadata"]["updated"]
    assert by_number.document.source.get("alsoKnownAs") == line["state"].get("alsoKnownAs")


@pytest.mark.parametrize("scenario", SCENARIOS, indirect=True)
@pytest.mark.parametrize("member", ["versionId", "versionTime", "parameters", "state", "proof"])
def test_a_published_log_with_a_member_of_another_entry_is_refused(scenario: Scenario, member: str):
    stranger: dict[str, Any] = {
        "versionId": "1-QmXhVjFG6EBTosDastaaHMRypm2qSv4SMGctADsx878Yux",
        "versionTime": "2001-01-01T00:00:00Z",
        "parameters": {**as_dict(scenario.lines[-1]["parameters"]), "watchers": ["https://w"]},
        "state": {**as_dict(scenario.lines[-1]["state"]), "alsoKnownAs": ["did:web:x.example"]},
        "proof": [],
    }
    changed = {**scenario.lines[-1], member: stranger[member]}

    with pytest.raises(SsiError):
        webvh.resolve_log(
            scenario.did,
            [*scenario.lines[:-1], changed],
            witness_proofs=scenario.witness_proofs,
        )


def as_dict(value: Any) -> dict[str, Any]:
    return dict(value)
