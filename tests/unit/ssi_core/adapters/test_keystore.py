import json
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ssi_core.adapters.keystore import KeyStore
from ssi_core.errors import (
    AuthenticationError,
    ConflictError,
    MalformedError,
    UnavailableError,
)
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.sealing import PassphraseHardness

WORDS = "correct horse"
QUICK = PassphraseHardness(memory_kib=64, iterations=1, lanes=1)
IN_ANOTHER_PROCESS = """
import sys
from pathlib import Path
from ssi_core.adapters.keystore import KeyStore
store = KeyStore.unlock(Path(sys.argv[1]))
for number in range(20):
    store.secret(f"{sys.argv[2]}-{number}")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "keys"


def test_keys_are_there_after_a_restart(path: Path) -> None:
    edwards, p256 = Ed25519Signer.generate(), P256Signer.generate()
    store = KeyStore.unlock(path)
    store.keep("log", edwards)
    store.keep("log", p256)
    secret = store.secret("nonces")

    again = KeyStore.unlock(path)

    found_edwards, found_p256 = again.load_ed25519("log"), again.load_p256("log")
    assert found_edwards is not None
    assert found_p256 is not None
    assert found_edwards.public_key == edwards.public_key
    assert found_p256.public_key == p256.public_key
    assert again.secret("nonces") == again.load_secret("nonces") == secret
    assert len(secret) == 32


def test_a_key_that_was_never_kept_is_nothing(path: Path) -> None:
    store = KeyStore.unlock(path)

    assert store.load_ed25519("log") is None
    assert store.load_p256("log") is None
    assert store.load_secret("log") is None


def test_a_name_is_given_once(path: Path) -> None:
    store = KeyStore.unlock(path)
    store.keep("log", Ed25519Signer.generate())

    with pytest.raises(ConflictError):
        store.keep("log", Ed25519Signer.generate())


def test_what_was_destroyed_is_gone_and_its_name_is_free(path: Path) -> None:
    store = KeyStore.unlock(path)
    first = store.secret("a")

    store.destroy("a")
    store.destroy("never there")

    assert store.load_secret("a") is None
    assert KeyStore.unlock(path).load_secret("a") is None
    assert store.secret("a") != first


@pytest.mark.parametrize("name", ["salt", "check", "passphrase", "sealed", "é/..", "a" * 300])
def test_any_name_will_do_and_breaks_nothing(path: Path, name: str) -> None:
    store = KeyStore.unlock(path, passphrase=WORDS, hardness=QUICK)

    secret = store.secret(name)

    assert KeyStore.unlock(path, passphrase=WORDS).load_secret(name) == secret


def test_the_name_that_proves_the_key_is_not_for_keeping(path: Path) -> None:
    store = KeyStore.unlock(path)

    store.destroy("")

    with pytest.raises(ConflictError):
        store.keep_secret("", b"something")
    KeyStore.unlock(path)


def test_nothing_that_is_kept_stands_in_the_file_in_clear(path: Path) -> None:
    signer = Ed25519Signer.generate()
    store = KeyStore.unlock(path, passphrase=WORDS, hardness=QUICK)
    store.keep("log", signer)
    store.keep_secret("token", b"planted-secret")

    content = path.read_bytes()

    assert signer.secret not in content
    assert signer.secret.hex().encode() not in content
    assert b"planted-secret" not in content
    assert WORDS.encode() not in content


def test_every_file_is_its_owners_alone(path: Path) -> None:
    KeyStore.unlock(path).secret("a")

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert modes == {"keys": 0o600, "keys.key": 0o600, "keys.lock": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("wrong", ["Correct horse", "", "correct horse ", "\ud800"])
def test_another_passphrase_does_not_open(path: Path, wrong: str) -> None:
    KeyStore.unlock(path, passphrase=WORDS, hardness=QUICK).secret("a")

    with pytest.raises((AuthenticationError, MalformedError)):
        KeyStore.unlock(path, passphrase=wrong)


def test_an_empty_passphrase_makes_no_store(path: Path) -> None:
    with pytest.raises(MalformedError):
        KeyStore.unlock(path, passphrase="", hardness=QUICK)

    assert not path.exists()


def test_the_passphrase_costs_what_it_cost_when_the_store_was_made(path: Path) -> None:
    KeyStore.unlock(path, passphrase=WORDS, hardness=QUICK).secret("a")

    KeyStore.unlock(path, passphrase=WORDS)

    assert json.loads(path.read_bytes())["passphrase"]["memory_kib"] == 64


def test_a_store_is_opened_in_the_way_it_was_locked(path: Path, tmp_path: Path) -> None:
    KeyStore.unlock(path, passphrase=WORDS, hardness=QUICK)
    KeyStore.unlock(tmp_path / "other")

    with pytest.raises(AuthenticationError):
        KeyStore.unlock(path)
    with pytest.raises(AuthenticationError):
        KeyStore.unlock(tmp_path / "other", passphrase=WORDS)


@pytest.mark.parametrize("key", [None, b"", b"x" * 32, b"x" * 33])
def test_another_key_file_does_not_open(path: Path, key: bytes | None) -> None:
    KeyStore.unlock(path).secret("a")
    key_file = path.with_name("keys.key")
    key_file.unlink()
    if key is not None:
        key_file.write_bytes(key)

    with pytest.raises(AuthenticationError):
        KeyStore.unlock(path)


def test_a_first_attempt_that_was_interrupted_is_continued(path: Path) -> None:
    KeyStore.unlock(path)
    key = path.with_name("keys.key").read_bytes()
    path.unlink()

    KeyStore.unlock(path).secret("a")

    assert path.with_name("keys.key").read_bytes() == key


def test_a_disk_that_is_full_is_unavailable_and_loses_no_key(path: Path) -> None:
    store = KeyStore.unlock(path)
    first = store.secret("a")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (16, before[1]))
    try:
        with pytest.raises(UnavailableError):
            store.secret("b")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert store.load_secret("b") is None
    assert KeyStore.unlock(path).load_secret("a") == first
    assert store.secret("b") == KeyStore.unlock(path).load_secret("b")


def test_a_place_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(UnavailableError):
        KeyStore.unlock(tmp_path / "file" / "keys")
    with pytest.raises(UnavailableError):
        KeyStore.unlock(tmp_path)


def test_a_folder_that_may_not_be_written_opens_and_keeps_nothing_new(
    ordinary_folder: Path,
) -> None:
    first = KeyStore.unlock(ordinary_folder / "keys").secret("a")
    ordinary_folder.chmod(0o500)

    store = KeyStore.unlock(ordinary_folder / "keys")

    assert store.load_secret("a") == first
    with pytest.raises(UnavailableError):
        store.secret("b")


def test_a_store_that_was_taken_away_is_unavailable_and_not_made_anew(path: Path) -> None:
    store = KeyStore.unlock(path)
    path.unlink()

    with pytest.raises(UnavailableError):
        store.secret("a")

    assert not path.exists()


def test_a_store_that_was_exchanged_is_not_written_over(path: Path, tmp_path: Path) -> None:
    store = KeyStore.unlock(path)
    KeyStore.unlock(tmp_path / "other").secret("theirs")
    path.write_bytes((tmp_path / "other").read_bytes())

    with pytest.raises(UnavailableError):
        store.secret("a")

    assert path.read_bytes() == (tmp_path / "other").read_bytes()


def test_threads_share_a_store(path: Path) -> None:
    store = KeyStore.unlock(path)
    found: list[bytes] = []

    def work() -> None:
        found.append(store.secret("shared"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 1
    assert KeyStore.unlock(path).load_secret("shared") == found[0]


def test_processes_share_a_store_and_lose_no_key_of_each_other(path: Path) -> None:
    commands = [[sys.executable, "-c", IN_ANOTHER_PROCESS, str(path), name] for name in "abc"]

    running = [subprocess.Popen(command) for command in commands]  # noqa: S603 - our own program
    ends = [process.wait(60) for process in running]

    store = KeyStore.unlock(path)
    assert ends == [0, 0, 0]
    assert all(store.load_secret(f"{name}-{number}") for name in "abc" for number in range(20))


def test_what_another_process_kept_is_found(path: Path) -> None:
    mine, theirs = KeyStore.unlock(path), KeyStore.unlock(path)

    secret = theirs.secret("late")

    assert mine.load_secret("late") == secret
    with pytest.raises(ConflictError):
        mine.keep_secret("late", b"again")
