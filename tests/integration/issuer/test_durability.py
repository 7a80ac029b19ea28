"""kill -9 at any moment: what was acknowledged is there after the restart."""

import json
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest

from ssi_core.adapters.clock import SystemClock
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.keys import P256Signer, public_key_from_jwk
from ssi_core.protocol.openid4vci import make_proof
from ssi_core.status.token import StatusList, verify

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
COUNT = 16


def _bundle(count: int) -> bytes:
    patient = {"resourceType": "Patient", "id": "p", "name": [{"family": "Li"}]}
    conditions = (
        {
            "resourceType": "Condition",
            "id": str(number),
            "subject": {"reference": "Patient/p"},
            "code": {"text": f"condition {number}"},
        }
        for number in range(count)
    )
    entries = [{"resource": resource} for resource in (patient, *conditions)]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def _token(offer: dict[str, Any]) -> str:
    shown = httpx.get(httpx.URL(offer["uri"]).params["credential_offer_uri"]).json()
    form = {
        "grant_type": GRANT,
        "pre-authorized_code": shown["grants"][GRANT]["pre-authorized_code"],
        "tx_code": offer["tx_code"],
    }
    answer = httpx.post(shown["credential_issuer"] + "/token", data=form)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def _credential(url: str, token: str) -> httpx.Response:
    nonce = httpx.post(url + "/nonce").json()["c_nonce"]
    at = _now()
    proof = make_proof(P256Signer.generate(), audience=url, nonce=nonce, at=at)
    return httpx.post(
        url + "/credential",
        headers={"Authorization": f"Bearer {token}"},
        json={"credential_configuration_id": "diagnosis", "proofs": {"jwt": [proof]}},
    )


def _now() -> datetime:
    return SystemClock().now()


def _status_list(url: str) -> StatusList:
    jwks = httpx.get(url + "/.well-known/jwt-vc-issuer").json()["jwks"]
    uri = url + "/status-lists/0"
    key = public_key_from_jwk(jwks["keys"][0])
    return verify(httpx.get(uri).text, uri=uri, key=key, at=_now())


def test_a_kill_between_token_and_credential_costs_nothing(issuer: Any):
    record = issuer.register(_bundle(1))
    offer = issuer.offer(record["record"], record["resources"][0]["id"])
    token = _token(offer)

    issuer.kill()
    issuer.start()

    answer = _credential(issuer.url, token)
    assert answer.status_code == 200, answer.text
    assert [item["state"] for item in issuer.issued(offer["id"])] == ["valid"]
    issuer.kill()
    issuer.start()
    assert _credential(issuer.url, token).status_code == 200
    assert len(issuer.issued(offer["id"])) == 1


def test_a_used_code_and_a_spent_nonce_stay_used_after_a_kill(issuer: Any):
    record = issuer.register(_bundle(1))
    offer = issuer.offer(record["record"], record["resources"][0]["id"])
    token = _token(offer)
    nonce = httpx.post(issuer.url + "/nonce").json()["c_nonce"]

    def ask() -> httpx.Response:
        proof = make_proof(P256Signer.generate(), audience=issuer.url, nonce=nonce, at=_now())
        return httpx.post(
            issuer.url + "/credential",
            headers={"Authorization": f"Bearer {token}"},
            json={"credential_configuration_id": "diagnosis", "proofs": {"jwt": [proof]}},
        )

    assert ask().status_code == 200
    issuer.kill()
    issuer.start()

    assert ask().json()["error"] == "invalid_nonce"
    shown = httpx.get(httpx.URL(offer["uri"]).params["credential_offer_uri"])
    assert shown.status_code == 404


@pytest.mark.parametrize("round_number", range(2))
def test_a_kill_during_revocations_loses_none_that_was_acknowledged(issuer: Any, round_number: int):
    record = issuer.register(_bundle(COUNT))
    places: dict[str, int] = {}
    for resource in record["resources"]:
        offer = issuer.offer(record["record"], resource["id"])
        answer = _credential(issuer.url, _token(offer)).json()
        status = SdJwtVc.parse(answer["credentials"][0]["credential"]).status
        assert status is not None
        places[issuer.issued(offer["id"])[0]["credential"]] = status.index

    def revoke(credential: str) -> str | None:
        try:
            answer = issuer.admin("POST", f"/admin/credentials/{credential}/revoke")
        except httpx.HTTPError:
            return None
        return credential if answer.status_code == 200 else None

    with ThreadPoolExecutor(4) as pool:
        revocations = [pool.submit(revoke, credential) for credential in places]
        time.sleep(random.Random(round_number).uniform(0.02, 0.15))  # noqa: S311 - not a secret
        issuer.kill()
        acknowledged = {result for future in revocations if (result := future.result())}
    issuer.start()

    statuses = _status_list(issuer.url)
    states = {
        credential: issuer.admin("GET", f"/admin/credentials/{credential}").json()["state"]
        for credential in places
    }
    assert all(states[credential] == "revoked" for credential in acknowledged)
    for credential, index in places.items():
        assert statuses.get(index) == (1 if states[credential] == "revoked" else 0)


def test_a_stop_is_clean(issuer: Any):
    assert issuer.stop() in (0, -signal.SIGTERM)
    assert issuer.errors.read_text() == ""
