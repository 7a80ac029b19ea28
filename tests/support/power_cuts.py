"""A patient and three organisations at work while somebody pulls plugs, and what must hold then."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Final

from consentry.demo.desks import Issuer, Offer, Verifier, Wallet, objects, text
from consentry.demo.stage import Stage
from registry.adapters.sql import SqlLogStore
from registry.client import RegistryClient
from registry.model.checkpoint import VerifiedCheckpoint
from registry.model.evidence import GrantState, LogPolicy, verify_grant
from registry.model.merkle import verify_consistency
from registry.model.signed_note import VerifierKey
from registry.service.fsck import fsck
from ssi_core import strict_json
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.errors import ConsentError, GrantNotLoggedError, SsiError
from ssi_core.status.token import Status, StatusList, StatusListToken
from tests.support.hostile_wallet import HostileWallet

_MAX_AGE: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = 60.0


class Attempt:
    """One action in a thread of its own, which may be cut off: what it was told, if anything."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.acknowledged = False
        self.error: BaseException | None = None
        self._action = action
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def wait(self) -> None:
        """Wait until it is over, one way or the other."""
        self._thread.join(_LONGEST_WAIT)
        assert not self._thread.is_alive(), "an action never came to an end"
        assert self.error is None or isinstance(self.error, SsiError), self.error

    def _run(self) -> None:
        try:
            self._action()
        except BaseException as error:  # noqa: BLE001 - judged by whoever waits
            self.error = error
        else:
            self.acknowledged = True


@dataclass
class PowerCuts:
    """The patient, what was acknowledged so far, and every way to look whether it still is."""

    stage: Stage
    patient: str
    bundle: bytes
    chance: Random
    held: set[str] = field(default_factory=set)
    active: dict[str, str] = field(default_factory=dict)
    """Grants that stand, each with the insurer's request that it answered."""
    withdrawn: dict[str, str] = field(default_factory=dict)
    revoked: dict[str, HostileWallet] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    cut_off: int = 0
    kills: int = 0

    def __post_init__(self) -> None:
        log = self.registry.log()
        self._policy = LogPolicy(
            origin=log.origin,
            log_vkey=log.vkey,
            witness_vkeys=log.witnesses,
            max_checkpoint_age=_MAX_AGE,
        )
        self._key = VerifierKey.parse(log.vkey)
        self._start = self.checkpoint().size
        record, resources = self.clinic.register(self.bundle)
        self._record, self._resource = record, text(resources[0], "id")
        self.accept(self.offer())
        self.consent(*self.question())

    @property
    def wallet(self) -> Wallet:
        """The patient's wallet."""
        return self.stage.wallet(self.patient)

    @property
    def clinic(self) -> Issuer:
        """The clinic's desk."""
        return self.stage.issuer("clinic")

    @property
    def insurer(self) -> Verifier:
        """The insurer's desk."""
        return self.stage.verifier("insurer")

    @property
    def registry(self) -> RegistryClient:
        """The public log."""
        return RegistryClient(self.stage.http, self.stage.process("registry").url)

    def offer(self) -> Offer:
        """Let the clinic offer the diagnosis once more."""
        return self.clinic.offer(self._record, self._resource)

    def accept(self, offer: Offer) -> None:
        """Accept an offer, and note what was acknowledged."""
        for item in objects(self.wallet.accept(offer, offer.tx_code), "credentials"):
            self.held.add(text(item, "credential"))

    def question(self) -> tuple[str, dict[str, Any]]:
        """Let the insurer ask; return its request's id and the question."""
        request, uri = self.insurer.ask("insurer-diagnosis")
        return request, dict(self.wallet.question(uri))

    def consent(self, request: str, question: dict[str, Any]) -> None:
        """Say yes, and note what was acknowledged."""
        shared = self.wallet.consent(question)
        assert shared["state"] == "shared"
        self.active[text(shared, "grant")] = request

    def withdraw(self, grant: str) -> None:
        """Take a grant back, and note that it was."""
        self.wallet.withdraw(grant)
        self.withdrawn[grant] = self.active.pop(grant)

    def revoke(self, credential: str, holder: HostileWallet) -> None:
        """Revoke a credential, and note that it was."""
        self.clinic.revoke(credential)
        self.revoked[credential] = holder

    def use(self, grant: str) -> None:
        """Let the insurer use what a grant permits, and count it."""
        request = self.active[grant]
        self.insurer.use(request, "HPAYMT")
        self.used[request] = self.used.get(request, 0) + 1

    def prepared(self, action: str) -> tuple[Callable[[], None], Callable[[], None]]:
        """Return an action ready to run, and what a person does when it was cut off."""
        if action in ("withdraw", "use") and not self.active:
            action = "consent"
        match action:
            case "accept":
                offer, known = self.offer(), self._in_wallet()
                return lambda: self.accept(offer), lambda: self._accept_again(known)
            case "consent":
                request, question = self.question()
                return (
                    lambda: self.consent(request, question),
                    lambda: self._consent_again(request),
                )
            case "withdraw":
                grant = self.chance.choice(sorted(self.active))
                return lambda: self.withdraw(grant), lambda: self.withdraw(grant)
            case "revoke":
                holder = HostileWallet(self.stage.http, self.registry)
                offer = self.offer()
                holder.accept(offer)
                credential = self.clinic.credentials_of(offer)[0]
                return (
                    lambda: self.revoke(credential, holder),
                    lambda: self.revoke(credential, holder),
                )
            case _:
                grant = self.chance.choice(sorted(self.active))
                return lambda: self.use(grant), lambda: self.use(grant)

    def round(self, action: str, victim: str, delay: float) -> None:
        """Do something, kill somebody meanwhile, start them again, and go on as a person would."""
        do, again = self.prepared(action)
        before = self.checkpoint()
        process = self.stage.process(victim)
        attempt = Attempt(do)
        threading.Event().wait(delay)
        process.kill()
        attempt.wait()
        if victim == "registry":
            self.require_sound()
        process.start()
        self.kills += 1
        self.wallet.desk.post("/resume", {})
        if not attempt.acknowledged:
            self.cut_off += 1
            again()
        self.require_everything(before)

    def checkpoint(self) -> VerifiedCheckpoint:
        """Return the log's checkpoint, verified."""
        return self._policy.verify(self.registry.checkpoint(), at=SystemClock().now())

    def require_sound(self) -> None:
        """Make the log's tree and state again from its entries, and compare."""
        folder = self.stage.process("registry").folder
        engine = open_database(f"sqlite:///{folder / 'registry.db'}")
        try:
            fsck(SqlLogStore(engine), log_key=self._key)
        finally:
            engine.dispose()

    def require_everything(self, before: VerifiedCheckpoint) -> None:
        """Require whatever was promised."""
        self._require_consistency(before)
        self._require_wallet()
        self._require_grants()
        self._require_no_stray_grant()
        for credential, holder in self.revoked.items():
            self._require_revoked(credential, holder)
        for request, count in self.used.items():
            past = objects(self.insurer.desk.get(f"/desk/requests/{request}/uses"), "uses")
            assert sum(each["decision"] == "permit" for each in past) >= count

    def _accept_again(self, known: set[str]) -> None:
        new = self._in_wallet() - known
        if new:
            # The wallet has finished by itself what it was told to do.
            self.held |= new
        else:
            self.accept(self.offer())

    def _consent_again(self, request: str) -> None:
        result = self.insurer.result(request)
        grant = result.get("grant_id")
        if result["state"] == "verified" and isinstance(grant, str):
            (view,) = (each for each in self.wallet.grants() if each["grant"] == grant)
            assert view["state"] == "active", view
            assert view["receipt"] == result["receipt"]
            self.active[grant] = request
        else:
            self.consent(*self.question())

    def _in_wallet(self) -> set[str]:
        shown = objects(self.wallet.desk.get("/credentials"), "credentials")
        return {text(each, "credential") for each in shown}

    def _require_consistency(self, before: VerifiedCheckpoint) -> None:
        after = self.checkpoint()
        path = self.registry.consistency(before.size, after.size)
        verify_consistency(
            old_size=before.size,
            new_size=after.size,
            old_root=before.root,
            new_root=after.root,
            path=path,
        )

    def _require_wallet(self) -> None:
        assert self.held <= self._in_wallet(), "an accepted credential is gone"

    def _require_grants(self) -> None:
        """Require that wallet, log and insurer say the same of every grant."""
        shown = {text(each, "grant"): each["state"] for each in self.wallet.grants()}
        assert self.active.keys() | self.withdrawn.keys() <= shown.keys(), "a grant is gone"
        for grant, state in shown.items():
            assert state in ("active", "withdrawn"), state
            logged = self._logged(grant)
            assert logged is None or logged.value == state
            assert logged is not None or state == "withdrawn"
        for grant, request in self.active.items():
            assert shown[grant] == "active"
            assert self.insurer.result(request)["state"] == "verified"
        for grant, request in self.withdrawn.items():
            assert shown[grant] == "withdrawn"
            self._require_denied(request)

    def _require_denied(self, request: str) -> None:
        assert self.insurer.result(request).get("claims") is None
        try:
            self.insurer.use(request, "HPAYMT")
        except ConsentError as denied:
            refusals = denied.refusals
        else:
            refusals = ()
        assert "withdrawn" in refusals, "withdrawn, and permitted"

    def _require_no_stray_grant(self) -> None:
        """Require that the log has no grant of this patient's that the wallet does not know."""
        known = {text(each, "grant") for each in self.wallet.grants()}
        entries = self.registry.entries(self._start)
        parsed = [strict_json.parse_object(each) for each in entries]
        given = {text(each, "id") for each in parsed if each["t"] == "consent.grant"}
        assert given <= known

    def _require_revoked(self, credential: str, holder: HostileWallet) -> None:
        state = self.clinic.desk.get(f"/admin/credentials/{credential}")
        assert state["state"] == "revoked"
        reference = SdJwtVc.parse(holder.credential).status
        assert reference is not None
        served = self.stage.http.get(reference.uri).require_ok().body.decode()
        listed = StatusList.decode(StatusListToken.parse(served).encoded_list)
        assert listed.get(reference.index) == Status.INVALID

    def _logged(self, grant: str) -> GrantState | None:
        at = SystemClock().now()
        evidence = self.registry.grant(grant)
        try:
            return verify_grant(evidence, grant_id=grant, policy=self._policy, at=at).state
        except GrantNotLoggedError:
            return None
