"""A verifier with everything around it in memory: a log, a clinic, a patient, and attacks."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from consent_contracts import grant_credential, withdrawal
from consent_contracts.access import AccessLevel
from consent_contracts.grant import Grant, ScopeItem
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.request import GRANT_QUERY, ConsentRequest
from consent_contracts.withdrawal import WithdrawalNotice
from registry.model import entry
from registry.model.dropped_log import DROPPED
from registry.model.envelope import Entry
from registry.model.evidence import LogEvidence
from ssi_core.adapters.clock import FixedClock
from ssi_core.claim_path import ClaimPath
from ssi_core.credential import sd_jwt_vc
from ssi_core.did import key as did_key
from ssi_core.did import webvh
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.errors import GoneError, NotFoundError, SsiError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Ed25519Signer, P256Signer, thumbprint
from ssi_core.period import Period
from ssi_core.presentation.binding import transaction_claims
from ssi_core.proof import sd_jwt as sd_jwts
from ssi_core.proof.sd_jwt import Sd, SdJwt
from ssi_core.protocol.openid4vp import AuthorizationRequest, AuthorizationResponse, ResponseMode
from ssi_core.status import token as status_token
from ssi_core.status.token import StatusList, StatusReference
from ssi_core.strict_json import as_object
from ssi_core.verification import DidNeed, Evidence, Need, StatusNeed
from tests.support.registry import (
    AT,
    DIAGNOSIS,
    ORIGIN,
    POLICY,
    YEAR,
    Organisation,
    SmallLog,
    organisation,
)
from tests.support.registry import grant as another_grant
from verifier.adapters.memory import MemoryStore
from verifier.adapters.policy_files import BUNDLED, load_policies
from verifier.app import Verifier, assemble
from verifier.office import Office, TrustedLog
from verifier.policy import Policy
from verifier.ports import Store
from verifier.request import PresentationRequest
from verifier.service.requests import Overrides
from verifier.service.responses import Reply

NOW: Final = AT + timedelta(hours=1)
STATUS_URI: Final = "https://clinic.example/status-lists/1"
PLANTED: Final = "Plantedvalue"
ASKED: Final[tuple[ClaimPath, ...]] = (("code",), ("clinical_status",), ("recorded",))
CLAIMS: Final[dict[str, Any]] = {
    "given_name": Sd("Ada"),
    "family_name": Sd(PLANTED),
    "gender": Sd("female"),
    "code": Sd({"system": Sd("http://snomed.info/sct"), "code": Sd("44054006")}),
    "clinical_status": Sd("active"),
    "onset": Sd("2019-05-02"),
    "recorded": Sd("2019-05-03"),
    "encounter": Sd({"class": Sd("AMB"), "type": Sd("check-up")}),
}


@dataclass(frozen=True)
class Insurer:
    """The organisation whose verifier is tested."""

    did: Did
    assertion_signer: P256Signer

    @property
    def assertion_key_id(self) -> str:
        return f"{self.did}#assertion"


class KnownEvidence:
    """DID documents and status lists that stand in for the network."""

    def __init__(self) -> None:
        self.documents: dict[Did, DidDocument | SsiError] = {}
        self.lists: dict[str, str | SsiError] = {}

    def gather(self, needs: Collection[Need]) -> Evidence:
        dids: dict[Did, DidDocument | SsiError] = {}
        lists: dict[str, str | SsiError] = {}
        for need in needs:
            match need:
                case DidNeed(did) if did.method == "key":
                    dids[did] = _resolve(did)
                case DidNeed(did):
                    dids[did] = self.documents.get(did, NotFoundError("unknown"))
                case StatusNeed(uri):
                    lists[uri] = self.lists.get(uri, UnavailableError("no answer"))
                case _:
                    continue
        return Evidence(dids=dids, status_lists=lists)


def _resolve(did: Did) -> DidDocument | SsiError:
    try:
        return did_key.resolve(did)
    except SsiError as error:
        return error


class KnownLog:
    """A log in the hand. It can be out of reach, and its checkpoints can be old."""

    def __init__(self, clock: FixedClock) -> None:
        self.small = SmallLog()
        self.reachable = True
        self.dropped = False
        self.redacted: set[int] = set()
        self.age = timedelta(0)
        self._clock = clock

    def grant(self, grant_id: str) -> LogEvidence:
        return self._about(lambda raw: entry.entry_id(raw) == grant_id)

    def accreditation(
        self,
        subject: Did,  # noqa: ARG002 - all accreditations are given, as a lazy registry might
        role: str,  # noqa: ARG002
        type: str,  # noqa: A002, ARG002 - the port's word
        *,
        roots: Collection[Did] = (),
    ) -> LogEvidence:
        assert roots
        return self._about(lambda raw: b'"t":"accredit.' in raw or b'"t":"did.op"' in raw)

    def one_accreditation(self, accreditation_id: str) -> LogEvidence:
        assert accreditation_id
        return self._about(lambda raw: b'"t":"accredit.' in raw or b'"t":"did.op"' in raw)

    def did_log(self, did: Did) -> Sequence[JsonObject]:
        self._reach()
        ops = [Entry.parse(raw) for raw in self.small.entries if b'"t":"did.op"' in raw]
        lines = [as_object(op.members["line"], at="/line") for op in ops]
        return [line for line in lines if as_object(line["state"], at="/state")["id"] == str(did)]

    def did_witness(self, did: Did) -> JsonValue:
        self._reach()
        assert did.method == "webvh"
        return []

    def status_list(self, uri: str, issuer: Did | None = None) -> LogEvidence:
        assert issuer is not None
        return self._about(
            lambda raw: uri.encode() in raw or (str(issuer).encode() in raw and b"did.op" in raw)
        )

    def _about(self, wanted: Callable[[bytes], bool]) -> LogEvidence:
        self._reach()
        at = self._clock.now() - self.age
        shown = [i for i in range(len(self.small.entries)) if i not in self.redacted]
        found = [i for i in shown if wanted(self.small.entries[i])]
        if not found:
            return LogEvidence((), self.small.checkpoint(at=at))
        return self.small.evidence(*found, at=at)

    def _reach(self) -> None:
        if not self.reachable:
            raise UnavailableError("no answer")
        if self.dropped:
            raise GoneError(DROPPED)


@dataclass
class World:
    """Everything around one verifier, to be turned against it."""

    store: Store = field(default_factory=MemoryStore)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    root: Organisation = field(default_factory=lambda: organisation("authority"))
    clinic: Organisation = field(default_factory=lambda: organisation("clinic"))
    holder: P256Signer = field(default_factory=P256Signer.generate)
    secret: GrantSecret = field(default_factory=GrantSecret.generate)
    policies: dict[str, Policy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.evidence = KnownEvidence()
        self.log = KnownLog(self.clock)
        right = self.root.accredits(self.root.did, role="accredit")
        self.accreditation = self.clinic_accreditation(right)
        self.log.small.entries += [self.root.op, self.clinic.op, right, self.accreditation]
        self.evidence.documents[self.clinic.did] = webvh.replay([self.clinic.line]).document
        self.publish({})
        self.insurer = Insurer(Did("web", "insurer.example"), P256Signer.generate())
        self.office = Office(
            identity=self.insurer,
            name="Harbour Insurance",
            public_url="https://insurer.example",
            policies={**load_policies(BUNDLED, roots=[self.root.did]), **self.policies},
            log=TrustedLog(
                origin=ORIGIN, log_vkey=POLICY.log_vkey, witness_vkeys=POLICY.witness_vkeys
            ),
            key=bytes(32),
        )
        self.forget_evidence()

    def forget_evidence(self) -> None:
        """Begin the verifier again, with what it stored and nothing that it kept of the log."""
        self.verifier: Verifier = assemble(
            self.office, store=self.store, source=self.evidence, log=self.log, clock=self.clock
        )

    def clinic_accreditation(self, parent: bytes, **changes: Any) -> bytes:
        """The clinic's right to issue diagnoses."""
        return self.root.accredits(self.clinic.did, parent=parent, **changes)

    def publish(self, statuses: Mapping[int, int], *, at: datetime | None = None) -> None:
        """Let the clinic publish its status list."""
        issued_at = at or self.clock.now()
        self.evidence.lists[STATUS_URI] = status_token.issue_token(
            StatusList.new(16, bits=2).with_status(statuses),
            uri=STATUS_URI,
            issuer=str(self.clinic.did),
            signer=self.clinic.key,
            key_id=self.clinic.key_id,
            issued_at=issued_at,
            expires_at=issued_at + timedelta(days=1),
            ttl=timedelta(minutes=5),
        )

    def ask(self, policy: str = "insurer-diagnosis", **overrides: Any) -> PresentationRequest:
        """Make a request."""
        return self.verifier.requests.create(policy, Overrides(**overrides))

    def credential(self, **changes: Any) -> SdJwt:
        """A diagnosis from the clinic, bound to the holder's key."""
        members: dict[str, Any] = {
            "vct": DIAGNOSIS,
            "issuer": str(self.clinic.did),
            "key_id": self.clinic.key_id,
            "signer": self.clinic.key,
            "claims": CLAIMS,
            "holder_key": self.holder.public_key.jwk,
            "issued_at": AT,
            "valid": Period(AT, AT + YEAR),
            "status": StatusReference(STATUS_URI, 7),
        }
        return sd_jwt_vc.issue(**(members | changes))

    def present(self, request: AuthorizationRequest, **changes: Any) -> str:
        """A presentation of the asked claims, with key binding for this request."""
        credential = changes.pop("credential", None) or self.credential()
        kept = sd_jwts.derive(credential, changes.pop("claims", ASKED))
        members: dict[str, Any] = {
            "signer": self.holder,
            "audience": request.audience,
            "nonce": request.nonce,
            "at": self.clock.now(),
        }
        return str(sd_jwts.bind(kept, **(members | changes)))

    def grant_terms(
        self, request: AuthorizationRequest, claims: Sequence[ClaimPath] = ASKED, **changes: Any
    ) -> Grant:
        """The grant that gives what was asked."""
        asked = ConsentRequest.parse(request.transaction_data[0])
        scope = ScopeItem(vct=DIAGNOSIS, claims=frozenset(claims), access=AccessLevel.FULL)
        keys = {thumbprint(self.holder.public_key.jwk)}
        return replace(asked.grant(holder_keys=keys, scope=(scope,)), **changes)

    def record(
        self,
        grant: Grant,
        *,
        secret: GrantSecret | None = None,
        committed: Grant | None = None,
        logged: bool = True,
    ) -> Grant:
        """Put the grant into the log, and return it with its id."""
        secret = secret or self.secret
        start, end = (committed or grant).period.start, (committed or grant).period.end
        assert start is not None
        assert end is not None
        raw = entry.consent_grant(
            log=ORIGIN,
            signer=secret.signer,
            next_key_hash=secret.next_key_hash,
            commitments=grant_credential.commitments(
                grant_credential.disclosures(committed or grant, secret)
            ),
            not_before=start,
            expires=end,
            max_staleness=grant.max_staleness,
            at=self.clock.now(),
        )
        if logged:
            self.log.small.entries.append(raw)
        return replace(grant, id=entry.entry_id(raw))

    def sign(self, grant: Grant, request: AuthorizationRequest, **changes: Any) -> str:
        """The grant as a credential, with key binding and the request's transaction data."""
        holder: P256Signer = changes.pop("holder", self.holder)
        secret: GrantSecret = changes.pop("secret", self.secret)
        issued = grant_credential.issue(
            grant, secret, holder_jwk=holder.public_key.jwk, at=self.clock.now()
        )
        members: dict[str, Any] = {
            "signer": holder,
            "audience": request.audience,
            "nonce": request.nonce,
            "at": self.clock.now(),
            "extra": transaction_claims(request.transaction_data),
        }
        return str(sd_jwts.bind(issued, **(members | changes)))

    def withdraw(self, grant: Grant) -> None:
        """End a grant in the log."""
        assert grant.id is not None
        raw = entry.consent_revoke(
            log=ORIGIN, grant_id=grant.id, signer=self.secret.signer, at=self.clock.now()
        )
        self.log.small.entries.append(raw)

    def redact(self, grant: Grant) -> None:
        """Have the log drop the bytes of a grant that is over."""
        entries = self.log.small.entries
        (place,) = [
            i
            for i, raw in enumerate(entries)
            if b'"t":"consent.grant"' in raw and entry.entry_id(raw) == grant.id
        ]
        entries.append(
            entry.consent_redact(
                log=ORIGIN,
                grant_id=grant.id or "",
                index=place,
                signer=self.secret.signer,
                at=self.clock.now(),
                superseded=None,
            )
        )
        self.log.redacted.add(place)

    def suspend(self, grant: Grant) -> bytes:
        """Suspend a grant in the log, and return the entry that says so."""
        raw = entry.consent_suspend(
            log=ORIGIN, grant_id=grant.id or "", signer=self.secret.signer, at=self.clock.now()
        )
        self.log.small.entries.append(raw)
        return raw

    def resume(self, suspension: bytes) -> None:
        """Let a grant count again."""
        raw = entry.consent_resume(
            suspension=suspension, signer=self.secret.signer, at=self.clock.now()
        )
        self.log.small.entries.append(raw)

    def supersede(self, grant: Grant) -> None:
        """Put another grant, which commits to nothing, in the place of a grant."""
        raw = entry.consent_supersede(
            grant_id=grant.id or "",
            new=another_grant("another").raw,
            signer=self.secret.signer,
            at=self.clock.now(),
        )
        self.log.small.entries.append(raw)

    def notice(self, grant: Grant, *, signer: Ed25519Signer | None = None, **changes: Any) -> str:
        """Tell the insurer that a grant was withdrawn."""
        members: dict[str, Any] = {
            "grant_id": grant.id,
            "log": ORIGIN,
            "entry": len(self.log.small.entries) - 1,
            "issued_at": self.clock.now().replace(microsecond=0),
            "audience": self.insurer.did,
        }
        return withdrawal.notify(
            WithdrawalNotice(**(members | changes)), signer=signer or self.secret.signer
        )

    def answer(
        self,
        asked: PresentationRequest,
        *,
        presented: str | None = None,
        grant: Grant | None = None,
        signed: str | None = None,
    ) -> Mapping[str, str]:
        """The form that the patient's wallet posts, with any part of it replaced."""
        request = asked.parameters
        token = {"diagnosis": (presented or self.present(request),)}
        if request.transaction_data:
            given = grant or self.record(self.grant_terms(request))
            token[GRANT_QUERY] = (signed or self.sign(given, request),)
        return self.form(request, token)

    def form(
        self, request: AuthorizationRequest, token: Mapping[str, tuple[str, ...]]
    ) -> Mapping[str, str]:
        """The form for these presentations."""
        response = AuthorizationResponse(vp_token=token, state=request.state)
        if request.response_mode is ResponseMode.DIRECT_POST:
            return response.to_form()
        assert request.client_metadata is not None
        return response.to_encrypted_form(request.client_metadata, nonce=request.nonce)

    def post(self, asked: PresentationRequest, form: Mapping[str, str]) -> Reply:
        """Send the form to the response URI."""
        return self.verifier.responses.receive(asked.response_id, form)

    def shared(self, **overrides: Any) -> tuple[PresentationRequest, Grant]:
        """An answer that was accepted, and its grant."""
        asked = self.ask(**overrides)
        grant = self.record(self.grant_terms(asked.parameters))
        reply = self.post(asked, self.answer(asked, grant=grant))
        assert reply.error is None, reply.error
        return asked, grant

    def outcome(self, asked: PresentationRequest) -> JsonObject:
        """Every check of the answer that failed or was undetermined: name to reason."""
        found = self.verifier.results.result(asked.id).checks
        return {
            f"{check.credential or 'answer'}.{check.name}": check.reason
            for check in found
            if check.reason is not None
        }
