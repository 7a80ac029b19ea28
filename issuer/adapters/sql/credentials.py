"""Issued credentials and their copies in SQL."""

from collections.abc import Collection, Sequence
from typing import final

from sqlalchemy import CursorResult, Engine, func, select, update
from sqlmodel import Session, col

from issuer.adapters.sql.tables import (
    IssuerCopy,
    IssuerCredential,
    IssuerIssuance,
    IssuerOffer,
    IssuerSpentNonce,
)
from issuer.model.credential import Copy, Credential, CredentialState
from issuer.model.offer import OfferState
from issuer.ports import Issuance
from ssi_core.adapters.database import snapshot, transaction
from ssi_core.errors import ConflictError, ReplayError


@final
class SqlCredentials:
    """Implements `CredentialStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find_credential(self, credential: str) -> Credential | None:
        """Return the credential with this id."""
        with snapshot(self._engine) as session:
            row = session.get(IssuerCredential, credential)
            return None if row is None else _credential(row)

    def find_issued(self, offer: str) -> Sequence[Credential]:
        """Return the credentials of an offer, oldest first."""
        statement = (
            select(IssuerCredential)
            .where(col(IssuerCredential.offer) == offer)
            .order_by(col(IssuerCredential.created_at), col(IssuerCredential.id))
        )
        with snapshot(self._engine) as session:
            return [_credential(row) for row in session.scalars(statement)]

    def copies_of(self, credential: str) -> Sequence[Copy]:
        """Return every copy of a credential."""
        statement = select(IssuerCopy).where(col(IssuerCopy.credential) == credential)
        with snapshot(self._engine) as session:
            return [
                Copy(status_list=row.status_list, index=row.place)
                for row in session.scalars(statement)
            ]

    def taken(self, status_list: int, indexes: Collection[int]) -> frozenset[int]:
        """Return those of `indexes` that a copy already has."""
        statement = select(col(IssuerCopy.place)).where(
            col(IssuerCopy.status_list) == status_list, col(IssuerCopy.place).in_(indexes)
        )
        with snapshot(self._engine) as session:
            return frozenset(session.scalars(statement))

    def count_copies(self, status_list: int) -> int:
        """Return how many indexes of a list are taken."""
        statement = select(func.count()).where(col(IssuerCopy.status_list) == status_list)
        with snapshot(self._engine) as session:
            return session.scalars(statement).one()

    def issue(self, issuance: Issuance, *, before: Credential | None) -> None:
        """Add copies; `ReplayError` for a spent nonce, `ConflictError` when others were first."""
        credential = issuance.credential
        with transaction(self._engine) as session:
            _spend(session, issuance)
            if before is None:
                session.add(_credential_row(credential))
            else:
                replace_credential(session, credential, before=before)
            session.execute(
                update(IssuerOffer)
                .where(col(IssuerOffer.id) == credential.offer)
                .values(state=OfferState.ISSUED.value)
            )
            session.add(
                IssuerIssuance(
                    notification=issuance.notification, offer=credential.offer, event=None
                )
            )
            session.flush()
            session.add_all(
                IssuerCopy(status_list=copy.status_list, place=copy.index, credential=credential.id)
                for copy in issuance.copies
            )

    def note(self, notification: str, *, offer: str, event: str) -> bool:
        """Write down what became of an issuance of `offer`; false if there was no such issuance."""
        statement = (
            update(IssuerIssuance)
            .where(
                col(IssuerIssuance.notification) == notification, col(IssuerIssuance.offer) == offer
            )
            .values(event=event)
        )
        with transaction(self._engine) as session:
            result = session.execute(statement)
            return isinstance(result, CursorResult) and result.rowcount == 1


def replace_credential(session: Session, after: Credential, *, before: Credential) -> None:
    """Change a credential; `ConflictError` if it is no longer the version it was."""
    statement = (
        update(IssuerCredential)
        .where(
            col(IssuerCredential.id) == before.id, col(IssuerCredential.version) == before.version
        )
        .values(state=after.state.value, version=after.version)
    )
    result = session.execute(statement)
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        raise ConflictError("the credential has changed")


def _spend(session: Session, issuance: Issuance) -> None:
    digests = list(issuance.spent_nonces)
    statement = select(col(IssuerSpentNonce.digest)).where(
        col(IssuerSpentNonce.digest).in_(digests)
    )
    if session.scalars(statement).first() is not None:
        raise ReplayError("the nonce was used before")
    session.add_all(
        IssuerSpentNonce(digest=digest, expires_at=expires_at)
        for digest, expires_at in issuance.spent_nonces.items()
    )


def _credential(row: IssuerCredential) -> Credential:
    return Credential(
        id=row.id,
        offer=row.offer,
        identifier=row.identifier,
        configuration=row.configuration,
        created_at=row.created_at,
        state=CredentialState(row.state),
        version=row.version,
    )


def _credential_row(credential: Credential) -> IssuerCredential:
    return IssuerCredential(
        id=credential.id,
        offer=credential.offer,
        identifier=credential.identifier,
        configuration=credential.configuration,
        created_at=credential.created_at,
        state=credential.state.value,
        version=credential.version,
    )
