"""Nonce, credential request and credential response (sections 7 and 8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from ssi_core.errors import MalformedError, OAuthError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.protocol.openid4vci import errors
from ssi_core.protocol.openid4vci.members import items, optional, others, present
from ssi_core.protocol.openid4vci.metadata import JWT_PROOF
from ssi_core.strict_json import as_integer, as_object, as_text, as_texts

_REQUEST_MEMBERS: Final = frozenset(
    {
        "credential_configuration_id",
        "credential_identifier",
        "proofs",
        "credential_response_encryption",
    }
)


@dataclass(frozen=True, slots=True)
class NonceResponse:
    """A fresh challenge for key proofs."""

    c_nonce: str

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read the response of the nonce endpoint."""
        return cls(as_text(source.get("c_nonce"), at="/c_nonce"))

    def render(self) -> JsonObject:
        """Return the JSON object."""
        return {"c_nonce": self.c_nonce}


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRequest:
    """Asks for copies of one credential, one per key proof; named in exactly one of two ways."""

    credential_configuration_id: str | None = None
    credential_identifier: str | None = None
    proofs: tuple[str, ...] = ()
    credential_response_encryption: JsonObject | None = None
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read the request; raises `OAuthError` with the codes of section 8.3.1.2."""
        try:
            configuration = optional(source, "credential_configuration_id", as_text)
            identifier = optional(source, "credential_identifier", as_text)
            encryption = optional(source, "credential_response_encryption", as_object)
        except MalformedError as error:
            raise errors.refusal(error, errors.INVALID_CREDENTIAL_REQUEST) from None
        if (configuration is None) == (identifier is None):
            raise OAuthError(
                "one of credential_configuration_id and credential_identifier is needed",
                error=errors.INVALID_CREDENTIAL_REQUEST,
            )
        return cls(
            credential_configuration_id=configuration,
            credential_identifier=identifier,
            proofs=_proofs(source),
            credential_response_encryption=encryption,
            others=others(source, _REQUEST_MEMBERS),
        )

    def render(self) -> JsonObject:
        """Return the JSON object."""
        proofs: JsonObject = {JWT_PROOF: list(self.proofs)} if self.proofs else {}
        return {
            **self.others,
            **present(
                credential_configuration_id=self.credential_configuration_id,
                credential_identifier=self.credential_identifier,
                proofs=proofs,
                credential_response_encryption=self.credential_response_encryption,
            ),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialResponse:
    """Issued credentials, one per key; or the promise of them, as a transaction to ask for.

    A credential is a string or an object, as its format says (appendix A).
    """

    credentials: tuple[str | JsonObject, ...] = ()
    notification_id: str | None = None
    transaction_id: str | None = None
    interval: int | None = None
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read the response; what its credentials are is for their format to say."""
        if ("credentials" in source) == ("transaction_id" in source):
            raise MalformedError("a response has one of credentials and transaction_id")
        credentials = items(source, "credentials", _credential)
        if "credentials" in source and not credentials:
            raise MalformedError("must not be empty", at="/credentials")
        return cls(
            credentials=credentials,
            notification_id=optional(source, "notification_id", as_text),
            transaction_id=optional(source, "transaction_id", as_text),
            interval=optional(source, "interval", as_integer),
            others=others(source, {"credentials", "notification_id", "transaction_id", "interval"}),
        )

    def texts(self) -> tuple[str, ...]:
        """Return the credentials, which must be of a format whose encoding is a string."""
        return tuple(
            as_text(item, at=f"/credentials/{place}/credential")
            for place, item in enumerate(self.credentials)
        )

    def render(self) -> JsonObject:
        """Return the JSON object."""
        return {
            **self.others,
            **present(
                credentials=[{"credential": item} for item in self.credentials],
                notification_id=self.notification_id,
                transaction_id=self.transaction_id,
                interval=self.interval,
            ),
        }


def _proofs(source: JsonObject) -> tuple[str, ...]:
    if "proof" in source:
        raise OAuthError("the single `proof` of drafts is not read", error=errors.INVALID_PROOF)
    if "proofs" not in source:
        return ()
    try:
        proofs = as_object(source["proofs"], at="/proofs")
        if proofs.keys() == {JWT_PROOF}:
            return as_texts(proofs[JWT_PROOF], at=f"/proofs/{JWT_PROOF}")
    except MalformedError as error:
        raise errors.refusal(error, errors.INVALID_PROOF) from None
    raise OAuthError(
        "exactly one proof type, jwt, is read", at="/proofs", error=errors.INVALID_PROOF
    )


def _credential(value: JsonValue, *, at: str) -> str | JsonObject:
    credential = as_object(value, at=at).get("credential")
    if isinstance(credential, Mapping) and credential:
        return credential
    return as_text(credential, at=f"{at}/credential")
