"""An issuer in this process, with a clock that stands still, and the least of a wallet."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, final

import pytest

from issuer.adapters.settings import IssuerSettings
from issuer.app import Issuer, open_issuer
from issuer.configurations import Format
from issuer.service.offers import CreatedOffer
from issuer.service.records import ImportedRecord
from ssi_core import strict_json
from ssi_core.adapters.clock import FixedClock
from ssi_core.keys import P256Signer
from ssi_core.protocol.openid4vci import (
    CredentialOffer,
    CredentialRequest,
    CredentialResponse,
    TokenRequest,
    TokenResponse,
    make_proof,
)

ISSUER: Final = "http://localhost:8200"
NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
CODE: Final = {"coding": [{"system": "s", "code": "44054006", "display": "Diabetes"}]}
BUNDLE: Final[dict[str, Any]] = {
    "resourceType": "Bundle",
    "entry": [
        {"resource": {"resourceType": "Patient", "id": "p", "name": [{"family": "Planted"}]}},
        *(
            {
                "resource": {
                    "resourceType": "Condition",
                    "id": name,
                    "subject": {"reference": "Patient/p"},
                    "code": CODE,
                }
            }
            for name in ("a", "b")
        ),
        {
            "resource": {
                "resourceType": "Immunization",
                "patient": {"reference": "Patient/p"},
                "vaccineCode": CODE,
            }
        },
    ],
}


@final
class Clinic:
    """The issuer, and whoever stands at its counter with a wallet."""

    def __init__(self, issuer: Issuer, clock: FixedClock) -> None:
        self.issuer = issuer
        self.clock = clock

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def register(self) -> ImportedRecord:
        text = strict_json.render(BUNDLE).encode()
        return self.issuer.records.import_bundle(text, at=self.now)

    def offer(
        self, *places: int, tx_code: bool = True, formats: Sequence[Format] = (Format.SD_JWT_VC,)
    ) -> CreatedOffer:
        record = self.register()
        return self.issuer.offers.create(
            record=record.id,
            resources=[record.resources[place].id for place in places or (0,)],
            formats=formats,
            with_tx_code=tx_code,
            at=self.now,
        )

    def shown(self, offer: CreatedOffer) -> CredentialOffer:
        return self.issuer.offers.show(offer.uri.rpartition("%2F")[2], at=self.now)

    def token_request(self, offer: CreatedOffer, **changes: Any) -> TokenRequest:
        grant = self.shown(offer).pre_authorized_code_grant
        assert grant is not None
        fields = {
            "pre_authorized_code": grant.pre_authorized_code,
            "tx_code": offer.tx_code,
            **changes,
        }
        return TokenRequest(**fields)

    def token(self, offer: CreatedOffer, **changes: Any) -> TokenResponse:
        return self.issuer.tokens.redeem(self.token_request(offer, **changes), at=self.now)

    def nonce(self) -> str:
        return self.issuer.key_proofs.nonce(at=self.now).c_nonce

    def request(self, nonce: str, *signers: P256Signer, **named: str) -> CredentialRequest:
        keys = signers or (P256Signer.generate(),)
        proofs = [make_proof(key, audience=ISSUER, nonce=nonce, at=self.now) for key in keys]
        what: dict[str, Any] = {**(named or {"credential_configuration_id": "diagnosis"})}
        return CredentialRequest(proofs=tuple(proofs), **what)

    def issue(
        self, token: TokenResponse, request: CredentialRequest | None = None
    ) -> CredentialResponse:
        known = self.issuer.tokens.authenticate(token.access_token, at=self.now)
        asked = self.request(self.nonce()) if request is None else request
        return self.issuer.credentials.issue(known, asked, at=self.now)


@pytest.fixture
def settings(tmp_path: Path) -> IssuerSettings:
    return IssuerSettings(data_dir=tmp_path, status_list_length=1024)


@pytest.fixture
def clinic(settings: IssuerSettings) -> Iterator[Clinic]:
    """An issuer without a registry, on SQLite."""
    clock = FixedClock(NOW)
    with open_issuer(settings, public_url=ISSUER, clock=clock) as issuer:
        yield Clinic(issuer, clock)
