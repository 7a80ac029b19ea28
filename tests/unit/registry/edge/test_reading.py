from collections.abc import Collection, Sequence
from datetime import timedelta

import pytest

from registry.client.edge import AlwaysTry, EdgeLog, EvidenceCache, KeptEvidence
from registry.client.edge import MemoryEvidenceStore as Store
from registry.client.edge.presence import Presence, Reach
from registry.client.edge.reading import believed
from registry.model.evidence import verify_grant
from registry.model.log_evidence import LogEvidence
from ssi_core.adapters.clock import FixedClock
from ssi_core.did.syntax import Did
from ssi_core.errors import NotFoundError, SsiError, StaleError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue
from tests.support.registry import AT, POLICY, SmallLog, grant, organisation

GIVEN = grant()
CLINIC = organisation("clinic")
LATER = AT + timedelta(hours=1)


class Log:
    """A log that answers with what it is given, counts, and fails when it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails: SsiError | None = None
        self.evidence = _evidence()
        self.lines: list[JsonObject] = [CLINIC.line]

    def grant(self, grant_id: str) -> LogEvidence:
        assert grant_id
        return self._answer()

    def accreditation(
        self,
        subject: Did,
        role: str,
        type: str,  # noqa: A002 - the registry's word
        *,
        roots: Collection[Did] = (),
    ) -> LogEvidence:
        assert all((subject, role, type, roots))
        return self._answer()

    def one_accreditation(self, accreditation_id: str) -> LogEvidence:
        assert accreditation_id
        return self._answer()

    def did_log(self, did: Did) -> Sequence[JsonObject]:
        assert did == CLINIC.did
        self._answer()
        return self.lines

    def did_witness(self, did: Did) -> JsonValue:
        assert did == CLINIC.did
        return []

    def status_list(self, uri: str, issuer: Did | None = None) -> LogEvidence:
        assert all((uri, issuer))
        return self._answer()

    def _answer(self) -> LogEvidence:
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        return self.evidence


class Watching:
    """A watch that says what it is told, and remembers what it hears."""

    def __init__(self, reach: Reach) -> None:
        self.said: list[str] = []
        self._reach = reach

    def presence(self) -> Presence:
        return Presence(reach=self._reach, since=AT)

    def heard(self) -> None:
        self.said.append("heard")

    def failed(self) -> None:
        self.said.append("failed")


def _evidence() -> LogEvidence:
    log = SmallLog()
    log.entries.append(GIVEN.raw)
    return log.evidence(0, at=AT)


def kept(cache: EvidenceCache, log: Log) -> EdgeLog:
    reader = EdgeLog(log, cache, AlwaysTry(FixedClock(AT)))
    reader.keep_grant(GIVEN.id, log.evidence, known_at=AT)
    return reader


def test_what_was_never_kept_cannot_be_had_while_the_log_is_away() -> None:
    log = Log()
    log.fails = UnavailableError("away")

    with pytest.raises(UnavailableError):
        EdgeLog(log, EvidenceCache(Store()), AlwaysTry(FixedClock(AT))).grant(GIVEN.id)


@pytest.mark.parametrize("error", [UnavailableError("away"), NotFoundError("what?")])
def test_the_last_evidence_that_held_stands_in_for_no_answer(error: SsiError) -> None:
    log = Log()
    reader = kept(EvidenceCache(Store()), log)
    log.fails = error

    found = reader.grant(GIVEN.id)

    assert isinstance(found, KeptEvidence)
    assert found.to_json() == log.evidence.to_json()


def test_an_answer_is_never_taken_from_what_was_kept() -> None:
    log = Log()
    reader = kept(EvidenceCache(Store()), log)

    assert not isinstance(reader.grant(GIVEN.id), KeptEvidence)
    assert log.asked == 1


def test_nobody_waits_for_a_registry_that_is_known_to_be_away() -> None:
    log, cache = Log(), EvidenceCache(Store())
    kept(cache, log)

    found = EdgeLog(log, cache, Watching(Reach.OFFLINE)).grant(GIVEN.id)

    assert isinstance(found, KeptEvidence)
    assert log.asked == 0


def test_without_anything_kept_even_a_lost_registry_is_asked() -> None:
    log, watch = Log(), Watching(Reach.OFFLINE)

    EdgeLog(log, EvidenceCache(Store()), watch).grant(GIVEN.id)

    assert (log.asked, watch.said) == (1, ["heard"])


def test_a_call_that_finds_nobody_tells_the_watch() -> None:
    log, watch = Log(), Watching(Reach.ONLINE)
    log.fails = UnavailableError("away")

    with pytest.raises(UnavailableError):
        EdgeLog(log, EvidenceCache(Store()), watch).fresh_grant(GIVEN.id)

    assert watch.said == ["failed"]


def test_kept_evidence_is_verified_like_any_other_and_only_its_age_is_borne() -> None:
    found = KeptEvidence.of(_evidence())
    lax = believed(POLICY, found, kept_for=timedelta(hours=2))

    logged = verify_grant(found, grant_id=GIVEN.id, policy=lax, at=LATER)

    assert logged.known_at == AT
    with pytest.raises(StaleError):
        verify_grant(found, grant_id=GIVEN.id, policy=POLICY, at=LATER)
    with pytest.raises(StaleError):
        verify_grant(
            found, grant_id=GIVEN.id, policy=lax, at=AT + timedelta(hours=2, microseconds=1)
        )


def test_what_the_log_says_itself_is_held_to_the_strict_limit() -> None:
    assert believed(POLICY, _evidence(), kept_for=timedelta(days=9)) is POLICY


def test_kept_evidence_is_not_kept_again_as_if_it_were_new() -> None:
    cache = EvidenceCache(Store())
    cache.keep("k", KeptEvidence.of(_evidence()), known_at=AT)

    assert cache.find("k") is None
    assert cache.newest() is None
