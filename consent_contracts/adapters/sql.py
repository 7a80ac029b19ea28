"""The custodian's store on SQLite and PostgreSQL."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import ClassVar, Final, TypeVar, final

from sqlalchemy import Engine, MetaData, UniqueConstraint, delete, update
from sqlalchemy.orm import registry
from sqlmodel import Field, Session, SQLModel, col, select

from consent_contracts.kept import Document, Kind
from ssi_core.adapters.database import create_tables, snapshot, transaction
from ssi_core.errors import ConflictError

# How many keys one statement names; databases have a limit on that.
_AT_ONCE: Final = 500
_Item = TypeVar("_Item")


class _Table(SQLModel, registry=registry()):
    """Tables of this room alone."""


class DocumentRow(_Table, table=True):
    """One document in its last revision."""

    __tablename__: ClassVar[str] = "consent_document"  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLModel declares a callable
    __table_args__: ClassVar[tuple[UniqueConstraint]] = (UniqueConstraint("kind", "id"),)

    number: int | None = Field(default=None, primary_key=True)
    kind: str
    id: str
    revision: int
    sealed: bytes


class KeyRow(_Table, table=True):
    """One key that a document is found by."""

    __tablename__: ClassVar[str] = "consent_key"  # pyright: ignore[reportIncompatibleVariableOverride]  # SQLModel declares a callable

    document: int = Field(primary_key=True, foreign_key="consent_document.number")
    key: str = Field(primary_key=True, index=True)


METADATA: MetaData = _Table.metadata


@final
class SqlStore:
    """Documents. Durable once `commit` returns; threads and processes may share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        create_tables(engine, METADATA)

    def commit(self, documents: Sequence[Document]) -> None:
        """Keep all of these, or none: `ConflictError` if one is not the next revision of itself."""
        with transaction(self._engine) as session:
            for document in documents:
                number = _written(session, document)
                session.add_all(KeyRow(document=number, key=key) for key in sorted(document.keys))
                session.flush()

    def find(self, kind: Kind, document_id: str) -> Document | None:
        """Return a document in its last revision."""
        query = select(DocumentRow).where(DocumentRow.kind == kind, DocumentRow.id == document_id)
        with snapshot(self._engine) as session:
            return next(_read(session, session.exec(query).all()), None)

    def of_keys(self, kind: Kind, keys: Collection[str]) -> tuple[Document, ...]:
        """Return each document that has any of `keys`, oldest first."""
        found: dict[int, Document] = {}
        with snapshot(self._engine) as session:
            for some in _portions(sorted(keys)):
                named = select(KeyRow.document).where(col(KeyRow.key).in_(some))
                query = select(DocumentRow).where(
                    DocumentRow.kind == kind, col(DocumentRow.number).in_(named)
                )
                for document in _read(session, session.exec(query).all()):
                    found[document.number] = document
        return tuple(found[number] for number in sorted(found))

    def page(self, kind: Kind, *, after: int, limit: int) -> tuple[Document, ...]:
        """Return at most `limit` documents that came after number `after`, oldest first."""
        query = (
            select(DocumentRow)
            .where(DocumentRow.kind == kind, col(DocumentRow.number) > after)
            .order_by(col(DocumentRow.number))
            .limit(limit)
        )
        with snapshot(self._engine) as session:
            return tuple(_read(session, session.exec(query).all()))


def _written(session: Session, document: Document) -> int:
    """Write one document without its keys, and return its number."""
    if document.revision == 1:
        row = DocumentRow(kind=document.kind, id=document.id, revision=1, sealed=document.sealed)
        session.add(row)
        session.flush()
        return row.number or 0
    same = (col(DocumentRow.kind) == document.kind, col(DocumentRow.id) == document.id)
    # One statement compares and writes, so of two who change a document one is told.
    statement = (
        update(DocumentRow)
        .where(*same, col(DocumentRow.revision) == document.revision - 1)
        .values(revision=document.revision, sealed=document.sealed)
    )
    if session.connection().execute(statement).rowcount != 1:
        raise ConflictError("the record is there already, or has changed")
    number = session.exec(select(DocumentRow.number).where(*same)).one() or 0
    session.connection().execute(delete(KeyRow).where(col(KeyRow.document) == number))
    return number


def _read(session: Session, rows: Sequence[DocumentRow]) -> Iterator[Document]:
    numbers = [row.number or 0 for row in rows]
    keys: dict[int, set[str]] = {number: set() for number in numbers}
    for some in _portions(numbers):
        for found in session.exec(select(KeyRow).where(col(KeyRow.document).in_(some))).all():
            keys[found.document].add(found.key)
    for row in rows:
        number = row.number or 0
        yield Document(
            kind=Kind(row.kind),
            id=row.id,
            revision=row.revision,
            sealed=row.sealed,
            keys=frozenset(keys[number]),
            number=number,
        )


def _portions(items: Sequence[_Item]) -> Iterable[Sequence[_Item]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
