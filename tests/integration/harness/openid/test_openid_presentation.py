"""A client that shares no code with us answers the profile's requests, rightly and wrongly."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.support.foreign_client import ForeignClient
from tests.support.foreign_wallet import ForeignIssuer, b64, encrypted, sign_jwt, unb64
from tests.support.openid_server import VCT, OpenIdServer, query

PREFIXES = ["redirect_uri", "x509_hash", "x509_san_dns", "decentralized_identifier"]
ANSWER = {"given_name": "Erika", "vaccine": {"code": "1119349007"}, "allergies": ["peanut"]}
PATHS: list[list[Any]] = [["given_name"], ["vaccine", "code"], ["allergies", 1]]


@pytest.mark.spec("OpenID4VP 1.0", "5.9.3")
@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_foreign_client_answers_whichever_way_it_is_asked(
    server: OpenIdServer, holder: ForeignClient, prefix: str, mode: str
) -> None:
    asked = server.ask(
        *PATHS, client_id_prefix=prefix, response_mode=mode, request_uri_method="post"
    )
    before = server.result(asked)

    answer = holder.answer(holder.read(asked["uri"]))

    result = server.result(asked)
    assert answer.status_code == 200, answer.text
    assert (before["state"], before["claims"]) == ("created", {})
    assert (result["state"], result["claims"]) == ("verified", {"shot": ANSWER})


@pytest.mark.spec("OpenID4VP 1.0", "8.3")
@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_either_content_encryption_is_read(
    server: OpenIdServer, holder: ForeignClient, enc: str
) -> None:
    asked = server.ask(response_mode="direct_post.jwt", client_id_prefix="x509_hash")
    client = ForeignClient(key=holder.key, credential=holder.credential, enc=enc)
    client.payload = holder.payload

    answer = client.answer(client.read(asked["uri"]))

    assert answer.status_code == 200, answer.text
    assert server.result(asked)["state"] == "verified"


@pytest.mark.spec("OpenID4VP 1.0", "5.10")
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_request_uri_says_how_it_wants_to_be_fetched(
    server: OpenIdServer, holder: ForeignClient, method: str
) -> None:
    asked = server.ask(request_uri_method=method)

    request = json.loads(unb64(holder.fetch(asked["uri"]).split(".")[1]))

    assert ("request_uri_method=post" in asked["uri"]) is (method == "post")
    assert ("wallet_nonce" in request) is (method == "post")


@pytest.mark.spec("OpenID4VP 1.0", "14.1.2")
@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"aud": "https://elsewhere.example"}, "audience_rejected"),
        ({"nonce": "another"}, "nonce_rejected"),
        ({"iat": int(time.time()) - 4000}, "evidence_too_old"),
        ({"sd_hash": "A" * 43}, "holder_binding_rejected"),
    ],
)
def test_a_key_binding_for_something_else_is_invalid(
    server: OpenIdServer, holder: ForeignClient, parts: dict[str, Any], reason: str
) -> None:
    asked = server.ask()

    answer = holder.answer(holder.read(asked["uri"]), **parts)

    result = server.result(asked)
    assert answer.status_code == 400
    assert (result["state"], result["claims"]) == ("created", {})
    assert (result["outcome"], result["reason"]) == ("denied", reason)


def test_an_answer_is_taken_once(server: OpenIdServer, holder: ForeignClient) -> None:
    asked = server.ask()
    request = holder.read(asked["uri"])

    answers = [holder.answer(request).status_code for _ in range(2)]

    assert answers == [200, 400]
    assert server.result(asked)["state"] == "verified"


def test_a_revoked_credential_is_refused(server: OpenIdServer) -> None:
    client, offer = ForeignClient(), server.offer()
    client.accept(offer["uri"])
    idx = server.get(f"/admin/offer/{offer['id']}")["idx"]
    server.post("/admin/revoke", {"id": offer["id"], "idx": idx})
    asked = server.ask()

    answer = client.answer(client.read(asked["uri"]))

    assert answer.status_code == 400
    assert server.result(asked)["reason"] == "credential_revoked"


@pytest.mark.parametrize("how", ["signature", "disclosure", "holder", "left_out", "bare"])
def test_what_was_tampered_with_is_refused(
    server: OpenIdServer, holder: ForeignClient, how: str
) -> None:
    client = ForeignClient(key=holder.key, credential=holder.credential)
    client.payload = holder.payload
    asked = server.ask(["given_name"])
    request = client.read(asked["uri"])
    jwt, *rest = holder.credential.split("~")
    form: dict[str, str] = {}
    match how:
        case "signature":
            client.credential = "~".join([jwt[:-4] + "AAAA", *rest])
        case "disclosure":
            forged = b64(json.dumps([b64(b"x" * 16), "given_name", "Eve"]).encode())
            form = {"vp_token": json.dumps({"shot": [f"{jwt}~{forged}~"]})}
        case "holder":
            client.key = ForeignClient().key
        case "left_out":
            request["dcql_query"]["credentials"][0]["claims"] = [{"path": ["birthdate"]}]
        case _:
            form = {"vp_token": json.dumps({"shot": [f"{jwt}~"]})}

    if form:
        answer = httpx.post(request["response_uri"], data={**form, "state": request["state"]})
    else:
        answer = client.answer(request)

    assert answer.status_code == 400
    assert server.result(asked)["state"] == "created"


@pytest.mark.spec("OpenID4VP 1.0", "8.3.1")
def test_an_answer_in_clear_or_to_another_key_is_refused(
    server: OpenIdServer, holder: ForeignClient
) -> None:
    asked = server.ask(response_mode="direct_post.jwt")
    request = holder.read(asked["uri"])
    other = holder.read(server.ask(response_mode="direct_post.jwt")["uri"])
    content = {"vp_token": {"shot": ["x"]}, "state": request["state"]}

    answers = [
        holder.answer({**request, "response_mode": "direct_post"}),
        httpx.post(
            request["response_uri"],
            data={"response": encrypted(content, other["client_metadata"], "A256GCM")},
        ),
        httpx.post(request["response_uri"], data={"response": "a.b.c"}),
        httpx.post(request["response_uri"], data={"response": "a..b.c.d", "state": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [400] * 4
    assert server.result(asked)["outcome"] == "fetched"
    # Nothing of this was an answer, so the request still waits for one.
    assert holder.answer(request).status_code == 200


@pytest.mark.spec("OpenID4VP 1.0", "8.2")
def test_what_is_no_answer_leaves_the_request_open(
    server: OpenIdServer, holder: ForeignClient
) -> None:
    asked = server.ask()
    request = holder.read(asked["uri"])
    forms = [
        {},
        {"vp_token": "{}", "state": request["state"]},
        {"vp_token": "no json", "state": request["state"]},
        {"vp_token": json.dumps({"shot": ["x"]}), "state": "another"},
        {"vp_token": json.dumps({"shot": ["x"]})},
    ]

    answers = [httpx.post(request["response_uri"], data=form).status_code for form in forms]

    assert answers == [400] * len(forms)
    assert holder.answer(request).status_code == 200


def test_another_issuer_is_accepted_only_where_it_is_named(server: OpenIdServer) -> None:
    issuer, client = ForeignIssuer(), ForeignClient()
    client.credential = issuer.issue(VCT, {"given_name": "Ida"}, client.jwk)
    client.payload = json.loads(unb64(client.credential.split("~")[0].split(".")[1]))
    alone, named = server.ask(), server.ask(issuers=[issuer.did])

    answers = [client.answer(client.read(asked["uri"])) for asked in (alone, named)]

    assert [answer.status_code for answer in answers] == [400, 200]
    assert server.result(alone)["reason"] == "not_trusted"
    assert server.result(named)["claims"] == {"shot": {"given_name": "Ida"}}


def test_an_issuer_that_borrows_a_good_name_is_refused(
    server: OpenIdServer, holder: ForeignClient
) -> None:
    client = ForeignClient()
    payload = {**holder.payload, "cnf": {"jwk": client.jwk}}
    forged = sign_jwt(holder.header, payload, client.key)
    client.credential = "~".join([forged, *holder.credential.split("~")[1:]])
    client.payload = payload
    asked = server.ask()

    answer = client.answer(client.read(asked["uri"]))

    assert answer.status_code == 400
    assert server.result(asked)["reason"] == "proof_rejected"


@pytest.mark.spec("OpenID4VP 1.0", "6.2")
def test_sets_and_values_of_the_query_are_what_the_answer_is_held_against(
    server: OpenIdServer, holder: ForeignClient
) -> None:
    wanted = query(["given_name"])["credentials"][0]
    other = {**wanted, "id": "other", "meta": {"vct_values": ["urn:example:none"]}}
    sets = {"credentials": [wanted, other], "credential_sets": [{"options": [["other"], ["shot"]]}]}
    wrong = {**wanted, "claims": [{"path": ["given_name"], "values": ["Eve"]}]}

    held, missed = (
        server.post("/admin/request", {"dcql_query": asked}).json()
        for asked in (sets, {"credentials": [wrong]})
    )
    request = holder.read(held["uri"])
    request["dcql_query"]["credentials"] = [wanted]
    answers = [holder.answer(request), holder.answer(holder.read(missed["uri"]))]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert server.result(missed)["reason"] == "query_not_satisfied"


@pytest.mark.parametrize(
    "changes",
    [
        {"response_mode": "fragment"},
        {"client_id_prefix": "openid_federation"},
        {"request_uri_method": "put"},
        {"issuers": []},
        {"issuers": ["not a DID"]},
        {"dcql_query": {"credentials": [{"id": "a", "format": "mso_mdoc", "meta": {}}]}},
        {"dcql_query": query(["given_name"]) | {"credential_sets": [{"options": [["b"]]}]}},
        {"dcql_query": {"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {}}]}},
    ],
)
def test_what_cannot_be_asked_is_invalid(server: OpenIdServer, changes: dict[str, Any]) -> None:
    answer = server.post("/admin/request", {"dcql_query": query(), **changes})

    assert answer.status_code == 400


def test_an_unknown_id_is_invalid_too(server: OpenIdServer) -> None:
    paths = ["/admin/request/none", "/admin/offer/none", "/requests/none"]

    answers = [httpx.get(server.url + path).status_code for path in paths]

    assert answers == [400, 400, 400]
    form = {"vp_token": "{}"}
    assert httpx.post(f"{server.url}/responses/none", data=form).status_code == 400
