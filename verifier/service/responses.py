"""Receive: take the one answer to a request, judge it, keep what it brought, sign a receipt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, final

from consent_contracts.receipt import ReceiptEvent
from registry.client.edge import StaleUses
from ssi_core import strict_json
from ssi_core.encoding import base64url_encode
from ssi_core.errors import NonceError, NotFoundError, ReplayError, SsiError, UnavailableError
from ssi_core.jwe import AgreementKey
from ssi_core.protocol.openid4vp import (
    AuthorizationResponse,
    ErrorCode,
    ErrorResponse,
    new_nonce,
    parse_response,
)
from verifier.held import Agreement, HeldClaims
from verifier.office import Office
from verifier.ports import Clock, RequestStore
from verifier.presentations import Circumstances
from verifier.question import Question
from verifier.receipts import Occasion, issue_receipt, presentation_digest, refusal_codes
from verifier.reliance import relied_on_kept
from verifier.request import Answer, Attempt, PresentationRequest, RequestState
from verifier.service.evidence import Collector
from verifier.service.requests import RESPONSE_KEY
from verifier.service.vault import AGREEMENT, CLAIMS, read_policy
from verifier.validation import Verdict, validate

_UNKNOWN_ERROR: Final = "other_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the wallet is told: an `error` if its answer was not accepted, and the receipt."""

    request_id: str
    receipt: str | None = None
    error: SsiError | None = None


@final
class Responses:
    """Takes what wallets post to response URIs."""

    def __init__(
        self,
        office: Office,
        store: RequestStore,
        collector: Collector,
        stale: StaleUses,
        *,
        clock: Clock,
    ) -> None:
        self._office = office
        self._stale = stale
        self._store = store
        self._collector = collector
        self._clock = clock

    def receive(self, response_id: str, fields: Mapping[str, str]) -> Reply:
        """Judge the answer in `fields`; once there is a yes or a no, no other answer is taken.

        Raises our own errors for what is no answer at all: unknown id, expired, malformed, another
        request's state. The same form sent again is refused as a replay, with the old receipt.
        """
        now = self._clock.now()
        request = self._store.find_by_response(response_id)
        if request is None:
            raise NotFoundError("there is no such request")
        form = _digest(fields)
        if request.answer is not None:
            return _replayed(request, request.answer, form)
        request.require_open(now)
        response = parse_response(fields, key=self._key(request))
        if response.state != request.parameters.state:
            raise NonceError("the answer is for another request", at="/state")
        if isinstance(response, ErrorResponse):
            return self._refused(request, response, form, now)
        return self._judged(request, response, form, now)

    def _refused(
        self, request: PresentationRequest, response: ErrorResponse, form: str, at: datetime
    ) -> Reply:
        known = response.error in set(ErrorCode)
        answer = Answer(
            state=RequestState.REFUSED,
            answered_at=at,
            form=form,
            reason=response.error if known else _UNKNOWN_ERROR,
        )
        self._store.answer(request.id, answer)
        return Reply(request_id=request.id)

    def _judged(
        self,
        request: PresentationRequest,
        response: AuthorizationResponse,
        form: str,
        at: datetime,
    ) -> Reply:
        question = self._question(request)
        now = self._collector.moment(at)
        by = Circumstances(
            question=question,
            evidence=self._collector.collect(response.vp_token, question.policy, at=now),
            log=self._office.log.believed(question.policy),
            at=now,
        )
        verdict = validate(response.vp_token, by=by)
        if isinstance(verdict.error, UnavailableError):
            # Not a no: the request stays open, and the holder may send the same answer again.
            attempt = Attempt(checks=verdict.checks, reason=verdict.error.code)
            self._store.attempt(request.id, attempt)
            return Reply(request_id=request.id, error=verdict.error)
        presentation = presentation_digest(response.vp_token)
        receipt = self._receipt(question, verdict, presentation, at)
        answer = Answer(
            state=RequestState.DENIED if verdict.error else RequestState.VERIFIED,
            answered_at=at,
            form=form,
            checks=verdict.checks,
            reason=verdict.error.code if verdict.error else None,
            refusals=refusal_codes(verdict.error),
            presentation=presentation,
            grant_id=verdict.consented.grant.id if verdict.consented else None,
            receipt=receipt,
            **({} if verdict.error else self._sealed(request, verdict)),
        )
        if verdict.error is None:
            self._collector.keep(by, answer.grant_id)
            # First, so that no answer on kept evidence is ever accepted without its record.
            for reliance, on in relied_on_kept(verdict, by=by):
                self._stale.record(request.id, relied_on=reliance, decided_at=at, on=on)
        self._store.answer(request.id, answer)
        return Reply(request_id=request.id, receipt=receipt, error=verdict.error)

    def _question(self, request: PresentationRequest) -> Question:
        return Question(
            policy=read_policy(self._office, request),
            parameters=request.parameters,
            recipient=self._office.identity.did,
        )

    def _receipt(
        self, question: Question, verdict: Verdict, presentation: str, at: datetime
    ) -> str | None:
        consent, consented = question.consent, verdict.consented
        if consent is None:
            return None
        occasion = Occasion(
            id=new_nonce(),
            event=ReceiptEvent.GIVEN,
            at=at,
            log=self._office.log.origin,
            request_digest=consent.digest,
            purposes=consented.grant.purposes if consented else consent.purposes,
            grant_id=consented.grant.id if consented else None,
            scope_digest=consented.scope_digest if consented else None,
            presentation=presentation,
        )
        refusals = refusal_codes(verdict.error)
        return issue_receipt(occasion, verdict.checks, refusals, identity=self._office.identity)

    def _sealed(self, request: PresentationRequest, verdict: Verdict) -> dict[str, bytes]:
        claims = HeldClaims.of(verdict.credentials).to_bytes()
        agreement = Agreement.of(verdict.credentials, verdict.consented).to_bytes()
        seal = self._office.seal
        return {
            "claims": seal(claims, kind=CLAIMS, request_id=request.id),
            "agreement": seal(agreement, kind=AGREEMENT, request_id=request.id),
        }

    def _key(self, request: PresentationRequest) -> AgreementKey | None:
        if not request.encrypted or request.response_key is None:
            return None
        secret = self._office.open_sealed(
            request.response_key, kind=RESPONSE_KEY, request_id=request.id
        )
        return AgreementKey(secret)


def _replayed(request: PresentationRequest, answer: Answer, form: str) -> Reply:
    error = ReplayError("this request has been answered")
    # Whoever sends the very same form lost our first reply, and may have the receipt again.
    receipt = answer.receipt if answer.form == form else None
    return Reply(request_id=request.id, receipt=receipt, error=error)


def _digest(fields: Mapping[str, str]) -> str:
    content = strict_json.render(dict(sorted(fields.items())))
    return base64url_encode(sha256(content.encode("utf-8", "surrogatepass")).digest())
