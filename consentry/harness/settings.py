"""What the harness profile is told."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from ssi_core.adapters.reach import Reach
from ssi_core.adapters.settings import ServiceSettings


class HarnessSettings(ServiceSettings):
    """Its own are a folder of further JSON-LD contexts, and where what it is sent may lead."""

    model_config = SettingsConfigDict(env_prefix="CONSENTRY_HARNESS_")

    max_body_bytes: int = Field(default=16_777_216, ge=1024)
    contexts: Path | None = None
    reach: Reach = Reach.LOCAL

    @property
    def given_passphrase(self) -> str | None:
        """The passphrase of the key stores, if one is set."""
        return None if self.passphrase is None else self.passphrase.get_secret_value()
