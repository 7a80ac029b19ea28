"""What a consent process is told, beside what every service is: CONSENTRY_CONSENT_*."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from ssi_core.adapters.settings import ServiceSettings


class ConsentSettings(ServiceSettings):
    """One custodian. `registry_url` is where DIDs of the log resolve, for the keys of receipts.

    It is also where emergencies are told, to the log that `log_policy` (C2SP tlog-policy) names,
    or else to the one that was met first. Without `emergency_policy`, a file, nothing opens.
    """

    model_config = SettingsConfigDict(env_prefix="CONSENTRY_CONSENT_")

    database: SecretStr | None = None
    registry_url: str | None = None
    log_policy: Path | None = None
    emergency_policy: Path | None = None
