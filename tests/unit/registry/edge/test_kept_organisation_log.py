"""An organisation while its registry is away, and after: what it signs is sent once, or told of."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from registry.client.edge import MemoryOutboxStore, Outbox
from registry.client.edge.chained import BUILDS_ON_REFUSED
from registry.client.kept_organisation_log import OrganisationEdge
from registry.client.organisation import Organisation
from registry.client.organisation_memory import FileOrganisationMemory, MemoryOrganisationMemory
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.keystore import KeyStore
from ssi_core.did import webvh
from ssi_core.encoding import base64url_encode
from ssi_core.errors import ConflictError, DeactivatedError, UnavailableError
from ssi_core.period import Period
from tests.support.registry import AT, DIAGNOSIS, YEAR
from tests.support.spoken_registry import SECOND, SpokenRegistry

PERIOD = Period(AT, AT + YEAR)
URI = "https://clinic.example/status-lists/1"
DIGESTS = [base64url_encode(bytes([number]) * 32) for number in range(4)]
TTL = timedelta(minutes=5)


class Scene:
    """A clinic with an outbox, and its registry."""

    def __init__(self, folder: Path) -> None:
        self.clock = FixedClock(AT)
        self.registry = SpokenRegistry(self.clock)
        self.keystore = KeyStore.unlock(folder / "keys")
        self.memory = FileOrganisationMemory(folder / "clinic.log.json")
        self.store = MemoryOutboxStore()
        self.outbox = Outbox(self.store, self.clock)

    def opened(self) -> Organisation:
        return self._open(OrganisationEdge(self.outbox, self.memory))

    def elsewhere(self) -> Organisation:
        """Open the same organisation at another desk, which is not cut off; it changes the DID."""
        away, self.registry.is_away = self.registry.is_away, False
        found = self._open(None)
        found.rotate()
        self.registry.is_away = away
        return found

    def _open(self, edge: OrganisationEdge | None) -> Organisation:
        self.clock.advance(SECOND)
        return Organisation.open(
            "clinic", keystore=self.keystore, registry=self.registry, clock=self.clock, edge=edge
        )


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def versions(registry: SpokenRegistry) -> int:
    return len(registry.did_log_at("/dids/clinic"))


def test_three_kinds_wait_and_are_sent_once_and_in_order(scene: Scene) -> None:
    clinic = scene.opened()
    clinic.publish_status_list(URI, digest=DIGESTS[0], ttl=TTL)
    before = scene.registry.kinds()
    scene.registry.is_away = True

    scene.clock.advance(SECOND)
    clinic.rotate()
    root = clinic.accredit_root(types=[DIAGNOSIS], period=PERIOD)
    clinic.publish_status_list(URI, digest=DIGESTS[1], ttl=TTL)
    scene.clock.advance(SECOND)
    clinic.rotate()
    clinic.publish_status_list(URI, digest=DIGESTS[2], ttl=TTL)
    clinic.end_accreditation(root)

    assert scene.outbox.waiting() == 6
    scene.registry.is_away = False
    scene.outbox.drain(scene.registry).require_all()
    scene.outbox.drain(scene.registry).require_all()
    assert scene.registry.kinds()[len(before) :] == [
        *("did.op", "accredit.grant", "status.publish"),
        *("did.op", "status.publish", "accredit.revoke"),
    ]
    assert webvh.replay(scene.registry.did_log_at("/dids/clinic")).version_number == 3


def test_it_opens_again_while_cut_off_and_goes_on_where_it_was(scene: Scene) -> None:
    clinic = scene.opened()
    clinic.publish_status_list(URI, digest=DIGESTS[0], ttl=TTL)
    scene.registry.is_away = True
    scene.clock.advance(SECOND)
    clinic.rotate()
    clinic.publish_status_list(URI, digest=DIGESTS[1], ttl=TTL)

    again = scene.opened()
    again.rotate()
    again.publish_status_list(URI, digest=DIGESTS[2], ttl=TTL)

    assert again.did == clinic.did
    scene.registry.is_away = False
    scene.outbox.drain(scene.registry).require_all()
    assert versions(scene.registry) == 3
    assert scene.registry.kinds() == [
        *("did.op", "status.publish", "did.op", "status.publish", "did.op", "status.publish")
    ]


def test_what_was_sent_before_it_was_cut_off_again_is_built_upon(scene: Scene) -> None:
    clinic = scene.opened()
    clinic.publish_status_list(URI, digest=DIGESTS[0], ttl=TTL)
    scene.clock.advance(SECOND)
    clinic.rotate()
    clinic.publish_status_list(URI, digest=DIGESTS[1], ttl=TTL)
    scene.registry.is_away = True

    again = scene.opened()
    again.rotate()
    again.publish_status_list(URI, digest=DIGESTS[2], ttl=TTL)

    scene.registry.is_away = False
    scene.outbox.drain(scene.registry).require_all()
    assert versions(scene.registry) == 3


def test_an_answer_that_was_lost_makes_no_second_entry(scene: Scene) -> None:
    clinic = scene.opened()
    scene.registry.loses_answers = True
    scene.clock.advance(SECOND)
    clinic.rotate()
    assert scene.outbox.waiting() == 1
    scene.registry.loses_answers = False

    scene.opened().rotate()

    assert versions(scene.registry) == 3
    assert scene.outbox.refused() == ()


def test_who_was_second_is_told_and_what_builds_on_it_is_not_sent(scene: Scene) -> None:
    clinic = scene.opened()
    scene.registry.is_away = True
    scene.clock.advance(SECOND)
    clinic.rotate()
    scene.clock.advance(SECOND)
    clinic.rotate()
    root = clinic.accredit_root(types=[DIAGNOSIS], period=PERIOD)
    scene.elsewhere()
    scene.registry.is_away = False
    handed_in = len(scene.registry.handed_in)

    report = scene.outbox.drain(scene.registry)

    with pytest.raises(ConflictError) as caught:
        report.require_all()
    assert b'"t":"did.op"' in scene.registry.real.reader.entry(caught.value.winner or 0)
    first, second = scene.outbox.refused()
    assert (first.winner, second.winner) == (caught.value.winner, caught.value.winner)
    assert second.reason == BUILDS_ON_REFUSED
    assert second.after == first.leaf
    sent = scene.registry.handed_in[handed_in:]
    assert first.entry in sent
    assert second.entry not in sent
    # What does not depend on the DID's versions went its way.
    assert root in scene.registry.entries()[-1].decode()


def test_nothing_that_lost_is_signed_again_by_itself(scene: Scene) -> None:
    clinic = scene.opened()
    scene.registry.is_away = True
    scene.clock.advance(SECOND)
    clinic.rotate()
    scene.elsewhere()
    scene.registry.is_away = False

    again = scene.opened()

    assert versions(scene.registry) == 2
    (lost,) = scene.outbox.refused()
    assert lost.entry not in scene.registry.entries()
    scene.clock.advance(SECOND)
    again.rotate()
    assert versions(scene.registry) == 3
    assert scene.outbox.refused() == (lost,)


def test_who_loses_while_connected_is_told_at_once_and_can_say_it_again(scene: Scene) -> None:
    clinic = scene.opened()
    scene.elsewhere()
    scene.clock.advance(SECOND)

    with pytest.raises(ConflictError):
        clinic.rotate()
    clinic.rotate()

    assert versions(scene.registry) == 3


def test_a_publication_that_lost_is_refused_and_said_again_only_when_asked_for(
    scene: Scene,
) -> None:
    clinic = scene.opened()
    clinic.publish_status_list(URI, digest=DIGESTS[0], ttl=TTL)
    scene.registry.is_away = True
    clinic.publish_status_list(URI, digest=DIGESTS[1], ttl=TTL)
    clinic.publish_status_list(URI, digest=DIGESTS[2], ttl=TTL)
    scene.registry.is_away = False
    desk = Organisation.open(
        "clinic", keystore=scene.keystore, registry=scene.registry, clock=scene.clock
    )
    desk.publish_status_list(URI, digest=DIGESTS[3], ttl=TTL)

    report = scene.outbox.drain(scene.registry)

    assert [each.reason for each in report.refused][1] == BUILDS_ON_REFUSED
    assert report.refused[0].winner == len(scene.registry.real.reader.entries(0, limit=99)) - 2
    assert DIGESTS[3] in scene.registry.entries()[-1].decode()
    clinic.publish_status_list(URI, digest=DIGESTS[2], ttl=TTL)
    assert DIGESTS[2] in scene.registry.entries()[-1].decode()


def test_the_same_list_is_not_published_twice_while_it_waits(scene: Scene) -> None:
    clinic = scene.opened()
    clinic.publish_status_list(URI, digest=DIGESTS[0], ttl=TTL)
    scene.registry.is_away = True

    clinic.publish_status_list(URI, digest=DIGESTS[0], ttl=TTL)
    clinic.publish_status_list(URI, digest=DIGESTS[1], ttl=TTL)
    clinic.publish_status_list(URI, digest=DIGESTS[1], ttl=TTL)

    assert scene.outbox.waiting() == 1


def test_a_list_that_the_log_was_never_asked_about_is_not_guessed_at(scene: Scene) -> None:
    clinic = scene.opened()
    scene.registry.is_away = True

    with pytest.raises(UnavailableError):
        clinic.publish_status_list(URI, digest=DIGESTS[0], ttl=TTL)

    assert scene.outbox.waiting() == 0


def test_who_has_never_met_a_registry_has_no_place_in_it(scene: Scene) -> None:
    scene.registry.is_away = True

    with pytest.raises(UnavailableError):
        scene.opened()

    assert scene.outbox.waiting() == 0


def test_a_did_that_was_ended_while_cut_off_has_ended_here_too(scene: Scene) -> None:
    clinic = scene.opened()
    scene.registry.is_away = True
    scene.clock.advance(SECOND)
    clinic.deactivate()

    with pytest.raises(DeactivatedError):
        scene.opened()

    scene.registry.is_away = False
    scene.outbox.drain(scene.registry).require_all()
    assert webvh.replay(scene.registry.did_log_at("/dids/clinic")).deactivated


def test_without_an_outbox_nothing_is_said_while_cut_off(scene: Scene) -> None:
    clinic = Organisation.open(
        "clinic", keystore=scene.keystore, registry=scene.registry, clock=scene.clock
    )
    scene.registry.is_away = True
    scene.clock.advance(SECOND)

    for saying in (
        clinic.rotate,
        lambda: clinic.accredit_root(types=[DIAGNOSIS], period=PERIOD),
        lambda: clinic.publish_status_list(URI, digest=DIGESTS[0], ttl=TTL),
    ):
        with pytest.raises(UnavailableError):
            saying()

    scene.registry.is_away = False
    assert scene.registry.kinds() == ["did.op"]


def test_another_log_in_the_place_of_the_known_one_is_noticed(scene: Scene) -> None:
    scene.opened()
    told = scene.memory.load()
    assert told is not None
    scene.memory.keep(replace(told, log=replace(told.log, origin="elsewhere.example")))

    with pytest.raises(ConflictError, match="another log"):
        scene.opened()


def test_a_memory_in_a_file_and_one_in_memory_keep_the_same(scene: Scene) -> None:
    clinic = scene.opened()
    clinic.publish_status_list(URI, digest=DIGESTS[0], ttl=TTL)
    scene.registry.is_away = True
    scene.clock.advance(SECOND)
    clinic.rotate()
    kept = scene.memory.load()
    assert kept is not None
    other = MemoryOrganisationMemory()

    other.keep(kept)

    assert other.load() == scene.memory.load() == kept
    assert (len(kept.lines), len(kept.signed), list(kept.publications)) == (1, 2, [])


class Full:
    """A clock that stops an outbox, as a full disk would, between memory and outbox."""

    def now(self) -> datetime:
        raise UnavailableError("a file cannot be written")


def test_what_was_signed_and_not_kept_in_the_outbox_is_forgotten_and_signed_anew(
    scene: Scene,
) -> None:
    clinic = scene.opened()
    outbox, scene.outbox = scene.outbox, Outbox(scene.store, Full())
    scene.registry.is_away = True
    stopped = scene.opened()
    scene.clock.advance(SECOND)
    with pytest.raises(UnavailableError):
        stopped.rotate()
    scene.outbox = outbox
    kept = scene.memory.load()
    assert kept is not None
    assert len(kept.signed) == 1

    again = scene.opened()
    again.rotate()

    scene.registry.is_away = False
    outbox.drain(scene.registry).require_all()
    assert again.did == clinic.did
    assert versions(scene.registry) == 2
