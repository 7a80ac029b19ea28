"""Status lists: every copy has its own place, changes are served at once and told to the log."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, final

import pytest
from fastapi.testclient import TestClient

from issuer.adapters.identity import own_identity
from issuer.adapters.settings import IssuerSettings
from issuer.app import Issuer, assemble, create_app
from issuer.model.credential import CredentialState
from registry.client.registry_client import Outcome, SubmitReceipt
from registry.model.entry import Entry, status_publish
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.database import open_database
from ssi_core.adapters.keystore import KeyStore
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, NotFoundError, UnavailableError
from ssi_core.json_types import JsonValue
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.period import to_timestamp
from ssi_core.status.token import Status, StatusListToken, digest, verify

pytestmark = pytest.mark.spec("draft-ietf-oauth-status-list", "5.1")

ISSUER = "http://localhost:8200"
LIST = f"{ISSUER}/status-lists/0"
TOKEN = "a-desk-token"  # noqa: S105 - a test's
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

    def __init__(self, name: str = "log.example") -> None:
        self.name = name
        self.entries: list[bytes] = []
        self.silent = False
        self._key = Ed25519Signer.generate()

    def entry(
        self, *, uri: str, digest: str, ttl: timedelta, previous: bytes | None, at: datetime
    ) -> bytes:
        return status_publish(
            log=self.name,
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
            members = Entry.parse(entry).members
            last = self._of(members["uri"])[-1:]
            if members["prev"] != (Entry.parse(last[0]).digest if last else None):
                return ConflictError("the publication follows another one", at="/prev")
            self.entries.append(entry)
        index = self.entries.index(entry)
        return SubmitReceipt(index, Entry.parse(entry).leaf, len(self.entries))

    def latest(self, uri: str) -> tuple[str, bytes] | None:
        self._require_voice()
        found = self._of(uri)
        return (str(Entry.parse(found[-1]).members["dig"]), found[-1]) if found else None

    def _of(self, uri: JsonValue) -> list[bytes]:
        return [entry for entry in self.entries if Entry.parse(entry).members["uri"] == uri]

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


def _assembled(
    settings: IssuerSettings, log: SimulatedLog, clock: FixedClock, public_url: str = ISSUER
) -> Issuer:
    keystore = KeyStore.unlock(settings.data_dir / "logged.keys")
    return assemble(
        settings,
        public_url=public_url,
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


def test_a_list_that_the_log_never_had_is_signed_again_as_its_first(
    settings: IssuerSettings, logged: Any
):
    credential, _ = _issued(logged)
    other = SimulatedLog("other.example")
    clinic = type(logged)(_assembled(settings, other, logged.clock), logged.clock)
    clinic.issuer.revocation.change(credential, CredentialState.REVOKED, at=clinic.now)
    (refused,) = clinic.issuer.publications.refused().values()

    published = clinic.issuer.publications.sign_again(LIST, at=clinic.now)

    assert refused.reason == "the publication follows another one"
    assert published
    assert other.digests() == [_served(clinic)]
    assert Entry.parse(other.entries[0]).members["seq"] == 0
    assert clinic.issuer.publications.waiting() == []


def _moved(settings: IssuerSettings, logged: Any, log: SimulatedLog) -> Any:
    """The clinic at another URL; what the log refused of its list at the old one waits."""
    first, second = (_issued(logged)[0] for _ in range(2))
    clinic = restored(settings, logged, log, first)
    clinic.issuer.revocation.change(second, CredentialState.REVOKED, at=clinic.now)
    issuer = _assembled(settings, log, clinic.clock, "http://localhost:8201")
    return type(clinic)(issuer, clinic.clock)


def test_what_was_refused_of_a_list_that_is_served_no_more_is_dismissed_and_kept(
    settings: IssuerSettings, logged: Any, log: SimulatedLog
):
    clinic = _moved(settings, logged, log)
    (refused,) = clinic.issuer.publications.waiting()
    entries = list(log.entries)

    clinic.issuer.status_lists.dismiss(LIST, at=clinic.now)

    again = type(clinic)(
        _assembled(settings, log, clinic.clock, "http://localhost:8201"), clinic.clock
    )
    for issuer in (clinic.issuer, again.issuer):
        assert issuer.housekeeping.publish()
        assert (issuer.publications.waiting(), issuer.publications.refused()) == ([], {})
        (kept,) = issuer.publications.dismissed()
        assert (kept.uri, kept.sequence, kept.entry) == (LIST, refused.sequence, refused.entry)
        assert (kept.code, kept.reason) == ("conflict", "the publication follows another one")
        assert kept.dismissed_at == clinic.now
    assert log.entries == entries


def test_a_list_that_is_served_again_is_published_again_though_it_was_dismissed(
    settings: IssuerSettings, logged: Any, log: SimulatedLog
):
    clinic = _moved(settings, logged, log)
    clinic.issuer.status_lists.dismiss(LIST, at=clinic.now)

    back = _assembled(settings, log, clinic.clock)

    assert set(back.publications.refused()) == {LIST}
    assert back.publications.sign_again(LIST, at=clinic.now)
    assert log.digests()[-1] == _served(type(clinic)(back, clinic.clock))


def test_a_list_that_is_served_is_signed_again_and_not_dismissed(
    settings: IssuerSettings, logged: Any, log: SimulatedLog
):
    first, second = (_issued(logged)[0] for _ in range(2))
    clinic = restored(settings, logged, log, first)
    clinic.issuer.revocation.change(second, CredentialState.REVOKED, at=clinic.now)
    before = clinic.issuer.publications.waiting()

    with pytest.raises(ConflictError, match="signed again"):
        clinic.issuer.status_lists.dismiss(LIST, at=clinic.now)

    assert clinic.issuer.publications.waiting() == before
    assert clinic.issuer.publications.dismissed() == []


def test_what_may_still_be_sent_is_not_dismissed(
    settings: IssuerSettings, logged: Any, log: SimulatedLog
):
    credential, _ = _issued(logged)
    log.silent = True
    logged.issuer.revocation.change(credential, CredentialState.REVOKED, at=logged.now)
    moved = _assembled(settings, log, logged.clock, "http://localhost:8201")

    with pytest.raises(ConflictError, match="only an entry that was refused"):
        moved.status_lists.dismiss(LIST, at=logged.now)
    with pytest.raises(NotFoundError):
        moved.status_lists.dismiss("http://localhost:8200/status-lists/9", at=logged.now)

    log.silent = False
    assert moved.housekeeping.publish()
    assert [Entry.parse(each).members["uri"] for each in log.entries].count(LIST) == 2


def test_the_administrator_dismisses_over_http_and_sees_what_was_dismissed(
    settings: IssuerSettings, logged: Any, log: SimulatedLog
):
    clinic = _moved(settings, logged, log)
    app = create_app(clinic.issuer, admin_token=TOKEN, max_body_bytes=10_000)
    desk = TestClient(app, headers={"Authorization": f"Bearer {TOKEN}"})
    path, served = "/admin/publications", "http://localhost:8201/status-lists/0"
    before = desk.get(path).json()

    stranger = desk.post(f"{path}/dismiss", json={"uri": LIST}, headers={"Authorization": ""})
    refused = desk.post(f"{path}/dismiss", json={"uri": served})
    done = desk.post(f"{path}/dismiss", json={"uri": LIST})
    again = desk.post(f"{path}/dismiss", json={"uri": LIST})

    dismissed = {
        "uri": LIST,
        "sequence": 1,
        "code": "conflict",
        "reason": "the publication follows another one",
        "dismissed_at": to_timestamp(clinic.now),
    }
    assert ([each["state"] for each in before["waiting"]], before["dismissed"]) == (["refused"], [])
    assert [each.status_code for each in (stranger, refused, again)] == [401, 409, 404]
    assert (done.status_code, done.json()) == (200, {"dismissed": [dismissed]})
    assert desk.get(path).json() == {"waiting": [], "dismissed": [dismissed]}
