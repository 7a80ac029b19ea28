"""Verifiable credentials as the data model has them, versions 2.0 and 1.1.

https://www.w3.org/TR/vc-data-model-2.0/, https://www.w3.org/TR/vc-data-model-1.1/
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from ssi_core.credential import members, related_resource
from ssi_core.credential.contexts import CREDENTIALS_V1, CREDENTIALS_V2
from ssi_core.credential.related_resource import RelatedResource
from ssi_core.errors import ExpiredError, MalformedError, NotYetValidError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_object, as_text


class DataModel(StrEnum):
    """The versions of the data model, by their base contexts."""

    V1_1 = CREDENTIALS_V1
    V2_0 = CREDENTIALS_V2


V2_ONLY: Final = frozenset({DataModel.V2_0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A credential whose form is right. That says nothing of its proof, its issuer or its claims.

    `source` is the document as it came: members that we do not know are there.
    """

    source: JsonObject
    version: DataModel
    id: str | None
    types: tuple[str, ...]
    issuer: str
    subjects: tuple[JsonObject, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    statuses: tuple[JsonObject, ...]
    schemas: tuple[JsonObject, ...]
    related_resources: tuple[RelatedResource, ...]

    @classmethod
    def parse(cls, source: JsonObject, *, versions: Collection[DataModel] = V2_ONLY) -> Self:
        """Read a credential of one of `versions`; `MalformedError` names rule and pointer."""
        source = as_object(source, at="")
        version = DataModel(members.require_context(source, first=sorted(versions)))
        _require_common(source)
        start, end = _validity(source, version)
        return cls(
            source=source,
            version=version,
            id=members.optional_url(source, "id", at=""),
            types=_credential_types(source),
            issuer=_issuer(source),
            subjects=_subjects(source),
            valid_from=start,
            valid_until=end,
            statuses=_statuses(source, version),
            schemas=members.typed_objects(source, "credentialSchema", identified=True),
            related_resources=related_resource.parse_all(source),
        )

    def require_valid(self, *, at: datetime) -> None:
        """Return if `at` lies in the validity period, its ends included (section 4.9)."""
        if self.valid_from is not None and at < self.valid_from:
            raise NotYetValidError("credential is not valid yet", at="/validFrom")
        if self.valid_until is not None and at > self.valid_until:
            raise ExpiredError("credential is no longer valid", at="/validUntil")

    def check_related_resources(self, known: Mapping[str, Sequence[bytes]]) -> None:
        """Compare the digests of related resources with the versions that are known, by URL.

        Raises `ProofError` when none fits. Resources that are not used here are left alone, as
        section 5.3 allows.
        """
        for resource in self.related_resources:
            if resource.id in known:
                resource.check(known[resource.id])


def _require_common(source: JsonObject) -> None:
    members.require_text(source, "name")
    members.require_text(source, "description")
    for name in ("refreshService", "termsOfUse", "evidence"):
        members.typed_objects(source, name)
    if "proof" in source:
        for proof, at in members.located(source["proof"], at="/proof"):
            as_text(proof.get("type"), at=f"{at}/type")


def _credential_types(source: JsonObject) -> tuple[str, ...]:
    found = members.types(source, at="")
    if "VerifiableCredential" not in found:
        raise MalformedError("must include VerifiableCredential", at="/type")
    return found


def _issuer(source: JsonObject) -> str:
    issuer = source.get("issuer")
    if isinstance(issuer, Mapping):
        members.require_text(issuer, "name", at="/issuer")
        members.require_text(issuer, "description", at="/issuer")
    return members.identified(issuer, at="/issuer")


def _subjects(source: JsonObject) -> tuple[JsonObject, ...]:
    found = members.located(source.get("credentialSubject"), at="/credentialSubject")
    for subject, at in found:
        if not subject:
            raise MalformedError("a subject has claims", at=at)
        members.optional_url(subject, "id", at=at)
    return tuple(subject for subject, _ in found)


def _validity(source: JsonObject, version: DataModel) -> tuple[datetime | None, datetime | None]:
    first, last = ("validFrom", "validUntil")
    if version is DataModel.V1_1:
        first, last = ("issuanceDate", "expirationDate")
    start, end = members.moment(source, first), members.moment(source, last)
    if version is DataModel.V1_1 and start is None:
        raise MalformedError("must be there", at=f"/{first}")
    if start is not None and end is not None and start > end:
        raise MalformedError("must not be before the start of validity", at=f"/{last}")
    return start, end


def _statuses(source: JsonObject, version: DataModel) -> tuple[JsonObject, ...]:
    identified = version is DataModel.V1_1
    return members.typed_objects(source, "credentialStatus", identified=identified)
