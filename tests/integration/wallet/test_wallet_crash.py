"""The wallet killed with SIGKILL wherever it talks to somebody; the next one goes on from there.

A proxy holds one request, before the other side gets it or before its answer comes back; then the
wallet's process is killed. What was in the vault is all that is left.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ssi_core import strict_json
from ssi_core.json_types import JsonObject
from tests.support.stalling_proxy import Stall
from tests.support.wallet_stage import WalletProcess, WalletStage, wallet_stage
from wallet.grants import GrantState


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalletStage]:
    with wallet_stage(tmp_path_factory.mktemp("stage")) as opened:
        yield opened


@pytest.fixture
def alice(tmp_path: Path, stage: WalletStage) -> WalletProcess:
    wallet = WalletProcess(tmp_path / "alice.wallet", stage)
    wallet.lay_out()
    return wallet


def grants_of(entries: list[str]) -> list[str]:
    kinds = [strict_json.parse_object(entry)["t"] for entry in entries]
    return [str(kind) for kind in kinds if str(kind).startswith("consent.")]


def named(stall: Stall) -> str:
    return f"{stall.when} {stall.method} {stall.path}"


ISSUANCE = [
    Stall("POST", "/token", "before"),
    Stall("POST", "/nonce", "before"),
    Stall("POST", "/credential", "before"),
    Stall("POST", "/notification", "before"),
    Stall("POST", "/notification", "after"),
    Stall("GET", "/status-lists", "before"),
]


@pytest.mark.parametrize("stall", ISSUANCE, ids=named)
def test_an_acceptance_goes_on_where_it_was_killed(
    stage: WalletStage, alice: WalletProcess, stall: Stall
):
    uri = str(stage.offer()["uri"])

    alice.killed_at(stall, stage.clinic.proxy, "accept", uri)

    with alice.opened() as wallet:
        wallet.resume()
        (held,) = wallet.credentials()
        assert wallet.copies(held.id) == 3
    assert still_works(stage, alice)


LOST_ANSWERS = [
    Stall("POST", "/token", "after"),
    Stall("POST", "/credential", "after"),
]


@pytest.mark.parametrize("stall", LOST_ANSWERS, ids=named)
def test_an_answer_of_the_issuer_that_nobody_heard_is_asked_for_again_or_cleaned_up(
    stage: WalletStage, alice: WalletProcess, stall: Stall
):
    uri = str(stage.offer()["uri"])

    alice.killed_at(stall, stage.clinic.proxy, "accept", uri)

    with alice.opened() as wallet:
        wallet.resume()
        assert wallet.resume().credentials == (), "nothing is left to be done"
        for held in wallet.credentials():
            assert wallet.copies(held.id) == 3
        if not wallet.credentials():
            assert wallet.history()[-1].step.value == "offer_failed"
            wallet.accept(str(stage.offer()["uri"]))
    assert still_works(stage, alice)


CONSENT = [
    ("registry", Stall("POST", "/entries", "before")),
    ("registry", Stall("POST", "/entries", "after")),
    ("registry", Stall("GET", "/grants/", "before")),
    ("registry", Stall("GET", "/grants/", "after")),
    ("insurer", Stall("POST", "/responses/", "before")),
    ("insurer", Stall("POST", "/responses/", "after")),
]


@pytest.mark.parametrize("where", CONSENT, ids=lambda where: named(where[1]))
def test_a_consent_goes_on_where_it_was_killed_with_one_grant(
    stage: WalletStage, alice: WalletProcess, where: tuple[str, Stall]
):
    at, stall = where
    alice.accept()
    # An encrypted answer is another one each time it is made, so it is the harder to send twice.
    request = stage.ask(response_mode="direct_post.jwt")
    before = len(stage.entries())

    alice.killed_at(stall, getattr(stage, at).proxy, "present", str(request["uri"]), "--yes")

    with alice.opened() as wallet:
        wallet.resume()
        (grant,) = wallet.grants()
    assert grant.state is GrantState.ACTIVE
    assert grants_of(stage.entries()[before:]) == ["consent.grant"]
    result = stage.result(request)
    assert result["state"] == "verified"
    assert result["receipt"] == grant.receipt
    assert result["grant_id"] == grant.id


def test_a_consent_killed_before_the_registry_died_too_is_finished_when_it_is_back(
    stage: WalletStage, alice: WalletProcess
):
    alice.accept()
    request = stage.ask()
    stall = Stall("POST", "/responses/", "before")
    alice.killed_at(stall, stage.insurer.proxy, "present", str(request["uri"]), "--yes")
    stage.registry.end(9)

    with alice.opened() as wallet:
        wallet.resume()
        (interrupted,) = wallet.grants()
    stage.registry.start()
    with alice.opened() as wallet:
        wallet.resume()
        (grant,) = wallet.grants()

    # Asked while it could not know, the insurer said neither yes nor no.
    assert (interrupted.id, interrupted.state) == (grant.id, GrantState.INTERRUPTED)
    assert grant.state is GrantState.ACTIVE
    assert stage.result(request)["state"] == "verified"
    assert len(stage.grant_entries(grant.id)) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_recipient_that_asked_and_died_gets_no_grant_or_all_of_it(
    stage: WalletStage, alice: WalletProcess, when: str
):
    alice.accept()
    request = stage.ask()
    stall = Stall("POST", "/responses/", "before" if when == "before" else "after")
    alice.killed_at(stall, stage.insurer.proxy, "present", str(request["uri"]), "--yes")
    stage.insurer.end(9)

    with alice.opened() as wallet:
        wallet.resume()
        assert len(wallet.grants()) == 1
    stage.insurer.start()
    with alice.opened() as wallet:
        wallet.resume()
        (grant,) = wallet.grants()

    assert grant.state is GrantState.ACTIVE
    assert stage.result(request)["state"] == "verified"


WITHDRAWAL = [
    ("registry", Stall("POST", "/entries", "before")),
    ("registry", Stall("POST", "/entries", "after")),
    ("registry", Stall("GET", "/grants/", "before")),
    ("insurer", Stall("POST", "/withdrawals", "before")),
    ("insurer", Stall("POST", "/withdrawals", "after")),
]


@pytest.mark.parametrize("where", WITHDRAWAL, ids=lambda where: named(where[1]))
def test_a_withdrawal_goes_on_where_it_was_killed(
    stage: WalletStage, alice: WalletProcess, where: tuple[str, Stall]
):
    at, stall = where
    alice.accept()
    request = stage.ask()
    with alice.opened() as wallet:
        grant = wallet.consent(wallet.inspect(str(request["uri"]))).consented
        assert grant is not None

    alice.killed_at(stall, getattr(stage, at).proxy, "withdraw", grant.grant_id)

    with alice.opened() as wallet:
        wallet.resume()
        (view,) = wallet.grants()
    assert view.state is GrantState.WITHDRAWN
    assert view.acknowledged_at is not None
    assert len(stage.grant_entries(grant.grant_id)) == 2


FORGETTING = [
    ("registry", Stall("GET", "/grants/", "before")),
    ("registry", Stall("POST", "/entries", "before")),
    ("registry", Stall("POST", "/entries", "after")),
    ("insurer", Stall("POST", "/withdrawals", "after")),
]


@pytest.mark.parametrize("where", FORGETTING, ids=lambda where: named(where[1]))
def test_a_grant_killed_while_it_is_forgotten_is_whole_and_can_be_forgotten(
    stage: WalletStage, alice: WalletProcess, where: tuple[str, Stall]
):
    at, stall = where
    grant_id = given(stage, alice)
    before = len(stage.entries())
    command = ("forget", grant_id, "--yes", "--withdraw", "--redact")

    alice.killed_at(stall, getattr(stage, at).proxy, *command)

    with alice.opened() as wallet:
        wallet.resume()
        (view,) = wallet.grants()
    done = alice.run(*command)
    with alice.opened() as wallet:
        assert wallet.grants() == ()
        assert wallet.history()[-1].step.value == "grant_forgotten"
    assert view.id == grant_id
    assert done.returncode == 0, done.stderr
    assert "out of our hands" in done.stdout
    assert grants_of(stage.entries()[before:]) == ["consent.revoke", "consent.redact"]


def test_nobody_to_say_yes_forgets_nothing_and_a_grant_in_force_is_not_forgotten(
    stage: WalletStage, alice: WalletProcess
):
    grant_id = given(stage, alice)

    unasked = alice.run("forget", grant_id)
    in_force = alice.run("forget", grant_id, "--yes")

    assert unasked.returncode != 0
    assert "--yes does" in unasked.stderr
    assert in_force.returncode != 0
    assert "withdraw it first" in in_force.stderr
    with alice.opened() as wallet:
        assert [view.state for view in wallet.grants()] == [GrantState.ACTIVE]


def given(stage: WalletStage, alice: WalletProcess) -> str:
    """Have the person consent, and return the grant's id."""
    alice.accept()
    with alice.opened() as wallet:
        consented = wallet.consent(wallet.inspect(str(stage.ask()["uri"]))).consented
        assert consented is not None
        return consented.grant_id


def test_a_withdrawal_stands_while_the_recipient_is_away(stage: WalletStage, alice: WalletProcess):
    alice.accept()
    request = stage.ask()
    with alice.opened() as wallet:
        grant = wallet.consent(wallet.inspect(str(request["uri"]))).consented
        assert grant is not None
    stage.insurer.end()

    with alice.opened() as wallet:
        told = wallet.withdraw(grant.grant_id)
    stage.insurer.start()
    with alice.opened() as wallet:
        wallet.resume()
        (view,) = wallet.grants()

    assert told.state is GrantState.WITHDRAWN
    assert told.acknowledged_at is None
    assert view.acknowledged_at is not None
    assert used(stage, request) == "consent_denied"


def still_works(stage: WalletStage, alice: WalletProcess) -> bool:
    """Say whether what the wallet holds can be presented."""
    request = stage.ask("plain-diagnosis")
    with alice.opened() as wallet:
        wallet.consent(wallet.inspect(str(request["uri"])))
    return stage.result(request)["state"] == "verified"


def used(stage: WalletStage, request: JsonObject) -> str:
    """Return the code with which the insurer's next use is denied."""
    answer = stage.http.post_json(
        f"{stage.desk}/requests/{request['id']}/uses",
        {"purpose": "HPAYMT"},
        headers={"Authorization": "Bearer a-desk-token"},
    )
    return "" if answer.ok else answer.problem().code
