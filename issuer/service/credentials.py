"""The credential endpoint: one copy of a credential for every key that the wallet proved."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, final

from issuer.configurations import BY_ID, AnyConfiguration
from issuer.model.credential import Credential, CredentialState
from issuer.model.offer import AccessToken, Dataset
from issuer.ports import CredentialStore, Issuance, OfferStore, RecordStore
from issuer.service.key_proofs import KeyProofs
from issuer.service.secrets import Secrets, is_id, new_id
from issuer.service.signing import Signing
from issuer.service.status_lists import StatusLists
from ssi_core.errors import ConflictError, OAuthError, OverloadedError, ReplayError
from ssi_core.json_types import JsonObject
from ssi_core.protocol.openid4vci import (
    CredentialRequest,
    CredentialResponse,
    NotificationRequest,
    errors,
)

_ATTEMPTS: Final = 16


@final
class Credentials:
    """Issues credentials to whoever holds a token for them."""

    def __init__(
        self,
        *,
        offers: OfferStore,
        records: RecordStore,
        store: CredentialStore,
        status_lists: StatusLists,
        signing: Signing,
        key_proofs: KeyProofs,
        secrets: Secrets,
        configurations: Mapping[str, AnyConfiguration] = BY_ID,
    ) -> None:
        self._offers = offers
        self._records = records
        self._store = store
        self._status_lists = status_lists
        self._signing = signing
        self._key_proofs = key_proofs
        self._secrets = secrets
        self._configurations = configurations

    def issue(
        self, token: AccessToken, request: CredentialRequest, *, at: datetime
    ) -> CredentialResponse:
        """Return new copies of one credential; asking again, with a new nonce, gives others.

        Raises `OAuthError` with the codes of section 8.3.1.2.
        """
        if request.credential_response_encryption is not None:
            raise OAuthError(
                "encrypted responses are not offered", error=errors.INVALID_ENCRYPTION_PARAMETERS
            )
        dataset, original = self._dataset(token, request)
        proofs, nonces = self._key_proofs.verify(request, client_id=token.client_id, at=at)
        claims = self._claims(dataset)
        issuance = self._store_copies(token, original, keys=len(proofs), nonces=nonces, at=at)
        configuration = self._configurations[dataset.configuration]
        return CredentialResponse(
            credentials=tuple(
                self._signing.sign(configuration, claims, holder=proof, copy=copy, at=at)
                for proof, copy in zip(proofs, issuance.copies, strict=True)
            ),
            notification_id=issuance.notification,
        )

    def note(self, token: AccessToken, request: NotificationRequest) -> None:
        """Take note of what became of a response; the same note twice is one."""
        known = is_id(request.notification_id) and self._store.note(
            request.notification_id, offer=token.offer, event=request.event
        )
        if not known:
            raise OAuthError(
                "there is no such issuance",
                at="/notification_id",
                error=errors.INVALID_NOTIFICATION_ID,
            )

    def _dataset(self, token: AccessToken, request: CredentialRequest) -> tuple[Dataset, Dataset]:
        """Return what is asked for, and under whose name its copies are kept.

        One resource in several formats is one credential: it is revoked in all of them or in none.
        """
        offer = self._offers.find_offer(token.offer)
        offered = () if offer is None else offer.datasets
        allowed = [dataset for dataset in offered if dataset.identifier in token.identifiers]
        asked = (
            _by_configuration(allowed, request.credential_configuration_id)
            if request.credential_identifier is None
            else _by_identifier(allowed, request.credential_identifier)
        )
        return asked, next(item for item in offered if item.resource == asked.resource)

    def _claims(self, dataset: Dataset) -> JsonObject:
        resource = self._records.find_resource(dataset.resource)
        if resource is None or resource.sealed is None:
            raise OAuthError("the claims have been erased", error=errors.CREDENTIAL_REQUEST_DENIED)
        return self._secrets.open(
            resource.sealed, resource=resource.id, configuration=resource.configuration
        )

    def _store_copies(
        self,
        token: AccessToken,
        dataset: Dataset,
        *,
        keys: int,
        nonces: Mapping[str, datetime],
        at: datetime,
    ) -> Issuance:
        # Durable before anything is signed: a copy in a wallet can always be revoked.
        for _ in range(_ATTEMPTS):
            before = self._issued_before(token, dataset)
            copies = self._status_lists.unused(keys, at=at)
            issuance = Issuance(
                credential=_after(before, token, dataset, at),
                copies=copies,
                spent_nonces=nonces,
                notification=new_id(),
            )
            try:
                self._store.issue(issuance, before=before)
            except ReplayError as error:
                raise errors.refusal(error, errors.INVALID_NONCE) from None
            except ConflictError:
                continue
            return issuance
        raise OverloadedError("other requests were always first")

    def _issued_before(self, token: AccessToken, dataset: Dataset) -> Credential | None:
        for credential in self._store.find_issued(token.offer):
            if credential.identifier == dataset.identifier:
                if credential.state is not CredentialState.VALID:
                    raise OAuthError(
                        "the credential is revoked or suspended",
                        error=errors.CREDENTIAL_REQUEST_DENIED,
                    )
                return credential
        return None


def _after(
    before: Credential | None, token: AccessToken, dataset: Dataset, at: datetime
) -> Credential:
    if before is not None:
        return before.with_more_copies()
    return Credential(
        id=new_id(),
        offer=token.offer,
        identifier=dataset.identifier,
        configuration=dataset.configuration,
        created_at=at,
    )


def _by_identifier(datasets: Sequence[Dataset], identifier: str) -> Dataset:
    for dataset in datasets:
        if dataset.identifier == identifier:
            return dataset
    raise OAuthError(
        "the token is for no such credential",
        at="/credential_identifier",
        error=errors.UNKNOWN_CREDENTIAL_IDENTIFIER,
    )


def _by_configuration(datasets: Sequence[Dataset], configuration: str | None) -> Dataset:
    place = "/credential_configuration_id"
    found = [dataset for dataset in datasets if dataset.configuration == configuration]
    if not found:
        raise OAuthError(
            "the token is for no such configuration",
            at=place,
            error=errors.UNKNOWN_CREDENTIAL_CONFIGURATION,
        )
    if len(found) > 1:
        raise OAuthError(
            "several credentials have this configuration: use credential_identifier",
            at=place,
            error=errors.INVALID_CREDENTIAL_REQUEST,
        )
    return found[0]
