"""Offers, tokens and spent nonces in SQL."""

from datetime import datetime
from typing import final

from sqlalchemy import CursorResult, Engine, delete, select, update
from sqlmodel import Session, col

from issuer.adapters.sql.tables import IssuerDataset, IssuerOffer, IssuerSpentNonce, IssuerToken
from issuer.model.offer import AccessToken, Dataset, Offer, OfferState
from ssi_core.adapters.database import snapshot, transaction
from ssi_core.errors import ConflictError


@final
class SqlOffers:
    """Implements `OfferStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_offer(self, offer: Offer) -> None:
        """Keep a new offer."""
        with transaction(self._engine) as session:
            session.add(
                IssuerOffer(
                    id=offer.id,
                    code_digest=offer.code_digest,
                    tx_code_digest=offer.tx_code_digest,
                    created_at=offer.created_at,
                    expires_at=offer.expires_at,
                    state=offer.state.value,
                    failed_attempts=offer.failed_attempts,
                )
            )
            session.flush()
            session.add_all(
                IssuerDataset(
                    identifier=item.identifier,
                    offer=offer.id,
                    place=place,
                    configuration=item.configuration,
                    resource=item.resource,
                )
                for place, item in enumerate(offer.datasets)
            )

    def find_offer(self, offer: str) -> Offer | None:
        """Return the offer with this id."""
        with snapshot(self._engine) as session:
            row = session.get(IssuerOffer, offer)
            return None if row is None else _offer(session, row)

    def find_offer_by_code(self, digest: str) -> Offer | None:
        """Return the offer whose pre-authorized code has this digest."""
        with snapshot(self._engine) as session:
            statement = select(IssuerOffer).where(col(IssuerOffer.code_digest) == digest)
            row = session.scalars(statement).one_or_none()
            return None if row is None else _offer(session, row)

    def replace_offer(
        self, after: Offer, *, before: Offer, token: AccessToken | None = None
    ) -> None:
        """Change an offer; `ConflictError` if it is no longer as it was `before`."""
        statement = (
            update(IssuerOffer)
            .where(
                col(IssuerOffer.id) == before.id,
                col(IssuerOffer.state) == before.state.value,
                col(IssuerOffer.failed_attempts) == before.failed_attempts,
            )
            .values(state=after.state.value, failed_attempts=after.failed_attempts)
        )
        with transaction(self._engine) as session:
            result = session.execute(statement)
            if not isinstance(result, CursorResult) or result.rowcount != 1:
                raise ConflictError("the offer has changed")
            if token is not None:
                session.add(_token_row(token))

    def find_token(self, digest: str) -> AccessToken | None:
        """Return the access token with this digest."""
        with snapshot(self._engine) as session:
            row = session.get(IssuerToken, digest)
            return None if row is None else _token(row)

    def forget_expired(self, at: datetime) -> None:
        """Forget tokens and spent nonces whose time is over."""
        with transaction(self._engine) as session:
            session.execute(delete(IssuerToken).where(col(IssuerToken.expires_at) <= at))
            session.execute(delete(IssuerSpentNonce).where(col(IssuerSpentNonce.expires_at) <= at))


def _offer(session: Session, row: IssuerOffer) -> Offer:
    statement = (
        select(IssuerDataset)
        .where(col(IssuerDataset.offer) == row.id)
        .order_by(col(IssuerDataset.place))
    )
    return Offer(
        id=row.id,
        code_digest=row.code_digest,
        tx_code_digest=row.tx_code_digest,
        datasets=tuple(
            Dataset(
                identifier=item.identifier,
                configuration=item.configuration,
                resource=item.resource,
            )
            for item in session.scalars(statement)
        ),
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=OfferState(row.state),
        failed_attempts=row.failed_attempts,
    )


def _token(row: IssuerToken) -> AccessToken:
    return AccessToken(
        digest=row.digest,
        offer=row.offer,
        identifiers=tuple(row.identifiers.split()),
        client_id=row.client_id,
        expires_at=row.expires_at,
    )


def _token_row(token: AccessToken) -> IssuerToken:
    return IssuerToken(
        digest=token.digest,
        offer=token.offer,
        identifiers=" ".join(token.identifiers),
        client_id=token.client_id,
        expires_at=token.expires_at,
    )
