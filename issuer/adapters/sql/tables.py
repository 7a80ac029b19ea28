"""The issuer's tables; of health data only `IssuerResource.sealed`, which is encrypted."""

from datetime import datetime
from typing import Final

from sqlalchemy import MetaData, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Keeps these tables apart from those of other rooms."""


class IssuerRecord(Table, table=True):
    """An imported bundle."""

    id: str = Field(primary_key=True)
    created_at: datetime = Field(index=True)


class IssuerResource(Table, table=True):
    """The sealed claims of one future credential."""

    id: str = Field(primary_key=True)
    record: str = Field(index=True, foreign_key="issuerrecord.id")
    configuration: str
    sealed: bytes | None


class IssuerOffer(Table, table=True):
    """An offer, with digests of its codes."""

    id: str = Field(primary_key=True)
    code_digest: str = Field(unique=True)
    tx_code_digest: str | None
    created_at: datetime
    expires_at: datetime = Field(index=True)
    state: str
    failed_attempts: int


class IssuerDataset(Table, table=True):
    """One credential of an offer."""

    identifier: str = Field(primary_key=True)
    offer: str = Field(index=True, foreign_key="issueroffer.id")
    place: int
    configuration: str
    resource: str = Field(index=True, foreign_key="issuerresource.id")


class IssuerToken(Table, table=True):
    """An access token, as a digest."""

    digest: str = Field(primary_key=True)
    offer: str = Field(index=True, foreign_key="issueroffer.id")
    identifiers: str
    client_id: str | None
    expires_at: datetime = Field(index=True)


class IssuerSpentNonce(Table, table=True):
    """A nonce that was used, until it would have expired."""

    digest: str = Field(primary_key=True)
    expires_at: datetime = Field(index=True)


class IssuerCredential(Table, table=True):
    """An issued credential; a dataset becomes one only."""

    __table_args__ = (UniqueConstraint("offer", "identifier"),)

    id: str = Field(primary_key=True)
    offer: str = Field(index=True, foreign_key="issueroffer.id")
    identifier: str
    configuration: str
    created_at: datetime
    state: str
    version: int


class IssuerCopy(Table, table=True):
    """The place of a copy's status; no two copies ever have one place."""

    status_list: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    credential: str = Field(index=True, foreign_key="issuercredential.id")


class IssuerIssuance(Table, table=True):
    """One credential response, and what its wallet said of it."""

    notification: str = Field(primary_key=True)
    offer: str = Field(foreign_key="issueroffer.id")
    event: str | None


class IssuerStatusList(Table, table=True):
    """A status list and the token that is served for it."""

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    version: int
    bits: int
    statuses: bytes
    uri: str
    token: str
    signed_at: datetime
    expires_at: datetime


class IssuerPublication(Table, table=True):
    """A `status.publish` entry, kept before it is sent."""

    uri: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    digest: str
    entry: bytes
    published: bool = Field(index=True)


class IssuerDismissed(Table, table=True):
    """A `status.publish` entry that the log refused, and that somebody set aside."""

    number: int | None = Field(default=None, primary_key=True)
    uri: str
    sequence: int
    entry: bytes
    code: str
    reason: str
    dismissed_at: datetime


METADATA: Final[MetaData] = Table.metadata
