"""What is kept of an accepted answer: the agreement, and apart from it the claims."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from consent_contracts.access import AccessLevel
from consent_contracts.decision import RequestedItem
from consent_contracts.grant import Grant
from ssi_core import claim_path, strict_json
from ssi_core.claim_path import ClaimPath, covers
from ssi_core.credential.sd_jwt_vc import VerifiedSdJwtVc
from ssi_core.errors import MalformedError, QueryError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_object, as_text
from verifier.grants import Consented, holder_keys
from verifier.presentations import disclosed_claims, disclosed_paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """Which claims of one credential were disclosed: paths of leaves as issued, and no value."""

    query_id: str
    vct: str
    paths: frozenset[ClaimPath]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What later decisions rest on; it stays as evidence when the claims are erased.

    `grant` is missing where none was asked for.
    """

    credentials: tuple[Covered, ...]
    holder_keys: frozenset[str]
    grant: Grant | None = None
    scope_digest: str | None = None

    @classmethod
    def of(
        cls, credentials: Mapping[str, Sequence[VerifiedSdJwtVc]], consented: Consented | None
    ) -> Self:
        """Take what an accepted answer agreed to; the presentations themselves are not kept."""
        every = [(name, item) for name, items in credentials.items() for item in items]
        return cls(
            credentials=tuple(
                Covered(query_id=name, vct=item.vct, paths=disclosed_paths(item))
                for name, item in every
            ),
            holder_keys=holder_keys(item for _, item in every),
            grant=None if consented is None else consented.grant,
            scope_digest=None if consented is None else consented.scope_digest,
        )

    def narrowed(self, wanted: Sequence[ClaimPath]) -> Self:
        """Return the agreement for a use that needs less; `QueryError` if there is nothing."""
        kept = tuple(
            replace(item, paths=frozenset(p for p in item.paths if _is_wanted(p, wanted)))
            for item in self.credentials
        )
        if not any(item.paths for item in kept):
            raise QueryError("there is no such claim here", at="/claims")
        return replace(self, credentials=kept)

    def items(self, access: AccessLevel) -> tuple[RequestedItem, ...]:
        """Return what a use of all this asks a decision for."""
        return tuple(
            RequestedItem(vct=item.vct, claims=item.paths, access=access)
            for item in self.credentials
            if item.paths
        )

    def to_bytes(self) -> bytes:
        """Return the form that is sealed."""
        value: JsonObject = {
            "credentials": [
                {
                    "id": item.query_id,
                    "vct": item.vct,
                    "paths": [claim_path.render(path) for path in item.paths],
                }
                for item in self.credentials
            ],
            "holder_keys": sorted(self.holder_keys),
            "grant": None if self.grant is None else self.grant.to_json(),
            "scope": self.scope_digest,
        }
        return strict_json.render(value).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        source = strict_json.parse_object(content, max_bytes=len(content))
        grant, scope = source.get("grant"), source.get("scope")
        credentials = as_array(source.get("credentials"), at="/credentials")
        keys = as_array(source.get("holder_keys"), at="/holder_keys")
        return cls(
            credentials=tuple(_covered(as_object(item, at="")) for item in credentials),
            holder_keys=frozenset(as_text(key, at="/holder_keys") for key in keys),
            grant=None if grant is None else Grant.parse(as_object(grant, at="/grant")),
            scope_digest=None if scope is None else as_text(scope, at="/scope"),
        )


@dataclass(frozen=True, slots=True)
class HeldClaims:
    """Disclosed claims, each under the id of the query that it answers."""

    items: tuple[tuple[str, JsonObject], ...]

    @classmethod
    def of(cls, credentials: Mapping[str, Sequence[VerifiedSdJwtVc]]) -> Self:
        """Take the claims out of an accepted answer."""
        return cls(
            tuple(
                (name, disclosed_claims(item))
                for name, items in credentials.items()
                for item in items
            )
        )

    def only(self, wanted: Sequence[ClaimPath]) -> Self:
        """Return the claims that `wanted` names, and nothing beside them."""
        narrowed = ((name, _only(claims, wanted)) for name, claims in self.items)
        return type(self)(tuple((name, claims) for name, claims in narrowed if claims))

    def to_json(self) -> JsonObject:
        """Return the claims by query id: an object, or an array of them if there are several."""
        by_id: dict[str, list[JsonObject]] = {}
        for name, claims in self.items:
            by_id.setdefault(name, []).append(claims)
        return {name: found[0] if len(found) == 1 else found for name, found in by_id.items()}

    def to_bytes(self) -> bytes:
        """Return the form that is sealed."""
        return strict_json.render([[name, claims] for name, claims in self.items]).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        pairs = as_array(strict_json.parse(content, max_bytes=len(content)), at="")
        return cls(tuple(_named_claims(as_array(pair, at="")) for pair in pairs))


def parse_wanted(value: JsonValue, *, at: str) -> tuple[ClaimPath, ...]:
    """Read the paths of a use: arrays, not empty, of member names."""
    items = as_array(value, at=at)
    if not items:
        raise MalformedError("must not be empty", at=at)
    paths = tuple(claim_path.parse(item, at=f"{at}/{i}") for i, item in enumerate(items))
    # Positions were those of the issuer, and elements may have been withheld since.
    if not all(isinstance(part, str) for path in paths for part in path):
        raise MalformedError("a use names claims by member names", at=at)
    return paths


def _is_wanted(path: ClaimPath, wanted: Sequence[ClaimPath]) -> bool:
    return any(covers(want, path) for want in wanted)


def _covered(source: JsonObject) -> Covered:
    paths = as_array(source.get("paths"), at="/paths")
    return Covered(
        query_id=as_text(source.get("id"), at="/id"),
        vct=as_text(source.get("vct"), at="/vct"),
        paths=frozenset(claim_path.parse(path) for path in paths),
    )


def _named_claims(pair: Sequence[JsonValue]) -> tuple[str, JsonObject]:
    name, claims = pair
    return as_text(name, at="/0"), as_object(claims, at="/1")


def _only(claims: JsonObject, wanted: Sequence[ClaimPath]) -> JsonObject:
    """Return the members that `wanted` names, with nothing beside them at any depth."""
    kept: dict[str, JsonValue] = {}
    for name, value in claims.items():
        below = [path[1:] for path in wanted if path[0] == name]
        if () in below:
            kept[name] = value
        elif below and isinstance(value, Mapping) and (inner := _only(value, below)):
            kept[name] = inner
    return kept
