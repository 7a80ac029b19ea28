"""What a mirror takes that is uploaded to it, and when it cosigns."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest

from registry.model import entry
from registry.model.checkpoint import verify
from registry.model.signed_note import SignedNote
from registry.model.tlog_mirror import AddEntries
from registry.model.tlog_tiles import Tile, parse_bundle
from registry.model.tlog_witness import AddCheckpoint, SeenSize, origin_hash
from registry.service.replica.uploads import Conflict, Partial
from registry.service.tree import root_at
from ssi_core.encoding import base64url_decode
from ssi_core.errors import (
    ForkError,
    LogProofError,
    MalformedError,
    NotFoundError,
    UnavailableError,
)
from ssi_core.strict_json import as_text
from tests.support.mirror import LOG_KEY, NearMirror, upload_of
from tests.support.registry import AT, ORIGIN, grant, signer
from tests.support.replica import ShownLog

LONG = 600


@cache
def shown(count: int) -> ShownLog:
    """A log of so many grants, and the snapshot that ends it."""
    return ShownLog.of(*(grant(f"grant {number}").raw for number in range(count)))


def earlier(log: ShownLog, size: int) -> ShownLog:
    """The same log when it had so many entries."""
    return ShownLog(log.run_shown[:size])


def accepted(mirror: NearMirror, log: ShownLog, *, old: int = 0) -> None:
    """Have the checkpoint of a log accepted."""
    path = log.consistency(old, len(log.run_shown)) if old else ()
    assert mirror.add_checkpoint(AddCheckpoint(old, path, log.checkpoint())) == ()


def cosigned_size(mirror: NearMirror, log: ShownLog, answer) -> int:
    """The size of the tree that the answer cosigns."""
    note = str(SignedNote.parse(log.checkpoint()).signed_by(*answer))
    return verify(note, log_key=LOG_KEY, witness_keys=mirror.keys).size


@pytest.mark.spec("C2SP tlog-mirror", "add-checkpoint")
def test_a_checkpoint_is_accepted_as_a_witness_does_and_signed_by_nobody():
    mirror, log = NearMirror(), shown(3)
    accepted(mirror, earlier(log, 2))

    assert mirror.add_checkpoint(AddCheckpoint(0, (), log.checkpoint())) == SeenSize(2)
    with pytest.raises(ForkError):
        mirror.add_checkpoint(AddCheckpoint(2, (), log.checkpoint()))
    with pytest.raises(NotFoundError):
        mirror.mirror.checkpoint(origin_hash(ORIGIN))
    accepted(mirror, log, old=2)
    assert mirror.size() == 0


@pytest.mark.spec("C2SP tlog-mirror", "add-entries")
def test_what_was_uploaded_whole_is_cosigned_and_shown():
    mirror, log = NearMirror(), shown(LONG)
    accepted(mirror, log)

    answer = mirror.uploaded(upload_of(log))

    assert cosigned_size(mirror, log, answer) == LONG + 1
    note = mirror.mirror.checkpoint(origin_hash(ORIGIN))
    assert verify(note, log_key=LOG_KEY, witness_keys=mirror.keys).size == LONG + 1
    bundle = mirror.mirror.bundle(origin_hash(ORIGIN), Tile(0, 2, 89))
    assert parse_bundle(bundle) == tuple(log.run_shown[512:])
    assert len(mirror.mirror.tile(origin_hash(ORIGIN), Tile(1, 0, 2))) == 64


@pytest.mark.spec("C2SP tlog-mirror", "add-entries")
def test_an_upload_in_parts_goes_on_where_the_answer_says_also_after_a_restart():
    mirror, log = NearMirror(), shown(LONG)
    accepted(mirror, log)

    part = mirror.uploaded(upload_of(log, most=1))
    assert isinstance(part, Partial)
    assert (part.info.size, part.info.next_entry) == (LONG + 1, 256)
    with pytest.raises(NotFoundError):
        mirror.mirror.checkpoint(origin_hash(ORIGIN))
    mirror.reopen()
    answer = mirror.uploaded(upload_of(log, start=256, ticket=part.info.ticket))

    assert cosigned_size(mirror, log, answer) == LONG + 1


def test_entries_that_are_there_are_skipped_and_an_upload_may_begin_within_a_package():
    mirror, log = NearMirror(), shown(LONG)
    accepted(mirror, earlier(log, 300))
    mirror.uploaded(upload_of(log, end=300))
    accepted(mirror, log, old=300)

    again = mirror.uploaded(upload_of(log, start=100, most=1))
    answer = mirror.uploaded(upload_of(log, start=290))

    assert isinstance(again, Partial)
    assert again.info.next_entry == 300
    assert cosigned_size(mirror, log, answer) == LONG + 1


def test_what_has_no_entries_left_to_bring_is_cosigned_anew():
    mirror, log = NearMirror(), shown(3)
    accepted(mirror, log)
    mirror.uploaded(upload_of(log))

    answer = mirror.uploaded(upload_of(log, start=4))

    assert cosigned_size(mirror, log, answer) == 4


@pytest.mark.spec("C2SP tlog-mirror", "add-entries")
@pytest.mark.parametrize(("start", "end"), [(301, 601), (0, 400), (0, 299), (601, 601)], ids=str)
def test_an_upload_that_cannot_begin_there_is_told_where_it_can(start: int, end: int):
    mirror, log = NearMirror(), shown(LONG)
    accepted(mirror, earlier(log, 300))
    mirror.uploaded(upload_of(log, end=300))
    accepted(mirror, log, old=300)

    answer = mirror.uploaded(AddEntries(ORIGIN, start, end).render())

    assert isinstance(answer, Conflict)
    assert (answer.info.size, answer.info.next_entry) == (LONG + 1, 300)


@pytest.mark.spec("C2SP tlog-mirror", "add-entries")
def test_a_ticket_leads_to_a_checkpoint_that_was_pending_once_and_no_other_does():
    mirror, log = NearMirror(), shown(LONG)
    accepted(mirror, earlier(log, 300))
    part = mirror.uploaded(upload_of(log, end=300, most=1))
    assert isinstance(part, Partial)
    accepted(mirror, log, old=300)
    forged = bytes([part.info.ticket[0] ^ 1]) + part.info.ticket[1:]

    refused = mirror.uploaded(upload_of(log, start=256, end=300, ticket=forged))
    answer = mirror.uploaded(upload_of(log, start=256, end=300, ticket=part.info.ticket))
    late = mirror.uploaded(upload_of(log, start=300))
    back = mirror.uploaded(upload_of(log, start=300, end=300, ticket=part.info.ticket))

    assert isinstance(refused, Conflict)
    assert cosigned_size(mirror, earlier(log, 300), answer) == 300
    assert cosigned_size(mirror, log, late) == LONG + 1
    assert isinstance(back, Conflict)


@pytest.mark.spec("C2SP tlog-mirror", "add-entries")
def test_before_any_checkpoint_and_for_a_log_that_is_not_known_nothing_is_taken():
    mirror, log = NearMirror(), shown(3)

    with pytest.raises(LogProofError):
        mirror.uploaded(upload_of(log))
    with pytest.raises(NotFoundError):
        mirror.uploaded(AddEntries("other.example", 0, 0).render())


@pytest.mark.spec("C2SP tlog-mirror", "add-entries")
@pytest.mark.parametrize("number", [0, 255, 256, LONG])
def test_entries_that_do_not_stand_in_the_checkpoint_are_not_stored(number: int):
    mirror, log = NearMirror(), shown(LONG)
    accepted(mirror, log)
    wrong = [raw for raw in log.run_shown if isinstance(raw, bytes)]
    wrong[number] = grant("another").raw

    with pytest.raises(LogProofError):
        mirror.uploaded(upload_of(log, entries=wrong))

    assert mirror.size() == number - number % 256
    assert mirror.evidence.kept is None
    assert cosigned_size(mirror, log, mirror.uploaded(upload_of(log, start=mirror.size())))


def test_a_body_without_a_whole_package_is_malformed():
    mirror, log = NearMirror(), shown(3)
    accepted(mirror, log)

    with pytest.raises(MalformedError):
        mirror.uploaded(upload_of(log, most=0))
    with pytest.raises(MalformedError):
        mirror.uploaded(upload_of(log)[:-1])


def _by_a_stranger() -> bytes:
    one = grant("grant 0")
    return one.revoked(signer("stranger"))


def _of_another_log() -> bytes:
    return grant("elsewhere", log="other.example").raw


def _of_a_wrong_state() -> bytes:
    return entry.state_snapshot(
        log=ORIGIN, signer=signer("log"), sequence=0, size=2, root=bytes(32), at=AT
    )


@pytest.mark.parametrize("bad", [_by_a_stranger, _of_another_log, _of_a_wrong_state])
def test_an_entry_that_the_log_had_to_refuse_is_never_stored_and_nothing_after_it(bad):
    mirror = NearMirror()
    raws = [grant("grant 0").raw, grant("grant 1").raw]
    log = ShownLog([*raws, bad(), grant("after").raw])
    accepted(mirror, log)
    body = upload_of(log)

    with pytest.raises(LogProofError):
        mirror.uploaded(body)
    mirror.reopen()
    with pytest.raises(LogProofError):
        mirror.uploaded(upload_of(log))

    assert mirror.size() == 0
    assert mirror.evidence.kept is not None
    pending = mirror.pending.load(ORIGIN)
    assert pending is not None
    assert mirror.evidence.kept["shown"] == pending.note
    uploaded = as_text(mirror.evidence.kept["uploaded"], at="/uploaded")
    assert base64url_decode(uploaded) == body
    with pytest.raises(NotFoundError):
        mirror.mirror.checkpoint(origin_hash(ORIGIN))


class PowerCut(Exception):  # noqa: N818 - no error of ours
    """The machine is off."""


class Plug:
    """Pulled at one step of many: before it is on the disk, or after, when nobody was told."""

    def __init__(self, step: int, *, after: bool) -> None:
        self.left = step
        self.after = after

    def guarded(self, action):
        """Do the same as `action`, unless the power goes."""

        def step(*args, **named):
            self.left -= 1
            if self.left == 0 and not self.after:
                raise PowerCut
            done = action(*args, **named)
            if self.left == 0:
                raise PowerCut
            return done

        return step


class Guarded:
    """A store or a memory whose every durable step may be the last."""

    def __init__(self, inner, plug: Plug, *names: str) -> None:
        self._inner = inner
        for name in names:
            setattr(self, name, plug.guarded(getattr(inner, name)))

    def __getattr__(self, name: str):
        return getattr(self._inner, name)


def guarded(inner: object, plug: Plug, *names: str) -> Any:
    """The same, with a plug that is pulled at one of these steps."""
    return Guarded(inner, plug, *names)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", range(1, 11))
def test_killed_at_any_step_a_mirror_has_what_it_cosigned_and_goes_on(step: int, when: str):
    mirror, log = NearMirror(), shown(LONG)
    store, pending, cosigned = mirror.store, mirror.pending, mirror.cosigned
    plug = Plug(step, after=when == "after")
    mirror.store = guarded(store, plug, "create", "append")
    mirror.pending = guarded(pending, plug, "advance")
    mirror.cosigned = guarded(cosigned, plug, "advance")
    mirror.reopen()
    answered: list[int] = []
    try:
        accepted(mirror, earlier(log, 300))
        answered.append(cosigned_size(mirror, earlier(log, 300), _whole(mirror, log, end=300)))
        accepted(mirror, log, old=300)
        answered.append(cosigned_size(mirror, log, _whole(mirror, log, start=300)))
    except PowerCut:
        pass

    mirror.store, mirror.pending, mirror.cosigned = store, pending, cosigned
    mirror.reopen()
    tree = cosigned.load(ORIGIN)
    if tree is None:
        assert answered == []
    else:
        assert answered == [] or answered[-1] <= tree.size <= mirror.size()
        with store.snapshot() as kept:
            assert root_at(kept, tree.size) == tree.root
    seen = pending.load(ORIGIN)
    accepted(mirror, log, old=0 if seen is None else seen.size)
    answer = _whole(mirror, log, start=mirror.size())
    assert cosigned_size(mirror, log, answer) == LONG + 1


def _whole(mirror: NearMirror, log: ShownLog, *, start: int = 0, end: int | None = None):
    return mirror.uploaded(upload_of(log, start=start, end=end))


def test_the_steps_at_which_a_mirror_is_killed_are_all_that_there_are():
    mirror, log = NearMirror(), shown(LONG)
    plug = Plug(10_000, after=False)
    mirror.store = guarded(mirror.store, plug, "create", "append")
    mirror.pending = guarded(mirror.pending, plug, "advance")
    mirror.cosigned = guarded(mirror.cosigned, plug, "advance")
    mirror.reopen()

    accepted(mirror, earlier(log, 300))
    _whole(mirror, log, end=300)
    accepted(mirror, log, old=300)
    _whole(mirror, log, start=300)

    assert 10_000 - plug.left == 9


def test_a_cosigner_signs_no_tree_that_is_not_stored():
    mirror, log = NearMirror(), shown(LONG)
    accepted(mirror, log)
    mirror.uploaded(upload_of(log, most=1))

    with pytest.raises(UnavailableError):
        mirror.uploaded_log.finish(log.checkpoint())

    assert mirror.cosigned.load(ORIGIN) is None


def test_uploads_that_cross_each_other_store_each_entry_once():
    mirror, log = NearMirror(), shown(LONG)
    accepted(mirror, log)
    body = upload_of(log)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: mirror.uploaded(body), range(4)))

    for answer in answers:
        assert cosigned_size(mirror, log, answer) == LONG + 1
    assert mirror.size() == LONG + 1


def test_two_processes_on_one_folder_add_to_what_the_other_has_stored():
    mirror, log = NearMirror(), shown(LONG)
    accepted(mirror, log)
    mirror.uploaded(upload_of(log, most=1))
    first = mirror.mirror
    mirror.reopen()
    mirror.uploaded(upload_of(log, start=256, most=1))

    mirror.mirror = first
    answer = mirror.uploaded(upload_of(log, start=512))

    assert cosigned_size(mirror, log, answer) == LONG + 1
