"""A client that shares no code with us gets the profile's credential, and what it gets refused."""

import json
import time

import httpx
import pytest

from tests.support.foreign_client import ForeignClient, Issuance
from tests.support.foreign_wallet import unb64
from tests.support.openid_server import OpenIdServer


@pytest.mark.spec("OpenID4VCI 1.0", "4.1")
@pytest.mark.parametrize("by_reference", [False, True])
def test_a_foreign_client_gets_every_claim_each_in_a_disclosure(
    server: OpenIdServer,
    by_reference: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    client, offer = ForeignClient(), server.offer(by_reference=by_reference)

    client.accept(offer["uri"])

    assert "vct" in client.payload
    hidden = {"given_name", "family_name", "birthdate", "address", "vaccine", "allergies"}
    assert not hidden & client.payload.keys()
    assert hidden <= client.claims.keys()
    assert client.claims["vaccine"].keys() == {"code", "system", "date"}
    assert client.claims["address"].keys() == {"locality", "country"}
    # Six claims, five members inside two of them, and two elements of an array.
    assert client.credential.count("~") - 1 == 6 + 5 + 2


def test_the_hooks_say_how_far_an_offer_is_and_where_its_status_stands(
    server: OpenIdServer,
) -> None:
    client, offer = ForeignClient(), server.offer(config="immunization")
    before = server.get(f"/admin/offer/{offer['id']}")

    client.accept(offer["uri"])

    after = server.get(f"/admin/offer/{offer['id']}")
    assert (before["state"], before["idx"]) == ("offered", None)
    assert after["state"] == "issued"
    assert after["idx"] == client.payload["status"]["status_list"]["idx"]


@pytest.mark.spec("Token Status List (draft)", "8")
def test_a_revocation_stands_in_the_list_at_once(server: OpenIdServer) -> None:
    client, offer = ForeignClient(), server.offer()
    client.accept(offer["uri"])
    idx = server.get(f"/admin/offer/{offer['id']}")["idx"]
    before = client.status()

    answer = server.post("/admin/revoke", {"id": offer["id"], "idx": idx})

    assert answer.status_code == 200
    assert (before, client.status()) == (0, 1)


@pytest.mark.spec("OpenID4VCI 1.0", "6.3")
@pytest.mark.parametrize("chosen", ["493536", "1234", "tulip-garden", True])
def test_the_right_transaction_code_redeems_and_a_wrong_one_does_not(
    server: OpenIdServer,
    chosen: str | bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    offer = server.offer(tx_code=chosen)
    code = offer["tx_code"]
    issuance = Issuance.begin(offer["uri"])

    refused = issuance.token("0" * len(code)), issuance.token(None)

    assert issuance.grant["tx_code"]["length"] == len(code)
    assert chosen in (code, True)
    assert [answer.status_code for answer in refused] == [400, 400]
    errors = [answer.json()["error"] for answer in refused]
    assert errors == ["invalid_grant", "invalid_request"]
    assert issuance.token(code).status_code == 200


@pytest.mark.spec("OpenID4VCI 1.0", "6.1")
def test_a_code_works_once(server: OpenIdServer) -> None:
    offer = server.offer()
    issuance = Issuance.begin(offer["uri"])

    answers = issuance.token(), issuance.token()

    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].json()["error"] == "invalid_grant"
    assert server.get(f"/admin/offer/{offer['id']}")["state"] == "redeemed"


@pytest.mark.spec("OpenID4VCI 1.0", "8.3.1.2")
def test_a_key_proof_for_something_else_is_refused_by_its_own_code(server: OpenIdServer) -> None:
    client = ForeignClient()
    issuance = Issuance.begin(server.offer()["uri"])
    token = issuance.token().json()["access_token"]
    nonce = issuance.nonce()
    proofs = {
        client.proof(issuance, nonce, aud="https://elsewhere.example"): "invalid_proof",
        client.proof(issuance, nonce, iat=int(time.time()) - 86_400): "invalid_proof",
        client.proof(issuance, "not-a-nonce"): "invalid_nonce",
        client.proof(issuance, nonce)[:-8] + "AAAAAAAA": "invalid_proof",
    }

    answers = {proof: issuance.credential(token, proof) for proof in proofs}

    assert {answer.status_code for answer in answers.values()} == {400}
    assert {proof: answer.json()["error"] for proof, answer in answers.items()} == proofs


@pytest.mark.spec("OpenID4VCI 1.0", "7")
def test_a_nonce_is_spent_by_the_credential_that_it_brought(server: OpenIdServer) -> None:
    client = ForeignClient()
    issuance = Issuance.begin(server.offer()["uri"])
    token, nonce = issuance.token().json()["access_token"], issuance.nonce()

    answers = [issuance.credential(token, client.proof(issuance, nonce)) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].json()["error"] == "invalid_nonce"


def test_without_the_token_there_is_no_credential(server: OpenIdServer) -> None:
    client = ForeignClient()
    issuance = Issuance.begin(server.offer()["uri"])

    answer = issuance.credential("somebody-elses", client.proof(issuance, issuance.nonce()))

    assert answer.status_code == 401
    assert "invalid_token" in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/admin/offer", {"config": "no-such"}),
        ("/admin/offer", {"config": 7}),
        ("/admin/offer", {"tx_code": ""}),
        ("/admin/offer", {"tx_code": "ein Wort"}),
        ("/admin/offer", {"unknown": True}),
        ("/admin/offer", []),
        ("/admin/revoke", {"id": "0" * 32, "idx": 1}),
        ("/admin/revoke", {"id": "../etc", "idx": 1}),
        ("/admin/revoke", {"id": "0" * 32, "idx": -1}),
        ("/admin/revoke", {"id": "0" * 32, "idx": True}),
        ("/admin/revoke", {}),
        ("/admin/request", {}),
        ("/admin/request", {"dcql_query": {}}),
        ("/admin/request", {"dcql_query": {"credentials": []}}),
        ("/admin/request", {"dcql_query": None}),
    ],
)
def test_a_hook_calls_what_is_wrong_invalid_and_nothing_else(
    server: OpenIdServer, path: str, body: object
) -> None:
    answer = server.post(path, body)

    assert answer.status_code == 400


def test_a_hook_reads_its_body_strictly(server: OpenIdServer) -> None:
    twice = '{"config": "immunization", "config": "no-such"}'

    answers = [
        httpx.post(
            f"{server.url}/admin/offer",
            content=text,
            headers={"content-type": "application/json"},
        ).status_code
        for text in (twice, "{", "NaN", "[" * 5000)
    ]

    assert answers == [400, 400, 400, 400]


def test_the_metadata_name_one_issuer_and_one_key(server: OpenIdServer) -> None:
    client = ForeignClient()
    client.accept(server.offer()["uri"])

    metadata = server.get("/.well-known/jwt-vc-issuer")

    (key,) = metadata["jwks"]["keys"]
    did = client.header["kid"].removesuffix("#0")
    assert (metadata["issuer"], key["kid"]) == (server.url, client.header["kid"])
    assert client.payload["iss"] == did
    published = json.loads(unb64(did.removeprefix("did:jwk:")))
    assert {name: key[name] for name in published} == published
