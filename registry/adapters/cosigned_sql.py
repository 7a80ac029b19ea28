"""What a witness has cosigned, in SQLite or PostgreSQL."""

from typing import Final, final

from sqlalchemy import BigInteger, LargeBinary, Table, Text, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import registry as orm_registry
from sqlmodel import Field, SQLModel

from registry.ports import CosignedTree
from ssi_core.adapters.database import create_tables, snapshot, transaction
from ssi_core.errors import ConflictError
from ssi_core.period import from_timestamp, to_timestamp


class WitnessTable(SQLModel, registry=orm_registry()):
    """The tables of a witness, apart from every other room's."""


class CosignedLog(WitnessTable, table=True):
    """The largest tree of one log that was cosigned, and its note."""

    origin: str = Field(primary_key=True)
    size: int = Field(sa_type=BigInteger)
    root: bytes = Field(sa_type=LargeBinary)
    note: str = Field(sa_type=Text)
    cosigned_at: int = Field(sa_type=BigInteger)


_LOG: Final[Table] = WitnessTable.metadata.tables["cosignedlog"]


@final
class SqlCosignedTrees:
    """Durable once `advance` returns. Threads and processes may share the database."""

    def __init__(self, engine: Engine) -> None:
        create_tables(engine, WitnessTable.metadata)
        self._engine = engine

    def load(self, origin: str) -> CosignedTree | None:
        """Return the last tree of the log that was cosigned; nothing before the first."""
        with snapshot(self._engine) as session:
            found = session.execute(select(_LOG).where(_LOG.c.origin == origin)).one_or_none()
        if found is None:
            return None
        at = from_timestamp(found.cosigned_at)
        return CosignedTree(size=found.size, root=found.root, note=found.note, at=at)

    def advance(self, origin: str, *, after: CosignedTree | None, to: CosignedTree) -> None:
        """Remember `to`, or raise `ConflictError` if something else than `after` was there."""
        values = {
            "size": to.size,
            "root": to.root,
            "note": to.note,
            "cosigned_at": to_timestamp(to.at),
        }
        with transaction(self._engine) as session:
            if after is None:
                session.execute(insert(_LOG), [{"origin": origin, **values}])
                return
            same = (_LOG.c.origin == origin, _LOG.c.size == after.size, _LOG.c.root == after.root)
            replace = update(_LOG).where(*same).values(**values).returning(_LOG.c.origin)
            if len(session.execute(replace).all()) != 1:
                raise ConflictError("another request was cosigned first")
