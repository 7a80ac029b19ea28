"""A wallet and an issuer that share no code with us, against the verifier as a real process."""

import json
import signal
import time
from collections.abc import Iterator

import httpx
import pytest
from click.testing import CliRunner

from tests.support.foreign_wallet import ForeignIssuer, ForeignWallet
from tests.support.registry_server import RegistryServer
from tests.support.verifier_server import TOKEN, VerifierServer
from verifier.cli import commands

VCT = "https://credentials.example/diagnosis"
CLAIMS = {"code": {"code": "44054006"}, "recorded": "2019-05-03", "family_name": "Plantedvalue"}


@pytest.fixture(scope="module")
def issuer() -> ForeignIssuer:
    return ForeignIssuer()


@pytest.fixture(scope="module")
def wallet(issuer: ForeignIssuer) -> ForeignWallet:
    wallet = ForeignWallet()
    wallet.credential = issuer.issue(VCT, CLAIMS, wallet.jwk)
    return wallet


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, registry: RegistryServer, issuer: ForeignIssuer
) -> Iterator[VerifierServer]:
    folder = tmp_path_factory.mktemp("verifier")
    policies = folder / "policies"
    policies.mkdir()
    policy = {
        "id": "plain",
        "title": "A diagnosis, from a clinic that is named",
        "credentials": [{"id": "diagnosis", "vct": VCT, "claims": [["code"], ["recorded"]]}],
        "issuers": {"dids": [issuer.did]},
        "status": {"required": False},
        "holder_binding": True,
        "grant": {"required": False},
    }
    (policies / "plain.json").write_text(json.dumps(policy))
    settings = {"NAME": "insurer", "POLICIES": str(policies)}
    with VerifierServer(folder, registry=registry.url, settings=settings) as running:
        yield running


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"response_mode": "direct_post.jwt"},
        {"client_id_prefix": "redirect_uri"},
        {"client_id_prefix": "redirect_uri", "response_mode": "direct_post.jwt"},
    ],
    ids=["signed", "encrypted", "unsigned", "unsigned and encrypted"],
)
def test_a_foreign_wallet_answers_a_plain_request(server, wallet, body):
    asked = server.desk("requests", {"policy": "plain", **body})
    request = wallet.read(asked["uri"])

    answer = wallet.answer(request)

    result = server.desk(f"requests/{asked['id']}")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"result": asked["id"]}
    assert result["state"] == "verified"
    assert result["claims"] == {
        "diagnosis": {"code": {"code": "44054006"}, "recorded": "2019-05-03"}
    }
    assert {check["outcome"] for check in result["checks"]} == {"passed"}


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"aud": "https://elsewhere.example"}, "audience_rejected"),
        ({"nonce": "another"}, "nonce_rejected"),
        ({"iat": int(time.time()) - 4000}, "evidence_too_old"),
        ({"sd_hash": "A" * 43}, "holder_binding_rejected"),
    ],
)
def test_a_key_binding_for_something_else_is_refused(server, wallet, parts, code):
    asked = server.desk("requests", {"policy": "plain"})

    answer = wallet.answer(wallet.read(asked["uri"]), **parts)

    assert answer.status_code == 403
    assert answer.json()["type"] == f"urn:consentry:problem:{code}"
    assert server.desk(f"requests/{asked['id']}")["state"] == "denied"


def test_an_issuer_that_the_policy_does_not_name_is_refused(server):
    wallet = ForeignWallet()
    wallet.credential = ForeignIssuer().issue(VCT, CLAIMS, wallet.jwk)
    asked = server.desk("requests", {"policy": "plain"})

    answer = wallet.answer(wallet.read(asked["uri"]))

    assert answer.json()["type"] == "urn:consentry:problem:not_trusted"


def test_an_answer_is_taken_once_and_a_refusal_is_an_answer(server, wallet):
    asked = server.desk("requests", {"policy": "plain"})
    request = wallet.read(asked["uri"])

    refused = wallet.refuse(request)
    again = wallet.answer(request)

    assert refused.status_code == 200
    assert again.json()["type"] == "urn:consentry:problem:replay_rejected"
    assert server.desk(f"requests/{asked['id']}")["state"] == "refused"


def test_after_a_power_cut_what_was_answered_is_there_and_what_was_asked_can_be_answered(
    server, wallet
):
    answered = server.desk("requests", {"policy": "plain"})
    waiting = server.desk("requests", {"policy": "plain", "response_mode": "direct_post.jwt"})
    request = wallet.read(waiting["uri"])
    wallet.answer(wallet.read(answered["uri"]))
    before = (server.desk("identity"), server.desk(f"requests/{answered['id']}"))

    server.kill()
    server.start()

    after = (server.desk("identity"), server.desk(f"requests/{answered['id']}"))
    assert after == before
    assert wallet.answer(request).status_code == 200


def test_no_claim_stands_in_the_log_or_in_clear_on_disk(server, wallet):
    asked = server.desk("requests", {"policy": "plain"})
    wallet.answer(wallet.read(asked["uri"]))

    held = [path for path in server.folder.rglob("*") if path.is_file()]
    for path in held:
        content = path.read_bytes()
        assert b"44054006" not in content, path
        assert b"Plantedvalue" not in content, path
    assert any(path.name == "verifier.db" for path in held)
    assert all(path.stat().st_mode & 0o077 == 0 for path in held if "verifier." in path.name)


def test_a_stop_is_clean_and_the_desk_is_closed_to_strangers(server):
    assert httpx.get(f"{server.url}/desk/identity").status_code == 401

    status = server.stop()
    server.start()

    # The server finishes its work and then ends by the very signal that it was sent.
    assert status in {0, -signal.SIGTERM}
    assert server.desk("identity")["name"] == "insurer"


def test_the_command_line_asks_looks_and_uses(server, wallet, monkeypatch):
    monkeypatch.setenv("CONSENTRY_VERIFIER_ADMIN_TOKEN", TOKEN)
    monkeypatch.setenv("CONSENTRY_VERIFIER_URL", server.url)
    run = CliRunner()

    asked = json.loads(run.invoke(commands, ["request", "plain", "--encrypted"]).output)
    wallet.answer(wallet.read(asked["uri"]))
    result = json.loads(run.invoke(commands, ["result", asked["id"]]).output)
    used = run.invoke(commands, ["use", asked["id"], "HPAYMT"])

    assert result["state"] == "verified"
    assert used.exit_code == 1
    assert "no_grant" in used.output
