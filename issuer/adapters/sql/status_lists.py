"""Status lists and the queue of their publications in SQL."""

from collections.abc import Sequence
from typing import final

from sqlalchemy import CursorResult, Delete, Engine, delete, select, update
from sqlmodel import Session, col

from issuer.adapters.sql.credentials import replace_credential
from issuer.adapters.sql.tables import IssuerDismissed, IssuerPublication, IssuerStatusList
from issuer.model.credential import Credential
from issuer.model.status_list import DismissedPublication, Publication, SignedStatusList
from ssi_core.adapters.database import snapshot, transaction
from ssi_core.errors import ConflictError
from ssi_core.status.token import StatusList


@final
class SqlStatusLists:
    """Implements `StatusListStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find_list(self, number: int) -> SignedStatusList | None:
        """Return one list."""
        with snapshot(self._engine) as session:
            row = session.get(IssuerStatusList, number)
            return None if row is None else _signed(row)

    def latest_list(self) -> SignedStatusList | None:
        """Return the list that was opened last."""
        statement = select(IssuerStatusList).order_by(col(IssuerStatusList.number).desc()).limit(1)
        with snapshot(self._engine) as session:
            row = session.scalars(statement).first()
            return None if row is None else _signed(row)

    def open_list(self, opened: SignedStatusList, publication: Publication | None) -> None:
        """Keep a new list, with the entry that publishes it; `ConflictError` if it is there."""
        with transaction(self._engine) as session:
            session.add(_list_row(opened))
            if publication is not None:
                session.add(_publication_row(publication))

    def replace_token(self, signed: SignedStatusList) -> None:
        """Keep a newer token of the same bits; nothing happens if the bits have changed since."""
        statement = (
            update(IssuerStatusList)
            .where(
                col(IssuerStatusList.number) == signed.number,
                col(IssuerStatusList.version) == signed.version,
            )
            .values(
                uri=signed.uri,
                token=signed.token,
                signed_at=signed.signed_at,
                expires_at=signed.expires_at,
            )
        )
        with transaction(self._engine) as session:
            session.execute(statement)

    def change_state(
        self,
        after: Credential,
        *,
        before: Credential,
        lists: Sequence[SignedStatusList],
        publications: Sequence[Publication],
    ) -> None:
        """Change a credential and the lists of its copies, and queue their publication."""
        with transaction(self._engine) as session:
            replace_credential(session, after, before=before)
            for changed in lists:
                _replace_list(session, changed)
            session.add_all(map(_publication_row, publications))

    def last_publication(self, uri: str) -> Publication | None:
        """Return the latest entry for a list, published or still waiting."""
        statement = (
            select(IssuerPublication)
            .where(col(IssuerPublication.uri) == uri)
            .order_by(col(IssuerPublication.sequence).desc())
            .limit(1)
        )
        with snapshot(self._engine) as session:
            row = session.scalars(statement).first()
            return None if row is None else _publication(row)

    def add_publication(self, publication: Publication) -> None:
        """Queue an entry; `ConflictError` if its sequence number is taken."""
        with transaction(self._engine) as session:
            session.add(_publication_row(publication))

    def waiting_publications(self) -> Sequence[Publication]:
        """Return the entries that are not in the log yet, in the order they must be sent in."""
        statement = (
            select(IssuerPublication)
            .where(col(IssuerPublication.published).is_(other=False))
            .order_by(col(IssuerPublication.uri), col(IssuerPublication.sequence))
        )
        with snapshot(self._engine) as session:
            return [_publication(row) for row in session.scalars(statement)]

    def mark_published(self, publication: Publication) -> None:
        """Remember that an entry is in the log."""
        statement = (
            update(IssuerPublication)
            .where(
                col(IssuerPublication.uri) == publication.uri,
                col(IssuerPublication.sequence) == publication.sequence,
                col(IssuerPublication.digest) == publication.digest,
            )
            .values(published=True)
        )
        with transaction(self._engine) as session:
            session.execute(statement)

    def dismiss(self, uri: str, dismissed: Sequence[DismissedPublication]) -> None:
        """Keep what was dismissed instead of all entries for a list that are not in the log."""
        with transaction(self._engine) as session:
            session.execute(_waiting_for(uri))
            session.add_all(map(_dismissed_row, dismissed))

    def dismissed_publications(self) -> Sequence[DismissedPublication]:
        """Return what was ever dismissed, in that order."""
        statement = select(IssuerDismissed).order_by(col(IssuerDismissed.number))
        with snapshot(self._engine) as session:
            return [_dismissed(row) for row in session.scalars(statement)]

    def replace_waiting(self, uri: str, by: Publication) -> None:
        """Put one entry in the place of all those for a list that are not in the log."""
        with transaction(self._engine) as session:
            session.execute(_waiting_for(uri))
            session.add(_publication_row(by))


def _waiting_for(uri: str) -> Delete:
    """Return what takes away the entries for a list that are not in the log."""
    return delete(IssuerPublication).where(
        col(IssuerPublication.uri) == uri, col(IssuerPublication.published).is_(other=False)
    )


def _replace_list(session: Session, changed: SignedStatusList) -> None:
    statement = (
        update(IssuerStatusList)
        .where(
            col(IssuerStatusList.number) == changed.number,
            col(IssuerStatusList.version) == changed.version - 1,
        )
        .values(
            version=changed.version,
            statuses=changed.statuses.data,
            uri=changed.uri,
            token=changed.token,
            signed_at=changed.signed_at,
            expires_at=changed.expires_at,
        )
    )
    result = session.execute(statement)
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        raise ConflictError("the status list has changed")


def _signed(row: IssuerStatusList) -> SignedStatusList:
    return SignedStatusList(
        number=row.number,
        version=row.version,
        statuses=StatusList(row.bits, row.statuses),
        uri=row.uri,
        token=row.token,
        signed_at=row.signed_at,
        expires_at=row.expires_at,
    )


def _list_row(signed: SignedStatusList) -> IssuerStatusList:
    return IssuerStatusList(
        number=signed.number,
        version=signed.version,
        bits=signed.statuses.bits,
        statuses=signed.statuses.data,
        uri=signed.uri,
        token=signed.token,
        signed_at=signed.signed_at,
        expires_at=signed.expires_at,
    )


def _publication(row: IssuerPublication) -> Publication:
    return Publication(
        uri=row.uri,
        sequence=row.sequence,
        digest=row.digest,
        entry=row.entry,
        published=row.published,
    )


def _publication_row(publication: Publication) -> IssuerPublication:
    return IssuerPublication(
        uri=publication.uri,
        sequence=publication.sequence,
        digest=publication.digest,
        entry=publication.entry,
        published=publication.published,
    )


def _dismissed(row: IssuerDismissed) -> DismissedPublication:
    return DismissedPublication(
        uri=row.uri,
        sequence=row.sequence,
        entry=row.entry,
        code=row.code,
        reason=row.reason,
        dismissed_at=row.dismissed_at,
    )


def _dismissed_row(dismissed: DismissedPublication) -> IssuerDismissed:
    return IssuerDismissed(
        uri=dismissed.uri,
        sequence=dismissed.sequence,
        entry=dismissed.entry,
        code=dismissed.code,
        reason=dismissed.reason,
        dismissed_at=dismissed.dismissed_at,
    )
