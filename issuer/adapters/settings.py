"""What an issuer process is told, beside what every service is: CONSENTRY_ISSUER_*."""

from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from issuer.model.terms import Retention, Terms
from ssi_core.adapters.settings import ServiceSettings

_MEBIBYTE = 1_048_576
_DAY = 86_400


class IssuerSettings(ServiceSettings):
    """One organisation: its name, its registry if it has one, and how long things last.

    Lifetimes are in seconds. `max_body_bytes` bounds FHIR bundles.
    """

    model_config = SettingsConfigDict(env_prefix="CONSENTRY_ISSUER_", frozen=True, extra="ignore")

    name: str = Field(default="issuer", pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    display_name: str | None = None
    registry_url: str | None = None
    database: SecretStr | None = None
    max_body_bytes: int = Field(default=64 * _MEBIBYTE, ge=1024)
    offer_lifetime: int = Field(default=900, ge=10, le=_DAY * 30)
    token_lifetime: int = Field(default=600, ge=10, le=_DAY)
    nonce_lifetime: int = Field(default=300, ge=10, le=3600)
    credential_lifetime: int = Field(default=_DAY * 365, ge=60, le=_DAY * 3650)
    unoffered_lifetime: int = Field(default=_DAY, ge=10, le=_DAY * 3650)
    retention: Retention = Retention.UNTIL_ISSUED
    tx_code_attempts: int = Field(default=5, ge=1, le=20)
    batch_size: int = Field(default=10, ge=1, le=100)
    status_list_length: int = Field(default=131_072, ge=1024, le=4_194_304)
    status_token_lifetime: int = Field(default=3600, ge=60, le=_DAY * 30)
    status_token_ttl: int = Field(default=10, ge=1, le=_DAY)

    def terms(self) -> Terms:
        """Return how long things last."""
        return Terms(
            offer_lifetime=timedelta(seconds=self.offer_lifetime),
            token_lifetime=timedelta(seconds=self.token_lifetime),
            nonce_lifetime=timedelta(seconds=self.nonce_lifetime),
            credential_lifetime=timedelta(seconds=self.credential_lifetime),
            unoffered_lifetime=timedelta(seconds=self.unoffered_lifetime),
            retention=self.retention,
            tx_code_attempts=self.tx_code_attempts,
            batch_size=self.batch_size,
            status_list_length=self.status_list_length,
            status_token_lifetime=timedelta(seconds=self.status_token_lifetime),
            status_token_ttl=timedelta(seconds=self.status_token_ttl),
        )
