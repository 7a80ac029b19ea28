"""A custodian, a hospital that breaks the glass there, and a log that can be cut off."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, final

from httpx import Response

from consent_contracts import break_glass_request
from consent_contracts.break_glass_notice import NoticesWanted
from consent_contracts.break_glass_request import EmergencyPolicy, EmergencyRequest
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
from ssi_core.keys import Ed25519Signer, Signer
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


@final
class Documents:
    """The hospital's document, or nothing while it `is_down`."""

    def __init__(self) -> None:
        self.is_down = False
        self.asked: list[Did] = []

    def resolve(self, did: Did) -> DidDocument:
        self.asked.append(did)
        if self.is_down or did != HOSPITAL:
            raise UnavailableError("the other side could not be reached")
        return document()


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
        text = break_glass_request.sign(request, signer=signer, key_id=key_id)
        return self.send(text)

    def send(self, text: str) -> Response:
        """Send what a hospital has signed."""
        return self.custody.post("/emergencies", {"request": text}, headers={"Authorization": ""})

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
