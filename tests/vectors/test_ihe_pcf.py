import json
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from consent_contracts.fhir import (
    Correspondence,
    FhirVersion,
    PcfProfile,
    read_consent,
    require_profile,
    write_consent,
)
from consent_contracts.fhir.vocabulary import Own
from consent_contracts.grant import Grant
from consent_contracts.record import GrantRecord
from ssi_core.errors import MalformedError
from tests.support.fsh import consents

FILE: dict[str, Any] = json.loads(
    (files("consent_contracts") / "vectors" / "ihe-pcf.json").read_text("utf-8")
)
CONSENTS: dict[str, Any] = FILE["consents"]
CORRESPONDENCE = Correspondence.parse(FILE["correspondence"])
# A dissent permits nobody, and what a mother permits waits for the word that she may.
WITHOUT_A_PERMIT = {"ex-consent-basic-treat-infant"}


@pytest.fixture(scope="module")
def published(data: Path) -> dict[str, Any]:
    return consents((data / "ihe-pcf" / "consent.fsh").read_text("utf-8"))


def _grants(name: str) -> list[Grant]:
    return list(read_consent(CONSENTS[name], CORRESPONDENCE, version=FhirVersion.R4).grants)


def _decisions(name: str) -> set[str]:
    return {each["expected"]["decision"] for each in FILE["vectors"] if name == each["consent"][0]}


def test_every_published_example_is_here_as_it_was_published(published):
    assert len(published) == 23
    assert published == CONSENTS


def test_every_note_is_held_by_vectors_that_deny_and_permit(data):
    noted = {
        path.name.removeprefix("Consent-").removesuffix("-notes.md")
        for path in (data / "ihe-pcf").glob("Consent-*-notes.md")
    }

    unheld = [name for name in noted if not _decisions(name) >= {"permit", "deny"}]

    assert len(noted) == 21
    assert unheld == []


@pytest.mark.parametrize("name", sorted(CONSENTS.keys() - WITHOUT_A_PERMIT))
def test_an_example_has_vectors_for_both_answers(name):
    assert _decisions(name) >= {"permit", "deny"}


def test_what_a_mother_permits_waits_for_the_word_that_she_may():
    assert _decisions("ex-consent-basic-treat-infant") == {"indeterminate", "deny"}


@pytest.mark.spec("IHE PCF", "examples")
@pytest.mark.parametrize("vector", FILE["vectors"], ids=[each["name"] for each in FILE["vectors"]])
def test_the_grants_of_a_vector_are_those_that_its_consents_come_to(vector):
    records = [GrantRecord.parse(each) for each in vector["grants"]]

    read = [grant for name in vector["consent"] for grant in _grants(name)]

    assert [replace(each.grant, id=None) for each in records] == read


@pytest.mark.parametrize("version", FhirVersion)
@pytest.mark.parametrize("name", CONSENTS)
def test_an_example_goes_out_again_and_comes_back(name, version):
    for grant in _grants(name):
        written = write_consent(grant, version=version)

        assert read_consent(written, Correspondence(), version=version).grants == (grant,)


@pytest.mark.spec("IHE PCF", "profiles")
@pytest.mark.parametrize("name", CONSENTS)
def test_an_example_keeps_to_its_profile(name):
    profile = next((each for each in PcfProfile if each.value in name), PcfProfile.BASIC)

    assert require_profile(CONSENTS[name], profile) is CONSENTS[name]


@pytest.mark.parametrize(
    ("name", "profile", "element"),
    [
        ("ex-consent-intermediate-timeframe", "basic", "/provision/dataPeriod"),
        ("ex-consent-intermediate-not-timeframe", "basic", "/provision/provision"),
        ("ex-consent-intermediate-data", "basic", "/provision/data"),
        ("ex-consent-advanced-normal", "basic", "/provision/securityLabel"),
        ("ex-consent-advanced-normal", "intermediate", "/provision/securityLabel"),
    ],
)
def test_a_profile_names_what_it_forbids(name, profile, element):
    with pytest.raises(MalformedError, match="forbids") as refused:
        require_profile(CONSENTS[name], PcfProfile(profile))

    assert refused.value.at == element


def test_the_page_names_every_extension_and_every_word_of_a_correspondence(project):
    page = (project / "docs" / "reference" / "fhir-consent.md").read_text("utf-8")
    words = [own.value.removeprefix("urn:consentry:fhir:") for own in Own]
    words += [each.name for each in fields(Correspondence)] + [each.value for each in PcfProfile]

    assert [word for word in words if f"`{word}`" not in page] == []
