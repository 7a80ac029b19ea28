"""An issuer that is an organisation of a registry: its DID, and its status lists in the log."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.client import RegistryClient
from registry.model.evidence import LogPolicy, verify_status_publication
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.evidence import HttpEvidence
from ssi_core.adapters.http import HttpClient
from ssi_core.credential.sd_jwt_vc import VerifiedSdJwtVc
from ssi_core.did.syntax import Did
from ssi_core.errors import RevokedError, StatusUndeterminedError
from ssi_core.keys import P256Signer
from ssi_core.proof.sd_jwt import SdJwt, bind
from ssi_core.protocol.openid4vci import make_proof
from ssi_core.status.token import StatusListToken, digest
from ssi_core.verification import Expected, VerificationPolicy, needs, verify

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
VERIFIER = "https://verifier.example"
CLOCK = SystemClock()


@pytest.fixture
def clinic(registry: Any, issuer: Any, tmp_path: Path) -> Iterator[Any]:
    """A running issuer with a registry."""
    process = type(issuer)(tmp_path / "clinic", "--registry", registry.url, "--name", "clinic")
    yield process.start()
    process.kill()


def _issued(clinic: Any, data: Path, key: P256Signer) -> tuple[str, str]:
    record = clinic.register((data / "synthea-r4" / "018f428e.json").read_bytes())
    resource = next(item for item in record["resources"] if item["configuration"] == "diagnosis")
    offer = clinic.offer(record["record"], resource["id"])
    shown = httpx.get(httpx.URL(offer["uri"]).params["credential_offer_uri"]).json()
    code = shown["grants"][GRANT]["pre-authorized_code"]
    form = {"grant_type": GRANT, "pre-authorized_code": code, "tx_code": offer["tx_code"]}
    token = httpx.post(clinic.url + "/token", data=form).json()["access_token"]
    nonce = httpx.post(clinic.url + "/nonce").json()["c_nonce"]
    proof = make_proof(key, audience=clinic.url, nonce=nonce, at=CLOCK.now())
    answer = httpx.post(
        clinic.url + "/credential",
        headers={"Authorization": f"Bearer {token}"},
        json={"credential_configuration_id": "diagnosis", "proofs": {"jwt": [proof]}},
    ).json()
    return answer["credentials"][0]["credential"], clinic.issued(offer["id"])[0]["credential"]


def _verified(credential: str, key: P256Signer) -> VerifiedSdJwtVc:
    now = CLOCK.now()
    presented = str(bind(SdJwt.parse(credential), signer=key, audience=VERIFIER, nonce="n", at=now))
    http = HttpClient()
    try:
        source = HttpEvidence(http, HttpDidResolver(http, CLOCK), CLOCK)
        evidence = source.gather(needs(presented))
    finally:
        http.close()
    policy = VerificationPolicy(
        algorithms=frozenset({"ES256"}),
        vcts=frozenset({"urn:consentry:diagnosis:1"}),
        require_status=True,
        status_max_age=timedelta(minutes=5),
    )
    expected = Expected(audience=VERIFIER, nonce="n", transaction_data=())
    return verify(presented, evidence=evidence, policy=policy, expected=expected, at=CLOCK.now())


def _require_published(clinic: Any, registry: Any) -> None:
    """Return if the log holds the list as it is served."""
    uri = f"{clinic.url}/status-lists/0"
    served = StatusListToken.parse(httpx.get(uri).text)
    http = HttpClient()
    try:
        client = RegistryClient(http, registry.url)
        log, did = client.log(), Did.parse(clinic.admin("GET", "/admin/identity").json()["did"])
        verify_status_publication(
            client.status_list(uri, did),
            issuer=did,
            uri=uri,
            digest=digest(served.encoded_list),
            policy=LogPolicy(
                origin=log.origin,
                log_vkey=log.vkey,
                witness_vkeys=log.witnesses,
                max_checkpoint_age=timedelta(minutes=1),
            ),
            at=CLOCK.now(),
        )
    finally:
        http.close()


def _eventually(check: Callable[[], None]) -> None:
    for _ in range(60):
        try:
            return check()
        except StatusUndeterminedError:
            time.sleep(0.5)
    return check()


def test_a_credential_verifies_by_its_organisations_did_and_a_revocation_is_in_the_log(
    clinic: Any, registry: Any, data: Path
):
    key = P256Signer.generate()
    credential, identifier = _issued(clinic, data, key)

    verified = _verified(credential, key)

    did = clinic.admin("GET", "/admin/identity").json()["did"]
    assert verified.issuer == did
    assert did.startswith("did:webvh:")
    assert did.endswith(":dids:clinic")
    _require_published(clinic, registry)
    answer = clinic.admin("POST", f"/admin/credentials/{identifier}/revoke")
    assert answer.json()["published"] is True
    _require_published(clinic, registry)
    with pytest.raises(RevokedError):
        _verified(credential, key)


def test_a_registry_that_is_away_delays_a_publication_and_nothing_else(
    clinic: Any, registry: Any, data: Path
):
    key = P256Signer.generate()
    did = clinic.admin("GET", "/admin/identity").json()["did"]
    credential, identifier = _issued(clinic, data, key)
    registry.kill()

    answer = clinic.admin("POST", f"/admin/credentials/{identifier}/revoke")
    clinic.kill()
    clinic.start()

    assert answer.json() == {
        "credential": identifier,
        "configuration": "diagnosis",
        "state": "revoked",
        "published": False,
    }
    assert clinic.admin("GET", "/admin/identity").json()["did"] == did
    again, _ = _issued(clinic, data, key)
    registry.start()
    _eventually(lambda: _require_published(clinic, registry))
    with pytest.raises(RevokedError):
        _verified(credential, key)
    assert _verified(again, key).issuer == did
