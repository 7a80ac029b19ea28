"""A custodian in memory, asked over HTTP, at a moment that a test sets."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi.testclient import TestClient
from httpx import Response

from consent_contracts.adapters.claim_register_memory import MemoryClaimRegister
from consent_contracts.adapters.memory import MemoryStore
from consent_contracts.app import assemble, create_app
from consent_contracts.break_glass_request import EmergencyPolicy
from consent_contracts.ports import EmergencyLog
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.http import HttpClient
from ssi_core.did.resolver import DidResolver
from tests.support.consent import AT

TOKEN: Final = "custodian"  # noqa: S105 - a test's
URL: Final = "http://localhost:8400"


class Custody:
    """The application over a store in memory and a clock that stands still."""

    def __init__(
        self,
        *,
        log: EmergencyLog | None = None,
        policy: EmergencyPolicy | None = None,
        resolver: DidResolver | None = None,
        clock: FixedClock | None = None,
        store: MemoryStore | None = None,
    ) -> None:
        self.clock = clock or FixedClock(AT)
        self.store = store or MemoryStore()
        self.custodian = assemble(
            store=self.store,
            register=MemoryClaimRegister(),
            key=bytes(32),
            resolver=resolver or HttpDidResolver(HttpClient(), self.clock, methods=("key",)),
            clock=self.clock,
            log=log,
            policy=policy,
        )
        app = create_app(self.custodian, admin_token=TOKEN, public_url=URL)
        self.client = TestClient(app, headers={"Authorization": f"Bearer {TOKEN}"})

    def post(self, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Response:
        """Send `body` as JSON."""
        answer: Response = self.client.post(path, json=body, **more)
        return answer

    def get(self, path: str, **query: Any) -> Response:
        """Read."""
        answer: Response = self.client.get(path, params=query)
        return answer
