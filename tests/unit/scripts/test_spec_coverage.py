from pathlib import Path

import pytest

from scripts.spec_coverage import MarkerError, read_coverage, render


def _write(tests: Path, source: str) -> None:
    tests.mkdir()
    (tests / "test_it.py").write_text(source, encoding="utf-8")


def test_a_marked_function_class_and_module_hold_their_clauses(tmp_path: Path) -> None:
    _write(
        tmp_path / "tests",
        "pytestmark = pytest.mark.spec('A', '1')\n"
        "@pytest.mark.spec('A', '2.1')\ndef test_f(): ...\n"
        "@pytest.mark.spec('B', '3')\nclass TestC: ...\n",
    )

    coverage = read_coverage(tmp_path / "tests", relative_to=tmp_path)

    assert coverage == {
        "A": {
            "1": frozenset({"tests/test_it.py::*"}),
            "2.1": frozenset({"tests/test_it.py::test_f"}),
        },
        "B": {"3": frozenset({"tests/test_it.py::TestC"})},
    }


def test_a_marker_inside_a_parametrization_counts(tmp_path: Path) -> None:
    _write(
        tmp_path / "tests",
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.spec('A', '1'))])\n"
        "def test_f(x): ...\n",
    )

    coverage = read_coverage(tmp_path / "tests", relative_to=tmp_path)

    assert coverage == {"A": {"1": frozenset({"tests/test_it.py::test_f"})}}


@pytest.mark.parametrize("arguments", ["", "'A'", "'A', 4", "name, '1'", "name='A', clause='1'"])
def test_a_marker_that_is_not_two_plain_strings_is_refused(tmp_path: Path, arguments: str) -> None:
    _write(tmp_path / "tests", f"@pytest.mark.spec({arguments})\ndef test_f(): ...\n")

    with pytest.raises(MarkerError, match=r"tests/test_it\.py:1"):
        read_coverage(tmp_path / "tests", relative_to=tmp_path)


def test_clauses_stand_in_the_order_of_the_specification() -> None:
    coverage = {"A": {clause: frozenset({"t"}) for clause in ["4.10", "B.1", "4.9", "4"]}}

    page = render(coverage)

    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.endswith("`t` |")]
    assert rows == ["4", "4.9", "4.10", "B.1"]


def test_a_name_that_the_module_gives_to_a_text_is_read(tmp_path: Path) -> None:
    _write(
        tmp_path / "tests",
        "SPEC: Final = 'A'\n_CLAUSE = '1'\n@pytest.mark.spec(SPEC, _CLAUSE)\ndef test_f(): ...\n",
    )

    coverage = read_coverage(tmp_path / "tests", relative_to=tmp_path)

    assert coverage == {"A": {"1": frozenset({"tests/test_it.py::test_f"})}}
