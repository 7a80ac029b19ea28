"""A person hears of a broken glass: custodian, registry, clinic and wallet as real processes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from consent_contracts.break_glass import Finding
from consent_contracts.break_glass_ending import Closing, Review
from consent_contracts.break_glass_request import EmergencyRequest
from consent_contracts.break_glass_rule import EmergencyReason, SecondFactor
from consent_contracts.purpose import Purpose
from registry.client import RegistryClient
from registry.client.organisation import Organisation
from ssi_core import strict_json
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.keystore import KeyStore
from ssi_core.did.syntax import Did
from ssi_core.keys import thumbprint
from tests.support import planted
from tests.support.consent import make_access_request
from tests.support.custodian_server import WITH_LOG, CustodianServer
from tests.support.emergencies import RULE
from tests.support.wallet_stage import PASSPHRASE, WalletProcess, WalletStage, wallet_stage
from wallet.adapters.sql import SqlVaultStore
from wallet.credential import copies_of
from wallet.envelope import Passphrase
from wallet.vault import Vault

DOCTOR = Did("web", "hospital.example:physicians:Quintolindezxa")
REVIEWER = Did("web", "hospital.example:privacy")
GROUNDS = "She was awake and had said no."


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalletStage]:
    with wallet_stage(tmp_path_factory.mktemp("stage")) as opened:
        yield opened


@pytest.fixture
def alice(tmp_path: Path, stage: WalletStage) -> WalletProcess:
    wallet = WalletProcess(tmp_path / "alice" / "alice.wallet", stage)
    (tmp_path / "alice").mkdir()
    wallet.lay_out()
    return wallet


def holder_key(store: str, credential_id: str) -> str:
    """Return the thumbprint of one of the keys that a credential's copies are bound to."""
    engine = open_database(f"sqlite:///{store}")
    vault = Vault.open(SqlVaultStore(engine), Passphrase(PASSPHRASE))
    key = copies_of(vault, credential_id)[0].key
    engine.dispose()
    return thumbprint(key.public_key.jwk)


def test_who_looked_and_why_arrives_at_the_wallet_and_is_proved_by_the_log(
    stage: WalletStage, alice: WalletProcess, tmp_path: Path
):
    credential_id = alice.accept()
    with alice.opened() as wallet:
        issuer = wallet.credentials()[0].issuer
    hospital = Organisation.open(
        "hospital",
        keystore=KeyStore.unlock(tmp_path / "hospital"),
        registry=RegistryClient(stage.http, stage.registry.url),
        clock=SystemClock(),
    )
    policy = tmp_path / "emergencies.json"
    policy.write_text(json.dumps({"rule": RULE.to_json(), "organisations": [str(hospital.did)]}))
    settings = {"REGISTRY_URL": stage.registry.url, "EMERGENCY_POLICY": str(policy)}
    with CustodianServer(tmp_path / "custodian", program=WITH_LOG, **settings) as custodian:
        opened = broken(custodian.url, hospital, holder_key(alice.store, credential_id))

        told = alice.json("emergencies", "--custodian", f"{issuer}={custodian.url}")
        shown = alice.run("emergencies")
        session = opened.json()["emergency"]["session"]
        kept = custodian.get(f"/consent/emergencies/{session}").json()
        ended = [close(custodian.url, hospital, session), review(custodian.url, hospital, session)]
        later = alice.json("emergencies")
        shown_later = alice.run("emergencies")
    history = alice.json("history")

    assert opened.status_code == 201, opened.text
    (emergency,) = strict_json.as_array(told["emergencies"], at="/emergencies")
    assert isinstance(emergency, dict)
    assert (emergency["session"], emergency["proved"]) == (session, True)
    assert (emergency["actor"], emergency["reason"]) == (str(DOCTOR), "OVRER")
    assert "Quintolindezxa" in shown.stdout
    assert "the log has it" in shown.stdout
    assert "told_at" in kept
    assert "nobody has reviewed it yet" in shown.stdout
    assert [each.status_code for each in ended] == [200, 200], ended[1].text
    (reviewed,) = strict_json.as_array(later["emergencies"], at="/emergencies")
    assert isinstance(reviewed, dict)
    assert isinstance(reviewed["review"], dict)
    assert (reviewed["review"]["finding"], reviewed["review"]["proved"]) == ("not_justified", True)
    assert reviewed["ended_at"] is not None
    assert reviewed["ending"] == "closed"
    assert "UTC: the organisation closed it" in shown_later.stdout
    assert f"{REVIEWER} found it not justified: {GROUNDS}" in shown_later.stdout
    assert "it is not known" not in shown_later.stdout
    assert "glass_broken" in json.dumps(history)
    assert "glass_reviewed" in json.dumps(history)
    for path, content in planted.files(tmp_path / "alice").items():
        assert planted.betrayed(content, [str(DOCTOR), "Quintolindezxa", session, GROUNDS]) == [], (
            path
        )


def _address(url: str, hospital: Organisation, session: str) -> dict[str, Any]:
    now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a real process has a real clock
    return {
        "issuer": hospital.did,
        "audience": url,
        "issued_at": now,
        "expires_at": now + timedelta(minutes=2),
        "session": session,
    }


def close(url: str, hospital: Organisation, session: str) -> httpx.Response:
    """Have the hospital say that it is over."""
    text = Closing(**_address(url, hospital, session)).sign(
        signer=hospital.assertion_signer, key_id=hospital.assertion_key_id
    )
    return httpx.post(f"{url}/emergencies/closings", json={"closing": text}, timeout=30)


def review(url: str, hospital: Organisation, session: str) -> httpx.Response:
    """Have the hospital's reviewer find that it was wrong."""
    found = Review(
        **_address(url, hospital, session),
        reviewer=REVIEWER,
        finding=Finding.NOT_JUSTIFIED,
        grounds=GROUNDS,
    )
    text = found.sign(signer=hospital.assertion_signer, key_id=hospital.assertion_key_id)
    return httpx.post(f"{url}/emergencies/reviews", json={"review": text}, timeout=30)


def broken(url: str, hospital: Organisation, key: str) -> httpx.Response:
    """Have the hospital break the glass over what is bound by a key."""
    now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a real process has a real clock
    factor = SecondFactor(actor=DOCTOR, methods=frozenset({"hwk", "pin"}), verified_at=now)
    request = EmergencyRequest(
        issuer=hospital.did,
        audience=url,
        id="one",
        issued_at=now,
        expires_at=now + timedelta(minutes=2),
        request=make_access_request(
            recipient=hospital.did,
            purpose=Purpose.ETREAT,
            actor=DOCTOR,
            holder_keys=frozenset({key}),
        ),
        reason=EmergencyReason.EMERGENCY_TREATMENT,
        role="physician",
        second_factor=factor,
    )
    text = request.sign(signer=hospital.assertion_signer, key_id=hospital.assertion_key_id)
    return httpx.post(f"{url}/emergencies", json={"request": text}, timeout=30)
