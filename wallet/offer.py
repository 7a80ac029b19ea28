"""What an offer means for this wallet: which credentials, their names, and keys for each."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from consent_contracts.grant_credential import VCT as GRANT_VCT
from ssi_core.errors import MalformedError, RejectedError
from ssi_core.protocol.openid4vci import (
    CredentialConfiguration,
    CredentialIssuerMetadata,
    Display,
)
from ssi_core.protocol.openid4vci.metadata import SD_JWT_VC_FORMAT
from wallet.credential import Label
from wallet.issuance import Endpoints, Wanted
from wallet.issuer_exchange import Offered
from wallet.keys import new_holder_key

COPIES: Final = 3
MAX_CREDENTIALS: Final = 32
_LANGUAGE: Final = "en"


def wanted_of(offered: Offered) -> tuple[Wanted, ...]:
    """Return what to ask for, with new keys for every copy; `RejectedError` if it is not for us."""
    copies = min(COPIES, offered.metadata.batch_size or 1)
    return tuple(_wanted(item, copies) for item in keepable(offered))


def keepable(offered: Offered) -> tuple[CredentialConfiguration, ...]:
    """Return those of the offered configurations that this wallet can keep, at least one.

    An issuer may offer one credential in several formats, so others are passed over; an offer of
    nothing but others is a `RejectedError`.
    """
    names = offered.offer.credential_configuration_ids
    if len(names) > MAX_CREDENTIALS:
        raise MalformedError(
            "the offer is of more than allowed", at="/credential_configuration_ids"
        )
    found = [_configuration(offered.metadata, name) for name in names]
    kept = tuple(item for item in found if item.format == SD_JWT_VC_FORMAT)
    if not kept:
        raise RejectedError("the wallet keeps SD-JWT VC only", at="/format")
    return kept


def endpoints_of(offered: Offered, *, token: str) -> Endpoints:
    """Return where the issuer is spoken to."""
    metadata = offered.metadata
    return Endpoints(
        credential_issuer=metadata.credential_issuer,
        name=issuer_name(metadata),
        token=token,
        credential=metadata.credential_endpoint,
        nonce=metadata.nonce_endpoint,
        notification=metadata.notification_endpoint,
    )


def issuer_name(metadata: CredentialIssuerMetadata) -> str:
    """Return what the issuer calls itself, or else its host."""
    host = urlsplit(metadata.credential_issuer).netloc
    return _named(metadata.display) or host


def title_of(configuration: CredentialConfiguration) -> str:
    """Return what the issuer calls this kind of credential, or else its id in words."""
    return _named(configuration.display) or configuration.id.replace("_", " ")


def _configuration(metadata: CredentialIssuerMetadata, name: str) -> CredentialConfiguration:
    configuration = metadata.configurations.get(name)
    if configuration is None:
        raise MalformedError(
            "the offer names a configuration that the issuer does not have",
            at="/credential_configuration_ids",
        )
    return configuration


def _wanted(configuration: CredentialConfiguration, copies: int) -> Wanted:
    if configuration.vct is None:
        raise RejectedError("an SD-JWT VC has a type", at="/vct")
    if configuration.vct == GRANT_VCT:
        raise RejectedError("nobody issues grants but the wallet itself", at="/vct")
    algorithms = configuration.proof_algorithms()
    if not algorithms:
        raise RejectedError("the wallet keeps credentials that are bound to its own keys only")
    return Wanted(
        configuration_id=configuration.id,
        vct=configuration.vct,
        title=title_of(configuration),
        labels=_labels(configuration),
        keys=tuple(new_holder_key(algorithms) for _ in range(copies)),
    )


def _labels(configuration: CredentialConfiguration) -> tuple[Label, ...]:
    named = ((claim.path, _named(claim.display)) for claim in configuration.claims)
    return tuple(Label(path=path, text=text) for path, text in named if text)


def _named(displays: Sequence[Display]) -> str | None:
    names = [item for item in displays if item.name]
    spoken = [item for item in names if (item.locale or _LANGUAGE).startswith(_LANGUAGE)]
    return next((item.name for item in (*spoken, *names)), None)
