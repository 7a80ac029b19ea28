"""The issuer's tables. Health data stands in one column only, `ResourceRow.sealed`, encrypted."""

from datetime import datetime
from typing import Final

from sqlalchemy import MetaData, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Keeps these tables apart from those of other rooms."""


class RecordRow(Table, table=True):
    """An imported bundle."""

    __tablename__ = "issuer_record"

    id: str = Field(primary_key=True)
    created_at: datetime = Field(index=True)


class ResourceRow(Table, table=True):
    """The sealed claims of one future credential."""

    __tablename__ = "issuer_resource"

    id: str = Field(primary_key=True)
    record: str = Field(index=True, foreign_key="issuer_record.id")
    configuration: str
    sealed: bytes | None


class OfferRow(Table, table=True):
    """An offer, with digests of its codes."""

    __tablename__ = "issuer_offer"

    id: str = Field(primary_key=True)
    code_digest: str = Field(unique=True)
    tx_code_digest: str | None
    created_at: datetime
    expires_at: datetime = Field(index=True)
    state: str
    failed_attempts: int


class DatasetRow(Table, table=True):
    """One credential of an offer."""

    __tablename__ = "issuer_dataset"

    identifier: str = Field(primary_key=True)
    offer: str = Field(index=True, foreign_key="issuer_offer.id")
    place: int
    configuration: str
    resource: str = Field(index=True, foreign_key="issuer_resource.id")


class TokenRow(Table, table=True):
    """An access token, as a digest."""

    __tablename__ = "issuer_token"

    digest: str = Field(primary_key=True)
    offer: str = Field(index=True, foreign_key="issuer_offer.id")
    identifiers: str
    client_id: str | None
    expires_at: datetime = Field(index=True)


class SpentNonceRow(Table, table=True):
    """A nonce that was used, until it would have expired."""

    __tablename__ = "issuer_spent_nonce"

    digest: str = Field(primary_key=True)
    expires_at: datetime = Field(index=True)


class CredentialRow(Table, table=True):
    """An issued credential."""

    __tablename__ = "issuer_credential"
    __table_args__ = (UniqueConstraint("offer", "identifier"),)

    id: str = Field(primary_key=True)
    offer: str = Field(index=True, foreign_key="issuer_offer.id")
    identifier: str
    configuration: str
    created_at: datetime
    state: str
    version: int


class CopyRow(Table, table=True):
    """The place of a copy's status; no two copies ever have one place."""

    __tablename__ = "issuer_copy"

    status_list: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    credential: str = Field(index=True, foreign_key="issuer_credential.id")


class IssuanceRow(Table, table=True):
    """One credential response, and what its wallet said of it."""

    __tablename__ = "issuer_issuance"

    notification: str = Field(primary_key=True)
    offer: str = Field(foreign_key="issuer_offer.id")
    event: str | None


class StatusListRow(Table, table=True):
    """A status list and the token that is served for it."""

    __tablename__ = "issuer_status_list"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    version: int
    bits: int
    statuses: bytes
    uri: str
    token: str
    signed_at: datetime
    expires_at: datetime


class PublicationRow(Table, table=True):
    """A `status.publish` entry, kept before it is sent."""

    __tablename__ = "issuer_publication"

    uri: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    digest: str
    entry: bytes
    published: bool = Field(index=True)


METADATA: Final[MetaData] = Table.metadata
