"""Every credential follows its type, and every claim has a label in two languages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from issuer.adapters.type_documents import load_types
from issuer.configurations import CONFIGURATIONS, certify, selectively
from issuer.fhir import read_bundle
from ssi_core.claim_path import ClaimPath, covers
from ssi_core.credential import type_metadata
from ssi_core.proof.sd_jwt import conceal, reveal
from tests.support.full_bundle import full_bundle

pytestmark = pytest.mark.spec("draft-ietf-oauth-sd-jwt-vc", "5")


def _certified(*texts: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    for text in texts:
        record = read_bundle(text)
        for _at, resource in record.resources:
            configuration, claims = certify(record.patient, resource)
            yield configuration.id, dict(claims)


def _paths(value: Any, so_far: ClaimPath = ()) -> Iterator[ClaimPath]:
    if so_far:
        yield so_far
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _paths(member, (*so_far, name))
    elif isinstance(value, list):
        for element in value:
            yield from _paths(element, (*so_far, None))


def test_every_credential_of_every_published_bundle_follows_its_type(data: Path):
    types = load_types()
    texts = [path.read_bytes() for path in sorted((data / "synthea-r4").glob("*.json"))]

    for identifier, claims in _certified(full_bundle(), *texts):
        payload, disclosures = conceal(selectively(claims))
        revealed = reveal(payload, disclosures)

        assert revealed.claims() == claims
        type_metadata.check(
            types[identifier],
            as_issued=revealed.as_issued,
            disclosed=revealed.disclosures,
            all_disclosed=True,
        )


def test_every_claim_that_can_be_has_a_label_and_no_label_is_for_nothing():
    types = load_types()
    used: dict[str, set[ClaimPath]] = {item.id: set() for item in CONFIGURATIONS}
    for identifier, claims in _certified(full_bundle()):
        used[identifier] |= set(_paths(claims))

    for identifier, paths in used.items():
        described = {claim.path for claim in types[identifier].claims}
        assert {path for path in paths if path not in described} == set()
        assert {path for path in described if path not in paths} == set()


@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_label_is_there_in_each_language_and_names_one_claim(locale: str):
    for metadata in load_types().values():
        labels = [
            [item.label for item in claim.display if item.locale == locale]
            for claim in metadata.claims
        ]
        assert all(len(found) == 1 for found in labels)
        assert len({found[0] for found in labels}) == len(labels)
        assert [item.locale for item in metadata.display] == ["en", "de"]


def test_type_metadata_is_what_the_schema_allows(vectors: Path):
    path = vectors / "oidf" / "json-schemas" / "sdjwtvc" / "type_metadata.json"
    validator = jsonschema.Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))

    for configuration in CONFIGURATIONS:
        source = load_types()[configuration.id].source
        assert [error.message for error in validator.iter_errors(source)] == []
        assert source["vct"] == configuration.vct


def test_a_diagnosis_of_the_published_bundles_has_the_twelve_claims_of_the_story(data: Path):
    text = (data / "synthea-r4" / "018f428e.json").read_bytes()

    claims = next(claims for name, claims in _certified(text) if name == "diagnosis")

    assert claims.keys() - {"abatement"} == {
        "given_name",
        "family_name",
        "birth_date",
        "gender",
        "code",
        "clinical_status",
        "verification_status",
        "onset",
        "recorded",
        "encounter",
        "asserter",
        "organization",
    }


def test_a_claim_of_no_type_would_be_noticed():
    described = {claim.path for claim in load_types()["diagnosis"].claims}

    assert not any(covers(path, ("planted",)) for path in described)
