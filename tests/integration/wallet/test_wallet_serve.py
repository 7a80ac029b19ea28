"""The wallet served as a process: who may reach it, and what it does by itself."""

import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ssi_core.adapters.http import HttpClient
from tests.support.stalling_proxy import Stall
from tests.support.wallet_stage import (
    PASSPHRASE,
    TOKEN,
    WalletProcess,
    WalletStage,
    environment,
    program,
    wallet_stage,
)


@contextmanager
def served(folder: Path, *arguments: str, **settings: str) -> Iterator[tuple[str, Any]]:
    """Give the URL and the process of a wallet that is served."""
    named = {f"CONSENTRY_WALLET_{name.upper()}": text for name, text in settings.items()}
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program("wallet"), "serve", "--port", "0", *arguments],
        env={**environment(), "CONSENTRY_WALLET_DATA_DIR": str(folder), **named},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        try:
            yield (said[2] if said else "", process)
        finally:
            process.kill()


def get(url: str, token: str) -> Any:
    http = HttpClient()
    try:
        answer = http.get(url, headers={"Authorization": f"Bearer {token}"})
        return answer.require_ok().json()
    finally:
        http.close()


def test_a_wallet_is_laid_out_served_and_stopped(tmp_path: Path):
    with served(tmp_path, admin_token=TOKEN) as (url, process):
        held = get(f"{url}/credentials", TOKEN)
        process.send_signal(signal.SIGTERM)
        status = process.wait(20)

    assert held == {"credentials": []}
    # The server library ends the process with the signal it got, once it has stopped.
    assert status in (0, -signal.SIGTERM)
    assert {"wallet.db", "wallet.db.key"} <= {path.name for path in tmp_path.iterdir()}


def test_without_a_token_one_is_made_and_kept_for_the_owner_alone(tmp_path: Path):
    with served(tmp_path, passphrase=PASSPHRASE) as (url, _process):
        token = tmp_path / "wallet.db.token"
        held = get(f"{url}/credentials", token.read_text().strip())

    assert held == {"credentials": []}
    assert stat.S_IMODE(token.stat().st_mode) == 0o600


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org"])  # noqa: S104 - refused
def test_a_wallet_is_not_served_to_the_world(tmp_path: Path, host: str):
    with served(tmp_path, "--host", host) as (url, process):
        status = process.wait(20)
        said = process.stderr.read()

    assert (url, status) == ("", 1)
    assert "loopback" in said


def test_a_served_wallet_opens_with_its_own_passphrase_only(tmp_path: Path):
    with served(tmp_path, passphrase=PASSPHRASE, admin_token=TOKEN) as (url, _process):
        get(f"{url}/credentials", TOKEN)

    with served(tmp_path, passphrase=f"not {PASSPHRASE}", admin_token=TOKEN) as (url, process):
        status = process.wait(20)

    assert (url, status) == ("", 1)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalletStage]:
    with wallet_stage(tmp_path_factory.mktemp("stage")) as opened:
        yield opened


def test_a_wallet_that_is_served_again_finishes_by_itself(stage: WalletStage, tmp_path: Path):
    alice = WalletProcess(tmp_path / "wallet.db", stage)
    alice.lay_out()
    alice.accept()
    request = stage.ask()
    stall = Stall("POST", "/responses/", "before")
    alice.killed_at(stall, stage.insurer.proxy, "present", str(request["uri"]), "--yes")
    stage.insurer.proxy.answered.clear()

    with served(tmp_path, passphrase=PASSPHRASE, admin_token=TOKEN) as (url, _p):
        assert stage.insurer.proxy.answered.wait(20)
        (grant,) = get(f"{url}/grants", TOKEN)["grants"]

    assert stage.result(request)["state"] == "verified"
    assert grant["state"] in ("active", "interrupted"), "the receipt may be on its way"
