"""Which credentials answer a request, in every way that they can: the choices put to a person."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice, product
from typing import Final

from consent_contracts.grant_credential import VCT as GRANT_VCT
from ssi_core import claim_path
from ssi_core.claim_path import ClaimPath
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.errors import QueryError
from ssi_core.json_types import JsonObject
from ssi_core.presentation import dcql
from ssi_core.presentation.dcql import (
    SD_JWT_VC_FORMAT,
    Candidate,
    CredentialQuery,
    DcqlQuery,
    Match,
    Option,
    SetChoice,
)
from ssi_core.proof import sd_jwt as sd_jwts
from ssi_core.proof.sd_jwt import SdJwt
from wallet.claims import all_claims, leaves
from wallet.credential import copies_of, held_credentials
from wallet.question import Share
from wallet.vault import Vault

MAX_OPTIONS: Final = 64
MAX_TRIES: Final = 1024
# Stands for the grant that is made when the person consents; it is never kept as a credential.
GRANT_REFERENCE: Final = "grant"
_GRANT_CLAIMS: Final[JsonObject] = {
    "grant_id": "",
    "log": "",
    "subject": {},
    "recipient": {},
    "purposes": [],
    "scope": [],
    "terms": {},
}


def candidates(vault: Vault, *, at: datetime) -> tuple[Candidate, ...]:
    """Return what this wallet could present at this moment."""
    found = (
        (credential.id, SdJwtVc.parse(copies_of(vault, credential.id)[0].text))
        for credential in held_credentials(vault)
    )
    return tuple(
        candidate(credential_id, parsed.sd_jwt, vct=parsed.vct, issuer=parsed.issuer)
        for credential_id, parsed in found
        if at in parsed.period and parsed.vct != GRANT_VCT
    )


def candidate(reference: str, sd_jwt: SdJwt, *, vct: str, issuer: str | None) -> Candidate:
    """Return an SD-JWT VC with what it discloses as something that could answer a query."""
    return Candidate(
        reference=reference,
        format=SD_JWT_VC_FORMAT,
        vct=vct,
        claims=all_claims(sd_jwt),
        issuer=issuer,
    )


def grant_queries(query: DcqlQuery) -> frozenset[str]:
    """Return the ids of the credential queries that only a grant can answer."""
    return frozenset(
        item.id
        for item in query.credentials
        if item.format == SD_JWT_VC_FORMAT and GRANT_VCT in item.vct_values
    )


def options(
    query: DcqlQuery, found: Sequence[Candidate], *, grants: bool
) -> tuple[tuple[Share, ...], ...]:
    """Return every way to answer `query`, best first, without the grant in it; at most 64.

    `grants` says whether a grant can be made for it. Raises `QueryError` when there is no way.
    """
    wanted = grant_queries(query)
    able = (*found, _grant_candidate()) if grants else tuple(found)
    matched = dcql.match(query, able)
    if not matched.satisfiable:
        raise QueryError("the wallet holds nothing that answers this")
    by_id = {item.id: item for item in query.credentials}
    answers = (
        tuple(_share(by_id[name], option) for name, option in chosen if name not in wanted)
        for names in islice(_combinations(matched.sets), MAX_TRIES)
        if not grants or wanted & set(names)
        for chosen in _choices(names, matched)
    )
    # A query can be written so that its answers are without number: only so many are looked at.
    distinct = dict.fromkeys(answer for answer in islice(answers, MAX_TRIES) if answer)
    if not distinct:
        raise QueryError("the wallet holds nothing that answers this")
    return tuple(distinct)[:MAX_OPTIONS]


def hold_back(
    share: Share, without: Iterable[ClaimPath], *, query: CredentialQuery, sd_jwt: SdJwt, vct: str
) -> Share:
    """Return `share` without the claims at or below `without`; `QueryError` if they are needed."""
    drops = tuple(without)
    if not drops:
        return share
    claims = all_claims(sd_jwt)
    kept = Share(
        query_id=share.query_id,
        credential_id=share.credential_id,
        paths=_without(share.paths, drops, claims),
        asked=_without(share.asked, drops, claims),
    )
    left = sd_jwts.derive(sd_jwt, kept.paths)
    alone = DcqlQuery(credentials=(query,))
    if not dcql.match(alone, [candidate("", left, vct=vct, issuer=None)]).satisfiable:
        raise QueryError("the question cannot be answered without this claim", at="/without")
    return kept


def _grant_candidate() -> Candidate:
    return Candidate(
        reference=GRANT_REFERENCE, format=SD_JWT_VC_FORMAT, vct=GRANT_VCT, claims=_GRANT_CLAIMS
    )


def _combinations(sets: Sequence[SetChoice]) -> Iterator[tuple[str, ...]]:
    """Yield the queries to answer together; those that nobody requires come in last."""
    required = [choice.options for choice in sets if choice.required]
    extra = [choice.options for choice in sets if not choice.required and choice.options]
    for picked in product(*required):
        yield _union(picked)
    for picked in product(*required, *extra) if extra else ():
        yield _union(picked)


def _choices(names: Sequence[str], matched: Match) -> Iterator[tuple[tuple[str, Option], ...]]:
    for picked in product(*(matched.choices[name] for name in names)):
        yield tuple(zip(names, picked, strict=True))


def _union(picked: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in picked for name in names))


def _share(query: CredentialQuery, option: Option) -> Share:
    combination = query.claim_combinations()[option.claim_set_index or 0]
    return Share(
        query_id=query.id,
        credential_id=option.reference,
        paths=option.paths,
        asked=frozenset(claim.path for claim in combination),
    )


def _without(
    paths: Iterable[ClaimPath], drops: Sequence[ClaimPath], claims: JsonObject
) -> frozenset[ClaimPath]:
    kept: set[ClaimPath] = set()
    for path in paths:
        if any(claim_path.covers(drop, path) for drop in drops):
            continue
        inside = [drop for drop in drops if claim_path.covers(path, drop)]
        kept.update(_leaves_but(path, inside, claims) if inside else [path])
    return frozenset(kept)


def _leaves_but(
    path: ClaimPath, drops: Sequence[ClaimPath], claims: JsonObject
) -> Iterator[ClaimPath]:
    for leaf, _value in leaves(claims):
        under = claim_path.covers(path, leaf)
        if under and not any(claim_path.covers(drop, leaf) for drop in drops):
            yield leaf
