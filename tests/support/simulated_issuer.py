"""An OpenID4VCI issuer in memory that follows the specification, unless a test makes it lie."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, final
from urllib.parse import parse_qsl, urlsplit

from ssi_core import strict_json
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.http import HttpAnswer
from ssi_core.credential import sd_jwt_vc
from ssi_core.did import key as did_key
from ssi_core.errors import SsiError, StatusUndeterminedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import P256Signer
from ssi_core.period import Period
from ssi_core.proof.sd_jwt import Sd, SdValue
from ssi_core.protocol import openid4vci
from ssi_core.protocol.openid4vci import (
    CredentialOffer,
    CredentialRequest,
    PreAuthorizedCodeGrant,
    TokenRequest,
    TxCode,
)
from ssi_core.status import token as status_token
from ssi_core.status.token import Status, StatusList, StatusReference
from ssi_core.verification import DidNeed, Evidence, Need, StatusNeed, needs
from tests.simulator.certificates import Certified
from tests.support.simulated_http import Sent, json_answer, no_answer

ISSUER: Final = "https://clinic.example"
DIAGNOSIS_VCT: Final = "urn:consentry:diagnosis:1"
STATUS_URI: Final = f"{ISSUER}/status-lists/1"
CLAIMS: Final[JsonObject] = {
    "given_name": "Ana",
    "family_name": "Roe",
    "birth_date": "1971-02-03",
    "code": {"system": "http://snomed.info/sct", "code": "73211009", "display": "Diabetes"},
    "onset": "2019-05-06",
}


@final
class SimulatedIssuer:
    """Offers diagnoses. Its state and what it does wrong are attributes that tests set."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.signer = P256Signer.generate()
        self.did = did_key.did_for(self.signer.public_key)
        self.codes: dict[str, str | None] = {}
        self.tokens: set[str] = set()
        self.nonces: set[str] = set()
        self.notified: list[tuple[str, str]] = []
        self.bound: list[JsonObject] = []
        self.batch_size: int | None = 3
        self.vct = DIAGNOSIS_VCT
        self.issued_vct: str | None = None
        self.issued_at: datetime | None = None
        self.configuration = "diagnosis"
        self.also_offered: tuple[str, ...] = ()
        self.other_configurations: JsonObject = {}
        self.claims: JsonObject = CLAIMS
        self.certified: Certified | None = None
        self.status: StatusReference | None = None
        self.statuses = StatusList.new(8, bits=2)
        self.algorithms: Sequence[str] = ("ES256",)
        self.offered: JsonObject = {}
        self.holder_key: Callable[[JsonObject], JsonObject] = lambda jwk: jwk
        self.alter: Callable[[str], str] = lambda text: text
        self.lie_about: Callable[[int, JsonObject], JsonObject] = lambda _index, claims: claims
        self.expires_in = timedelta(days=365)

    def offer(self, code: str = "c0de", *, tx_code: str | None = None) -> str:
        self.codes[code] = tx_code
        grant = PreAuthorizedCodeGrant(
            pre_authorized_code=code,
            tx_code=None if tx_code is None else TxCode(length=len(tx_code)),
        )
        offer = CredentialOffer(
            credential_issuer=ISSUER,
            credential_configuration_ids=(self.configuration, *self.also_offered),
            pre_authorized_code_grant=grant,
        )
        self.offered = offer.render()
        return offer.uri()

    def serve(self, request: Sent) -> HttpAnswer:
        routes: dict[str, Callable[[Sent], HttpAnswer]] = {
            "GET /.well-known/openid-credential-issuer": lambda _: json_answer(self.metadata()),
            "GET /.well-known/oauth-authorization-server": lambda _: json_answer(
                {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"}
            ),
            "GET /offer": lambda _: json_answer(self.offered),
            "POST /token": self._token,
            "POST /nonce": self._nonce,
            "POST /credential": self._credential,
            "POST /notification": self._notification,
        }
        route = routes.get(f"{request.method} {urlsplit(request.url).path}")
        return no_answer(404) if route is None else route(request)

    def metadata(self) -> JsonObject:
        batch = {"batch_credential_issuance": {"batch_size": self.batch_size}}
        return {
            "credential_issuer": ISSUER,
            "credential_endpoint": f"{ISSUER}/credential",
            "nonce_endpoint": f"{ISSUER}/nonce",
            "notification_endpoint": f"{ISSUER}/notification",
            "display": [{"name": "Clinic", "locale": "en"}],
            **(batch if self.batch_size else {}),
            "credential_configurations_supported": {
                **self.other_configurations,
                self.configuration: {
                    "format": "dc+sd-jwt",
                    "vct": self.vct,
                    "cryptographic_binding_methods_supported": ["jwk"],
                    "proof_types_supported": {
                        "jwt": {"proof_signing_alg_values_supported": list(self.algorithms)}
                    },
                    "credential_metadata": {
                        "display": [{"name": "Diagnose", "locale": "de"}, {"name": "Diagnosis"}],
                        "claims": [
                            {"path": ["given_name"], "display": [{"name": "Given name"}]},
                            {"path": ["code"], "display": [{"name": "Code"}]},
                            {"path": ["onset"], "display": [{"name": "Since", "locale": "en"}]},
                        ],
                    },
                },
            },
        }

    def status_list(self) -> str:
        return status_token.issue_token(
            self.statuses,
            uri=STATUS_URI,
            issuer=str(self.did),
            signer=self.signer,
            key_id=did_key.method_id(self.did),
            issued_at=self.clock.now(),
            expires_at=None,
            ttl=None,
        )

    def set_status(self, status: Status) -> None:
        self.status = StatusReference(STATUS_URI, 3)
        self.statuses = self.statuses.with_status({3: status})

    def copy_for(self, jwk: JsonObject, index: int = 0) -> str:
        at = self.issued_at or self.clock.now()
        claims = self.lie_about(index, self.claims)
        marked = {name: Sd(_inside(value)) for name, value in claims.items()}
        issued = sd_jwt_vc.issue(
            vct=self.issued_vct or self.vct,
            issuer=str(self.did) if self.certified is None else ISSUER,
            key_id=did_key.method_id(self.did) if self.certified is None else None,
            signer=self.signer if self.certified is None else self.certified.signer,
            claims=marked,
            holder_key=self.holder_key(jwk),
            issued_at=at,
            valid=Period(at, at + self.expires_in),
            status=self.status,
            header=None if self.certified is None else {"x5c": self.certified.x5c},
        )
        return self.alter(str(issued))

    def _nonce(self, _request: Sent) -> HttpAnswer:
        nonce = f"nonce-{len(self.nonces)}"
        self.nonces.add(nonce)
        return json_answer({"c_nonce": nonce})

    def _notification(self, request: Sent) -> HttpAnswer:
        body = strict_json.parse_object(request.body)
        self.notified.append((str(body["notification_id"]), str(body["event"])))
        return no_answer(204)

    def _token(self, request: Sent) -> HttpAnswer:
        asked = TokenRequest.parse(dict(parse_qsl(request.body.decode())))
        expected = self.codes.get(asked.pre_authorized_code, "")
        if asked.pre_authorized_code not in self.codes or asked.tx_code != expected:
            return json_answer({"error": "invalid_grant"}, 400)
        del self.codes[asked.pre_authorized_code]
        token = f"token-{len(self.tokens)}"
        self.tokens.add(token)
        return json_answer({"access_token": token, "token_type": "Bearer"})

    def _credential(self, request: Sent) -> HttpAnswer:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return json_answer({"error": "invalid_token"}, 401)
        asked = CredentialRequest.parse(strict_json.parse_object(request.body))
        try:
            proofs = [self._checked(text, self.clock.now()) for text in asked.proofs]
        except SsiError:
            return json_answer({"error": "invalid_nonce"}, 400)
        self.bound = proofs
        copies = [self.copy_for(jwk, index) for index, jwk in enumerate(proofs)]
        return json_answer(
            {"credentials": [{"credential": text} for text in copies], "notification_id": "n-1"}
        )

    def _checked(self, text: str, at: datetime) -> JsonObject:
        return openid4vci.verify_proof(text, audience=ISSUER, nonces=self.nonces, at=at).jwk


@final
class SimulatedEvidence:
    """Gathers facts from did:key and from one issuer's status list."""

    def __init__(self, issuer: SimulatedIssuer) -> None:
        self._issuer = issuer
        self.status_list_is_down = False

    def for_presentation(self, presented: str) -> Evidence:
        return self.gather(needs(presented))

    def gather(self, wanted: Collection[Need], /) -> Evidence:
        dids = {need.did: did_key.resolve(need.did) for need in wanted if isinstance(need, DidNeed)}
        lists: dict[str, str | SsiError] = {
            need.uri: StatusUndeterminedError("down")
            if self.status_list_is_down
            else self._issuer.status_list()
            for need in wanted
            if isinstance(need, StatusNeed)
        }
        return Evidence(dids=dids, status_lists=lists)


def _inside(value: JsonValue) -> SdValue:
    if isinstance(value, dict):
        return {name: Sd(inner) for name, inner in value.items()}
    return value
