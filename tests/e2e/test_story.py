"""The story, for bundles that nobody published, by real processes and as a command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from consentry.demo.desks import objects, text
from consentry.demo.narrator import Narrator
from consentry.demo.stage import Stage
from consentry.demo.story import Story
from ssi_core.errors import MalformedError, SsiError
from tests.e2e.conftest import Enter
from tests.support import bundles
from tests.support.bundles import REFUSED, STORIES

# All of them take some minutes.
_ALL = os.environ.get("CONSENTRY_ALL_BUNDLES") == "1"
_HANDFUL = 3
_MUTATIONS = 300
_TOO_LARGE = 65 * 2**20


@pytest.mark.parametrize("name", STORIES)
def test_the_story_holds_for_a_bundle_that_nobody_published(
    name: str, enter: Enter, story: Story, tale: Narrator
):
    patient = enter(STORIES[name])

    story.play(patient)

    assert tale.broken == 0
    assert tale.held > 15


@pytest.mark.timeout(1_200 if _ALL else 300)
def test_the_story_holds_for_published_bundles(
    data: Path, enter: Enter, story: Story, tale: Narrator
):
    published = sorted((data / "synthea-r4").glob("*.json"))
    chosen = published if _ALL else published[:: len(published) // _HANDFUL][:_HANDFUL]

    for path in chosen:
        patient = enter(path.read_bytes())
        story.play(patient)
        assert tale.broken == 0, path.name

    assert len(chosen) >= _HANDFUL


def test_the_patient_reads_the_very_words_of_the_record(enter: Enter, story: Story):
    patient = enter(STORIES["names from everywhere"])
    story.issue(patient)
    held = objects(patient.wallet.desk.get("/credentials"), "credentials")[0]

    shown = patient.wallet.desk.get(f"/credentials/{text(held, 'credential')}")

    name = bundles.first(json.loads(patient.bundle), "Patient")["name"][0]
    values = [claim.get("value") for claim in objects(shown, "claims")]
    assert name["family"] in values
    assert " ".join(name["given"]) in values


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_record_of_one_patient_is_refused_where_it_is_wrong(
    name: str, open_stage: Stage
):
    bundle, pointer = REFUSED[name]

    with pytest.raises(MalformedError) as refused:
        open_stage.issuer("clinic").register(bundle)

    assert refused.value.at == pointer
    assert len(refused.value.reason) > 10


def test_a_bundle_that_is_larger_than_the_clinic_takes_is_refused(open_stage: Stage):
    huge = bundles.bent().ljust(_TOO_LARGE)

    with pytest.raises(SsiError) as refused:
        open_stage.issuer("clinic").register(huge)

    assert refused.value.code == "malformed"
    assert "larger" in refused.value.reason


@pytest.mark.parametrize("seed", range(2))
def test_no_wrong_type_in_a_bundle_is_more_than_a_refusal(open_stage: Stage, seed: int):
    clinic = open_stage.issuer("clinic")
    changed = list(bundles.mutations(bundles.whole(seed), seed=seed, count=_MUTATIONS))
    changed += bundles.mutations(
        json.loads(STORIES["only observations"]), seed=seed, count=_MUTATIONS
    )
    places: list[str] = []

    for bundle in changed:
        try:
            record, resources = clinic.register(bundle)
        except MalformedError as error:
            places.append(error.at or "")
        else:
            # What was taken in can be offered: it is not found out later, in front of the patient.
            for resource in resources:
                clinic.offer(record, text(resource, "id"))

    assert 0 < len(places) < len(changed)
    assert {place.split("/")[1] for place in places if place} <= {"entry", "type", "resourceType"}


def _demo(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "consentry", "demo", "--once", *arguments],
        env={**os.environ, "TMPDIR": str(folder), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_tells_the_story_of_a_file(tmp_path: Path):
    bundle = tmp_path / "record of Ōta 李.json"
    bundle.write_bytes(STORIES["a byte order mark"])

    played = _demo("--bundle", str(bundle), folder=tmp_path)

    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stderr == ""
    assert "✗" not in played.stdout
    assert "a grant with a key of its own enters the log" in played.stdout
    assert "refused: withdrawn" in played.stdout
    assert "refused: credential_revoked" in played.stdout
    assert "promises held, 0 broken." in played.stdout
    assert [path.name for path in tmp_path.iterdir()] == [bundle.name]


_UNTOLD = {
    "nobody": (REFUSED["no patient"][0], "a bundle is about exactly one patient"),
    "nothing": (
        bundles.bent(bundles.without("Condition")),
        "nothing in this bundle can be made a credential",
    ),
}


@pytest.mark.parametrize("name", _UNTOLD)
def test_the_command_says_why_a_story_cannot_be_told(tmp_path: Path, name: str):
    content, reason = _UNTOLD[name]
    bundle = tmp_path / "bundle.json"
    bundle.write_bytes(content)

    played = _demo("--bundle", str(bundle), folder=tmp_path)

    assert played.returncode == 1
    assert reason in played.stdout
    assert "Traceback" not in played.stdout + played.stderr
    assert played.stdout.count("✗") == 1
