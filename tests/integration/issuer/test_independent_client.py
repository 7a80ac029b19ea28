"""A wallet that shares no code with us gets every kind of credential (OpenID4VCI 1.0)."""

import base64
import hashlib
import json
import time
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class P256:
    """A holder's P-256 key."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        x, y = (_encode(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        self.jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        self.alg = "ES256"

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Ed25519:
    """A holder's Ed25519 key."""

    def __init__(self) -> None:
        self.key = ed25519.Ed25519PrivateKey.generate()
        x = _encode(self.key.public_key().public_bytes_raw())
        self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": x}
        self.alg = "EdDSA"

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data)


def _proof(key: P256 | Ed25519, audience: str, nonce: str) -> str:
    header = {"alg": key.alg, "typ": "openid4vci-proof+jwt", "jwk": key.jwk}
    claims = {"aud": audience, "iat": int(time.time()), "nonce": nonce}
    signed = ".".join(_encode(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{_encode(key.sign(signed.encode()))}"


class Client:
    """The least that a wallet must do, after the text of the specification."""

    def __init__(self, offer_uri: str) -> None:
        url = parse_qs(urlsplit(offer_uri).query)["credential_offer_uri"][0]
        self.offer = httpx.get(url).raise_for_status().json()
        self.issuer = self.offer["credential_issuer"]
        self.metadata = self._well_known("openid-credential-issuer")
        assert self.metadata["credential_issuer"] == self.issuer
        server = self._well_known("oauth-authorization-server")
        assert server["issuer"] == self.issuer
        self.token_endpoint = server["token_endpoint"]

    def _well_known(self, name: str) -> dict[str, Any]:
        parts = urlsplit(self.issuer)
        url = f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path}"
        return dict(httpx.get(url).raise_for_status().json())

    def token(self, tx_code: str | None, **more: str) -> dict[str, Any]:
        grant = self.offer["grants"][GRANT]
        form = {"grant_type": GRANT, "pre-authorized_code": grant["pre-authorized_code"], **more}
        if "tx_code" in grant:
            assert tx_code is not None
            assert len(tx_code) == grant["tx_code"]["length"]
            form["tx_code"] = tx_code
        answer = httpx.post(self.token_endpoint, data=form)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return dict(answer.json())

    def credentials(self, access_token: str, *keys: P256 | Ed25519, **named: str) -> dict[str, Any]:
        nonce = httpx.post(self.metadata["nonce_endpoint"]).raise_for_status().json()["c_nonce"]
        proofs = [_proof(key, self.issuer, nonce) for key in keys]
        answer = httpx.post(
            self.metadata["credential_endpoint"],
            headers={"Authorization": f"Bearer {access_token}"},
            json={**named, "proofs": {"jwt": proofs}},
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def _issuer_key(jwk: dict[str, str]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(_decode(jwk[name]), "big") for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _verified(token: str, key: ec.EllipticCurvePublicKey) -> tuple[dict[str, Any], dict[str, Any]]:
    head, body, signature = token.split(".")
    raw = _decode(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    data = f"{head}.{body}".encode()
    key.verify(encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    return json.loads(_decode(head)), json.loads(_decode(body))


def _revealed(value: Any, disclosures: dict[str, list[Any]]) -> Any:
    if isinstance(value, list):
        elements = (
            disclosures[item["..."]][1] if isinstance(item, dict) and "..." in item else item
            for item in value
        )
        return [_revealed(element, disclosures) for element in elements]
    if isinstance(value, dict):
        plain = {name: item for name, item in value.items() if name not in ("_sd", "_sd_alg")}
        hidden = [disclosures[digest] for digest in value.get("_sd", [])]
        plain.update({name: item for _salt, name, item in hidden})
        return {name: _revealed(item, disclosures) for name, item in plain.items()}
    return value


def _read(credential: str, key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    jwt, *texts, last = credential.split("~")
    assert last == ""
    header, payload = _verified(jwt, key)
    assert header["typ"] == "dc+sd-jwt"
    disclosures = {
        _encode(hashlib.sha256(text.encode()).digest()): json.loads(_decode(text)) for text in texts
    }
    return dict(_revealed(payload, disclosures))


def _status(credential: dict[str, Any], key: ec.EllipticCurvePublicKey) -> int:
    reference = credential["status"]["status_list"]
    answer = httpx.get(reference["uri"], headers={"Accept": "application/statuslist+jwt"})
    assert answer.headers["content-type"].startswith("application/statuslist+jwt")
    header, payload = _verified(answer.text, key)
    assert (header["typ"], payload["sub"]) == ("statuslist+jwt", reference["uri"])
    bits = payload["status_list"]["bits"]
    data = zlib.decompress(_decode(payload["status_list"]["lst"]))
    position: int = reference["idx"] * bits
    return int(data[position // 8] >> position % 8 & (1 << bits) - 1)


def _key_of(issuer: str) -> ec.EllipticCurvePublicKey:
    metadata = httpx.get(f"{issuer}/.well-known/jwt-vc-issuer").raise_for_status().json()
    assert metadata["issuer"] == issuer
    return _issuer_key(metadata["jwks"]["keys"][0])


@pytest.fixture(scope="module")
def record(shared_issuer: Any, data: Path) -> dict[str, Any]:
    bundle = next(iter(sorted((data / "synthea-r4").glob("*.json"))))
    return dict(shared_issuer.register(bundle.read_bytes()))


def _of(record: dict[str, Any], configuration: str) -> list[str]:
    return [item["id"] for item in record["resources"] if item["configuration"] == configuration]


@pytest.mark.spec("OpenID4VCI 1.0", "3.5")
@pytest.mark.parametrize("configuration", ["diagnosis", "laboratory_result", "immunization"])
@pytest.mark.parametrize("holder", [P256, Ed25519])
def test_every_kind_of_credential_can_be_had(
    shared_issuer: Any, record: dict[str, Any], configuration: str, holder: type[P256 | Ed25519]
):
    offer = shared_issuer.offer(record["record"], _of(record, configuration)[0])
    client, key = Client(offer["uri"]), holder()

    token = client.token(offer["tx_code"])
    answer = client.credentials(
        token["access_token"], key, credential_configuration_id=configuration
    )

    issuer_key = _key_of(shared_issuer.url)
    (credential,) = (_read(item["credential"], issuer_key) for item in answer["credentials"])
    described = client.metadata["credential_configurations_supported"][configuration]
    assert credential["vct"] == described["vct"]
    assert credential["cnf"]["jwk"] == key.jwk
    assert credential["exp"] > time.time()
    assert {"given_name", "family_name", "birth_date", "organization"} <= credential.keys()
    assert _status(credential, issuer_key) == 0
    labelled = {claim["path"][0] for claim in described["credential_metadata"]["claims"]}
    registered = {"iss", "vct", "iat", "exp", "cnf", "status"}
    assert credential.keys() - registered <= labelled


def test_a_batch_has_a_key_and_a_status_of_its_own_for_each_copy(
    shared_issuer: Any, record: dict[str, Any]
):
    offer = shared_issuer.offer(record["record"], _of(record, "diagnosis")[0])
    client = Client(offer["uri"])
    keys = [P256() for _ in range(client.metadata["batch_credential_issuance"]["batch_size"])]

    token = client.token(offer["tx_code"])["access_token"]
    answer = client.credentials(token, *keys, credential_configuration_id="diagnosis")

    issuer_key = _key_of(shared_issuer.url)
    copies = [_read(item["credential"], issuer_key) for item in answer["credentials"]]
    assert [copy["cnf"]["jwk"] for copy in copies] == [key.jwk for key in keys]
    indexes = [copy["status"]["status_list"]["idx"] for copy in copies]
    assert len(set(indexes)) == len(keys)
    (issued,) = shared_issuer.issued(offer["id"])
    revoked = shared_issuer.admin("POST", f"/admin/credentials/{issued['credential']}/revoke")
    assert revoked.json()["state"] == "revoked"
    assert {_status(copy, issuer_key) for copy in copies} == {1}


def test_several_credentials_of_one_kind_are_told_apart_by_identifier(
    shared_issuer: Any, record: dict[str, Any]
):
    first, second = _of(record, "laboratory_result")[:2]
    offer = shared_issuer.offer(record["record"], first, second, tx_code=False)
    client = Client(offer["uri"])

    token = client.token(None)

    (detail,) = token["authorization_details"]
    issuer_key = _key_of(shared_issuer.url)
    results = [
        _read(
            client.credentials(token["access_token"], P256(), credential_identifier=name)[
                "credentials"
            ][0]["credential"],
            issuer_key,
        )
        for name in detail["credential_identifiers"]
    ]
    assert len({json.dumps(item["code"], sort_keys=True) for item in results}) == 2


def test_authorization_details_are_answered_with_identifiers(
    shared_issuer: Any, record: dict[str, Any]
):
    resources = (_of(record, "diagnosis")[0], _of(record, "immunization")[0])
    offer = shared_issuer.offer(record["record"], *resources)
    client = Client(offer["uri"])
    wanted = {"type": "openid_credential", "credential_configuration_id": "immunization"}

    token = client.token(offer["tx_code"], authorization_details=json.dumps([wanted]))

    (detail,) = token["authorization_details"]
    assert detail["credential_configuration_id"] == "immunization"
    (name,) = detail["credential_identifiers"]
    answer = client.credentials(token["access_token"], P256(), credential_identifier=name)
    assert len(answer["credentials"]) == 1


def test_a_lost_answer_can_be_asked_for_again(shared_issuer: Any, record: dict[str, Any]):
    offer = shared_issuer.offer(record["record"], _of(record, "diagnosis")[0])
    client, key = Client(offer["uri"]), P256()
    token = client.token(offer["tx_code"])["access_token"]

    answers = [
        client.credentials(token, key, credential_configuration_id="diagnosis") for _ in range(2)
    ]

    assert answers[0]["credentials"] != answers[1]["credentials"]
    assert len(shared_issuer.issued(offer["id"])) == 1


@pytest.mark.spec("OpenID4VCI 1.0", "11")
def test_a_wallet_says_what_became_of_a_credential(shared_issuer: Any, record: dict[str, Any]):
    offer = shared_issuer.offer(record["record"], _of(record, "diagnosis")[0])
    client = Client(offer["uri"])
    token = client.token(offer["tx_code"])["access_token"]
    answer = client.credentials(token, P256(), credential_configuration_id="diagnosis")
    note = {"notification_id": answer["notification_id"], "event": "credential_accepted"}

    codes = [
        httpx.post(
            client.metadata["notification_endpoint"],
            headers={"Authorization": f"Bearer {token}"},
            json=note,
        ).status_code
        for _ in range(2)
    ]

    assert codes == [204, 204]
