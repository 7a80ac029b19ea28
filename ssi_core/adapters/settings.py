"""What every service process is told: where to listen, what it is called, where it keeps things."""

from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ssi_core.errors import MalformedError


class ServiceSettings(BaseSettings):
    """Settings that all roles share; each role adds its own and its prefix, CONSENTRY_<ROLE>_.

    A variable that is set to nothing counts as not set: an empty token or passphrase is none.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65_535)
    public_url: str | None = None
    data_dir: Path = Path(".consentry")
    admin_token: SecretStr | None = None
    passphrase: SecretStr | None = None
    max_body_bytes: int = Field(default=2_097_152, ge=1024)

    @classmethod
    def read(cls, **given: Any) -> Self:
        """Read the environment; what is `given` wins, and `None` counts as not given.

        Raises `MalformedError` that names the setting, never its value.
        """
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            place = "/".join(str(part) for part in error.errors()[0]["loc"])
            raise MalformedError("a setting is not of its form", at=f"/{place}") from None
