"""What every PolicyMemory promises, checked on each one we ship."""

from pathlib import Path

import pytest

from registry.adapters.memory import MemoryPolicyMemory
from registry.adapters.policy_memory_file import FilePolicyMemory
from registry.model.cosignature import cosigner_key
from registry.model.quorum import Quorum
from registry.model.tlog_policy import TlogPolicy
from registry.ports import PolicyMemory
from ssi_core.errors import MalformedError, UnavailableError
from tests.support.mirror import LOG_KEY
from tests.support.registry import signer

KEYS = tuple(cosigner_key(f"{name}.example", signer(name)) for name in "ab")


@pytest.fixture(params=["memory", "file"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> PolicyMemory:
    return MemoryPolicyMemory() if request.param == "memory" else FilePolicyMemory(tmp_path / "p")


def test_before_the_first_there_is_no_policy(memory):
    assert memory.load() is None


def test_the_policy_that_was_kept_last_is_found(memory):
    for threshold in (1, 2):
        memory.keep(TlogPolicy.of(LOG_KEY, Quorum(threshold, KEYS)))

    assert memory.load() == TlogPolicy.of(LOG_KEY, Quorum(2, KEYS))


def test_a_file_outlives_the_process_and_one_that_is_no_policy_is_an_error_of_ours(tmp_path: Path):
    path = tmp_path / "p"
    FilePolicyMemory(path).keep(TlogPolicy.of(LOG_KEY, Quorum(1, KEYS)))

    assert FilePolicyMemory(path).load() == TlogPolicy.of(LOG_KEY, Quorum(1, KEYS))
    path.write_bytes(b"quorum")
    with pytest.raises(MalformedError):
        FilePolicyMemory(path).load()
    path.unlink()
    path.mkdir()
    with pytest.raises(UnavailableError):
        FilePolicyMemory(path).load()
