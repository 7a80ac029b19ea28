"""Real processes about an emergency: a hospital, a custodian, a registry that can be cut off."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from consent_contracts import break_glass_request
from consent_contracts.break_glass import Finding
from consent_contracts.break_glass_ending import REVIEW_TYPE, Closing, Review
from consent_contracts.break_glass_request import EmergencyRequest
from consent_contracts.break_glass_roster import state
from consent_contracts.break_glass_rule import EmergencyReason, SecondFactor
from consent_contracts.purpose import Purpose
from registry.client import RegistryClient
from registry.client.organisation import Organisation
from registry.model.envelope import Entry
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.did.syntax import Did
from ssi_core.keys import Signer
from tests.support.consent import make_access_request
from tests.support.custodian_server import WITH_LOG, CustodianServer
from tests.support.emergencies import RULE
from tests.support.registry_server import RegistryServer
from tests.support.severed import SeveredWay

DOCTOR: Final = Did("web", "hospital.example:physicians:Quintolindezxa")
REVIEWER: Final = Did("web", "hospital.example:privacy:Ysmaragdexo")


@dataclass(frozen=True)
class Processes:
    """Everybody; `way` is how the custodian reaches the registry."""

    registry: RegistryClient
    way: SeveredWay
    custodian: CustodianServer
    hospital: Organisation

    def ask(self, name: str, **changes: Any) -> httpx.Response:
        """Send a request that the hospital signs now."""
        return self._send("", {"request": self.signed(name, **changes)})

    def ask_with(self, by: Signer, name: str) -> httpx.Response:
        """Send a request that says nothing of its person, who signs with the key `by`."""
        now = _now()
        request = self._request(name, now, second_factor=None)
        said = state(request.to_json(), typ=break_glass_request.TYPE, signer=by, at=now)
        text = self._sealed(replace(request, statement=said))
        return self._send("", {"request": text})

    def close(self, session: str) -> httpx.Response:
        """Say, as the hospital, that a session is over."""
        now = _now()
        closing = Closing(
            issuer=self.hospital.did,
            audience=self.custodian.url,
            issued_at=now,
            expires_at=now + timedelta(minutes=2),
            session=session,
        )
        hospital = self.hospital
        text = closing.sign(signer=hospital.assertion_signer, key_id=hospital.assertion_key_id)
        return self._send("/closings", {"closing": text})

    def review(self, session: str, grounds: str, by: Signer | None = None) -> httpx.Response:
        """Say, as the hospital, that its reviewer found a session not justified."""
        now = _now()
        review = Review(
            issuer=self.hospital.did,
            audience=self.custodian.url,
            issued_at=now,
            expires_at=now + timedelta(minutes=2),
            session=session,
            reviewer=REVIEWER,
            finding=Finding.NOT_JUSTIFIED,
            grounds=grounds,
        )
        if by is not None:
            said = state(review.to_json(), typ=REVIEW_TYPE, signer=by, at=now)
            review = replace(review, statement=said)
        hospital = self.hospital
        text = review.sign(signer=hospital.assertion_signer, key_id=hospital.assertion_key_id)
        return self._send("/reviews", {"review": text})

    def _send(self, path: str, body: dict[str, str]) -> httpx.Response:
        return httpx.post(f"{self.custodian.url}/emergencies{path}", json=body, timeout=30)

    def signed(self, name: str, **changes: Any) -> str:
        """Return a request as the hospital signs it."""
        return self._sealed(self._request(name, _now(), **changes))

    def _sealed(self, request: EmergencyRequest) -> str:
        return request.sign(
            signer=self.hospital.assertion_signer,
            key_id=self.hospital.assertion_key_id,
        )

    def _request(self, name: str, now: datetime, **changes: Any) -> EmergencyRequest:
        request = EmergencyRequest(
            issuer=self.hospital.did,
            audience=self.custodian.url,
            id=name,
            issued_at=now,
            expires_at=now + timedelta(minutes=2),
            request=make_access_request(
                recipient=self.hospital.did, purpose=Purpose.ETREAT, actor=DOCTOR
            ),
            reason=EmergencyReason.EMERGENCY_TREATMENT,
            role="physician",
            second_factor=SecondFactor(
                actor=DOCTOR, methods=frozenset({"hwk", "pin"}), verified_at=now
            ),
        )
        return replace(request, **changes)

    def told(self) -> list[str]:
        """Return the ids of the emergencies that the log has, in its order."""
        entries = [Entry.parse(raw) for raw in self.registry.entries(0)]
        return [str(each.members["id"]) for each in entries if each.type == "access.breakglass"]

    def kept(self, session: str) -> dict[str, Any]:
        """Return what the custodian's own people see of a session."""
        answer = self.custodian.get(f"/consent/emergencies/{session}")
        body: dict[str, Any] = answer.json()
        return body

    def require_logged(self, session: str) -> None:
        """Return if the custodian has found the entry of a session in the log."""
        assert self.kept(session)["entry"]["state"] == "logged"


@contextmanager
def processes(tmp_path: Path, *, roster: list[dict[str, Any]] | None = None) -> Iterator[Processes]:
    """Start everybody, with a policy for the hospital and, if there is one, its people."""
    with ExitStack() as stack:
        served = stack.enter_context(RegistryServer(tmp_path / "registry"))
        way = stack.enter_context(SeveredWay(served.url))
        http = HttpClient(timeout=20)
        stack.callback(http.close)
        registry = RegistryClient(http, served.url)
        hospital = Organisation.open(
            "hospital",
            keystore=KeyStore.unlock(tmp_path / "hospital"),
            registry=registry,
            clock=SystemClock(),
        )
        told: dict[str, Any] = {"rule": RULE.to_json(), "organisations": [str(hospital.did)]}
        if roster is not None:
            told["roster"] = [{**each, "organisation": str(hospital.did)} for each in roster]
        path = tmp_path / "emergencies.json"
        path.write_text(json.dumps(told))
        custodian = stack.enter_context(
            CustodianServer(
                tmp_path / "custodian",
                program=WITH_LOG,
                REGISTRY_URL=way.url,
                EMERGENCY_POLICY=str(path),
            )
        )
        yield Processes(registry=registry, way=way, custodian=custodian, hospital=hospital)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a real process has a real clock
