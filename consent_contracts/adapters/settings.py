"""What a consent process is told, beside what every service is: CONSENTRY_CONSENT_*."""

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from ssi_core.adapters.settings import ServiceSettings


class ConsentSettings(ServiceSettings):
    """One custodian. `registry_url` is where DIDs of the log resolve, for the keys of receipts."""

    model_config = SettingsConfigDict(env_prefix="CONSENTRY_CONSENT_")

    database: SecretStr | None = None
    registry_url: str | None = None
