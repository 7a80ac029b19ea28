"""What a verifier process is told, beside what every service is: CONSENTRY_VERIFIER_*."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from ssi_core.adapters.reach import Reach
from ssi_core.adapters.settings import ServiceSettings


class VerifierSettings(ServiceSettings):
    """One organisation: its name in the registry, what it asks, and the roots that it trusts.

    `log_policy`, or `log_vkey` and `witness_vkeys`, pin the log; without them the registry's are
    kept at first use.
    `reach` bounds where a URL that a presentation names may lead.
    """

    model_config = SettingsConfigDict(env_prefix="CONSENTRY_VERIFIER_")

    name: str = Field(default="verifier", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    display_name: str | None = None
    registry_url: str = "http://localhost:8100"
    roots: tuple[str, ...] = ()
    policies: Path | None = None
    database: SecretStr | None = None
    log_vkey: str | None = None
    witness_vkeys: tuple[str, ...] = ()
    log_policy: Path | None = None
    reach: Reach | None = None
    request_lifetime: int = Field(default=600, ge=10, le=86_400)
