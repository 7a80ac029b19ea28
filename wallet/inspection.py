"""Turn a request into a question: check it, match it, look up who asks, and put it into words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, final

from consent_contracts import request as consent_request
from consent_contracts.request import ConsentRequest
from ssi_core import jcs
from ssi_core.errors import ConflictError, MalformedError, NotFoundError, RejectedError, TrustError
from ssi_core.period import Period
from ssi_core.presentation.binding import TransactionData
from ssi_core.presentation.dcql import SD_JWT_VC_FORMAT, DcqlQuery
from ssi_core.proof import sd_jwt as sd_jwts
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.protocol.openid4vp import AuthenticatedRequest, AuthorizationRequest
from wallet import history, matching, sharing
from wallet.asker import pairwise_name, who_asks
from wallet.claims import shown_claims, withheld_labels
from wallet.credential import copies_of, copy_for, held_credential, links_verifiers
from wallet.history import Step
from wallet.log import TrustedRegistry
from wallet.matching import grant_queries
from wallet.ports import Outside
from wallet.question import Accredited, Asker, Question, Share, ShownOption, ShownShare
from wallet.question_record import KIND, keep_question, parse_question
from wallet.request_object import read_request
from wallet.trust import load_trust
from wallet.vault import Destroy, Vault

_FORGOTTEN_AFTER: Final = timedelta(days=1)
_NOT_SIGNED: Final = "the request is not signed: only the address that the answer goes to is known"
_NOT_VOUCHED_FOR: Final = "nobody known to this wallet vouches for the certificate of who asks"
_NOT_ACCREDITED: Final = "no accreditation in the log covers what is asked for"
_UNKNOWN: Final = "whether who asks is accredited could not be found out"
_LINKS: Final = "this copy was shown to another verifier before: the two could tell it is you"
_NO_REASON: Final = "who asks does not say why, and no grant limits what becomes of the data"


@final
class Inspection:
    """Reads requests and asks questions; it sends nothing but the request for the request."""

    def __init__(
        self,
        vault: Vault,
        outside: Outside,
        log: TrustedRegistry,
        *,
        any_certificate: bool = False,
    ) -> None:
        self._vault = vault
        self._outside = outside
        self._log = log
        self._any_certificate = any_certificate

    def inspect(self, uri: str) -> Question:
        """Return the question that a request puts to the person.

        Raises the reason why the wallet refuses to ask it: nothing has been sent then. A request
        that was answered before is a `ConflictError`.
        """
        try:
            return self._asked(uri)
        except (RejectedError, MalformedError) as error:
            now = self._outside.clock.now()
            self._vault.apply(history.note(now, Step.REQUEST_REJECTED, "request", error.reason))
            raise

    def _asked(self, uri: str) -> Question:
        trust = load_trust(self._vault)
        authenticated = read_request(
            uri, outside=self._outside, trust=trust, any_certificate=self._any_certificate
        )
        request = authenticated.request
        question_id = self._id(request)
        if sharing.exists(self._vault, question_id):
            raise ConflictError("this question has been answered")
        query = DcqlQuery.parse(request.dcql_query)
        consent = self._consent(authenticated, query)
        asker = who_asks(
            authenticated,
            consent,
            types=_types(query),
            resolver=self._outside.resolver,
            log=self._log,
        )
        now = self._outside.clock.now()
        found = matching.candidates(self._vault, at=now)
        answers = matching.options(query, found, grants=consent is not None)
        options = tuple(self._shown(shares, asker) for shares in answers)
        question = Question(
            id=question_id,
            asker=asker,
            request=request,
            consent=consent,
            options=options,
            warnings=_warnings(asker, consent, options, authenticated),
            asked_at=now,
        )
        self._keep(question)
        return question

    def question(self, question_id: str) -> Question:
        """Return a question asked before; `NotFoundError` if it is settled or forgotten."""
        kept = parse_question(self._vault.load(KIND, question_id))
        options = tuple(self._shown(shares, kept.asker) for shares in kept.options)
        return Question(
            id=question_id,
            asker=kept.asker,
            request=kept.request,
            consent=kept.consent,
            options=options,
            warnings=kept.warnings,
            asked_at=kept.asked_at,
        )

    def forget_old(self) -> None:
        """Destroy the questions that nobody answered within a day."""
        now = self._outside.clock.now()
        for record in self._vault.find(KIND):
            if now - parse_question(record).asked_at > _FORGOTTEN_AFTER:
                self._vault.apply(Destroy(KIND, record.id))

    def _id(self, request: AuthorizationRequest) -> str:
        # The wallet's own nonce changes with every look at the same question.
        content = jcs.canonicalize(replace(request, wallet_nonce=None).to_json())
        return self._vault.blind(KIND, "request", content.decode()).hex()

    def _consent(
        self, authenticated: AuthenticatedRequest, query: DcqlQuery
    ) -> ConsentRequest | None:
        consent = read_transactions(authenticated.request.transaction_data, query)
        if consent is None:
            return None
        if not authenticated.signed:
            raise TrustError("a grant is asked for in signed requests only", at="/client_id")
        if not authenticated.authority_known:
            raise TrustError("no grant for a certificate that nobody vouched for", at="/client_id")
        Period(None, consent.period.end).require(
            self._outside.clock.now(), at="/transaction_data/expires"
        )
        if consent.log != self._log.origin():
            raise RejectedError("the grant is wanted in a log that this wallet does not know")
        return consent

    def _shown(self, shares: Sequence[Share], asker: Asker) -> ShownOption:
        return ShownOption(tuple(self._shown_share(share, asker) for share in shares))

    def _shown_share(self, share: Share, asker: Asker) -> ShownShare:
        credential = held_credential(self._vault, share.credential_id)
        verifier = pairwise_name(asker)
        copy = copy_for(copies_of(self._vault, credential.id), verifier)
        whole = SdJwt.parse(copy.text)
        claims = shown_claims(sd_jwts.derive(whole, share.paths), credential.labels)
        sent = {claim.path for claim in claims}
        return ShownShare(
            share=share,
            title=credential.title,
            issuer_name=credential.issuer_name,
            vct=credential.vct,
            claims=claims,
            withheld=withheld_labels(whole, sent, credential.labels),
            links_verifiers=links_verifiers(copy, verifier),
        )

    def _keep(self, question: Question) -> None:
        who = question.asker.name or question.asker.client_id
        told = history.note(question.asked_at, Step.QUESTION_ASKED, question.id, who)
        try:
            former = self._vault.load(KIND, question.id)
        except NotFoundError:
            former = None
        self._vault.apply(keep_question(question, former), told)


def read_transactions(texts: Sequence[str], query: DcqlQuery) -> ConsentRequest | None:
    """Return the consent request among the transaction data, nothing if there are none.

    Data of another type, or that no grant can answer, is what OpenID4VP section 8.5 calls
    `invalid_transaction_data`: a wallet must not go on, for it cannot say what it would sign.
    """
    if not texts:
        if grant_queries(query):
            raise MalformedError("a grant is wanted, and not said for what", at="/transaction_data")
        return None
    at = "/transaction_data"
    if len(texts) > 1:
        raise MalformedError("invalid_transaction_data: one transaction at a time", at=at)
    transaction = TransactionData.parse(texts[0])
    if transaction.type != consent_request.TYPE:
        raise RejectedError("invalid_transaction_data: the type is not known here", at=at)
    if not set(transaction.credential_ids) <= grant_queries(query):
        raise MalformedError("invalid_transaction_data: only a grant can answer it", at=at)
    return ConsentRequest.parse(texts[0])


def _types(query: DcqlQuery) -> frozenset[str]:
    wanted = grant_queries(query)
    return frozenset(
        vct
        for item in query.credentials
        if item.id not in wanted and item.format == SD_JWT_VC_FORMAT
        for vct in item.vct_values
    )


def _warnings(
    asker: Asker,
    consent: ConsentRequest | None,
    options: Sequence[ShownOption],
    authenticated: AuthenticatedRequest,
) -> tuple[str, ...]:
    said = {
        _NOT_SIGNED: not authenticated.signed,
        _NOT_VOUCHED_FOR: not authenticated.authority_known,
        _NOT_ACCREDITED: asker.accredited is Accredited.NO,
        _UNKNOWN: asker.accredited is Accredited.UNKNOWN,
        _NO_REASON: consent is None,
        _LINKS: any(share.links_verifiers for option in options for share in option.shares),
    }
    return tuple(text for text, holds in said.items() if holds)
