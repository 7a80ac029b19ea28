"""Our wallet's commands against the profile, and against verifiers that are not what they say."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
import pytest

from tests.support.foreign_client import ForeignClient
from tests.support.foreign_wallet import b64, sign_jwt, unb64
from tests.support.openid_server import OpenIdServer, WalletCommand

PREFIXES = ["redirect_uri", "x509_hash", "x509_san_dns", "decentralized_identifier"]
CLAIMS: list[list[Any]] = [["given_name"], ["address", "country"]]
ANSWER = {"shot": {"given_name": "Erika", "address": {"country": "DE"}}}


@pytest.fixture(scope="session")
def authority(server: OpenIdServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "authority.pem"
    path.write_bytes(httpx.get(f"{server.url}/admin/authority").raise_for_status().content)
    return path


@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_wallet_answers_whichever_way_it_is_asked(
    server: OpenIdServer, wallet: WalletCommand, prefix: str, mode: str
) -> None:
    method = "post" if mode == "direct_post" else "get"
    asked = server.ask(
        *CLAIMS, client_id_prefix=prefix, response_mode=mode, request_uri_method=method
    )

    done = wallet.present(asked["uri"], "--any-certificate")

    result = server.result(asked)
    assert done.returncode == 0, done.stderr
    assert (result["state"], result["claims"]) == ("verified", ANSWER)


def test_a_certificate_counts_for_a_wallet_that_was_told_of_its_authority(
    server: OpenIdServer, authority: Path, tmp_path: Path
) -> None:
    wallet = WalletCommand(tmp_path / "w.db")
    wallet.accept(server.offer()["uri"])
    asked = [server.ask(client_id_prefix="x509_hash") for _ in range(2)]

    refused = wallet.present(asked[0]["uri"])
    accepted = wallet.present(asked[1]["uri"], "--certificate", str(authority))

    assert refused.returncode == 1
    assert "not_trusted" in refused.stderr
    assert server.result(asked[0])["outcome"] == "fetched"
    assert accepted.returncode == 0, accepted.stderr
    assert accepted.stdout.startswith("Harness has it")


def test_a_certificate_of_nobody_gives_nobody_a_name(
    server: OpenIdServer, wallet: WalletCommand
) -> None:
    asked = server.ask(client_id_prefix="x509_hash")

    shown = wallet.run("inspect", asked["uri"], "--any-certificate", "--json")

    question = json.loads(shown.stdout)
    assert question["who"]["name"] is None
    assert any("vouches" in warning for warning in question["warnings"])


def test_as_processes_too_a_wallet_accepts_and_presents(
    server: OpenIdServer, tmp_path: Path
) -> None:
    wallet = WalletCommand(tmp_path / "w.db")

    accepted = wallet.spawn("accept", server.offer()["uri"])
    asked = server.ask(*CLAIMS)
    presented = wallet.spawn("present", asked["uri"], "--yes")

    assert accepted.returncode == 0, accepted.stderr
    assert presented.returncode == 0, presented.stderr
    assert server.result(asked)["claims"] == ANSWER


def test_accepting_needs_the_right_transaction_code(server: OpenIdServer, tmp_path: Path) -> None:
    wallet, offer = WalletCommand(tmp_path / "w.db"), server.offer(tx_code="739104")

    wrong = wallet.accept(offer["uri"], "--tx-code", "000000")
    right = wallet.accept(offer["uri"], "--tx-code", "739104")

    assert wrong.returncode == 1
    assert "invalid_grant" in wrong.stderr
    assert right.returncode == 0, right.stderr


def test_the_same_offer_brings_one_credential(server: OpenIdServer, tmp_path: Path) -> None:
    wallet, offer = WalletCommand(tmp_path / "w.db"), server.offer()

    again = [wallet.accept(offer["uri"]).returncode for _ in range(2)]

    assert again == [0, 1]


def test_what_was_revoked_is_refused_by_the_verifier_and_the_wallet_says_so(
    server: OpenIdServer, tmp_path: Path
) -> None:
    wallet, offer = WalletCommand(tmp_path / "w.db"), server.offer()
    wallet.accept(offer["uri"])
    idx = server.get(f"/admin/offer/{offer['id']}")["idx"]
    server.post("/admin/revoke", {"id": offer["id"], "idx": idx})
    asked = server.ask()

    done = wallet.present(asked["uri"])

    assert done.returncode == 1
    assert "credential_revoked" in done.stderr
    assert server.result(asked)["reason"] == "credential_revoked"


def test_a_question_that_nothing_answers_is_refused(
    server: OpenIdServer, wallet: WalletCommand
) -> None:
    asked = server.ask(["shoe_size"])

    done = wallet.present(asked["uri"])

    assert done.returncode == 1
    assert "query_not_satisfied" in done.stderr
    assert server.result(asked)["outcome"] == "fetched"


def test_a_request_is_answered_once(server: OpenIdServer, wallet: WalletCommand) -> None:
    asked = server.ask()

    done = [wallet.present(asked["uri"]) for _ in range(2)]

    assert [each.returncode for each in done] == [0, 1]


class Verifier:
    """Serves one request object, changed at will, and counts what is posted to it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://localhost:{port}"
        self.text = ""
        self.posted: list[bytes] = []

    def uri(self, client_id: str) -> str:
        fields = {"client_id": client_id, "request_uri": f"{self.url}/request"}
        return f"openid4vp://?{urlencode(fields, quote_via=quote)}"


@contextmanager
def foreign_verifier() -> Iterator[Verifier]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(verifier.text.encode())

        def do_POST(self) -> None:
            verifier.posted.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's
            del format, args

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    verifier = Verifier(httpd.server_port)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield verifier
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def _request(verifier: Verifier, client_id: str) -> dict[str, Any]:
    claims = [{"path": ["given_name"]}]
    vcts = {"vct_values": ["urn:example:immunization:1"]}
    query = {"id": "shot", "format": "dc+sd-jwt", "meta": vcts, "claims": claims}
    return {
        "client_id": client_id,
        "aud": "https://self-issued.me/v2",
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "response_uri": f"{verifier.url}/response",
        "nonce": "n-0123456789",
        "state": "s-1",
        "dcql_query": {"credentials": [query]},
        "client_metadata": {"vp_formats_supported": {"dc+sd-jwt": {}}},
    }


def _own(client: ForeignClient) -> tuple[str, dict[str, Any]]:
    did = "did:jwk:" + b64(json.dumps(client.jwk).encode())
    header = {"alg": "ES256", "typ": "oauth-authz-req+jwt", "kid": f"{did}#0"}
    return f"decentralized_identifier:{did}", header


def test_a_foreign_verifier_gets_its_answer(wallet: WalletCommand) -> None:
    asker = ForeignClient()
    client_id, header = _own(asker)
    with foreign_verifier() as verifier:
        verifier.text = sign_jwt(header, _request(verifier, client_id), asker.key)

        done = wallet.present(verifier.uri(client_id))

    assert done.returncode == 0, done.stderr
    (form,) = (dict(parse_qsl(body.decode())) for body in verifier.posted)
    (presentation,) = json.loads(form["vp_token"])["shot"]
    binding = json.loads(unb64(presentation.split("~")[-1].split(".")[1]))
    assert form["state"] == "s-1"
    assert (binding["aud"], binding["nonce"]) == (client_id, "n-0123456789")


@pytest.mark.parametrize(
    ("changes", "head"),
    [
        ({"client_id": "decentralized_identifier:did:web:clinic.example"}, {}),
        ({"aud": "https://another-wallet.example"}, {}),
        ({"exp": 1_600_000_000}, {}),
        ({"response_type": "code"}, {}),
        ({"response_mode": "fragment"}, {}),
        ({"nonce": "with spaces"}, {}),
        ({"dcql_query": {"credentials": []}}, {}),
        ({"transaction_data": ["e30"]}, {}),
        ({"response_mode": "direct_post.jwt"}, {}),
        ({}, {"typ": "JWT"}),
        ({}, {"alg": "none"}),
        ({}, {"kid": "did:jwk:e30#0"}),
    ],
)
def test_a_wallet_that_refuses_says_why_and_sends_nothing(
    wallet: WalletCommand, changes: dict[str, Any], head: dict[str, Any]
) -> None:
    asker = ForeignClient()
    client_id, header = _own(asker)
    with foreign_verifier() as verifier:
        request = {**_request(verifier, client_id), **changes}
        verifier.text = sign_jwt({**header, **head}, request, asker.key)

        done = wallet.present(verifier.uri(client_id))

    assert done.returncode == 1
    assert done.stderr.startswith("consentry: ")
    assert verifier.posted == []


def test_a_changed_request_or_another_certificate_is_refused(
    server: OpenIdServer, wallet: WalletCommand
) -> None:
    reader = ForeignClient()
    uri = server.ask(client_id_prefix="x509_hash")["uri"]
    client_id = dict(parse_qsl(urlsplit(uri).query))["client_id"]
    head, body, signature = reader.fetch(uri).split(".")
    changed = {**json.loads(unb64(body)), "state": "changed"}
    with foreign_verifier() as verifier:
        refused = []
        for text, named in (
            (f"{head}.{b64(json.dumps(changed).encode())}.{signature}", client_id),
            (f"{head}.{body}.{signature}", "x509_hash:" + "A" * 43),
            (f"{head}.{body}.", client_id),
        ):
            verifier.text = text
            refused.append(wallet.present(verifier.uri(named), "--any-certificate"))

    assert [each.returncode for each in refused] == [1, 1, 1]
    assert all("proof_rejected" in each.stderr or "malformed" in each.stderr for each in refused)
    assert verifier.posted == []


def test_an_unsigned_request_goes_to_the_address_that_it_is_named_by_or_nowhere(
    wallet: WalletCommand,
) -> None:
    with foreign_verifier() as verifier:
        request = _request(verifier, f"redirect_uri:{verifier.url}/response")
        elsewhere = {**request, "client_id": "redirect_uri:https://clinic.example/r"}
        uris = [
            "openid4vp://?"
            + urlencode({n: v if isinstance(v, str) else json.dumps(v) for n, v in asked.items()})
            for asked in (elsewhere, request)
        ]

        done = [wallet.present(uri) for uri in uris]

    assert [each.returncode for each in done] == [1, 0]
    assert len(verifier.posted) == 1
