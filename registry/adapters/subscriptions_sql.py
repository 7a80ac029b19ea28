"""Subscriptions in SQLite or PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, final

from sqlalchemy import (
    BigInteger,
    Engine,
    RowMapping,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import registry as orm_registry
from sqlmodel import Field, SQLModel

from registry.ports import Subscription
from ssi_core.adapters.database import create_tables, snapshot, transaction
from ssi_core.errors import OverloadedError
from ssi_core.period import from_timestamp, to_timestamp


class _Table(SQLModel, registry=orm_registry()):
    """The table of those who listen, apart from the log's own."""


class SubscriptionRow(_Table, table=True):
    """One who listens."""

    id: str = Field(primary_key=True)
    listener: str
    url: str = Field(sa_type=Text)
    heard: int = Field(sa_type=BigInteger)
    renewed_at: int = Field(sa_type=BigInteger)
    acknowledgement: str | None = Field(default=None, sa_type=Text)


_ROWS: Final[Table] = _Table.metadata.tables["subscriptionrow"]


@final
class SqlSubscriptionStore:
    """Durable once a method returns; threads and processes may share the database."""

    def __init__(self, engine: Engine) -> None:
        create_tables(engine, _Table.metadata)
        self._engine = engine

    def keep(self, subscription: Subscription, *, limit: int) -> None:
        """Keep or replace a subscription; raise `OverloadedError` if `limit` others are there."""
        same = _ROWS.c.id == subscription.id
        with transaction(self._engine) as session:
            others = session.execute(select(func.count()).select_from(_ROWS).where(~same))
            if others.scalar_one() >= limit:
                raise OverloadedError("there are as many subscriptions as allowed")
            session.execute(delete(_ROWS).where(same))
            session.execute(insert(_ROWS), [_columns(subscription)])

    def find(self, subscription_id: str) -> Subscription | None:
        """Return one subscription."""
        # PostgreSQL has no NUL in text, so there is no row of such an id.
        if "\0" in subscription_id:
            return None
        with snapshot(self._engine) as session:
            query = select(_ROWS).where(_ROWS.c.id == subscription_id)
            row = session.execute(query).mappings().one_or_none()
            return None if row is None else _read(row)

    def all(self) -> Sequence[Subscription]:
        """Return every subscription, by id."""
        with snapshot(self._engine) as session:
            found = session.execute(select(_ROWS)).mappings()
            return sorted((_read(row) for row in found), key=lambda each: each.id)

    def acknowledge(
        self, subscription_id: str, *, heard: int, acknowledgement: str, at: datetime
    ) -> None:
        """Keep how far one has come, durably; nothing happens if it has ended."""
        change = {
            "heard": heard,
            "acknowledgement": acknowledgement,
            "renewed_at": to_timestamp(at),
        }
        with transaction(self._engine) as session:
            session.execute(update(_ROWS).where(_ROWS.c.id == subscription_id).values(**change))

    def remove(self, subscription_id: str) -> None:
        """Forget a subscription, if it is there."""
        with transaction(self._engine) as session:
            session.execute(delete(_ROWS).where(_ROWS.c.id == subscription_id))


def _columns(subscription: Subscription) -> dict[str, str | int | None]:
    return {
        "id": subscription.id,
        "listener": subscription.listener,
        "url": subscription.url,
        "heard": subscription.heard,
        "renewed_at": to_timestamp(subscription.renewed_at),
        "acknowledgement": subscription.acknowledgement,
    }


def _read(row: RowMapping) -> Subscription:
    return Subscription(
        id=row["id"],
        listener=row["listener"],
        url=row["url"],
        heard=row["heard"],
        renewed_at=from_timestamp(row["renewed_at"]),
        acknowledgement=row["acknowledgement"],
    )
