"""Credentials that publish a status list: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from ssi_core.credential import members
from ssi_core.credential.contexts import CREDENTIALS_V2
from ssi_core.credential.model import Credential
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_rfc3339
from ssi_core.status.bitstring import BitstringStatusList
from ssi_core.strict_json import as_integer, as_text, as_texts

CREDENTIAL_TYPE: Final = "BitstringStatusListCredential"
LIST_TYPE: Final = "BitstringStatusList"
_SUBJECT: Final = "/credentialSubject"


@dataclass(frozen=True, slots=True, kw_only=True)
class BitstringStatusListCredential:
    """A status list credential whose form is right; its list is not inflated yet.

    `ttl` says for how long a copy may be used before a newer one is asked for.
    """

    credential: Credential
    purposes: tuple[str, ...]
    encoded_list: str
    ttl: timedelta | None
    size: int | None

    @classmethod
    def of(cls, credential: Credential) -> Self:
        """Read a credential as one; whatever breaks a MUST of section 2.2 is refused."""
        if CREDENTIAL_TYPE not in credential.types:
            raise MalformedError("must include BitstringStatusListCredential", at="/type")
        if len(credential.subjects) != 1:
            raise MalformedError("must be one status list", at=_SUBJECT)
        subject = credential.subjects[0]
        if members.types(subject, at=_SUBJECT) != (LIST_TYPE,):
            raise MalformedError("must be BitstringStatusList", at=f"{_SUBJECT}/type")
        return cls(
            credential=credential,
            purposes=_purposes(subject.get("statusPurpose")),
            encoded_list=as_text(subject.get("encodedList"), at=f"{_SUBJECT}/encodedList"),
            ttl=ttl_of(subject),
            size=_size(subject),
        )

    def decode(self, size: int) -> BitstringStatusList:
        """Return the list as entries of `size` bits, however many they are."""
        if self.size not in (None, size):
            raise MalformedError("the list has statuses of another size", at="/statusSize")
        return BitstringStatusList.decode(self.encoded_list, size)


def status_list_credential(
    status_list: BitstringStatusList,
    *,
    url: str,
    issuer: str,
    purposes: Sequence[str],
    valid_from: datetime | None,
    valid_until: datetime | None,
    ttl: timedelta | None = None,
) -> JsonObject:
    """Return the credential, not yet secured, that publishes `status_list` at `url`."""
    subject: dict[str, JsonValue] = {
        "id": f"{url}#list",
        "type": LIST_TYPE,
        "statusPurpose": purposes[0] if len(purposes) == 1 else list(purposes),
        "encodedList": status_list.require_length().encode(),
    }
    if ttl is not None:
        subject["ttl"] = ttl // timedelta(milliseconds=1)
    period = {"validFrom": valid_from, "validUntil": valid_until}
    return {
        "@context": [CREDENTIALS_V2],
        "id": url,
        "type": ["VerifiableCredential", CREDENTIAL_TYPE],
        "issuer": issuer,
        **{name: to_rfc3339(moment) for name, moment in period.items() if moment is not None},
        "credentialSubject": subject,
    }


def ttl_of(subject: JsonObject) -> timedelta | None:
    """Return the `ttl` of a list, which the wire has in milliseconds; none if it has none."""
    if "ttl" not in subject:
        return None
    at = f"{_SUBJECT}/ttl"
    milliseconds = as_integer(subject["ttl"], at=at)
    if milliseconds < 0:
        raise MalformedError("must not be negative", at=at)
    return timedelta(milliseconds=milliseconds)


def _purposes(value: JsonValue) -> tuple[str, ...]:
    at = f"{_SUBJECT}/statusPurpose"
    return (value,) if isinstance(value, str) and value else as_texts(value, at=at)


def _size(subject: JsonObject) -> int | None:
    if "statusSize" not in subject:
        return None
    return as_integer(subject["statusSize"], at=f"{_SUBJECT}/statusSize")
