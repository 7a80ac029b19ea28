import csv
import json
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from consent_contracts.access import AccessLevel
from consent_contracts.context import Context
from consent_contracts.decision import AccessRequest, ConsentIndex, GrantRecord, Refusal, decide
from consent_contracts.duo import DataUse, TermKind
from consent_contracts.grant import Grant
from consent_contracts.health_record import SETS
from consent_contracts.purpose import VERSION
from consent_contracts.recipient import RecipientKind
from consent_contracts.record_scope import CONDITIONS
from consent_contracts.research_use import ResearchKind
from consent_contracts.terms import Effect, Limits, Obligation
from ssi_core.errors import MalformedError
from ssi_core.period import from_timestamp

FORMAT = "consentry-decision-vectors/2"
OF_ANOTHER_FORMAT = ("break-glass.json", "lifecycle.json")


def _published(kind: str) -> dict[str, dict[str, Any]]:
    folder = files("consent_contracts") / "vectors"
    found: dict[str, dict[str, Any]] = {}
    # Folders beside these files hold vectors of other formats.
    files_here = [each for each in folder.iterdir() if each.is_file()]
    for file in sorted(files_here, key=lambda each: each.name):
        body = json.loads(file.read_text(encoding="utf-8"))
        if body["format"] != FORMAT:
            assert file.name in OF_ANOTHER_FORMAT
            continue
        name = file.name.removesuffix(".json")
        found |= {f"{name}: {vector['name']}": vector for vector in body.get(kind, [])}
    return found


VECTORS = _published("vectors")
REFUSED = _published("refused")


def _circumstances(vector: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"at": from_timestamp(vector["at"])}
    if "max_staleness" in vector:
        found["max_staleness"] = timedelta(seconds=vector["max_staleness"])
    if "context" in vector:
        found["context"] = Context.parse(vector["context"])
    return found


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_vector_is_decided_as_it_says(name: str) -> None:
    vector = VECTORS[name]
    request = AccessRequest.parse(vector["request"])
    records = [GrantRecord.parse(record) for record in vector["grants"]]

    decision = decide(request, records, **_circumstances(vector))

    assert decision.to_json() == vector["expected"]


@pytest.mark.parametrize("name", VECTORS)
def test_an_index_decides_as_its_records_do_in_any_order(name: str) -> None:
    vector = VECTORS[name]
    request = AccessRequest.parse(vector["request"])
    index = ConsentIndex.of(GrantRecord.parse(record) for record in reversed(vector["grants"]))

    decision = decide(request, index, **_circumstances(vector))

    assert decision.to_json() == vector["expected"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_grant_that_no_reader_takes_is_refused(name: str) -> None:
    with pytest.raises(MalformedError):
        Grant.parse(REFUSED[name]["grant"])


@pytest.mark.parametrize("name", VECTORS)
def test_what_a_vector_holds_is_written_as_it_was_read(name: str) -> None:
    vector = VECTORS[name]

    request = AccessRequest.parse(vector["request"]).to_json()
    records = [GrantRecord.parse(record).to_json() for record in vector["grants"]]

    assert AccessRequest.parse(request) == AccessRequest.parse(vector["request"])
    assert [each["grant"] for each in records] == [each["grant"] for each in vector["grants"]]
    if "context" in vector:
        assert Context.parse(vector["context"]).to_json() == vector["context"]


def test_there_are_enough_vectors_and_no_two_ask_the_same() -> None:
    questions = [
        json.dumps([value for member, value in each.items() if member not in ("name", "expected")])
        for each in VECTORS.values()
    ]

    assert len(questions) >= 200
    assert len(set(questions)) == len(questions)


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_stands_alone_and_with_others(refusal: Refusal) -> None:
    named = [each["expected"].get("refusals", []) for each in VECTORS.values()]

    alone = [reasons for reasons in named if reasons == [refusal.value]]
    together = [reasons for reasons in named if refusal.value in reasons and len(reasons) > 1]

    assert alone
    assert together


@pytest.mark.parametrize("answer", ["permit", "deny", "indeterminate"])
def test_there_are_vectors_for_every_answer(answer: str) -> None:
    answers = [each["expected"]["decision"] for each in VECTORS.values()]

    assert answers.count(answer) >= 20


@pytest.mark.parametrize("term", DataUse)
def test_every_term_of_data_use_is_kept_in_a_vector_and_broken_in_another(term: DataUse) -> None:
    broken = f"data_use_{term.shorthand.lower()}"
    if term.kind is TermKind.ABSTRACT:
        assert any(term.value in name for name in REFUSED)
        return
    with_term = [each for each in VECTORS.values() if term.value in json.dumps(each["grants"])]

    kept = [each for each in with_term if each["expected"]["decision"] == "permit"]
    named = [each for each in VECTORS.values() if broken in str(each["expected"])]

    assert kept
    # Nothing breaks a permission for any research.
    assert bool(named) is (term not in (DataUse.NRES, DataUse.GRU))


def test_all_25_terms_of_the_ontology_are_here(data: Path) -> None:
    with (data / "terminology" / "duo.csv").open(encoding="utf-8", newline="") as file:
        published = {row["id"]: row["shorthand"] for row in csv.DictReader(file)}

    known = {each.value: each.shorthand for each in DataUse if each.kind is not TermKind.ABSTRACT}

    assert len(published) == 25
    assert set(published) == {each.value for each in DataUse}
    assert {name: short for name, short in published.items() if short} == known


def test_the_page_about_vectors_names_every_file_and_every_word(project: Path) -> None:
    page = (project / "docs" / "reference" / "consent-vectors.md").read_text(encoding="utf-8")
    words = [*Refusal, *Obligation, *(level.value for level in AccessLevel), *Limits().to_json()]
    words += [each.value for each in (*RecipientKind, *ResearchKind, *Effect, *DataUse)]
    words += [*CONDITIONS, *SETS, "roles", "accreditations", "jurisdiction", "group_size"]
    words += ["delegations", "subject"]
    folder = files("consent_contracts") / "vectors"
    names = [file.name for file in folder.iterdir() if file.is_file()]

    missing = [word for word in [*words, *names] if f"`{word}`" not in page]

    assert missing == []
    assert FORMAT in page
    assert f"PurposeOfUse {VERSION}" in page
