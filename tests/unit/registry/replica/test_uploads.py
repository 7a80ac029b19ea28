"""What a mirror takes that is uploaded to it, and when it cosigns."""

from functools import cache

import pytest

from registry.model import entry
from registry.model.checkpoint import verify
from registry.model.signed_note import SignedNote
from registry.model.tlog_mirror import AddEntries
from registry.model.tlog_tiles import Tile, parse_bundle
from registry.model.tlog_witness import AddCheckpoint, SeenSize, origin_hash
from registry.service.replica.uploads import Conflict, Partial
from ssi_core.encoding import base64url_decode
from ssi_core.errors import ForkError, LogProofError, MalformedError, NotFoundError
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
