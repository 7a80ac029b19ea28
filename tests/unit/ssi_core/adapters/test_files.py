import resource
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ssi_core.adapters.files import make_folder, only_process, read_file, replace_file
from ssi_core.errors import UnavailableError


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the kernel refuse to make a file larger, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_is_replaced_whole_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    replace_file(path, b"one")

    replace_file(path, b"two")

    assert read_file(path) == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_a_full_disk_is_unavailable_and_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    replace_file(path, b"one")

    with files_of_at_most(1000), pytest.raises(UnavailableError):
        replace_file(path, b"x" * 2000)

    assert read_file(path) == b"one"
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        replace_file(tmp_path / "nowhere" / "secret", b"one")


def test_a_folder_that_may_not_be_written_is_unavailable(ordinary_folder: Path) -> None:
    replace_file(ordinary_folder / "secret", b"one")
    ordinary_folder.chmod(0o500)

    with pytest.raises(UnavailableError):
        replace_file(ordinary_folder / "secret", b"two")
    with pytest.raises(UnavailableError):
        make_folder(ordinary_folder / "new")

    assert read_file(ordinary_folder / "secret") == b"one"


def test_a_file_that_may_not_be_read_is_unavailable(ordinary_folder: Path) -> None:
    replace_file(ordinary_folder / "secret", b"one")
    (ordinary_folder / "secret").chmod(0)

    with pytest.raises(UnavailableError):
        read_file(ordinary_folder / "secret")


def test_a_place_that_a_folder_has_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()

    with pytest.raises(UnavailableError):
        replace_file(tmp_path / "secret", b"one")
    with pytest.raises(UnavailableError):
        read_file(tmp_path / "secret")


def test_no_file_is_nothing(tmp_path: Path) -> None:
    assert read_file(tmp_path / "secret") is None


def test_a_folder_is_its_owners_alone_and_may_be_there_already(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")

    make_folder(tmp_path / "a" / "b")

    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_a_folder_in_a_file_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(UnavailableError):
        make_folder(tmp_path / "file" / "folder")
    with pytest.raises(UnavailableError), only_process(tmp_path / "file" / "lock"):
        pass


def test_one_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    inside: list[str] = []

    def work() -> None:
        for _ in range(50):
            with only_process(tmp_path / "lock"):
                inside.append("in")
                inside.append("out")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert inside == ["in", "out"] * 200
