"""Credentials as a server sent them: what they need, how long they keep, whether they hold."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ssi_core import strict_json
from ssi_core.credential.model import V2_ONLY, Credential, DataModel
from ssi_core.credential.status_list_credential import BitstringStatusListCredential
from ssi_core.errors import MalformedError, SsiError
from ssi_core.json_types import JsonObject
from ssi_core.verification import data_integrity
from ssi_core.verification.data_integrity import DataIntegrityPolicy
from ssi_core.verification.evidence import DidNeed, Evidence, FetchedCredential

# Credentials whose proof is embedded: VCDM 2.0 section 6.1, and what servers say instead.
EMBEDDED_MEDIA_TYPES: Final = frozenset(
    {"application/vc", "application/vc+ld+json", "application/ld+json", "application/json"}
)
ACCEPT: Final = "application/vc, application/ld+json;q=0.6, application/json;q=0.5"


@dataclass(frozen=True, slots=True)
class Lifetime:
    """For how long a copy of a status list may be used: since it was fetched, and until when."""

    ttl: timedelta | None
    valid_until: datetime | None


def fetched_needs(fetched: FetchedCredential) -> frozenset[DidNeed]:
    """Return the DID documents that tell the keys of a fetched credential.

    None for one that cannot be read: verifying it says why.
    """
    try:
        return data_integrity.needs(_embedded(fetched))
    except SsiError:
        return frozenset()


def lifetime_of(
    fetched: FetchedCredential, *, versions: Collection[DataModel] = V2_ONLY
) -> Lifetime:
    """Return for how long a status list may be kept, as it says itself, verified or not.

    Raises `MalformedError` if it is no status list credential.
    """
    credential = Credential.parse(_embedded(fetched), versions=versions)
    return Lifetime(BitstringStatusListCredential.of(credential).ttl, credential.valid_until)


def verify_fetched(
    fetched: FetchedCredential, *, evidence: Evidence, policy: DataIntegrityPolicy, at: datetime
) -> Credential:
    """Return the credential if every check but that of its status holds."""
    return data_integrity.verify_credential(
        _embedded(fetched), evidence=evidence, policy=policy, at=at
    )


def _embedded(fetched: FetchedCredential) -> JsonObject:
    media_type = fetched.media_type.partition(";")[0].strip().lower()
    if media_type not in EMBEDDED_MEDIA_TYPES:
        raise MalformedError("a credential is of a media type that is not read here")
    return strict_json.parse_object(fetched.body)
