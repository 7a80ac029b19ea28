"""An OpenID4VP verifier in memory that asks for diagnoses under consent, and signs receipts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, final
from urllib.parse import parse_qsl, urlsplit

from consent_contracts import grant_credential, receipt, withdrawal
from consent_contracts.access import AccessLevel
from consent_contracts.grant import Grant, Limits, Obligation
from consent_contracts.purpose import Purpose
from consent_contracts.receipt import Check, Outcome, Receipt, ReceiptEvent
from consent_contracts.request import ConsentRequest
from consent_contracts.terms import NoticeText
from consent_contracts.withdrawal import Acknowledgement
from ssi_core import jws, strict_json
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.http import HttpAnswer
from ssi_core.adapters.problem_details import MEDIA_TYPE, problem
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_encode
from ssi_core.errors import SsiError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.jwe import AgreementKey
from ssi_core.keys import P256Signer
from ssi_core.period import Period, to_timestamp
from ssi_core.protocol.openid4vp import (
    AuthorizationRequest,
    AuthorizationResponse,
    ClientId,
    ClientIdPrefix,
    ClientMetadata,
    ErrorResponse,
    RequestByReference,
    RequestUriMethod,
    ResponseMode,
    new_nonce,
    parse_response,
    sign_request_object,
)
from ssi_core.verification import Expected, VerificationPolicy, verify
from tests.support.simulated_http import Sent, json_answer, no_answer
from tests.support.simulated_issuer import DIAGNOSIS_VCT, SimulatedEvidence
from wallet.presentation import presentation_digest

VERIFIER: Final = "https://insurer.example"
QUERY: Final[JsonObject] = {
    "id": "diagnosis",
    "format": "dc+sd-jwt",
    "meta": {"vct_values": [DIAGNOSIS_VCT]},
    "claims": [{"path": ["code"]}, {"path": ["onset"]}],
}
GRANT_QUERY: Final[JsonObject] = {
    "id": "consent_grant",
    "format": "dc+sd-jwt",
    "meta": {"vct_values": [grant_credential.VCT]},
}


@final
class SimulatedVerifier:
    """Asks one question at a time. What it does wrong are attributes that tests set."""

    def __init__(
        self, clock: FixedClock, evidence: SimulatedEvidence, *, log: str, url: str = VERIFIER
    ) -> None:
        self.clock = clock
        self.log = log
        self.signer = P256Signer.generate()
        self.url = url
        self.did = Did("web", url.removeprefix("https://"))
        self.key_id = f"{self.did}#assertion"
        self.encryption = AgreementKey.generate()
        self.answers: list[Mapping[str, tuple[str, ...]]] = []
        self.refusals: list[ErrorResponse] = []
        self.notices: list[str] = []
        self.grants: list[Grant] = []
        self.form: bytes | None = None
        self.refuses: SsiError | None = None
        self.replayed_with: str | None = None
        self.last_receipt: str | None = None
        self.alter_request: Callable[[dict[str, Any]], None] = lambda _claims: None
        self.alter_receipt: Callable[[Receipt], Receipt] = lambda receipt: receipt
        self.receipt_signer = self.signer
        self.request: AuthorizationRequest | None = None
        self._evidence = evidence

    def ask(
        self,
        *,
        consent: ConsentRequest | None = None,
        plain: bool = False,
        queries: tuple[JsonObject, ...] = (QUERY,),
        mode: ResponseMode = ResponseMode.DIRECT_POST,
        method: RequestUriMethod = RequestUriMethod.GET,
        transaction_data: tuple[str, ...] | None = None,
        sets: JsonValue = None,
    ) -> str:
        """Make a request and return the link to it."""
        texts = () if plain else ((consent or self.consent_request()).text,)
        credentials = list(queries) if plain else [*queries, GRANT_QUERY]
        query: dict[str, JsonValue] = {"credentials": credentials}
        if sets is not None:
            query["credential_sets"] = sets
        self.request = AuthorizationRequest(
            client_id=ClientId(ClientIdPrefix.DECENTRALIZED_IDENTIFIER, str(self.did)),
            nonce=new_nonce(),
            state=new_nonce(),
            response_mode=mode,
            response_uri=f"{self.url}/responses/1",
            dcql_query=query,
            client_metadata=ClientMetadata(vp_formats_supported={}, keys=(self.encryption.jwk,)),
            transaction_data=texts if transaction_data is None else transaction_data,
        )
        return RequestByReference(
            client_id=self.request.client_id,
            request_uri=f"{self.url}/requests/1",
            method=method,
        ).render()

    def document(self) -> DidDocument:
        """Return the DID document, which says at which address it speaks."""
        method: JsonObject = {
            "id": self.key_id,
            "type": "JsonWebKey",
            "controller": str(self.did),
            "publicKeyJwk": self.signer.public_key.jwk,
        }
        return DidDocument.parse(
            {
                "id": str(self.did),
                "verificationMethod": [method],
                "assertionMethod": [self.key_id],
                "service": [{"id": "#v", "type": "Verifier", "serviceEndpoint": self.url}],
            }
        )

    def consent_request(self, **changes: Any) -> ConsentRequest:
        """Return what is asked for: payment, for 30 days from now."""
        start = self.clock.now()
        members: dict[str, Any] = {
            "recipient": self.did,
            "recipient_name": "Northfield Insurance",
            "purposes": frozenset({Purpose.HPAYMT, Purpose.COVERAGE}),
            "period": Period(start, start + timedelta(days=30)),
            "max_staleness": timedelta(hours=1),
            "access": AccessLevel.FULL,
            "limits": Limits(),
            "obligations": frozenset({Obligation.ERASE_ON_WITHDRAWAL}),
            "notice": NoticeText("en", "We check whether we pay."),
            "if_refused": "You pay the bill yourself.",
            "withdrawal_uri": f"{self.url}/withdrawals",
            "log": self.log,
        }
        return ConsentRequest(**(members | changes))

    def serve(self, sent: Sent) -> HttpAnswer:
        form = "json" not in sent.content_type
        fields = dict(parse_qsl(sent.body.decode())) if form else {}
        match urlsplit(sent.url).path:
            case "/requests/1":
                text = self._object(fields.get("wallet_nonce"))
                return HttpAnswer(status=200, headers={}, body=text.encode())
            case "/responses/1":
                return self._receive(sent, fields)
            case "/withdrawals":
                notice = strict_json.parse_object(sent.body)["notice"]
                return self._withdrawn(strict_json.as_text(notice, at="/notice"))
            case _:
                return no_answer(404)

    def _object(self, wallet_nonce: str | None) -> str:
        if self.request is None:
            raise AssertionError("ask first")
        at = to_timestamp(self.clock.now())
        signed = sign_request_object(
            replace(self.request, wallet_nonce=wallet_nonce),
            signer=self.signer,
            at=at,
            lifetime=600,
            key_id=self.key_id,
        )
        claims = strict_json.parse_object(_payload(signed))
        altered = dict(claims)
        self.alter_request(altered)
        return signed if altered == claims else _resigned(self, altered)

    def _receive(self, sent: Sent, fields: dict[str, str]) -> HttpAnswer:
        if self.request is None:
            raise AssertionError("ask first")
        if self.form is not None:
            return self._replayed(sent.body)
        self.form = sent.body
        encrypted = self.request.response_mode is ResponseMode.DIRECT_POST_JWT
        response = parse_response(fields, key=self.encryption if encrypted else None)
        if isinstance(response, ErrorResponse):
            self.refusals.append(response)
            return json_answer({})
        self.answers.append(response.vp_token)
        if self.refuses is not None:
            return self._refuse(self.refuses, response)
        self._verify(response)
        return json_answer(self._receipt(response, refusals=()))

    def _replayed(self, body: bytes) -> HttpAnswer:
        receipt = self.last_receipt if body == self.form else None
        return _problem("replay_rejected", 403, {} if receipt is None else {"receipt": receipt})

    def _refuse(self, error: SsiError, response: AuthorizationResponse) -> HttpAnswer:
        body = problem(error)
        receipt = self._receipt(response, refusals=(error.code,))
        content = strict_json.render({**body, **receipt}).encode()  # type: ignore[dict-item]
        return HttpAnswer(status=403, headers={"content-type": MEDIA_TYPE}, body=content)

    def _verify(self, response: AuthorizationResponse) -> None:
        request = self.request
        if request is None:
            raise AssertionError("ask first")
        for name, (presented,) in response.vp_token.items():
            grant = name == "consent_grant"
            vct = grant_credential.VCT if grant else DIAGNOSIS_VCT
            verified = verify(
                presented,
                evidence=self._evidence.for_presentation(presented),
                policy=VerificationPolicy(
                    algorithms=frozenset({"ES256", "EdDSA"}),
                    vcts=frozenset({vct}),
                    require_status=False,
                ),
                expected=Expected(
                    audience=request.audience,
                    nonce=request.nonce,
                    transaction_data=request.transaction_data if grant else (),
                ),
                at=self.clock.now(),
            )
            if grant:
                self.grants.append(
                    grant_credential.read(verified, tuple(verified.disclosures.values()))
                )

    def _receipt(
        self, response: AuthorizationResponse, *, refusals: tuple[str, ...]
    ) -> dict[str, JsonValue]:
        if self.request is None or not self.request.transaction_data:
            return {}
        asked = ConsentRequest.parse(self.request.transaction_data[0])
        made = Receipt(
            recipient=self.did,
            issued_at=self.clock.now().replace(microsecond=0),
            id=new_nonce(),
            event=ReceiptEvent.GIVEN,
            log=self.log,
            request_digest=asked.digest,
            purposes=asked.purposes,
            checks=(Check("all", Outcome.FAILED if refusals else Outcome.PASSED),),
            refusals=refusals,
            grant_id=None if refusals else self.grants[-1].id,
            scope_digest=None if refusals else base64url_encode(bytes(32)),
            presentation_digest=presentation_digest(response),
        )
        altered = self.alter_receipt(made)
        self.last_receipt = receipt.issue(altered, signer=self.receipt_signer, key_id=self.key_id)
        return {"receipt": self.last_receipt}

    def _withdrawn(self, notice: str) -> HttpAnswer:
        self.notices.append(notice)
        at = self.clock.now().replace(microsecond=0)
        said = Acknowledgement(
            recipient=self.did,
            grant_id=withdrawal.unverified_grant_id(notice),
            notice_digest=withdrawal.notice_digest(notice),
            received_at=at,
            effective_at=at,
            erased=True,
        )
        text = withdrawal.acknowledge(said, signer=self.receipt_signer, key_id=self.key_id)
        return json_answer({"acknowledgement": text})


def _payload(text: str) -> bytes:
    return jws.parse(text).payload


def _resigned(verifier: SimulatedVerifier, claims: JsonObject) -> str:
    header = {"typ": "oauth-authz-req+jwt", "kid": verifier.key_id}
    return jws.sign(header, claims, signer=verifier.signer)


def _problem(code: str, status: int, more: JsonObject) -> HttpAnswer:
    body: JsonObject = {
        "type": f"urn:consentry:problem:{code}",
        "title": "this request has been answered",
        "status": status,
        **more,
    }
    content = strict_json.render(body).encode()
    return HttpAnswer(status=status, headers={"content-type": MEDIA_TYPE}, body=content)
