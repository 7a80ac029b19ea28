"""A registry that anchors its log: by its commands, over HTTP, cut off from the chain, put back."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from click.testing import CliRunner

from registry.adapters.anchor_place import AnchorPlace
from registry.adapters.evm_anchor import log_id
from registry.adapters.evm_chain import EvmChain
from registry.app import open_registry
from registry.cli import commands
from registry.client import RegistryClient
from registry.evm.artifacts import LOG_ANCHOR, load_artifact
from registry.model.checkpoint import read
from registry.model.receipt_state import ReceiptState
from registry.model.signed_note import VerifierKey
from registry.service.registry import Registry
from ssi_core.adapters.http import HttpClient
from ssi_core.encoding import base64url_decode
from ssi_core.errors import LogProofError, NotFoundError, RejectedError, UnavailableError
from ssi_core.json_types import JsonObject
from tests.support.evm import PyEvm, account, pay
from tests.support.registry import ORIGIN, grant
from tests.support.registry_server import RegistryServer

ARTIFACT = load_artifact(LOG_ANCHOR)
OFTEN = timedelta(seconds=0.05)
PATIENCE = 30


def until(condition: Callable[[], Any]) -> Any:
    """Return what `condition` does once that is true."""
    end = monotonic() + PATIENCE
    while not (found := condition()):
        assert monotonic() < end, "it did not come about"
        sleep(0.02)
    return found


def run(*arguments: str) -> str:
    """Run a command of the registry, and return what it says."""
    done = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output.strip()


@contextmanager
def opened(folder: Path, place: AnchorPlace) -> Iterator[Registry]:
    with open_registry(
        data_dir=folder, public_url="http://localhost:1", origin=ORIGIN, workers=0, anchor=place
    ) as registry:
        yield registry


@pytest.fixture
def member(py_evm: str) -> EvmChain:
    return account(py_evm, "member")


@pytest.fixture
def place(member: EvmChain, py_evm: str, tmp_path: Path) -> AnchorPlace:
    """A contract whose only member admitted the log of the registry in `tmp_path`."""
    contract = member.deploy(ARTIFACT, [member.address], 1)
    signer = run("anchor", "account", "--data-dir", str(tmp_path))
    pay(py_evm, signer)
    member.transact(ARTIFACT, contract, "vote_log", log_id(member, ORIGIN), signer)
    return AnchorPlace(rpc=py_evm, contract=contract, every=OFTEN)


def anchored_size(registry: Registry) -> int:
    assert registry.anchoring is not None
    return registry.anchoring.size()


def test_members_set_it_up_with_commands_and_the_server_says_how_far_it_is_anchored(
    tmp_path, py_evm, monkeypatch
):
    data = ("--data-dir", str(tmp_path))
    monkeypatch.setenv("CONSENTRY_REGISTRY_ANCHOR_RPC", py_evm)
    signer = run("anchor", "account", *data)
    pay(py_evm, signer)
    contract = run("anchor", "deploy", *data, "--member", signer, "--quorum", "1")
    monkeypatch.setenv("CONSENTRY_REGISTRY_ANCHOR_CONTRACT", contract)
    monkeypatch.setenv("CONSENTRY_REGISTRY_ANCHOR_SECONDS", "1")
    monkeypatch.setenv("CONSENTRY_REGISTRY_ORIGIN", ORIGIN)
    run("anchor", "admit", *data, "--origin", ORIGIN, "--account", signer)
    run("anchor", "member", *data, "--account", "0x" + "12" * 20, "--quorum", "2")
    http = HttpClient()

    with RegistryServer(tmp_path) as server:
        client = RegistryClient(http, server.url)
        entered = grant(log=ORIGIN)
        client.submit(entered.raw)
        log = client.log()
        head = read(client.checkpoint(), log_key=VerifierKey.parse(log.vkey))
        said = until(lambda: _anchor_of(http, server.url, size=head.size))
        again = client.submit(entered.raw)

    http.close()
    assert again.state is ReceiptState.ANCHORED
    assert base64url_decode(said["root"]) == head.root
    assert said["transaction"].startswith("0x")
    shown = run("anchor", "show", *data, "--origin", ORIGIN)
    assert shown == f"{signer} {head.size} {said['root']} open"


def _anchor_of(http: HttpClient, url: str, *, size: int) -> JsonObject | None:
    answer = http.get(f"{url}/anchor")
    if answer.status == 503:
        return None
    said = answer.require_ok().json()
    return said if said["size"] == size else None


def test_without_an_anchor_the_server_says_so(tmp_path):
    with RegistryServer(tmp_path) as server:
        http = HttpClient()
        answer = http.get(f"{server.url}/anchor")
        http.close()

    assert isinstance(answer.problem(), NotFoundError)


def test_a_chain_that_is_away_holds_up_nothing_and_is_caught_up_with(tmp_path):
    chain = PyEvm()
    with chain.served() as url:
        port = int(url.rpartition(":")[2])
        member = account(url, "member")
        contract = member.deploy(ARTIFACT, [member.address], 1)
        signer = run("anchor", "account", "--data-dir", str(tmp_path))
        pay(url, signer)
        member.transact(ARTIFACT, contract, "vote_log", log_id(member, ORIGIN), signer)
    place = AnchorPlace(rpc=url, contract=contract, every=OFTEN)

    with opened(tmp_path, place) as registry:
        registry.submit(grant("while away").raw)
        assert registry.anchoring is not None
        away = registry.anchoring.anchored()
        with chain.served(port):
            until(lambda: anchored_size(registry) >= 1)
        registry.submit(grant("away again").raw)

    assert away is None


def test_what_was_anchored_is_known_after_a_restart(tmp_path, place):
    with opened(tmp_path, place) as registry:
        registry.submit(grant().raw)
        size = until(lambda: anchored_size(registry))

    with opened(tmp_path, place) as registry:
        assert registry.anchoring is not None
        found = until(registry.anchoring.anchored)

    assert found.tree.size == size


def test_a_log_that_was_put_back_takes_nothing_more_once_the_anchor_has_been_asked(tmp_path, place):
    folder, kept = tmp_path, tmp_path / "kept"
    with opened(folder, place) as registry:
        registry.submit(grant("before").raw)
        until(lambda: anchored_size(registry))
    # The whole folder, with what the registry's own witness remembers: only the chain knows more.
    shutil.copytree(folder, kept)
    with opened(folder, place) as registry:
        before = until(lambda: anchored_size(registry))
        registry.submit(grant("forgotten").raw)
        until(lambda: anchored_size(registry) > before)

    with opened(kept, place) as registry:
        assert registry.anchoring is not None
        refusal = until(lambda: _refusal(registry))
        with pytest.raises(LogProofError):
            registry.submit(grant("fork").raw)

    assert "shorter than its anchor" in refusal.reason


def test_a_log_that_went_another_way_is_found_out_too(tmp_path, place):
    kept = tmp_path / "kept"
    with opened(tmp_path, place) as registry:
        common = registry.submit(grant("before").raw)
    shutil.copytree(tmp_path, kept)
    with opened(tmp_path, place) as registry:
        way = registry.submit(grant("one way").raw)
        until(lambda: anchored_size(registry) > way.index)
    assert way.index > common.index
    away = AnchorPlace(rpc="http://127.0.0.1:9", contract=place.contract, every=OFTEN)
    with opened(kept, away) as registry:
        for number in range(3):
            registry.submit(grant(f"another way {number}").raw)

    with opened(kept, place) as registry:
        refusal = until(lambda: _refusal(registry))

    assert "does not begin with the tree" in refusal.reason


def test_an_anchor_that_did_not_admit_the_log_is_asked_again(tmp_path, member, py_evm):
    contract = member.deploy(ARTIFACT, [member.address], 1)
    signer = run("anchor", "account", "--data-dir", str(tmp_path))
    pay(py_evm, signer)
    place = AnchorPlace(rpc=py_evm, contract=contract, every=OFTEN)

    with opened(tmp_path, place) as registry:
        registry.submit(grant().raw)
        member.transact(ARTIFACT, contract, "vote_log", log_id(member, ORIGIN), signer)
        size = until(lambda: anchored_size(registry))

    assert size >= 1


def test_a_node_that_is_none_is_unavailable_and_a_contract_that_is_none_too(py_evm):
    nobody = EvmChain.at("http://127.0.0.1:9", secret=b"\x01" * 32, timeout=1)
    with pytest.raises(UnavailableError):
        nobody.chain_id()

    chain = account(py_evm, "member")
    with pytest.raises((UnavailableError, RejectedError)):
        chain.call(ARTIFACT, chain.address, "anchored", bytes(32))


def _refusal(registry: Registry) -> LogProofError | None:
    assert registry.anchoring is not None
    try:
        registry.anchoring.require_sound()
    except LogProofError as error:
        return error
    return None
