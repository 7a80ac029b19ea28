"""A custodian, a hospital that breaks the glass there, and a log that can be cut off."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, final

from httpx import Response

from consent_contracts import break_glass_request
from consent_contracts.break_glass import Finding
from consent_contracts.break_glass_ending import REVIEW_TYPE, Closing, Review
from consent_contracts.break_glass_notice import NoticesWanted
from consent_contracts.break_glass_request import EmergencyPolicy, EmergencyRequest
from consent_contracts.break_glass_roster import state
from consent_contracts.break_glass_rule import EmergencyReason, EmergencyRule, SecondFactor
from consent_contracts.purpose import Purpose
from consentry.custodian.emergency_log import EdgeEmergencyLog
from registry.client.edge import EvidenceCache, MemoryEvidenceStore, MemoryOutboxStore, Outbox
from registry.client.edge.presence import Presence, Reach
from registry.model.log_evidence import LogPolicy
from ssi_core.adapters.clock import FixedClock
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.errors import UnavailableError
from ssi_core.keys import Ed25519Signer, P256Signer, Signer
from tests.support.consent import AT, HOLDER, make_access_request
from tests.support.custodian import URL, Custody
from tests.support.simulated_registry import SimulatedRegistry

HOSPITAL: Final = Did("web", "hospital.example")
KEY_ID: Final = f"{HOSPITAL}#assertion"
SIGNER: Final = Ed25519Signer(b"hospital".rjust(32, b"\1"))
DOCTOR: Final = Did("web", "hospital.example:physicians:7")
RULE: Final = EmergencyRule(
    jurisdiction="DE",
    absolute_opt_out=True,
    reasons=frozenset({EmergencyReason.EMERGENCY_TREATMENT}),
    notice_within=timedelta(days=3),
    review_within=timedelta(days=30),
    roles=frozenset({"physician"}),
)
REVIEWER: Final = Did("web", "hospital.example:privacy")
DOCTOR_KEY: Final = P256Signer(b"doctor".rjust(32, b"\1"))
REVIEWER_KEY: Final = P256Signer(b"reviewer".rjust(32, b"\1"))
ROSTER: Final[list[dict[str, Any]]] = [
    {
        "actor": str(DOCTOR),
        "organisation": str(HOSPITAL),
        "key": DOCTOR_KEY.public_key.jwk,
        "roles": ["physician"],
        "methods": ["sc", "pin"],
    },
    {
        "actor": str(REVIEWER),
        "organisation": str(HOSPITAL),
        "key": REVIEWER_KEY.public_key.jwk,
        "methods": ["hwk", "fpt"],
        "reviews": True,
    },
]
POLICY: Final = EmergencyPolicy(rule=RULE, organisations=frozenset({HOSPITAL}))


def document(did: Did = HOSPITAL, key_id: str = KEY_ID) -> DidDocument:
    """Return the hospital's DID document."""
    method = {
        "id": key_id,
        "type": "Multikey",
        "controller": str(did),
        "publicKeyMultibase": SIGNER.public_key.multikey,
    }
    return DidDocument.parse(
        {"id": str(did), "verificationMethod": [method], "assertionMethod": [key_id]}
    )


def make_request(**changes: Any) -> EmergencyRequest:
    """Return what the hospital asks for, at AT if it does not say."""
    at = changes.pop("at", AT)
    asked = EmergencyRequest(
        issuer=HOSPITAL,
        audience=URL,
        id="request-1",
        issued_at=at,
        expires_at=at + timedelta(minutes=2),
        request=make_access_request(recipient=HOSPITAL, purpose=Purpose.ETREAT, actor=DOCTOR),
        reason=EmergencyReason.EMERGENCY_TREATMENT,
        role="physician",
        second_factor=SecondFactor(
            actor=DOCTOR,
            methods=frozenset({"hwk", "pin"}),
            verified_at=at - timedelta(seconds=30),
        ),
    )
    return replace(asked, **changes)


def make_closing(**changes: Any) -> Closing:
    """Return that the hospital needs a session no longer, said at AT if it does not say."""
    at = changes.pop("at", AT)
    closing = Closing(
        issuer=HOSPITAL,
        audience=URL,
        issued_at=at,
        expires_at=at + timedelta(minutes=2),
        session="zSession",
    )
    return replace(closing, **changes)


def make_review(**changes: Any) -> Review:
    """Return what the hospital's reviewer found, at AT if it does not say."""
    at = changes.pop("at", AT)
    review = Review(
        issuer=HOSPITAL,
        audience=URL,
        issued_at=at,
        expires_at=at + timedelta(minutes=2),
        session="zSession",
        reviewer=REVIEWER,
        finding=Finding.JUSTIFIED,
        grounds="She was brought in unconscious.",
    )
    return replace(review, **changes)


@final
class Documents:
    """The hospital's document, or nothing while it `is_down`."""

    def __init__(self) -> None:
        self.is_down = False
        self.asked: list[Did] = []
        self._known = {HOSPITAL}

    def resolve(self, did: Did) -> DidDocument:
        self.asked.append(did)
        if self.is_down or did not in self._known:
            raise UnavailableError("the other side could not be reached")
        return document(did, f"{did}#assertion")

    def also(self, did: Did) -> None:
        """Let another organisation have the hospital's key."""
        self._known.add(did)


@final
class Seen:
    """A watch that knows what it was told last."""

    def __init__(self) -> None:
        self.reach = Reach.UNKNOWN

    def heard(self) -> None:
        self.reach = Reach.ONLINE

    def failed(self) -> None:
        self.reach = Reach.OFFLINE

    def presence(self) -> Presence:
        return Presence(reach=self.reach, since=AT)


@final
class EmergencyScene:
    """Everything in memory; the clock stands at AT, if it is not another's."""

    def __init__(
        self,
        policy: EmergencyPolicy | None = POLICY,
        *,
        registry: SimulatedRegistry | None = None,
        clock: FixedClock | None = None,
    ) -> None:
        self.clock = clock or FixedClock(AT)
        self.registry = registry or SimulatedRegistry(self.clock)
        self.documents = Documents()
        self.watch = Seen()
        self.outbox = Outbox(MemoryOutboxStore(), self.clock)
        described = self.registry.log()
        believed = LogPolicy(
            origin=described.origin,
            log_vkey=described.vkey,
            witness_vkeys=described.witnesses,
            max_checkpoint_age=timedelta(minutes=10),
        )
        self.log = EdgeEmergencyLog(
            self.registry,
            believed=lambda: believed,
            outbox=self.outbox,
            kept=EvidenceCache(MemoryEvidenceStore()),
            watch=self.watch,
            clock=self.clock,
        )
        self.custody = Custody(
            log=self.log, policy=policy, resolver=self.documents, clock=self.clock
        )

    def under(self, policy: EmergencyPolicy | None) -> None:
        """Let the custodian start again, over what it has kept, with another policy."""
        self.custody = Custody(
            log=self.log,
            policy=policy,
            resolver=self.documents,
            clock=self.clock,
            store=self.custody.store,
        )

    def cut_off(self) -> None:
        """Let the log be known now, and be away from now on."""
        self.log.look()
        self.registry.is_down = True

    def back(self) -> None:
        """Do what the sentinel does when the log is back."""
        self.registry.is_down = False
        self.watch.heard()
        self.log.send()
        self.custody.custodian.emergencies.settle()

    def ask(self, signer: Signer = SIGNER, key_id: str = KEY_ID, **changes: Any) -> Response:
        """Send a signed request, without a token."""
        request = make_request(**{"at": self.clock.now(), **changes})
        return self._ask(request, signer=signer, key_id=key_id)

    def ask_with(self, by: Signer, **changes: Any) -> Response:
        """Send a request that says nothing of its person, who signs with the key `by`."""
        now = self.clock.now()
        request = make_request(**{"at": now, "second_factor": None, **changes})
        said = state(request.to_json(), typ=break_glass_request.TYPE, signer=by, at=now)
        return self._ask(replace(request, statement=said), signer=SIGNER, key_id=KEY_ID)

    def _ask(self, request: EmergencyRequest, *, signer: Signer, key_id: str) -> Response:
        text = request.sign(signer=signer, key_id=key_id)
        return self.send(text)

    def send(self, text: str) -> Response:
        """Send what a hospital has signed."""
        return self.custody.post("/emergencies", {"request": text}, headers={"Authorization": ""})

    def close(self, session: str, key_id: str = KEY_ID, **changes: Any) -> Response:
        """Say, as the hospital, that a session is over."""
        closing = make_closing(**{"at": self.clock.now(), "session": session, **changes})
        text = closing.sign(signer=SIGNER, key_id=key_id)
        return self._tell("closings", {"closing": text})

    def review(self, session: str, by: Signer | None = None, **changes: Any) -> Response:
        """Say, as the hospital, what another person found, who signs with the key `by`."""
        now = self.clock.now()
        review = make_review(**{"at": now, "session": session, **changes})
        if by is not None:
            said = state(review.to_json(), typ=REVIEW_TYPE, signer=by, at=now)
            review = replace(review, statement=said)
        text = review.sign(signer=SIGNER, key_id=KEY_ID)
        return self._tell("reviews", {"review": text})

    def _tell(self, what: str, body: dict[str, str]) -> Response:
        nobody = {"Authorization": ""}
        return self.custody.post(f"/emergencies/{what}", body, headers=nobody)

    def told(self, signer: Signer = HOLDER, **changes: Any) -> Response:
        """Ask as the holder of the data what was opened."""
        wanted = NoticesWanted(audience=URL, issued_at=self.clock.now())
        text = replace(wanted, **changes).sign(signer)
        return self.custody.post(
            "/emergencies/notices", {"request": text}, headers={"Authorization": ""}
        )

    def entries(self) -> list[bytes]:
        """Return the entries of the log about emergencies."""
        return [raw for raw in self.registry.entries() if b'"access.breakglass"' in raw]
