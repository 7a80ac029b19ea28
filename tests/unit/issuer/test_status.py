"""Status lists: every copy has its own place, changes are served at once and told to the log."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, final

import pytest

from issuer.adapters.identity import own_identity
from issuer.adapters.settings import IssuerSettings
from issuer.app import Issuer, assemble
from issuer.model.credential import CredentialState
from registry.client.registry_client import Outcome, SubmitReceipt
from registry.model.entry import Entry, status_publish
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.keystore import KeyStore
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, NotFoundError, UnavailableError
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.status.token import Status, StatusListToken, digest, verify

pytestmark = pytest.mark.spec("draft-ietf-oauth-status-list", "5.1")

ISSUER = "http://localhost:8200"
LIST = f"{ISSUER}/status-lists/0"
DID = "did:webvh:QmSCID:localhost%3A8100:dids:clinic"


def _issued(clinic: Any, copies: int = 1) -> tuple[str, list[int]]:
    offer = clinic.offer()
    keys = [P256Signer.generate() for _ in range(copies)]
    answer = clinic.issue(clinic.token(offer), clinic.request(clinic.nonce(), *keys))
    references = [SdJwtVc.parse(text).status for text in answer.credentials]
    (credential,) = clinic.issuer.offers.look_up(offer.id, at=clinic.now)[1]
    return credential.id, [item.index for item in references if item is not None]


def _statuses(issuer: Issuer, at: datetime) -> Any:
    token = issuer.status_lists.token(0, at=at)
    return verify(token, uri=LIST, key=issuer.identity.signer.public_key, at=at)


def test_every_copy_ever_made_has_a_place_of_its_own(clinic: Any):
    indexes = [index for _ in range(10) for index in _issued(clinic, copies=5)[1]]

    assert len(set(indexes)) == 50
    assert indexes != sorted(indexes)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (CredentialState.REVOKED, Status.INVALID),
        (CredentialState.SUSPENDED, Status.SUSPENDED),
    ],
)
def test_a_change_covers_every_copy_and_no_other(
    clinic: Any, state: CredentialState, status: Status
):
    credential, indexes = _issued(clinic, copies=3)
    _other, others = _issued(clinic, copies=3)

    clinic.issuer.revocation.change(credential, state, at=clinic.now)

    statuses = _statuses(clinic.issuer, clinic.now)
    assert {statuses.get(index) for index in indexes} == {status}
    assert {statuses.get(index) for index in others} == {Status.VALID}


def test_a_suspension_ends_and_a_revocation_does_not(clinic: Any):
    credential, (index,) = _issued(clinic)
    change = clinic.issuer.revocation.change

    for state in (CredentialState.SUSPENDED, CredentialState.VALID, CredentialState.VALID):
        change(credential, state, at=clinic.now)
    assert _statuses(clinic.issuer, clinic.now).get(index) == Status.VALID

    for _ in range(2):
        assert change(credential, CredentialState.REVOKED, at=clinic.now).published
    for state in (CredentialState.SUSPENDED, CredentialState.VALID):
        with pytest.raises(ConflictError):
            change(credential, state, at=clinic.now)
    assert _statuses(clinic.issuer, clinic.now).get(index) == Status.INVALID


def test_what_was_never_issued_cannot_be_revoked(clinic: Any):
    with pytest.raises(NotFoundError):
        clinic.issuer.revocation.change("0" * 32, CredentialState.REVOKED, at=clinic.now)


def test_a_token_is_renewed_before_it_is_stale(clinic: Any):
    tokens = {}
    for seconds in (0, 9, 10, 3600, 999_999):
        at = clinic.now + timedelta(seconds=seconds)
        tokens[seconds] = clinic.issuer.status_lists.token(0, at=at)
        assert StatusListToken.parse(tokens[seconds]).expires_at > at

    assert tokens[0] == tokens[9]
    assert len(set(tokens.values())) == 4


def test_a_list_that_was_never_opened_is_not_there(clinic: Any):
    with pytest.raises(NotFoundError):
        clinic.issuer.status_lists.token(7, at=clinic.now)


def test_a_half_full_list_is_followed_by_another(clinic: Any):
    for _ in range(53):
        _issued(clinic, copies=10)

    assert clinic.issuer.status_lists.token(1, at=clinic.now)


@final
class SimulatedLog:
    """A log that keeps its rules, and can be silent; a port of ours, not a mock of a type."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.silent = False
        self._key = Ed25519Signer.generate()

    def entry(
        self, *, uri: str, digest: str, ttl: timedelta, previous: bytes | None, at: datetime
    ) -> bytes:
        return status_publish(
            log="log.example",
            issuer=Did.parse(DID),
            key_id=f"{DID}#log",
            signer=self._key,
            uri=uri,
            digest=digest,
            ttl=ttl,
            previous=previous,
            at=at,
        )

    def submit_all(self, entries: Sequence[bytes]) -> Sequence[Outcome]:
        self._require_voice()
        return [self._outcome(entry) for entry in entries]

    def ask(self) -> None:
        self._require_voice()

    def _outcome(self, entry: bytes) -> Outcome:
        if entry not in self.entries:
            members, last = Entry.parse(entry).members, self.entries[-1:]
            if members["prev"] != (Entry.parse(last[0]).digest if last else None):
                return ConflictError("the publication follows another one", at="/prev")
            self.entries.append(entry)
        index = self.entries.index(entry)
        return SubmitReceipt(index, Entry.parse(entry).leaf, len(self.entries))

    def latest(self, uri: str) -> tuple[str, bytes] | None:
        self._require_voice()
        if not self.entries:
            return None
        assert Entry.parse(self.entries[-1]).members["uri"] == uri
        return str(Entry.parse(self.entries[-1]).members["dig"]), self.entries[-1]

    def digests(self) -> list[str]:
        return [str(Entry.parse(entry).members["dig"]) for entry in self.entries]

    def _require_voice(self) -> None:
        if self.silent:
            raise UnavailableError("the log is silent")


@pytest.fixture
def log() -> SimulatedLog:
    return SimulatedLog()


@pytest.fixture
def logged(settings: IssuerSettings, clinic: Any, log: SimulatedLog) -> Any:
    """The clinic of the same name, whose status lists are published in `log`."""
    return type(clinic)(_assembled(settings, log, clinic.clock), clinic.clock)


def _assembled(settings: IssuerSettings, log: SimulatedLog, clock: FixedClock) -> Issuer:
    keystore = KeyStore.unlock(settings.data_dir / "logged.keys")
    return assemble(
        settings,
        public_url=ISSUER,
        engine=open_database(f"sqlite:///{settings.data_dir / 'logged.db'}"),
        keystore=keystore,
        identity=own_identity(keystore),
        log=log,
        clock=clock,
    )


def _served(logged: Any) -> str:
    token = logged.issuer.status_lists.token(0, at=logged.now)
    return digest(StatusListToken.parse(token).encoded_list)


def test_each_version_of_a_list_is_in_the_log_when_it_is_acknowledged(
    logged: Any, log: SimulatedLog
):
    assert log.digests() == [_served(logged)]
    credential, _ = _issued(logged)
    assert len(log.entries) == 1

    for state in (CredentialState.SUSPENDED, CredentialState.VALID, CredentialState.REVOKED):
        assert logged.issuer.revocation.change(credential, state, at=logged.now).published
        assert log.digests()[-1] == _served(logged)

    assert len(log.entries) == 4


def test_renewing_a_token_publishes_nothing(logged: Any, log: SimulatedLog):
    logged.clock.advance(timedelta(hours=2))

    assert log.digests() == [_served(logged)]


def test_a_revocation_while_the_log_is_silent_is_served_at_once_and_published_later(
    logged: Any, log: SimulatedLog
):
    credentials = [_issued(logged)[0] for _ in range(3)]
    log.silent = True

    changes = [
        logged.issuer.revocation.change(item, CredentialState.REVOKED, at=logged.now)
        for item in credentials
    ]

    assert not any(change.published for change in changes)
    assert _served(logged) != log.digests()[-1]
    assert not logged.issuer.housekeeping.publish()
    log.silent = False
    assert logged.issuer.housekeeping.publish()
    assert len(log.entries) == 4
    assert log.digests()[-1] == _served(logged)


def test_what_waited_is_sent_by_the_next_process(
    settings: IssuerSettings, logged: Any, log: SimulatedLog
):
    credential, _ = _issued(logged)
    log.silent = True
    logged.issuer.revocation.change(credential, CredentialState.REVOKED, at=logged.now)
    log.silent = False

    _assembled(settings, log, logged.clock)

    assert log.digests()[-1] == _served(logged)


def test_a_start_while_the_log_is_silent_is_a_start(
    settings: IssuerSettings, clinic: Any, log: SimulatedLog
):
    log.silent = True

    issuer = _assembled(settings, log, clinic.clock)

    log.silent = False
    assert issuer.housekeeping.publish()
    assert len(log.entries) == 1


def restored(settings: IssuerSettings, logged: Any, log: SimulatedLog, credential: str) -> Any:
    """The clinic with a database from before it revoked `credential`, which the log knows."""
    files = {path: path.read_bytes() for path in settings.data_dir.glob("logged.db*")}
    logged.issuer.revocation.change(credential, CredentialState.REVOKED, at=logged.now)
    for path, content in files.items():
        path.write_bytes(content)
    return type(logged)(_assembled(settings, log, logged.clock), logged.clock)


def test_a_database_from_an_older_copy_takes_nothing_back_that_the_log_knows(
    settings: IssuerSettings, logged: Any, log: SimulatedLog
):
    first, second = (_issued(logged)[0] for _ in range(2))
    clinic = restored(settings, logged, log, first)
    known = log.digests()

    change = clinic.issuer.revocation.change(second, CredentialState.REVOKED, at=clinic.now)
    again = clinic.issuer.housekeeping.publish()

    assert not change.published
    assert not again
    assert log.digests() == known
    refused = clinic.issuer.publications.refused()
    assert {(uri, each.code) for uri, each in refused.items()} == {
        (f"{ISSUER}/status-lists/0", "conflict")
    }
    assert len(clinic.issuer.publications.waiting()) == 1


def test_what_the_log_refused_is_signed_again_when_somebody_says_so(
    settings: IssuerSettings, logged: Any, log: SimulatedLog
):
    first, second = (_issued(logged)[0] for _ in range(2))
    clinic = restored(settings, logged, log, first)
    clinic.issuer.revocation.change(second, CredentialState.REVOKED, at=clinic.now)
    (uri,) = clinic.issuer.publications.refused()
    log.silent = True
    with pytest.raises(UnavailableError):
        clinic.issuer.publications.sign_again(uri, at=clinic.now)
    log.silent = False

    assert clinic.issuer.publications.sign_again(uri, at=clinic.now)

    assert len(log.entries) == 3
    assert log.digests()[-1] == _served(clinic)
    assert clinic.issuer.publications.refused() == {}
    with pytest.raises(NotFoundError):
        clinic.issuer.publications.sign_again(uri, at=clinic.now)


def test_a_version_that_the_log_has_already_needs_no_signature(
    settings: IssuerSettings, logged: Any, log: SimulatedLog
):
    first, _ = _issued(logged)
    clinic = restored(settings, logged, log, first)
    entries = list(log.entries)

    change = clinic.issuer.revocation.change(first, CredentialState.REVOKED, at=clinic.now)

    assert change.published
    assert log.entries == entries
