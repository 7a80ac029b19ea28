import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOMS = ["consentry", "ssi_core", "wallet", "issuer", "verifier", "registry", "consent_contracts"]
MOST_LINES = 300
# What tools leave behind; nothing in these is ours.
NOT_OURS = re.compile(
    r"^(\.git|\.venv|venv|dist|build|__pycache__|\.[a-z_]+_cache|\.hypothesis|\.consentry|node_modules)$"
)
MACHINE_PATH = re.compile(r"(?<![.\w/])/(work|root|home|Users|farm)/\w")


def _modules(room: str) -> Iterator[Path]:
    spec = find_spec(room)
    assert spec is not None
    for place in spec.submodule_search_locations or ():
        yield from Path(place).rglob("*.py")


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir()):
        if NOT_OURS.search(path.name):
            continue
        if path.is_dir():
            yield from _texts(path)
            continue
        try:
            yield str(path), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_is_longer_than_a_reader_bears(room: str) -> None:
    lengths = {
        str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in _modules(room)
    }

    assert lengths, f"{room} has no module"
    assert {path: length for path, length in lengths.items() if length > MOST_LINES} == {}


def test_no_file_names_a_folder_of_one_machine(project: Path) -> None:
    found = [name for name, text in _texts(project) if MACHINE_PATH.search(text)]

    assert found == []


def test_a_folder_of_one_machine_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("see /" + "home/someone/notes", encoding="utf-8")

    with pytest.raises(AssertionError):
        test_no_file_names_a_folder_of_one_machine(tmp_path)
