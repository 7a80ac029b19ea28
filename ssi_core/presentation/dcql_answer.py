"""Whether what was presented answers what was asked: the verifier's side of DCQL.

https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#name-vp-token-validation
(OpenID4VP 1.0 section 8.6, step 3, with the rules of section 6.4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from ssi_core.credential.sd_jwt_vc import VerifiedSdJwtVc
from ssi_core.errors import QueryError
from ssi_core.json_types import JsonObject
from ssi_core.presentation.dcql_match import answers, fits
from ssi_core.presentation.dcql_query import SD_JWT_VC_FORMAT, CredentialQuery, DcqlQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """One verified presentation. In `claims`, array positions are the issuer's."""

    format: str
    vct: str
    claims: JsonObject
    holder_bound: bool

    @classmethod
    def of(cls, verified: VerifiedSdJwtVc) -> Self:
        """Return what DCQL needs to know of a verified SD-JWT VC."""
        return cls(
            format=SD_JWT_VC_FORMAT,
            vct=verified.vct,
            claims=verified.as_issued,
            holder_bound=verified.key_binding is not None,
        )


def check_answer(query: DcqlQuery, presented: Mapping[str, Sequence[Presented]]) -> None:
    """Return if `presented`, by credential query id, satisfies `query`; else raise `QueryError`.

    Whether an issuer is trusted is not decided here: `trusted_authorities` only helps a wallet
    not to disclose in vain (section 6.1.1).
    """
    if not presented:
        raise QueryError("nothing was presented", at="/vp_token")
    by_id = {credential.id: credential for credential in query.credentials}
    for name, presentations in presented.items():
        if (credential := by_id.get(name)) is None:
            raise QueryError("an answer was not asked for", at="/vp_token")
        _check_presentations(credential, presentations)
    for wanted in query.required_sets():
        if not any(presented.keys() >= set(option) for option in wanted.options):
            raise QueryError("a required credential is missing", at="/vp_token")


def _check_presentations(query: CredentialQuery, presentations: Sequence[Presented]) -> None:
    at = f"/vp_token/{query.id}"
    if not presentations:
        raise QueryError("an answer is empty", at=at)
    if len(presentations) > 1 and not query.multiple:
        raise QueryError("one presentation was asked for", at=at)
    for item in presentations:
        if not fits(query, format=item.format, vct=item.vct, holder_bound=item.holder_bound):
            raise QueryError("another kind of credential was asked for", at=at)
        if all(answers(item.claims, wanted) is None for wanted in query.claim_combinations()):
            raise QueryError("a claim is missing or has another value", at=at)
