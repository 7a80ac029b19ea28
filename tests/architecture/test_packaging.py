"""Generic names like `registry` are ours alone in this environment, or we stop."""

import tomllib
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOMS = ["consentry", "ssi_core", "wallet", "issuer", "verifier", "registry", "consent_contracts"]


@pytest.mark.parametrize("room", ROOMS)
def test_no_other_distribution_ships_this_import_name(room: str) -> None:
    distributions = packages_distributions()

    assert set(distributions.get(room, [])) <= {"consentry"}


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_ships_its_types(room: str) -> None:
    spec = find_spec(room)

    assert spec is not None
    assert spec.submodule_search_locations is not None
    assert all((Path(place) / "py.typed").is_file() for place in spec.submodule_search_locations)


def test_the_wheel_the_type_checkers_and_the_layers_name_the_same_rooms(project: Path) -> None:
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))

    tool = settings["tool"]
    assert tool["hatch"]["build"]["targets"]["wheel"]["packages"] == ROOMS
    assert tool["importlinter"]["root_packages"] == ROOMS
    assert tool["mypy"]["files"] == [*ROOMS, "scripts", "tests"]
    assert tool["pyright"]["include"] == [*ROOMS, "scripts", "tests"]
