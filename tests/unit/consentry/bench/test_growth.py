from pathlib import Path

from click.testing import CliRunner

from consentry.bench.growth import Stage, growth
from consentry.bench.growth_page import write_growth_page


def make_stage(size: int) -> Stage:
    return Stage(
        size=size,
        appended=12_345.6,
        single=0.5,
        inclusion=0.1,
        inclusion_95=0.2,
        consistency=0.1,
        evidence=1.5,
        opened=9.0,
        memory=2**27,
        disk=3 * 2**20,
        payload=2 * 2**20,
    )


def test_a_log_grows_and_is_measured_at_each_size(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        growth, ["--size", "1000", "--data-dir", str(tmp_path)], catch_exceptions=False
    )

    assert done.output.split(":")[0].strip() == "1,001 entries"  # with the log's own snapshot
    assert not list(tmp_path.iterdir())


def test_the_page_has_a_column_for_each_size(tmp_path: Path) -> None:
    stages = [make_stage(1_000), make_stage(1_000_000)]

    write_growth_page(tmp_path / "page.md", stages, machine=[("cores", "2")])

    lines = (tmp_path / "page.md").read_text().splitlines()
    assert "| entries | 1,000 | 1,000,000 |" in lines
    assert "| appends a second, 1,000 to a batch | 12,346 | 12,346 |" in lines
    assert "| disk to the entries' own bytes | 1.50 | 1.50 |" in lines
