import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssi_core.adapters.keystore import KeyStore
from ssi_core.errors import (
    MalformedError,
    ProofError,
    SsiError,
)
from ssi_core.sealing import PassphraseHardness

WORDS = "correct horse"
QUICK = PassphraseHardness(memory_kib=64, iterations=1, lanes=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "keys"


def change(path: Path, **members: Any) -> None:
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps(document | members))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\x00",
        b'{"passphrase":null,"sealed":{}}',
        b'{"passphrase":null,"sealed":{"":"AAAA"}}',
        b'{"passphrase":null,"sealed":{"":"not base64url!"}}',
        b'{"passphrase":null,"sealed":{"":7}}',
        b'{"passphrase":null,"sealed":[]}',
        b'{"passphrase":null,"passphrase":null,"sealed":{}}',
    ],
)
def test_a_damaged_file_is_malformed_and_stays_as_it_is(path: Path, content: bytes) -> None:
    KeyStore.unlock(path).secret("a")
    path.write_bytes(content)

    with pytest.raises(MalformedError):
        KeyStore.unlock(path)

    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "use",
    [
        7,
        {},
        {"salt": "", "memory_kib": 64, "iterations": 1, "lanes": 1},
        {"salt": "AAAA", "memory_kib": 64, "iterations": 1, "lanes": 1},
        {"salt": "A" * 21 + "Q", "memory_kib": 10**9, "iterations": 1, "lanes": 1},
        {"salt": "A" * 21 + "Q", "memory_kib": 64, "iterations": 10**9, "lanes": 1},
        {"salt": "A" * 21 + "Q", "memory_kib": 64, "iterations": 0, "lanes": 1},
        {"salt": "A" * 21 + "Q", "memory_kib": 64, "iterations": True, "lanes": 1},
        {"salt": "A" * 21 + "Q", "memory_kib": 64, "iterations": 1, "lanes": 1.0},
    ],
)
def test_a_damaged_way_to_the_key_is_malformed(path: Path, use: object) -> None:
    KeyStore.unlock(path, passphrase=WORDS, hardness=QUICK)
    change(path, passphrase=use)

    with pytest.raises(MalformedError):
        KeyStore.unlock(path, passphrase=WORDS)


def test_costs_that_do_not_go_together_are_one_of_our_errors(path: Path) -> None:
    KeyStore.unlock(path, passphrase=WORDS, hardness=QUICK)
    use = json.loads(path.read_bytes())["passphrase"]
    change(path, passphrase=use | {"memory_kib": 8, "lanes": 64})

    with pytest.raises(SsiError):
        KeyStore.unlock(path, passphrase=WORDS)


def test_a_secret_moved_to_another_name_does_not_open(path: Path) -> None:
    store = KeyStore.unlock(path)
    store.secret("a")
    sealed = json.loads(path.read_bytes())["sealed"]
    change(path, sealed=sealed | {"b": sealed["a"]})

    with pytest.raises(ProofError):
        KeyStore.unlock(path).load_secret("b")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), value=st.integers(0, 255))
def test_any_changed_byte_is_noticed_or_changes_nothing(
    tmp_path: Path, place: int, value: int
) -> None:
    path = tmp_path / "flipped"
    if not path.exists():
        KeyStore.unlock(path).keep_secret("a", b"planted")
        (tmp_path / "original").write_bytes(path.read_bytes())
    content = bytearray((tmp_path / "original").read_bytes())
    content[place % len(content)] = value
    path.write_bytes(content)

    try:
        found = KeyStore.unlock(path).load_secret("a")
    except SsiError:
        found = None

    assert found in (b"planted", None)
