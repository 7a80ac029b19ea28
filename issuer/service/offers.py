"""Make offers, and show them to the wallet that knows their link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, final

from issuer.configurations import Format, in_format
from issuer.model.credential import Credential
from issuer.model.offer import Dataset, Offer, OfferState
from issuer.model.terms import Terms
from issuer.ports import CredentialStore, OfferStore, RecordStore
from issuer.service.secrets import TX_CODE_LENGTH, Secrets, new_id, new_secret, new_tx_code
from ssi_core.errors import ConflictError, MalformedError, NotFoundError
from ssi_core.protocol.openid4vci import (
    CredentialOffer,
    CredentialOfferReference,
    PreAuthorizedCodeGrant,
    TxCode,
)

MAX_DATASETS: Final = 32
_TX_CODE: Final = TxCode(
    input_mode="numeric",
    length=TX_CODE_LENGTH,
    description="The six digits that the clinic gave you",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedOffer:
    """A new offer: its link for the wallet, and the code to be told by another way."""

    id: str
    uri: str
    tx_code: str | None
    expires_at: datetime


@final
class Offers:
    """Offers credentials from imported records."""

    def __init__(
        self,
        *,
        issuer: str,
        store: OfferStore,
        records: RecordStore,
        credentials: CredentialStore,
        secrets: Secrets,
        terms: Terms,
    ) -> None:
        self._issuer = issuer
        self._store = store
        self._records = records
        self._credentials = credentials
        self._secrets = secrets
        self._terms = terms

    def create(
        self,
        *,
        record: str,
        resources: Sequence[str],
        with_tx_code: bool,
        at: datetime,
        tx_code: str | None = None,
        formats: Sequence[Format] = (Format.SD_JWT_VC,),
    ) -> CreatedOffer:
        """Offer some resources of a record as one credential each, in each of `formats`.

        The transaction code is six digits that are made here, unless the caller has one already.
        """
        datasets = self._datasets(record, resources, formats)
        identifier, reference = new_id(), new_secret()
        tx_code = tx_code or (new_tx_code() if with_tx_code else None)
        offer = Offer(
            id=identifier,
            code_digest=self._secrets.digest("code", self._secrets.code_for(reference)),
            tx_code_digest=None
            if tx_code is None
            else self._secrets.digest("tx_code", identifier, tx_code),
            datasets=datasets,
            created_at=at,
            expires_at=at + self._terms.offer_lifetime,
        )
        self._store.add_offer(offer)
        uri = CredentialOfferReference(f"{self._issuer}/offers/{reference}").uri()
        return CreatedOffer(id=identifier, uri=uri, tx_code=tx_code, expires_at=offer.expires_at)

    def show(self, reference: str, *, at: datetime) -> CredentialOffer:
        """Return the Credential Offer behind a link; gone once it was used, locked or expired."""
        code = self._secrets.code_for(reference)
        offer = self._store.find_offer_by_code(self._secrets.digest("code", code))
        if offer is None or offer.state_at(at) is not OfferState.OFFERED:
            raise NotFoundError("there is no such offer, or no longer")
        return CredentialOffer(
            credential_issuer=self._issuer,
            credential_configuration_ids=tuple(
                dict.fromkeys(dataset.configuration for dataset in offer.datasets)
            ),
            pre_authorized_code_grant=PreAuthorizedCodeGrant(
                pre_authorized_code=code, tx_code=None if offer.tx_code_digest is None else _TX_CODE
            ),
        )

    def look_up(self, offer: str, *, at: datetime) -> tuple[OfferState, Sequence[Credential]]:
        """Return where an offer is in its life, and the credentials that were issued for it."""
        found = self._store.find_offer(offer)
        if found is None:
            raise NotFoundError("there is no such offer")
        return found.state_at(at), self._credentials.find_issued(offer)

    def _datasets(
        self, record: str, resources: Sequence[str], formats: Sequence[Format]
    ) -> tuple[Dataset, ...]:
        if not formats or len(set(formats)) != len(formats):
            raise MalformedError("an offer names formats, each once", at="/formats")
        if not 0 < len(resources) <= MAX_DATASETS or len(set(resources)) != len(resources):
            raise MalformedError("an offer names 1 to 32 resources, each once", at="/resources")
        known = self._records.find_resources(record)
        if known is None:
            raise NotFoundError("there is no such record", at="/record")
        if not known.keys() >= set(resources):
            raise NotFoundError("the record has no such resource", at="/resources")
        if any(known[resource].sealed is None for resource in resources):
            raise ConflictError("the claims have been erased", at="/resources")
        return tuple(
            Dataset(
                identifier=new_id(),
                configuration=in_format(known[resource].configuration, wanted),
                resource=resource,
            )
            for resource in resources
            for wanted in formats
        )
