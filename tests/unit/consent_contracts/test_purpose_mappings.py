import csv
from pathlib import Path

import pytest

from consent_contracts.duo import DataUse, TermKind
from consent_contracts.purpose import Purpose
from consent_contracts.purpose_mappings import (
    DPV,
    DPV_HEALTH,
    dpv_of,
    purpose_of_data_use,
    purpose_of_dpv,
)
from ssi_core.errors import MalformedError


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_health_purpose_of_dpv_has_a_code_or_is_known_to_have_none(data: Path) -> None:
    published = [row["iri"] for row in _rows(data / "terminology/dpv-2.3-health-purposes.csv")]

    for iri in published:
        try:
            assert purpose_of_dpv(iri, at="") in Purpose
        except MalformedError as error:
            assert error.reason == "no PurposeOfUse code includes this DPV purpose"  # noqa: PT017

    assert len(published) == 91


def test_every_code_is_named_by_a_published_term(data: Path) -> None:
    folder = data / "terminology"
    published = {
        row["iri"]
        for name in ("dpv-2.3-purposes.csv", "dpv-2.3-health-purposes.csv")
        for row in _rows(folder / name)
    }

    named = {purpose: dpv_of(purpose) for purpose in Purpose}

    assert {purpose for purpose, iri in named.items() if iri not in published} == set()


def test_the_table_of_duo_is_the_published_one(data: Path) -> None:
    published = {row["id"]: row["shorthand"] for row in _rows(data / "terminology/duo.csv")}

    ours = {
        term.value: "" if term.kind is TermKind.ABSTRACT else term.shorthand for term in DataUse
    }

    assert ours == published
    assert len(ours) == 25


def test_a_permission_of_duo_is_for_research_and_a_modifier_for_nothing() -> None:
    for term in DataUse:
        if term.kind is TermKind.PERMISSION:
            assert purpose_of_data_use(term) in Purpose.HRESCH.covered
        else:
            with pytest.raises(MalformedError):
                purpose_of_data_use(term)


@pytest.mark.parametrize(
    "value",
    [None, 7, "", "TREAT", "DiagnosisManagement", f"{DPV}Marketing", f"{DPV_HEALTH}Unheard"],
)
def test_what_is_no_health_purpose_of_dpv_is_refused(value: object) -> None:
    with pytest.raises(MalformedError, match="not a DPV health purpose"):
        purpose_of_dpv(value, at="/purpose")  # type: ignore[arg-type]


def test_no_request_to_learn_or_to_improve_comes_in_as_one_for_treatment(data: Path) -> None:
    rows = {
        row["iri"]: row["hasbroader"].split(";")
        for row in _rows(data / "terminology/dpv-2.3-health-purposes.csv")
    }
    aims = {
        f"{DPV_HEALTH}{name}"
        for name in ("ResearchDevelopment", "Optimisation", "ImproveHealthcare")
    }

    codes = {iri: _code(iri) for iri in rows if _above(iri, rows) & aims}

    assert len(codes) >= 10
    assert not {code for code in codes.values() if code is not None} & Purpose.TREAT.covered


def _above(iri: str, rows: dict[str, list[str]]) -> set[str]:
    return {iri}.union(*(_above(each, rows) for each in rows.get(iri, []) if each != iri))


def _code(iri: str) -> Purpose | None:
    try:
        return purpose_of_dpv(iri, at="")
    except MalformedError:
        return None
