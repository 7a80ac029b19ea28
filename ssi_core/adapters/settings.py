"""What every service process is told: where to listen, what it is called, where it keeps things."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Settings that all roles share; each role adds its own and its prefix, CONSENTRY_<ROLE>_."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65_535)
    public_url: str | None = None
    data_dir: Path = Path(".consentry")
    admin_token: SecretStr | None = None
    passphrase: SecretStr | None = None
    max_body_bytes: int = Field(default=2_097_152, ge=1024)
