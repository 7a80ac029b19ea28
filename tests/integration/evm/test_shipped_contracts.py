"""What is shipped is what the sources compile to."""

from importlib.resources import as_file, files
from pathlib import Path

import pytest

from registry.evm import load_artifact
from registry.evm.artifacts import CONSENT_REGISTRY, LOG_ANCHOR
from scripts.contracts import compiled
from ssi_core.errors import NotFoundError

MOST_LINES = 150


def test_the_shipped_bytecode_and_abi_are_what_the_shipped_source_compiles_to():
    with as_file(files("registry.evm").joinpath("contracts")) as folder:
        made = compiled(folder)

        assert len(made) == 2
        for path, text in made.items():
            assert path.read_text(encoding="utf-8") == text, path.name


def test_a_changed_source_would_be_noticed(tmp_path: Path):
    source = files("registry.evm").joinpath("contracts", "ConsentRegistry.vy").read_text()
    (tmp_path / "ConsentRegistry.vy").write_text(source.replace("= 3600", "= 3601"))

    made = compiled(tmp_path)[tmp_path / "ConsentRegistry.json"]

    shipped = files("registry.evm").joinpath("contracts", "ConsentRegistry.json").read_text()
    assert made != shipped


@pytest.mark.parametrize("name", ["ConsentRegistry.vy", "LogAnchor.vy"])
def test_a_contract_can_be_read_in_one_sitting(name: str):
    lines = files("registry.evm").joinpath("contracts", name).read_text().splitlines()

    assert len(lines) < MOST_LINES


def test_a_contract_that_is_not_shipped_is_not_found():
    with pytest.raises(NotFoundError):
        load_artifact("../../app")
    assert len(load_artifact(LOG_ANCHOR).abi) > 10
    assert len(load_artifact(CONSENT_REGISTRY).bytecode) > 1_000
