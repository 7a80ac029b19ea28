from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from consentry.bench.command import measure_all
from consentry.bench.measure import Pace, Result
from consentry.cli import main

EDDSA = "Data Integrity with Ed25519, a medical credential of 57 quads"
# What a remark calls a peer that is not here.
PACKAGES = {
    "JavaScript": "@digitalbazaar/bbs-2023-cryptosuite was not measured",
    "didkit": "didkit is not installed",
    "openvc-core": "openvc-core is not installed",
    "pymerkle": "pymerkle was not measured",
}
EXPECTED = {
    "SD-JWT VC with key binding, ES256": {
        "issue",
        "present 20 of 20 claims",
        "present 3 of 20 claims",
        "verify 20 of 20 claims",
        "verify 3 of 20 claims",
        "verify 20 of 20 claims and a status list",
        "one raw signature",
        "two raw verifications",
    },
    "SD-JWT VC with key binding, EdDSA": {"issue", "verify 20 of 20 claims"},
    EDDSA: {
        "eddsa-rdfc-2022: issue",
        "eddsa-rdfc-2022: verify",
        "eddsa-jcs-2022: issue",
        "eddsa-jcs-2022: verify",
        "one raw signature",
        "one raw verification",
    },
    "bbs-2023": {
        f"{name}, 10 statements{kind}"
        for name in ("issue", "derive", "verify")
        for kind in ("", ", no generators kept")
    },
    "did:webvh, a log of 6 entries": {"resolve", "the raw verifications"},
    "Decisions over 20 patients with 50 grants each": {"indexed", "naive scan"},
    "Durable appends": {
        "API, batches",
        "API, singly",
        "API, singly, one client",
        "in process, batches",
        "in process, singly",
        "bare SQLite, in batches",
        "bare SQLite, singly",
        "statuses, in process",
    },
    "Proofs": {"inclusion", "inclusion, verified", "evidence over HTTP"},
    "A replica catches up": {
        "catch up, all verified and stored",
        "Merkle tree alone",
        "raw verifications, one thread",
    },
    "Synchronising after a reconnect": {"50 records"},
    "From a withdrawal to those who must know": {"witnessed", "denied at a replica"},
    # A quick look makes no chain and no servers of others, and says so.
    "The log beside a chain": set(),
    "The log beside etcd": set(),
    "PostgreSQL with a synchronous standby": set(),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("bench")
    pace = Pace(rounds=2, seconds=0.002, quick=True)

    results = measure_all(pace, folder, Console(quiet=True))

    assert list(folder.iterdir()) == []
    return {result.subject.title: result for result in results}


def test_every_subject_and_row_is_measured(results: dict[str, Result]) -> None:
    assert set(results) == set(EXPECTED)
    for title, names in EXPECTED.items():
        assert names <= {row.case.name for row in results[title].rows}


def test_every_rate_is_positive(results: dict[str, Result]) -> None:
    rates = [rate for result in results.values() for row in result.rows for rate in row.rates]

    assert min(rates) > 0


def test_every_reference_is_a_row_beside_it(results: dict[str, Result]) -> None:
    for result in results.values():
        for row in result.rows:
            assert row.case.reference is None or (result.ratio(row) or 0) > 0


def test_the_aims_are_judged(results: dict[str, Result]) -> None:
    aims = {
        (title, row.case.name): row.case.aim
        for title, result in results.items()
        for row in result.rows
        if row.case.aim is not None
    }

    assert sorted(set(aims.values())) == [
        *(1 / 0.028, 1_000, 2_500, 3_500.0, 5_000, 10_000, 12_000),
        *(15_000.0, 20_000.0, 100_000, 250_000.0),
    ]


def test_every_lead_is_over_a_peer_that_is_measured_or_said_to_be_absent(
    results: dict[str, Result],
) -> None:
    leads = [
        (row.case.lead, result.lead(row), " ".join(result.subject.remarks))
        for result in results.values()
        for row in result.rows
        if row.case.lead is not None
    ]

    assert len(leads) == 9
    for lead, found, said in leads:
        assert (found or 0) > 0 or PACKAGES[lead.over.partition(":")[0]] in said


@pytest.mark.parametrize(
    ("title", "library", "row"),
    [
        ("SD-JWT VC with key binding, ES256", "openvc-core", "verify"),
        ("SD-JWT VC with key binding, ES256", "sd-jwt", "verify"),
        (EDDSA, "didkit", "verify"),
        (EDDSA, "openvc-core", "eddsa-rdfc-2022 verify"),
        (EDDSA, "openvc-core", "eddsa-jcs-2022 issue"),
        ("did:webvh, a log of 6 entries", "openvc-core", "resolve"),
    ],
)
def test_a_peer_is_measured_or_said_to_be_absent(
    results: dict[str, Result], title: str, library: str, row: str
) -> None:
    result = results[title]

    measured = {row.case.name for row in result.rows}
    said = " ".join(result.subject.remarks)

    assert f"{library}: {row}" in measured or f"{library} is not installed" in said


def test_a_page_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    arguments = ["bench", "--quick", "--only", "decisions", "--page", str(page)]

    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 0, result.output
    assert "Written by `consentry bench --quick --only decisions`." in page.read_text("utf-8")
    assert "Decisions over 20 patients" in result.output


def test_fewer_than_five_rounds_are_no_measurement() -> None:
    result = CliRunner().invoke(main, ["bench", "--rounds", "4"])

    assert result.exit_code == 2
