import json
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.decision import AccessRequest, ConsentIndex, GrantRecord, Refusal, decide
from consent_contracts.purpose import VERSION
from consent_contracts.terms import Limits, Obligation
from ssi_core.period import from_timestamp

FORMAT = "consentry-decision-vectors/1"


def _published() -> dict[str, dict[str, Any]]:
    folder = files("consent_contracts") / "vectors"
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        body = json.loads(file.read_text(encoding="utf-8"))
        assert body["format"] == FORMAT
        name = file.name.removesuffix(".json")
        found |= {f"{name}: {vector['name']}": vector for vector in body["vectors"]}
    return found


VECTORS = _published()


def _policy(vector: dict[str, Any]) -> dict[str, timedelta]:
    if "max_staleness" not in vector:
        return {}
    return {"max_staleness": timedelta(seconds=vector["max_staleness"])}


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_vector_is_decided_as_it_says(name: str) -> None:
    vector = VECTORS[name]
    request = AccessRequest.parse(vector["request"])
    records = [GrantRecord.parse(record) for record in vector["grants"]]

    decision = decide(request, records, at=from_timestamp(vector["at"]), **_policy(vector))

    assert decision.to_json() == vector["expected"]


@pytest.mark.parametrize("name", VECTORS)
def test_an_index_decides_as_its_records_do_in_any_order(name: str) -> None:
    vector = VECTORS[name]
    request = AccessRequest.parse(vector["request"])
    index = ConsentIndex.of(GrantRecord.parse(record) for record in reversed(vector["grants"]))

    decision = decide(request, index, at=from_timestamp(vector["at"]), **_policy(vector))

    assert decision.to_json() == vector["expected"]


@pytest.mark.parametrize("name", VECTORS)
def test_what_a_vector_holds_is_written_as_it_was_read(name: str) -> None:
    vector = VECTORS[name]

    request = AccessRequest.parse(vector["request"]).to_json()
    records = [GrantRecord.parse(record).to_json() for record in vector["grants"]]

    assert AccessRequest.parse(request) == AccessRequest.parse(vector["request"])
    assert [each["grant"] for each in records] == [each["grant"] for each in vector["grants"]]


def test_there_are_enough_vectors_and_no_two_ask_the_same() -> None:
    questions = [
        json.dumps([each["request"], each["grants"], each["at"], each.get("max_staleness")])
        for each in VECTORS.values()
    ]

    assert len(questions) >= 40
    assert len(set(questions)) == len(questions)


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_stands_alone_and_with_others(refusal: Refusal) -> None:
    named = [each["expected"].get("refusals", []) for each in VECTORS.values()]

    alone = [reasons for reasons in named if reasons == [refusal.value]]
    together = [reasons for reasons in named if refusal.value in reasons and len(reasons) > 1]

    assert alone
    assert together


def test_the_page_about_vectors_names_every_file_and_every_word(project: Path) -> None:
    page = (project / "docs" / "reference" / "consent-vectors.md").read_text(encoding="utf-8")
    words = [*Refusal, *Obligation, *(level.value for level in AccessLevel), *Limits().to_json()]
    names = [file.name for file in (files("consent_contracts") / "vectors").iterdir()]

    missing = [word for word in [*words, *names] if f"`{word}`" not in page]

    assert missing == []
    assert FORMAT in page
    assert f"PurposeOfUse {VERSION}" in page
