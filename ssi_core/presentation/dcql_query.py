"""What a verifier asks for in DCQL: parse and render.

https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#name-digital-credentials-query-l
(OpenID4VP 1.0 section 6). Members that we do not understand are kept in `unknown`.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Self, TypeAlias

from ssi_core import claim_path
from ssi_core.claim_path import ClaimPath
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_boolean, as_object, as_text, as_texts

SD_JWT_VC_FORMAT: Final = "dc+sd-jwt"
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_HOLDER_BINDING: Final = "require_cryptographic_holder_binding"
_OPTIONAL: Final = ("multiple", "trusted_authorities", _HOLDER_BINDING, "claims", "claim_sets")

ClaimValue: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimQuery:
    """One claim that is asked for, and the values that it may have (section 6.3)."""

    path: ClaimPath
    id: str | None = None
    values: tuple[ClaimValue, ...] = ()
    unknown: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read one element of `claims`."""
        members = as_object(value, at=at)
        return cls(
            path=claim_path.parse(members.get("path"), at=f"{at}/path"),
            id=_identifier(members["id"], f"{at}/id") if "id" in members else None,
            values=_values(members["values"], f"{at}/values") if "values" in members else (),
            unknown=_without(members, ("path", "id", "values")),
        )

    def to_json(self) -> JsonObject:
        """Return the element as it stands in a request."""
        members: dict[str, JsonValue] = {} if self.id is None else {"id": self.id}
        members["path"] = claim_path.render(self.path)
        if self.values:
            members["values"] = list(self.values)
        return {**members, **self.unknown}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedAuthoritiesQuery:
    """Authorities of one type, any of which may stand behind the issuer (section 6.1.1)."""

    type: str
    values: tuple[str, ...]
    unknown: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read one element of `trusted_authorities`."""
        members = as_object(value, at=at)
        return cls(
            type=as_text(members.get("type"), at=f"{at}/type"),
            values=as_texts(members.get("values"), at=f"{at}/values"),
            unknown=_without(members, ("type", "values")),
        )

    def to_json(self) -> JsonObject:
        """Return the element as it stands in a request."""
        return {"type": self.type, "values": list(self.values), **self.unknown}


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialQuery:
    """One credential that is asked for (section 6.1); `meta` depends on the format."""

    id: str
    format: str
    meta: JsonObject
    multiple: bool = False
    trusted_authorities: tuple[TrustedAuthoritiesQuery, ...] = ()
    require_cryptographic_holder_binding: bool = True
    claims: tuple[ClaimQuery, ...] = ()
    claim_sets: tuple[tuple[str, ...], ...] = ()
    unknown: JsonObject = field(default_factory=dict)

    def __post_init__(self) -> None:
        _identifier(self.id, "/credentials/id")
        if self.format == SD_JWT_VC_FORMAT:
            as_texts(self.meta.get("vct_values"), at="/credentials/meta/vct_values")
        self._check_claim_ids()

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read one element of `credentials`."""
        members = as_object(value, at=at)
        authorities = _optional_array(members, "trusted_authorities", at)
        claims = _optional_array(members, "claims", at)
        sets = _optional_array(members, "claim_sets", at)
        return cls(
            id=_identifier(members.get("id"), f"{at}/id"),
            format=as_text(members.get("format"), at=f"{at}/format"),
            meta=as_object(members.get("meta"), at=f"{at}/meta"),
            multiple=as_boolean(members.get("multiple", False), at=f"{at}/multiple"),
            trusted_authorities=tuple(
                TrustedAuthoritiesQuery.parse(item, at=f"{at}/trusted_authorities/{i}")
                for i, item in enumerate(authorities)
            ),
            require_cryptographic_holder_binding=as_boolean(
                members.get(_HOLDER_BINDING, True), at=f"{at}/{_HOLDER_BINDING}"
            ),
            claims=tuple(
                ClaimQuery.parse(item, at=f"{at}/claims/{i}") for i, item in enumerate(claims)
            ),
            claim_sets=tuple(
                as_texts(item, at=f"{at}/claim_sets/{i}") for i, item in enumerate(sets)
            ),
            unknown=_without(members, ("id", "format", "meta", *_OPTIONAL)),
        )

    @property
    def vct_values(self) -> tuple[str, ...]:
        """The types that an SD-JWT VC may have (appendix B.3.5)."""
        return as_texts(self.meta.get("vct_values"), at="/meta/vct_values")

    def claim_combinations(self) -> tuple[tuple[ClaimQuery, ...], ...]:
        """Return the combinations of claims that answer this query, the preferred one first.

        A second query for the same path in one combination is left out (section 6.1).
        """
        if not self.claim_sets:
            return (_distinct(self.claims),)
        by_id = {claim.id: claim for claim in self.claims}
        return tuple(_distinct(by_id[name] for name in names) for names in self.claim_sets)

    def to_json(self) -> JsonObject:
        """Return the element as it stands in a request, defaults left out."""
        members: dict[str, JsonValue] = {"id": self.id, "format": self.format, "meta": self.meta}
        if self.multiple:
            members["multiple"] = True
        if self.trusted_authorities:
            members["trusted_authorities"] = [item.to_json() for item in self.trusted_authorities]
        if not self.require_cryptographic_holder_binding:
            members[_HOLDER_BINDING] = False
        if self.claims:
            members["claims"] = [claim.to_json() for claim in self.claims]
        if self.claim_sets:
            members["claim_sets"] = [list(names) for names in self.claim_sets]
        return {**members, **self.unknown}

    def _check_claim_ids(self) -> None:
        ids = [claim.id for claim in self.claims if claim.id is not None]
        _refuse_duplicates(ids, "/credentials/claims")
        if self.claim_sets and len(ids) < len(self.claims):
            raise MalformedError("claims have ids where there are claim sets", at="/credentials")
        for names in self.claim_sets:
            _require_known(names, ids, "/credentials/claim_sets")


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialSetQuery:
    """Alternative sets of credentials, each of which serves the purpose (section 6.2)."""

    options: tuple[tuple[str, ...], ...]
    required: bool = True
    unknown: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read one element of `credential_sets`."""
        members = as_object(value, at=at)
        options = as_array(members.get("options"), at=f"{at}/options")
        if not options:
            raise MalformedError("a credential set has options", at=f"{at}/options")
        return cls(
            options=tuple(as_texts(item, at=f"{at}/options/{i}") for i, item in enumerate(options)),
            required=as_boolean(members.get("required", True), at=f"{at}/required"),
            unknown=_without(members, ("options", "required")),
        )

    def to_json(self) -> JsonObject:
        """Return the element as it stands in a request."""
        members: dict[str, JsonValue] = {"options": [list(option) for option in self.options]}
        if not self.required:
            members["required"] = False
        return {**members, **self.unknown}


@dataclass(frozen=True, slots=True, kw_only=True)
class DcqlQuery:
    """A whole query (section 6): credentials, and which combinations of them will do."""

    credentials: tuple[CredentialQuery, ...]
    credential_sets: tuple[CredentialSetQuery, ...] = ()
    unknown: JsonObject = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.credentials:
            raise MalformedError("a query asks for a credential", at="/credentials")
        ids = [credential.id for credential in self.credentials]
        _refuse_duplicates(ids, "/credentials")
        for credential_set in self.credential_sets:
            for option in credential_set.options:
                _require_known(option, ids, "/credential_sets")

    @classmethod
    def parse(cls, value: JsonObject) -> Self:
        """Read a `dcql_query`."""
        credentials = as_array(value.get("credentials"), at="/credentials")
        sets = _optional_array(value, "credential_sets", "")
        return cls(
            credentials=tuple(
                CredentialQuery.parse(item, at=f"/credentials/{i}")
                for i, item in enumerate(credentials)
            ),
            credential_sets=tuple(
                CredentialSetQuery.parse(item, at=f"/credential_sets/{i}")
                for i, item in enumerate(sets)
            ),
            unknown=_without(value, ("credentials", "credential_sets")),
        )

    def required_sets(self) -> tuple[CredentialSetQuery, ...]:
        """Return the sets of which each needs an answer: without any, all credentials are one."""
        if self.credential_sets:
            return tuple(item for item in self.credential_sets if item.required)
        return (CredentialSetQuery(options=(tuple(item.id for item in self.credentials),)),)

    def to_json(self) -> JsonObject:
        """Return the `dcql_query` as it stands in a request."""
        members: dict[str, JsonValue] = {
            "credentials": [credential.to_json() for credential in self.credentials]
        }
        if self.credential_sets:
            members["credential_sets"] = [item.to_json() for item in self.credential_sets]
        return {**members, **self.unknown}


def _identifier(value: JsonValue, at: str) -> str:
    if not isinstance(value, str) or _IDENTIFIER.fullmatch(value) is None:
        raise MalformedError("an id has letters, digits, underscores and hyphens", at=at)
    return value


def _values(value: JsonValue, at: str) -> tuple[ClaimValue, ...]:
    found = as_array(value, at=at)
    if not found:
        raise MalformedError("must not be empty", at=at)
    kept = tuple(item for item in found if isinstance(item, str | int))
    if len(kept) != len(found):
        raise MalformedError("values are strings, integers and booleans", at=at)
    return kept


def _optional_array(members: JsonObject, name: str, at: str) -> Sequence[JsonValue]:
    if name not in members:
        return ()
    found = as_array(members[name], at=f"{at}/{name}")
    if not found:
        raise MalformedError("must not be empty", at=f"{at}/{name}")
    return found


def _without(members: JsonObject, known: Collection[str]) -> JsonObject:
    return {name: value for name, value in members.items() if name not in known}


def _refuse_duplicates(ids: Sequence[str], at: str) -> None:
    if len(set(ids)) != len(ids):
        raise MalformedError("an id stands twice", at=at)


def _require_known(names: Collection[str], ids: Collection[str], at: str) -> None:
    if not set(names) <= set(ids):
        raise MalformedError("an id refers to nothing in this query", at=at)


def _distinct(claims: Iterable[ClaimQuery]) -> tuple[ClaimQuery, ...]:
    by_path: dict[ClaimPath, ClaimQuery] = {}
    for claim in claims:
        by_path.setdefault(claim.path, claim)
    return tuple(by_path.values())
