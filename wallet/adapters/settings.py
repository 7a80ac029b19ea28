"""What a wallet process is told, beside what every service is: CONSENTRY_WALLET_*."""

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from ssi_core.adapters.reach import Reach
from ssi_core.adapters.settings import ServiceSettings

_STORE = "wallet.db"


class WalletSettings(ServiceSettings):
    """Where the wallet is kept, and what it is to believe from now on.

    `store` is a file, a folder that has one, or a `postgresql+psycopg://` URL. `registry_url`,
    `roots` (DIDs of accrediting authorities), `certificates` (PEM files) and `custodians`
    (`ISSUER=URL`) are kept in the wallet once given, so they need not be said again; so is the log
    that `log_policy` (C2SP tlog-policy) names, instead of the one that the registry shows first.
    `reach` bounds where a URL that an offer, a request or a credential names may lead.
    """

    model_config = SettingsConfigDict(env_prefix="CONSENTRY_WALLET_")

    store: str | None = None
    registry_url: str | None = None
    roots: tuple[str, ...] = ()
    certificates: tuple[Path, ...] = ()
    custodians: tuple[str, ...] = ()
    log_policy: Path | None = None
    reach: Reach | None = None
    resume_seconds: float = 30.0

    @property
    def path(self) -> Path | None:
        """The store's file; nothing for a database server."""
        if self.store is not None and "://" in self.store:
            return None
        path = self.data_dir / _STORE if self.store is None else Path(self.store)
        return path / _STORE if path.is_dir() else path

    @property
    def database(self) -> str:
        """The store as a database URL."""
        path = self.path
        return self.store or "" if path is None else f"sqlite:///{path}"
