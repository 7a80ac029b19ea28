"""Credentials of VCDM 2.0 from a running issuer, verified with their lists over HTTP."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.evidence import HttpEvidence
from ssi_core.adapters.http import HttpClient
from ssi_core.credential.contexts import bundled
from ssi_core.credential.model import Credential
from ssi_core.did import key as did_key
from ssi_core.errors import RevokedError, StatusUndeterminedError, SuspendedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import P256Signer
from ssi_core.proof.ecdsa_rdfc_2019 import EcdsaRdfc2019
from ssi_core.proof.suite import AllowedSuites
from ssi_core.protocol.openid4vci import make_proof
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.verification import Need
from ssi_core.verification.bitstring_status import (
    BitstringPolicy,
    require_statuses,
    status_needs,
)
from ssi_core.verification.data_integrity import DataIntegrityPolicy, needs, verify_credential

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
CLOCK = SystemClock()
POLICY = DataIntegrityPolicy(suites=AllowedSuites([EcdsaRdfc2019(JsonLd(bundled()))]))
STATUS_POLICY = BitstringPolicy(data_integrity=POLICY, require_status=True)


@pytest.fixture
def clinic(registry: Any, issuer: Any, tmp_path: Path) -> Iterator[Any]:
    """A running issuer with a registry."""
    process = type(issuer)(tmp_path / "clinic", "--registry", registry.url, "--name", "clinic")
    yield process.start()
    process.kill()


def _offer(issuer: Any, data: Path, *formats: str) -> dict[str, Any]:
    record = issuer.register((data / "synthea-r4" / "018f428e.json").read_bytes())
    resource = next(item for item in record["resources"] if item["configuration"] == "diagnosis")
    body = {"record": record["record"], "resource": resource["id"], "tx_code": False}
    answer = issuer.admin("POST", "/admin/offers", json={**body, "formats": list(formats)})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _token(issuer: Any, offer: dict[str, Any]) -> str:
    shown = httpx.get(httpx.URL(offer["uri"]).params["credential_offer_uri"]).json()
    code = shown["grants"][GRANT]["pre-authorized_code"]
    form = {"grant_type": GRANT, "pre-authorized_code": code}
    return str(httpx.post(issuer.url + "/token", data=form).json()["access_token"])


def _credential(issuer: Any, token: str, key: P256Signer, name: str) -> Any:
    nonce = httpx.post(issuer.url + "/nonce").json()["c_nonce"]
    proof = make_proof(key, audience=issuer.url, nonce=nonce, at=CLOCK.now())
    answer = httpx.post(
        issuer.url + "/credential",
        headers={"Authorization": f"Bearer {token}"},
        json={"credential_configuration_id": name, "proofs": {"jwt": [proof]}},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["credentials"][0]["credential"]


def _verify(source: JsonObject) -> Credential:
    credential = Credential.parse(source)
    wanted: set[Need] = {*needs(source), *status_needs(credential)}
    http = HttpClient()
    try:
        facts = HttpEvidence(http, HttpDidResolver(http, CLOCK), CLOCK).gather(wanted)
    finally:
        http.close()
    verified = verify_credential(source, evidence=facts, policy=POLICY, at=CLOCK.now())
    require_statuses(verified, evidence=facts, policy=STATUS_POLICY, at=CLOCK.now())
    return verified


@pytest.mark.spec("OpenID4VCI 1.0", "A.1.2.4")
def test_a_credential_verifies_until_it_is_suspended_and_after_it_was_reinstated(
    issuer: Any, data: Path
):
    key = P256Signer.generate()
    offer = _offer(issuer, data, "ldp_vc", "dc+sd-jwt")
    token = _token(issuer, offer)

    source = _credential(issuer, token, key, "diagnosis_ldp_vc")
    assert isinstance(_credential(issuer, token, key, "diagnosis"), str)

    assert _verify(source).subjects[0]["id"] == str(did_key.did_for(key.public_key))
    (issued,) = issuer.issued(offer["id"])
    path = f"/admin/credentials/{issued['credential']}"
    for verb, error in (("suspend", SuspendedError), ("reinstate", None), ("revoke", RevokedError)):
        assert issuer.admin("POST", f"{path}/{verb}").status_code == 200
        if error is None:
            _verify(source)
        else:
            with pytest.raises(error):
                _verify(source)


def test_a_list_is_served_as_what_it_is_and_says_how_long_to_keep_it(shared_issuer: Any):
    answer = httpx.get(shared_issuer.url + "/status-lists/0/revocation")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vc"
    assert answer.headers["cache-control"] == "max-age=10"
    assert answer.json()["credentialSubject"]["ttl"] == 10_000
    assert answer.json()["id"] == shared_issuer.url + "/status-lists/0/revocation"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("9/revocation", 404),
        ("0/message", 404),
        ("-1/revocation", 400),
        ("x/revocation", 400),
        ("99999999999999/revocation", 400),
    ],
)
def test_a_list_that_is_not_there_is_not_found(shared_issuer: Any, path: str, status: int):
    assert httpx.get(f"{shared_issuer.url}/status-lists/{path}").status_code == status


@pytest.mark.parametrize("formats", [[], ["ldp_vc", "ldp_vc"], ["jwt_vc_json"], "ldp_vc", [1]])
def test_an_offer_in_formats_that_make_no_sense_is_refused(
    shared_issuer: Any, data: Path, formats: Any
):
    record = shared_issuer.register((data / "synthea-r4" / "018f428e.json").read_bytes())
    body = {"record": record["record"], "resource": record["resources"][0]["id"]}

    answer = shared_issuer.admin("POST", "/admin/offers", json={**body, "formats": formats})

    assert answer.status_code in {400, 422}


def test_a_credential_of_an_organisation_verifies_by_its_did(clinic: Any, data: Path):
    offer = _offer(clinic, data, "ldp_vc")
    source = _credential(clinic, _token(clinic, offer), P256Signer.generate(), "diagnosis_ldp_vc")

    verified = _eventually(lambda: _verify(source))

    assert verified.issuer.startswith("did:webvh:")
    clinic.kill()
    with pytest.raises(StatusUndeterminedError):
        _verify(source)


def _eventually(check: Callable[[], Credential]) -> Credential:
    for _ in range(20):
        try:
            return check()
        except StatusUndeterminedError:
            time.sleep(0.5)
    return check()
