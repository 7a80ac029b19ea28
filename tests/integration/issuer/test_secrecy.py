"""A planted claim is in no log line, no error and no file, while it is issued all the same."""

import json
from typing import Any

import httpx

from ssi_core.adapters.clock import SystemClock
from ssi_core.keys import P256Signer
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.protocol.openid4vci import make_proof

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
PLANTED = "Xylophagia-planted"
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "entry": [
        {
            "resource": {
                "resourceType": "Patient",
                "id": "p",
                "name": [{"family": PLANTED, "given": [PLANTED]}],
                "birthDate": "1980-01-01",
            }
        },
        {
            "resource": {
                "resourceType": "Condition",
                "subject": {"reference": "Patient/p"},
                "code": {"coding": [{"system": PLANTED, "code": PLANTED, "display": PLANTED}]},
            }
        },
    ],
}


def _issue(url: str, offer: dict[str, Any]) -> list[httpx.Response]:
    shown = httpx.get(httpx.URL(offer["uri"]).params["credential_offer_uri"]).json()
    code = shown["grants"][GRANT]["pre-authorized_code"]
    form = {"grant_type": GRANT, "pre-authorized_code": code, "tx_code": offer["tx_code"]}
    wrong = httpx.post(url + "/token", data={**form, "tx_code": PLANTED})
    token = httpx.post(url + "/token", data=form).json()["access_token"]
    nonce = httpx.post(url + "/nonce").json()["c_nonce"]
    proof = make_proof(P256Signer.generate(), audience=url, nonce=nonce, at=SystemClock().now())
    headers = {"Authorization": f"Bearer {token}"}
    asked = {"credential_configuration_id": "diagnosis", "proofs": {"jwt": [proof]}}
    return [
        httpx.post(url + "/credential", headers=headers, json=asked),
        wrong,
        httpx.post(url + "/credential", headers=headers, json={**asked, "proofs": PLANTED}),
        httpx.post(url + "/credential", headers=headers, json={"credential_identifier": PLANTED}),
        httpx.post(url + f"/{PLANTED}", headers=headers, content=PLANTED),
        httpx.get(url + f"/offers/{PLANTED}"),
    ]


def test_a_planted_value_is_only_in_the_credential(issuer: Any):
    record = issuer.register(json.dumps(BUNDLE).encode())
    offer = issuer.offer(record["record"], record["resources"][0]["id"])
    broken = {**BUNDLE, "entry": [*BUNDLE["entry"], {"resource": PLANTED}]}
    refused = issuer.admin("POST", "/admin/bundles", content=json.dumps(broken).encode())

    issued, *refusals = _issue(issuer.url, offer)

    credential = SdJwt.parse(issued.json()["credentials"][0]["credential"])
    assert any(disclosure.value == PLANTED for disclosure in credential.disclosures)
    assert all(400 <= answer.status_code < 500 for answer in (refused, *refusals))
    for answer in (refused, *refusals):
        assert PLANTED not in answer.text
    assert PLANTED not in json.dumps(record)
    issuer.stop()
    written = {path: path.read_bytes() for path in issuer.data_dir.rglob("*") if path.is_file()}
    assert any(path.name == "issuer.db" for path in written)
    for content in (*written.values(), issuer.errors.read_bytes()):
        assert PLANTED.encode() not in content
        assert offer["tx_code"].encode() not in content or content.count(b"\x00")
    assert b"bundle_imported" in issuer.errors.read_bytes()


def test_files_are_for_their_owner_alone(issuer: Any):
    paths = [path for path in issuer.data_dir.rglob("*") if path.is_file()]

    assert paths
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in paths} == {
        path.name: "0o0" for path in paths
    }
