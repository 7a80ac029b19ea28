"""Which credentials answer a DCQL query, and with which claims: the wallet's side.

https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#name-selecting-claims-and-creden
(OpenID4VP 1.0 section 6.4).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ssi_core import claim_path
from ssi_core.claim_path import WITHHELD, ClaimPath
from ssi_core.errors import QueryError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.presentation.dcql_query import (
    SD_JWT_VC_FORMAT,
    ClaimQuery,
    ClaimValue,
    CredentialQuery,
    DcqlQuery,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A credential that a wallet holds; `claims` is its processed payload, all disclosed."""

    reference: str
    format: str
    vct: str
    claims: JsonObject
    issuer: str | None = None
    authorities: frozenset[tuple[str, str]] = frozenset()
    holder_bound: bool = True


@dataclass(frozen=True, slots=True)
class Option:
    """One credential that answers one query, and the claims to disclose, without nulls.

    `claim_set_index` is the place of the answered combination in `claim_sets`, if there are any.
    """

    reference: str
    paths: frozenset[ClaimPath]
    claim_set_index: int | None


@dataclass(frozen=True, slots=True)
class SetChoice:
    """The options of one credential set that the wallet can answer, in the verifier's order."""

    required: bool
    options: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Every possible answer. `choices` has the best option of each credential query first."""

    choices: Mapping[str, tuple[Option, ...]]
    sets: tuple[SetChoice, ...]

    @property
    def satisfiable(self) -> bool:
        """Whether every required set can be answered; if not, nothing may be returned."""
        return all(choice.options for choice in self.sets if choice.required)


def match(query: DcqlQuery, candidates: Sequence[Candidate]) -> Match:
    """Return all ways to answer `query` with `candidates`, best first."""
    choices = {
        credential.id: tuple(_options(credential, candidates)) for credential in query.credentials
    }
    answerable = {name for name, options in choices.items() if options}
    sets = tuple(
        SetChoice(item.required, tuple(o for o in item.options if answerable.issuperset(o)))
        for item in query.credential_sets or query.required_sets()
    )
    return Match(choices, sets)


def select_paths(claims: JsonObject, path: ClaimPath) -> frozenset[ClaimPath]:
    """Return the paths, without nulls, of what is at `path`; empty if it leads nowhere."""
    return frozenset(_select(claims, path))


def answers(claims: JsonObject, combination: Collection[ClaimQuery]) -> frozenset[ClaimPath] | None:
    """Return the paths that answer every query of a combination, or None if one has no answer."""
    found: set[ClaimPath] = set()
    for claim in combination:
        paths = _answer(claims, claim)
        if not paths:
            return None
        found.update(paths)
    return frozenset(found)


def fits(query: CredentialQuery, *, format: str, vct: str, holder_bound: bool) -> bool:  # noqa: A002 - the wire's word
    """Say whether a credential is of the kind that is asked for, whatever its claims."""
    if format != query.format or (query.require_cryptographic_holder_binding and not holder_bound):
        return False
    return query.format != SD_JWT_VC_FORMAT or vct in query.vct_values


def _options(query: CredentialQuery, candidates: Sequence[Candidate]) -> Iterator[Option]:
    fitting = [item for item in candidates if _fits(query, item)]
    for index, combination in enumerate(query.claim_combinations()):
        for candidate in fitting:
            paths = answers(candidate.claims, combination)
            if paths is not None:
                yield Option(candidate.reference, paths, index if query.claim_sets else None)


def _fits(query: CredentialQuery, candidate: Candidate) -> bool:
    if not fits(
        query,
        format=candidate.format,
        vct=candidate.vct,
        holder_bound=candidate.holder_bound,
    ):
        return False
    wanted = {(item.type, value) for item in query.trusted_authorities for value in item.values}
    return not wanted or not wanted.isdisjoint(candidate.authorities)


def _answer(claims: JsonObject, query: ClaimQuery) -> Collection[ClaimPath]:
    selected = _select(claims, query.path)
    if not query.values:
        return selected.keys()
    return [path for path, value in selected.items() if _is_among(value, query.values)]


def _select(claims: JsonObject, path: ClaimPath) -> Mapping[ClaimPath, JsonValue]:
    try:
        selected = claim_path.select(claims, path)
    except QueryError:
        return {}
    return {place: value for place, value in selected.items() if value is not WITHHELD}


def _is_among(value: JsonValue, values: Collection[ClaimValue]) -> bool:
    # Section 6.4.1: type and value both match, and in Python True == 1 == 1.0.
    return any(type(value) is type(item) and value == item for item in values)
