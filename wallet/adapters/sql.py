"""A vault store on SQLite or PostgreSQL: three tables that say nothing without the key."""

from collections.abc import Sequence
from typing import Final, final

from sqlalchemy import Engine, LargeBinary, UniqueConstraint, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, col, delete, select, update

from ssi_core.adapters.database import create_tables, snapshot, transaction
from ssi_core.adapters.sqlite_files import checkpoint_sqlite
from ssi_core.errors import ConflictError, UnavailableError
from wallet.ports import AppendRow, DestroyRow, ReplaceRow, RowChange, SealedRow

_HEADER_ID: Final = 1
_CHANGED: Final = "another process changed the wallet first"


class _Table(SQLModel, registry=registry()):
    """The wallet's tables, apart from those of other rooms."""


class VaultHeader(_Table, table=True):
    """The vault's one header."""

    id: int = Field(primary_key=True)
    body: bytes = Field(sa_type=LargeBinary)


class VaultRecord(_Table, table=True):
    """A sealed record, with the key that opens it wrapped by the master key."""

    __table_args__ = (UniqueConstraint("kind", "id"),)
    position: int | None = Field(default=None, primary_key=True)
    kind: str
    id: str
    version: int
    wrapped_key: bytes = Field(sa_type=LargeBinary)
    sealed: bytes = Field(sa_type=LargeBinary)


class VaultTag(_Table, table=True):
    """A blind index: a keyed hash that a record can be found by."""

    kind: str = Field(primary_key=True)
    record_id: str = Field(primary_key=True)
    tag: bytes = Field(primary_key=True, index=True, sa_type=LargeBinary)


@final
class SqlVaultStore:
    """Durable once a call returns; threads and processes may share the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        create_tables(engine, _Table.metadata)

    def load_header(self) -> bytes | None:
        """Return the header, if one was set."""
        with snapshot(self._engine) as session:
            row = session.get(VaultHeader, _HEADER_ID)
            return None if row is None else row.body

    def replace_header(self, header: bytes, *, expected: bytes | None) -> None:
        """Set the header if it is still `expected`."""
        with transaction(self._engine) as session:
            row = session.get(VaultHeader, _HEADER_ID, with_for_update=True)
            if (None if row is None else row.body) != expected:
                raise ConflictError(_CHANGED)
            session.merge(VaultHeader(id=_HEADER_ID, body=header))

    def load(self, kind: str, row_id: str) -> SealedRow | None:
        """Return the row, if there is one."""
        wanted = select(VaultRecord).where(
            col(VaultRecord.kind) == kind, col(VaultRecord.id) == row_id
        )
        with snapshot(self._engine) as session:
            row = session.exec(wanted).one_or_none()
            return None if row is None else _sealed(row)

    def find(self, kind: str, tag: bytes | None = None) -> tuple[SealedRow, ...]:
        """Return the rows of a kind that carry `tag` (all, if none is given), oldest first."""
        wanted = select(VaultRecord).where(col(VaultRecord.kind) == kind)
        if tag is not None:
            tagged = select(VaultTag.record_id).where(
                col(VaultTag.tag) == tag, col(VaultTag.kind) == kind
            )
            wanted = wanted.where(col(VaultRecord.id).in_(tagged))
        with snapshot(self._engine) as session:
            rows = session.exec(wanted.order_by(col(VaultRecord.position)))
            return tuple(_sealed(row) for row in rows)

    def apply(self, changes: Sequence[RowChange]) -> None:
        """Make every change in one transaction."""
        with transaction(self._engine) as session:
            for change in changes:
                _change(session, change)

    def scrub(self) -> None:
        """Fold SQLite's write-ahead log, or let PostgreSQL vacuum what is dead."""
        checkpoint_sqlite(self._engine)
        if self._engine.dialect.name == "postgresql":
            self._vacuum()

    def _vacuum(self) -> None:
        apart = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        try:
            with apart.connect() as connection:
                connection.execute(text("VACUUM vaultrecord, vaulttag, vaultheader"))
        except DBAPIError:
            raise UnavailableError("the database did not answer") from None


def _sealed(row: VaultRecord) -> SealedRow:
    # Tags are for finding only: whoever opens the record reads them inside it.
    return SealedRow(
        kind=row.kind,
        id=row.id,
        version=row.version,
        wrapped_key=row.wrapped_key,
        sealed=row.sealed,
    )


def _change(session: Session, change: RowChange) -> None:
    match change:
        case AppendRow(row):
            session.add(
                VaultRecord(
                    kind=row.kind,
                    id=row.id,
                    version=row.version,
                    wrapped_key=row.wrapped_key,
                    sealed=row.sealed,
                )
            )
            _set_tags(session, row)
        case ReplaceRow(row):
            _replace(session, row)
            _set_tags(session, row)
        case DestroyRow(kind, row_id):
            _remove_tags(session, kind, row_id)
            session.exec(
                delete(VaultRecord).where(
                    col(VaultRecord.kind) == kind, col(VaultRecord.id) == row_id
                )
            )
    session.flush()


def _replace(session: Session, row: SealedRow) -> None:
    # One statement compares and replaces, so of two writers one loses.
    done = session.exec(
        update(VaultRecord)
        .where(
            col(VaultRecord.kind) == row.kind,
            col(VaultRecord.id) == row.id,
            col(VaultRecord.version) == row.version - 1,
        )
        .values(version=row.version, wrapped_key=row.wrapped_key, sealed=row.sealed)
    )
    if done.rowcount != 1:
        raise ConflictError(_CHANGED)


def _set_tags(session: Session, row: SealedRow) -> None:
    _remove_tags(session, row.kind, row.id)
    session.add_all(VaultTag(kind=row.kind, record_id=row.id, tag=tag) for tag in row.tags)


def _remove_tags(session: Session, kind: str, record_id: str) -> None:
    session.exec(
        delete(VaultTag).where(col(VaultTag.kind) == kind, col(VaultTag.record_id) == record_id)
    )
