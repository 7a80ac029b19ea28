"""Claims are kept for as long as an offer can lead to them, sealed, and then not at all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from issuer.adapters.settings import IssuerSettings
from issuer.app import open_issuer
from issuer.model.terms import Retention
from ssi_core.adapters.clock import FixedClock
from ssi_core.errors import ConflictError, OAuthError


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def _erase(clinic: Any) -> int:
    return int(clinic.issuer.housekeeping.erase(at=clinic.now))


def test_claims_stay_while_an_offer_or_its_token_lives(clinic: Any):
    offer = clinic.offer()

    assert _erase(clinic) == 0
    token = clinic.token(offer)
    clinic.issue(token)
    assert _erase(clinic) == 0
    assert clinic.issue(token).credentials


def test_claims_go_when_the_token_has_expired(clinic: Any):
    clinic.issue(clinic.token(clinic.offer()))

    clinic.clock.advance(timedelta(minutes=10))

    assert _erase(clinic) == 1
    assert _erase(clinic) == 0


def test_claims_go_when_their_offer_has_expired_and_cannot_be_offered_again(clinic: Any):
    record = clinic.register()
    resources = [record.resources[0].id]
    clinic.issuer.offers.create(
        record=record.id, resources=resources, with_tx_code=True, at=clinic.now
    )
    clinic.clock.advance(timedelta(minutes=15))

    assert _erase(clinic) == 1
    with pytest.raises(ConflictError):
        clinic.issuer.offers.create(
            record=record.id, resources=resources, with_tx_code=True, at=clinic.now
        )


def test_claims_that_nobody_offered_go_after_a_day(clinic: Any):
    clinic.register()

    clinic.clock.advance(timedelta(hours=23))
    assert _erase(clinic) == 0
    clinic.clock.advance(timedelta(hours=2))
    assert _erase(clinic) == 3


def test_a_second_offer_keeps_the_claims(clinic: Any):
    record = clinic.register()
    resources = [record.resources[0].id]
    for _ in range(2):
        clinic.issuer.offers.create(
            record=record.id, resources=resources, with_tx_code=True, at=clinic.now
        )
        clinic.clock.advance(timedelta(minutes=10))

    assert _erase(clinic) == 0


def test_an_operator_may_keep_claims(settings: IssuerSettings):
    kept = settings.model_copy(update={"retention": Retention.KEEP})
    clock = FixedClock(datetime(2026, 11, 21, tzinfo=UTC))

    with open_issuer(kept, public_url="http://localhost:8200", clock=clock) as issuer:
        assert issuer.housekeeping.erase(at=clock.now() + timedelta(days=99)) == 0


def test_nothing_of_a_claim_or_a_code_is_in_the_files(clinic: Any, tmp_path: Path):
    offer = clinic.offer()
    token = clinic.token(offer)
    clinic.issue(token)

    stored = _bytes_of(tmp_path)

    assert offer.id.encode() in stored
    for secret in ("Planted", "44054006", "Diabetes", offer.tx_code, token.access_token):
        assert secret.encode() not in stored


def test_erased_claims_leave_no_ciphertext(clinic: Any, tmp_path: Path):
    record = clinic.register()
    resource = record.resources[0].id
    store = clinic.issuer.records._store  # noqa: SLF001 - to know which bytes to look for
    sealed = store.find_resource(resource).sealed
    assert sealed[:64] in _bytes_of(tmp_path)

    clinic.clock.advance(timedelta(days=2))
    _erase(clinic)

    assert sealed[:32] not in _bytes_of(tmp_path)
    assert sealed[-32:] not in _bytes_of(tmp_path)


def test_a_token_that_outlives_its_claims_gets_nothing(clinic: Any):
    token = clinic.token(clinic.offer())
    clinic.issuer.records._store.erase(  # noqa: SLF001 - as an operator with a shorter rule would
        at=clinic.now + timedelta(days=1), unoffered_since=clinic.now
    )

    with pytest.raises(OAuthError) as refusal:
        clinic.issue(token)

    assert refusal.value.error == "credential_request_denied"
