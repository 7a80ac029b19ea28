"""A person's yes, made into an answer: which copies go, and the grant that goes with them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from consent_contracts import grant_credential
from consent_contracts.grant import Grant
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.purpose import Purpose
from consent_contracts.request import ConsentRequest, narrow, require_within
from consent_contracts.scope import ScopeItem
from registry.model import entry
from ssi_core.claim_path import ClaimPath
from ssi_core.errors import ConsentError, QueryError
from ssi_core.keys import thumbprint
from ssi_core.presentation.dcql import DcqlQuery
from ssi_core.proof import sd_jwt as sd_jwts
from ssi_core.proof.sd_jwt import SdJwt
from wallet.asker import pairwise_name
from wallet.claims import shown_claims
from wallet.credential import Copy, copies_of, copy_for, held_credential
from wallet.matching import hold_back
from wallet.question import Choice, Question, Share, days_asked
from wallet.sharing import Consented, Given, Prepared, Sharing
from wallet.vault import Vault

BEYOND_REQUEST: Final = "beyond_request"
# A grant without claims of its own still says that the credential was shown.
_BARE: Final[frozenset[ClaimPath]] = frozenset({("vct",)})


def answer(
    vault: Vault, question: Question, choice: Choice, *, at: datetime
) -> tuple[Sharing, tuple[Copy, ...]]:
    """Return what a person's choice comes to, and the copies that go.

    Raises `QueryError` when a claim is held back that the question cannot do without,
    `ConsentError` for a choice that would permit more than was asked.
    """
    query = DcqlQuery.parse(question.request.dcql_query)
    shown = question.option(choice.option)
    parts = [
        _give(vault, question, item.share, query=query, without=choice.without)
        for item in shown.shares
    ]
    given = tuple(given for given, _copy in parts)
    copies = tuple(copy for _given, copy in parts)
    consented = None
    if question.consent is not None:
        terms = _narrowed(question.consent, choice, at=at)
        consented = _consent(question.consent, terms, given, copies, at=at)
    sharing = Sharing(
        id=question.id,
        asker=question.asker,
        request=question.request,
        given=given,
        given_at=at,
        consented=consented,
        state=Prepared(),
    )
    return sharing, copies


def grant_entry(grant: Grant, secret: GrantSecret, *, at: datetime) -> bytes:
    """Return the log entry of a grant: commitments and keys that follow from its own secret."""
    start, end = grant.period.start, grant.period.end
    disclosed = grant_credential.disclosures(grant, secret)
    return entry.consent_grant(
        log=grant.log,
        signer=secret.signer,
        next_key_hash=secret.next_key_hash,
        revocation_key_hash=secret.revocation_key_hash,
        commitments=grant_credential.commitments(disclosed),
        not_before=start or at,
        expires=end or at,
        max_staleness=grant.max_staleness,
        at=at,
    )


def _give(
    vault: Vault,
    question: Question,
    share: Share,
    *,
    query: DcqlQuery,
    without: Collection[ClaimPath],
) -> tuple[Given, Copy]:
    credential = held_credential(vault, share.credential_id)
    copy = copy_for(copies_of(vault, credential.id), pairwise_name(question.asker))
    whole = SdJwt.parse(copy.text)
    asked = next(item for item in query.credentials if item.id == share.query_id)
    kept = hold_back(share, without, query=asked, sd_jwt=whole, vct=credential.vct)
    claims = shown_claims(sd_jwts.derive(whole, kept.paths), credential.labels)
    given = Given(
        share=kept,
        copy_id=copy.id,
        vct=credential.vct,
        title=credential.title,
        labels=tuple(claim.label for claim in claims),
    )
    return given, copy


def _narrowed(request: ConsentRequest, choice: Choice, *, at: datetime) -> ConsentRequest:
    purposes = None
    if choice.purposes is not None:
        purposes = [Purpose.parse(code, at="/purposes") for code in choice.purposes]
    return narrow(request, expires=_expires(request, choice.days, at=at), purposes=purposes)


def _expires(request: ConsentRequest, days: int | None, *, at: datetime) -> datetime | None:
    end = request.period.end
    if days is None or end is None:
        return None
    if days > days_asked(request):
        raise ConsentError(
            "a grant never lasts longer than was asked", at="/days", refusals=(BEYOND_REQUEST,)
        )
    return min(end, max(at, request.period.start or at) + timedelta(days=days))


def _consent(
    asked: ConsentRequest,
    terms: ConsentRequest,
    given: Sequence[Given],
    copies: Sequence[Copy],
    *,
    at: datetime,
) -> Consented:
    if not copies:
        raise QueryError("a grant is about a credential that goes with it", at="/vp_token")
    scope = tuple(
        ScopeItem(vct=each.vct, claims=each.share.asked or _BARE, access=terms.access)
        for each in given
    )
    keys = {thumbprint(copy.key.public_key.jwk) for copy in copies}
    grant = terms.grant(holder_keys=keys, scope=scope)
    require_within(grant, asked)
    secret = GrantSecret.generate()
    raw = grant_entry(grant, secret, at=at)
    return Consented(
        request=asked,
        grant=replace(grant, id=entry.entry_id(raw)),
        secret=secret,
        entry=raw,
        holder_copy_id=copies[0].id,
        query_id=asked.credential_ids[0],
    )
