"""Sealed claims in SQL, erased so that nothing of them stays in the file."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, final

from sqlalchemy import CursorResult, Engine, Select, and_, or_, select, update
from sqlmodel import col

from issuer.adapters.sql.tables import (
    IssuerDataset,
    IssuerOffer,
    IssuerRecord,
    IssuerResource,
    IssuerToken,
)
from issuer.model.offer import OfferState
from issuer.model.record import SealedResource, StoredRecord
from ssi_core.adapters.database import snapshot, transaction
from ssi_core.adapters.sqlite_files import checkpoint_sqlite
from ssi_core.errors import UnavailableError


@final
class SqlRecords:
    """Implements `RecordStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._to_fold = False

    def add_record(self, record: StoredRecord) -> None:
        """Keep a record with its resources."""
        with transaction(self._engine) as session:
            session.add(IssuerRecord(id=record.id, created_at=record.created_at))
            session.flush()
            session.add_all(
                IssuerResource(
                    id=item.id,
                    record=record.id,
                    configuration=item.configuration,
                    sealed=item.sealed,
                )
                for item in record.resources
            )

    def find_resources(self, record: str) -> Mapping[str, SealedResource] | None:
        """Return the resources of a record by id; nothing if there is no such record."""
        with snapshot(self._engine) as session:
            if session.get(IssuerRecord, record) is None:
                return None
            rows = session.scalars(
                select(IssuerResource).where(col(IssuerResource.record) == record)
            )
            return {row.id: _resource(row) for row in rows}

    def find_resource(self, resource: str) -> SealedResource | None:
        """Return one resource."""
        with snapshot(self._engine) as session:
            row = session.get(IssuerResource, resource)
            return None if row is None else _resource(row)

    def erase(self, *, at: datetime, unoffered_since: datetime) -> int:
        """Erase the claims that no live offer or token can lead to, and return how many."""
        offered = select(col(IssuerDataset.resource))
        old = select(col(IssuerRecord.id)).where(col(IssuerRecord.created_at) < unoffered_since)
        statement = (
            update(IssuerResource)
            .where(
                col(IssuerResource.sealed).is_not(None),
                col(IssuerResource.id).not_in(_live(at)),
                or_(col(IssuerResource.id).in_(offered), col(IssuerResource.record).in_(old)),
            )
            .values(sealed=None)
        )
        with transaction(self._engine) as session:
            result = session.execute(statement)
            erased = result.rowcount if isinstance(result, CursorResult) else 0
        self._fold(erased)
        return erased

    def _fold(self, erased: int) -> None:
        # Erased pages live on in SQLite's log until it is folded; a reader may delay that.
        self._to_fold = self._to_fold or erased > 0
        if self._to_fold:
            with suppress(UnavailableError):
                checkpoint_sqlite(self._engine)
                self._to_fold = False


def _live(at: datetime) -> Select[Any]:
    waiting = and_(
        col(IssuerOffer.state) == OfferState.OFFERED.value, col(IssuerOffer.expires_at) > at
    )
    tokens = select(col(IssuerToken.offer)).where(col(IssuerToken.expires_at) > at)
    return (
        select(col(IssuerDataset.resource))
        .join(IssuerOffer, col(IssuerOffer.id) == col(IssuerDataset.offer))
        .where(or_(waiting, col(IssuerOffer.id).in_(tokens)))
    )


def _resource(row: IssuerResource) -> SealedResource:
    return SealedResource(id=row.id, configuration=row.configuration, sealed=row.sealed)
