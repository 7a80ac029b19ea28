"""Logs and resolution results of decentralized-identity/didwebvh-test-suite, did:webvh 1.0."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from ssi_core import jcs
from ssi_core.did import webvh
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.syntax import Did
from ssi_core.errors import ProofError, SsiError
from ssi_core.period import from_rfc3339

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
# The published proofs of the other do not approve its first version.
APPROVED: Final = tuple(name for name in SCENARIOS if name != "witness-update")


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

    # As canonical bytes: to compare values would take 1 for true.
    assert jcs.canonicalize(found.document.source) == jcs.canonicalize(
        scenario.result["didDocument"]
    )
    assert jcs.canonicalize(found.metadata) == jcs.canonicalize(
        scenario.result["didDocumentMetadata"]
    )


@pytest.mark.parametrize("scenario", APPROVED, indirect=True)
def test_every_published_version_resolves_by_name_number_and_time(scenario: Scenario):
    for number, line in enumerate(scenario.lines, start=1):
        version: Any = line
        asked = [
            ResolutionOptions(version_id=version["versionId"]),
            ResolutionOptions(version_number=number),
            ResolutionOptions(version_time=from_rfc3339(version["versionTime"])),
        ]

        found = [
            webvh.resolve_with(
                scenario.did,
                scenario.lines,
                options,
                witness_proofs=scenario.witness_proofs,
                at=datetime(2026, 1, 1, tzinfo=UTC),
            )
            for options in asked
        ]

        assert found[0] == found[1] == found[2]
        assert found[0].metadata["versionNumber"] == number
        assert found[0].deactivated is scenario.result["didDocumentMetadata"]["deactivated"]
        document: Any = found[0].document
        assert {**document.source, "service": None} == {**version["state"], "service": None}


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
