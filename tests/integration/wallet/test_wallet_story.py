"""The wallet's command line against registry, clinic and insurer as real processes."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssi_core import strict_json
from tests.support.wallet_stage import (
    PASSPHRASE,
    PLANTED,
    WalletProcess,
    WalletStage,
    wallet_stage,
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalletStage]:
    with wallet_stage(tmp_path_factory.mktemp("stage")) as opened:
        yield opened


@pytest.fixture
def alice(tmp_path: Path, stage: WalletStage) -> WalletProcess:
    wallet = WalletProcess(tmp_path / "alice.wallet", stage)
    wallet.lay_out()
    return wallet


def test_the_story_from_offer_to_acknowledged_withdrawal(stage: WalletStage, alice: WalletProcess):
    offer = stage.offer(tx_code=True)
    refused = alice.run("accept", str(offer["uri"]), "--tx-code", "000000")
    accepted = alice.run("accept", str(offer["uri"]), "--tx-code", str(offer["tx_code"]))
    request = stage.ask()
    asked = alice.run("inspect", str(request["uri"]))
    presented = alice.json("present", str(request["uri"]), "--yes")
    result = stage.result(request)
    withdrawn = alice.json("withdraw", str(presented["grant"]))

    assert refused.returncode == 1
    assert "rejected" in refused.stderr
    assert "You now hold Diagnosis" in accepted.stdout
    for line in ("accredited to ask for this", "healthcare payment (HPAYMT)", "73211009"):
        assert line in asked.stdout
    assert result["state"] == "verified"
    assert result["receipt"] == presented["receipt"]
    assert withdrawn["state"] == "withdrawn"
    assert withdrawn["acknowledged"] is True
    assert len(stage.grant_entries(str(presented["grant"]))) == 2
    assert stage.result(request)["state"] == "verified"


def test_a_credential_is_destroyed_once_somebody_says_yes(alice: WalletProcess):
    alice.accept()
    (held,) = strict_json.as_array(alice.json("credentials")["credentials"], at="/credentials")
    held_id = str(strict_json.as_object(held, at="/credentials/0")["credential"])

    unasked = alice.run("delete", held_id)
    kept = alice.json("credentials")["credentials"]
    destroyed = alice.run("delete", held_id, "--yes")
    again = alice.run("delete", held_id, "--yes")

    assert unasked.returncode == again.returncode == 1
    assert "nobody is there to say yes" in unasked.stderr
    assert "Diagnosis, by " in unasked.stderr
    assert kept == [held]
    assert destroyed.stdout == "Destroyed.\n"
    assert alice.json("credentials")["credentials"] == []


def test_an_encrypted_answer_is_taken(stage: WalletStage, alice: WalletProcess):
    alice.accept()
    request = stage.ask(response_mode="direct_post.jwt")

    alice.json("present", str(request["uri"]), "--yes")

    assert stage.result(request)["state"] == "verified"


def test_a_plain_request_gets_no_grant(stage: WalletStage, alice: WalletProcess):
    alice.accept()
    request = stage.ask("plain-diagnosis")

    presented = alice.json("present", str(request["uri"]), "--yes")

    assert presented["grant"] is None
    assert stage.result(request)["state"] == "verified"


def test_fewer_days_are_accepted(stage: WalletStage, alice: WalletProcess):
    alice.accept()
    request = stage.ask()

    alice.json("present", str(request["uri"]), "--yes", "--days", "3")

    (grant,) = strict_json.as_array(alice.json("grants")["grants"], at="/grants")
    view = strict_json.as_object(grant, at="/grants")
    assert isinstance(view["expires"], int)
    assert isinstance(view["given_at"], int)
    assert view["expires"] - view["given_at"] == 3 * 86_400
    assert stage.result(request)["state"] == "verified"


def test_a_no_is_told_and_is_all_that_is_told(stage: WalletStage, alice: WalletProcess):
    alice.accept()
    request = stage.ask()
    before = len(stage.entries())

    done = alice.run("refuse", str(request["uri"]))

    assert done.returncode == 0
    assert stage.result(request)["state"] == "refused"
    assert len(stage.entries()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--yes", "--days", "31"), id="longer than asked"),
        pytest.param(("--yes", "--without", "code"), id="a needed claim"),
        pytest.param(("--yes", "--purpose", "HRESCH"), id="another purpose"),
        pytest.param(("--yes", "--option", "7"), id="no such option"),
        pytest.param((), id="nobody says yes"),
    ],
)
def test_what_the_wallet_refuses_reaches_nobody(
    stage: WalletStage, alice: WalletProcess, arguments: tuple[str, ...]
):
    alice.accept()
    request = stage.ask()

    done = alice.run("present", str(request["uri"]), *arguments)

    assert done.returncode == 1
    assert stage.result(request)["state"] == "fetched"
    assert not any(path.startswith("/responses") for _m, path in stage.insurer.proxy.seen[-2:])


def test_a_wallet_that_holds_nothing_sends_nothing(stage: WalletStage, alice: WalletProcess):
    request = stage.ask()

    done = alice.run("present", str(request["uri"]), "--yes")

    assert done.returncode == 1
    assert "query_not_satisfied" in done.stderr
    assert stage.result(request)["state"] == "fetched"


def test_a_revoked_credential_is_refused_and_its_grant_is_withdrawn(
    stage: WalletStage, alice: WalletProcess
):
    offer = stage.offer()
    alice.json("accept", str(offer["uri"]))
    issued = stage.get(f"{stage.clinic.url}/admin/offers/{offer['id']}")["issued"]
    (credential,) = strict_json.as_array(issued, at="/issued")
    name = strict_json.as_object(credential, at="/issued")["credential"]
    stage.post(f"{stage.clinic.url}/admin/credentials/{name}/revoke", {})
    request = stage.ask()

    done = alice.run("present", str(request["uri"]), "--yes")

    assert done.returncode == 1
    assert "credential_revoked" in done.stderr
    assert stage.result(request)["state"] == "denied"
    (grant,) = strict_json.as_array(alice.json("grants")["grants"], at="/grants")
    view = strict_json.as_object(grant, at="/grants")
    assert view["state"] == "withdrawn"
    assert view["problem"] == "the credential is revoked"
    assert len(stage.grant_entries(str(view["grant"]))) == 2


def test_a_planted_value_is_in_no_file_of_the_wallet_and_no_line_of_any_log(
    stage: WalletStage, alice: WalletProcess, tmp_path: Path
):
    alice.accept()
    alice.json("present", str(stage.ask()["uri"]), "--yes")
    alice.run("accept", "openid-credential-offer://?credential_offer=" + PLANTED)

    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    logs = [stage.registry.log, stage.clinic.log, stage.insurer.log]
    said = b"".join(path.read_bytes() for path in logs)

    for word in (PLANTED, "Planteddiagnosis", "73211009", "Ana", "clinic", "insurer", "Given name"):
        assert word.encode() not in kept, word
    assert PASSPHRASE.encode() not in kept
    assert stage.insurer.url.encode() not in kept
    for word in (PLANTED, "Planteddiagnosis", "73211009"):
        assert word.encode() not in said, word


def test_every_file_of_the_wallet_belongs_to_its_owner_alone(alice: WalletProcess, tmp_path: Path):
    alice.accept()

    with alice.opened():
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == {0o600}


def test_another_passphrase_opens_nothing(alice: WalletProcess):
    done = alice.run("credentials", CONSENTRY_WALLET_PASSPHRASE="wrong")  # noqa: S106 - a test's

    assert done.returncode == 1
    assert "unauthenticated" in done.stderr
    assert alice.run("credentials").returncode == 0


def test_without_a_passphrase_a_device_key_is_kept_beside_the_wallet(
    stage: WalletStage, tmp_path: Path
):
    wallet = WalletProcess(tmp_path / "bob.wallet", stage)

    laid_out = wallet.run("init", CONSENTRY_WALLET_PASSPHRASE="")

    key = tmp_path / "bob.wallet.key"
    assert laid_out.returncode == 0
    assert str(key) in laid_out.stderr
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert wallet.run("credentials", CONSENTRY_WALLET_PASSPHRASE="").returncode == 0
    key.unlink()
    assert wallet.run("credentials", CONSENTRY_WALLET_PASSPHRASE="").returncode == 1


def test_a_wallet_is_laid_out_once(alice: WalletProcess):
    again = alice.run("init")

    assert again.returncode == 1
    assert "conflict" in again.stderr


def test_a_wallet_can_be_kept_in_postgresql(stage: WalletStage, postgres_url: str, tmp_path: Path):
    wallet = WalletProcess(tmp_path, stage, database=postgres_url)
    wallet.lay_out()
    wallet.accept()
    request = stage.ask()

    wallet.json("present", str(request["uri"]), "--yes")

    assert stage.result(request)["state"] == "verified"
    assert wallet.run("credentials", CONSENTRY_WALLET_PASSPHRASE=f"not {PASSPHRASE}").returncode
    assert wallet.run("credentials", CONSENTRY_WALLET_PASSPHRASE="").returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_wallet_none_is_made(stage: WalletStage, tmp_path: Path):
    wallet = WalletProcess(tmp_path / "nobody.wallet", stage)

    done = wallet.run("credentials")

    assert done.returncode == 1
    assert "not_found" in done.stderr
    assert list(tmp_path.iterdir()) == []
