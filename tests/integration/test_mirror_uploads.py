"""A mirror as a process: what is uploaded to it, what it answers, and that it never signs ahead."""

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from threading import Timer

import pytest
from click.testing import CliRunner

from registry.cli import commands
from registry.model.checkpoint import VerifiedCheckpoint, verify
from registry.model.gapped_upload import GAPPED_TYPE
from registry.model.merkle import leaf_hash, root_of
from registry.model.receipt_state import ReceiptState
from registry.model.signed_note import SignedNote, VerifierKey
from registry.model.tlog_mirror import INFO_TYPE, AddEntries, MirrorInfo
from registry.model.tlog_policy import TlogPolicy
from registry.model.tlog_tiles import WIDTH, Tile, parse_bundle
from registry.model.tlog_witness import AddCheckpoint, origin_hash
from ssi_core.adapters.http import HttpAnswer, HttpClient
from ssi_core.encoding import base64url_decode
from ssi_core.errors import MalformedError, UnavailableError
from ssi_core.strict_json import as_text
from tests.support.mirror import LOG_KEY, upload_of
from tests.support.registry import ORIGIN, grant, signer
from tests.support.replica import ShownLog
from tests.support.waiting import eventually
from tests.support.witness_server import Consortium, WitnessServer, consortium

# How often a mirror is killed.
KILLS = int(os.environ.get("CONSENTRY_DRILL_MIRROR_KILLS", "10"))
OCTETS = "application/octet-stream"
HASH = origin_hash(ORIGIN)


@pytest.fixture(scope="module")
def http() -> Iterator[HttpClient]:
    client = HttpClient(timeout=20)
    yield client
    client.close()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[WitnessServer]:
    with WitnessServer(tmp_path, [LOG_KEY], name="m.example", mirror=True) as running:
        yield running


@pytest.fixture(scope="module")
def log() -> ShownLog:
    return ShownLog.of(*(grant(f"grant {number}").raw for number in range(1_400)))


def accepted(http: HttpClient, url: str, log: ShownLog, *, old: int = 0) -> HttpAnswer:
    path = log.consistency(old, len(log.run_shown)) if old else ()
    body = AddCheckpoint(old, path, log.checkpoint()).render()
    return http.post(f"{url}/add-checkpoint", body=body, content_type="text/plain")


def post(
    http: HttpClient, url: str, body: bytes, *, kind: str = OCTETS, encoding: str | None = None
) -> HttpAnswer:
    headers = {} if encoding is None else {"Content-Encoding": encoding}
    return http.post(f"{url}/add-entries", body=body, content_type=kind, headers=headers)


def shown(http: HttpClient, url: str, keys: list[VerifierKey]) -> VerifiedCheckpoint | None:
    """The mirror checkpoint, with the mirror's own cosignature; nothing before the first."""
    answer = http.get(f"{url}/{HASH}/checkpoint")
    if answer.status == 404:
        return None
    return verify(answer.require_ok().body.decode(), log_key=LOG_KEY, witness_keys=keys)


def entries_at(http: HttpClient, url: str, size: int, *, log: str = HASH) -> list[bytes]:
    """All entries up to `size` that the mirror shows."""
    found: list[bytes] = []
    for start in range(0, size, WIDTH):
        tile = Tile(0, start // WIDTH, min(WIDTH, size - start))
        found += parse_bundle(http.get(f"{url}/{log}/tile/entries/{tile.path}").require_ok().body)
    return found


@pytest.mark.spec("C2SP tlog-mirror", "add-entries")
def test_each_answer_has_the_status_and_the_form_of_the_specification(http, mirror, log):
    before = post(http, mirror.url, upload_of(log))
    pending = accepted(http, mirror.url, log)
    size = len(log.run_shown)
    wrong = [raw for raw in log.run_shown if isinstance(raw, bytes)]
    wrong[3] = grant("another").raw
    body = upload_of(log)
    start, end = (number.to_bytes(8, "big") for number in (5, 3))
    backwards = AddEntries(ORIGIN, 0, 0).render()[:-18] + start + end + bytes(2)
    refusals = {
        400: [
            post(http, mirror.url, b"junk"),
            post(http, mirror.url, upload_of(log, most=0)),
            post(http, mirror.url, body[:50_000]),
            post(http, mirror.url, body, kind="text/plain"),
            post(http, mirror.url, body, encoding="br"),
            post(http, mirror.url, body, encoding="gzip"),
            post(http, mirror.url, backwards),
        ],
        404: [post(http, mirror.url, AddEntries("other.example", 0, 9).render())],
        409: [
            post(http, mirror.url, AddEntries(ORIGIN, 0, size + 1).render()),
            post(http, mirror.url, AddEntries(ORIGIN, 3, size).render()),
        ],
        422: [before, post(http, mirror.url, upload_of(log, entries=wrong))],
    }

    part = post(http, mirror.url, gzip.compress(body[:-1]), encoding="gzip")
    rest = upload_of(log, start=1_280)
    more = post(http, mirror.url, rest + b"x")
    whole = post(http, mirror.url, gzip.compress(rest), encoding="gzip")

    assert (pending.status, pending.body) == (200, b"")
    for status, answers in refusals.items():
        assert [answer.status for answer in answers] == [status] * len(answers)
    for answer in refusals[409]:
        assert answer.headers["content-type"].startswith(INFO_TYPE)
        info = MirrorInfo.parse(answer.body)
        assert (info.size, info.next_entry) == (size, 0)
    assert part.status == 202
    assert MirrorInfo.parse(part.body).next_entry == 1_280
    assert more.status == 400
    assert whole.status == 200
    assert whole.headers["accept-encoding"] == "gzip"
    keys = [mirror.key(http)]
    note = f"{log.checkpoint()}{whole.body.decode()}"
    assert verify(note, log_key=LOG_KEY, witness_keys=keys).size == size
    seen = shown(http, mirror.url, keys)
    assert seen is not None
    assert seen.size == size
    assert entries_at(http, mirror.url, size) == log.run_shown


def test_a_log_with_an_entry_that_it_had_to_refuse_is_mirrored_no_further(http, tmp_path):
    server = WitnessServer(tmp_path, [LOG_KEY], name="m.example", mirror=True)
    one = grant("one")
    bad = ShownLog([one.raw, one.revoked(signer("stranger"))])
    with server:
        accepted(http, server.url, bad).require_ok()

        first = post(http, server.url, upload_of(bad))
        server.kill()
        server.start()
        again = post(http, server.url, upload_of(bad, end=2, most=0))

        assert (first.status, again.status) == (422, 422)
        assert shown(http, server.url, [server.key(http)]) is None
        evidence = json.loads((tmp_path / HASH / "replica.divergence.json").read_text())
        assert evidence["kind"] == "inadmissible_entry"
        assert base64url_decode(evidence["uploaded"]) == upload_of(bad)


def test_a_small_body_does_not_become_a_large_one_in_memory(http, mirror, log):
    accepted(http, mirror.url, log)
    asked = AddEntries(ORIGIN, 0, len(log.run_shown)).render()
    # An entry of 65,535 bytes at most is looked for, and 256 of them.
    bomb = gzip.compress(asked + bytes(200_000_000))

    answer = post(http, mirror.url, bomb, encoding="gzip")

    assert len(bomb) < 1_000_000
    assert answer.status == 422
    assert _resident_kilobytes(mirror.pid) < 400_000


def _resident_kilobytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


def test_killed_at_any_moment_it_has_what_it_cosigned_and_goes_on(http, tmp_path, log):
    server = WitnessServer(tmp_path, [LOG_KEY], name="m.example", mirror=True)
    random, cut, sizes = Random(36), 0, range(140, 1_401, 140)  # noqa: S311 - not a secret
    raws = [raw for raw in log.run_shown if isinstance(raw, bytes)]
    old, start = 0, 0
    for number in range(KILLS):
        grown = ShownLog(log.run_shown[: sizes[number % len(sizes)]])
        server.start()
        keys = [server.key(http)]
        seen = shown(http, server.url, keys)
        if seen is not None:
            kept = entries_at(http, server.url, seen.size)
            assert kept == raws[: seen.size]
            assert root_of([leaf_hash(raw) for raw in kept]) == seen.root
        timer = Timer(random.uniform(0.0, 0.15), server.kill)
        timer.start()
        try:
            if len(grown.run_shown) > old and accepted(http, server.url, grown, old=old).ok:
                old = len(grown.run_shown)
            start = _continued(http, server.url, grown, start, end=old)
        except UnavailableError:
            cut += 1
        timer.join()

    with server:
        _require_all(http, server, log, old)
    assert cut > 0


def _continued(http: HttpClient, url: str, log: ShownLog, start: int, *, end: int) -> int:
    """Upload from `start` on, or from where the mirror says; return where it is then."""
    at = min(start, end)
    while True:
        answer = post(http, url, upload_of(log, start=at, end=end, most=1))
        if answer.status not in {202, 409}:
            answer.require_ok()
            return end
        at = min(MirrorInfo.parse(answer.body).next_entry, end)


def _require_all(http: HttpClient, server: WitnessServer, log: ShownLog, old: int) -> None:
    # Whether the last checkpoint before the kill was accepted, the mirror remembers.
    answer = accepted(http, server.url, log, old=old)
    if answer.status == 409:
        accepted(http, server.url, log, old=int(answer.body)).require_ok()
    size = len(log.run_shown)
    _continued(http, server.url, log, size, end=size)
    seen = shown(http, server.url, [server.key(http)])
    assert seen is not None
    assert seen.size == size
    assert entries_at(http, server.url, size) == log.run_shown


def test_a_mirror_counts_in_a_policy_and_catches_up_by_upload_when_it_returns(tmp_path):
    with consortium(tmp_path, witnesses=2, mirrors=1, threshold=2) as running:
        *witnesses, mirror = running.witnesses
        eventually(lambda: running.registry.submit(grant("first").raw))
        mirror.kill()
        late = [grant(f"late {number}").raw for number in range(1_700)]
        for start in range(0, 1_700, 850):
            running.registry.submit_all(late[start : start + 850])
        mirror.start()
        # From now on nothing is witnessed without the mirror.
        witnesses[0].kill()

        receipt = eventually(lambda: running.registry.submit(grant("last").raw))
        eventually(lambda: _require_mirrored(running, receipt.index))

        note = running.registry.checkpoint()
        keys = [running.keys[2]]
        size = verify(note, log_key=running.log_key, witness_keys=keys).size
        kept = entries_at(running.http, mirror.url, size, log=origin_hash(running.log_key.name))
        assert kept == entries_of(running, size)
        assert SignedNote.parse(note).by(keys)
        running.server.stop()
        mirror.stop()
        name = origin_hash(running.log_key.name)
        place = f"sqlite:///{tmp_path / 'witness-2' / name / 'entries.db'}"
        sound = CliRunner().invoke(commands, ["fsck", "--database", place])
        assert sound.output.startswith(f"sound {running.log_key.name} ")


def test_a_mirror_that_begins_after_a_redaction_is_brought_the_gap_and_counts(tmp_path):
    gone = grant("gone")
    with consortium(tmp_path, witnesses=1, mirrors=1, threshold=1) as running:
        _, mirror = running.witnesses
        eventually(lambda: running.registry.submit(gone.raw))
        mirror.kill()
        shutil.rmtree(tmp_path / "witness-1" / origin_hash(running.log_key.name))
        for path in (tmp_path / "witness-1").glob("*.db*"):
            path.unlink()
        running.registry.submit(gone.revoked())
        running.registry.submit(gone.redacted(0))
        mirror.start()

        receipt = running.registry.submit(grant("last").raw)
        eventually(lambda: _require_mirrored(running, receipt.index, by="w1.example"))

        name = origin_hash(running.log_key.name)
        tile = Tile(0, 0, receipt.size)
        bundle = running.http.get(f"{mirror.url}/{name}/tile/entries/{tile.path}")
        hashes = running.http.get(f"{mirror.url}/{name}/tile/0/{tile.path}").require_ok().body
        assert bundle.status == 410
        assert hashes[:32] == leaf_hash(gone.raw)
        running.server.stop()
        mirror.stop()
        place = f"sqlite:///{tmp_path / 'witness-1' / name / 'entries.db'}"
        sound = CliRunner().invoke(commands, ["fsck", "--database", place])
        assert sound.output.startswith(f"sound {running.log_key.name} ")


def test_a_new_mirror_is_filled_before_the_policy_that_counts_on_it_takes_effect(tmp_path):
    with consortium(tmp_path, witnesses=1, mirrors=1, threshold=1, named=1) as running:
        witness, mirror = running.witnesses
        eventually(lambda: running.registry.submit(grant("first").raw))
        for start in range(0, 3_000, 1_000):
            raws = [grant(f"old {number}").raw for number in range(start, start + 1_000)]
            running.registry.submit_all(raws)
        eventually(lambda: _require_told(running, running.keys[:1]))
        mirror.kill()

        running.restart(named=2, threshold=2)
        receipt = eventually(lambda: running.registry.submit(grant("meanwhile").raw))
        meanwhile = eventually(lambda: _witnessed(running, grant("meanwhile").raw))
        told = _told(running)
        mirror.start()
        eventually(lambda: _require_told(running, running.keys))
        running.registry.submit(grant("last").raw)
        last = eventually(lambda: _witnessed(running, grant("last").raw))

        assert receipt.index > 3_000
        assert meanwhile == ("w0.example",)
        assert told == running.keys[:1]
        assert last == ("w0.example", "w1.example")
        running.restart(named=2, threshold=2)
        assert _told(running) == running.keys
        witness.kill()
        eventually(lambda: running.registry.submit(grant("alone").raw))
        with pytest.raises(AssertionError):
            eventually(lambda: _witnessed(running, grant("alone").raw), seconds=3)


def _witnessed(running: Consortium, raw: bytes) -> tuple[str, ...]:
    standing = running.registry.receipt(leaf_hash(raw))
    assert standing.state is ReceiptState.WITNESSED
    return tuple(standing.witnesses)


def _told(running: Consortium) -> list[VerifierKey]:
    """The witnesses whom readers are told to ask for."""
    policy = running.http.get(f"{running.server.url}/log").require_ok().json()["policy"]
    quorum = TlogPolicy.parse(as_text(policy, at="/policy").encode()).quorum
    assert quorum is not None
    return list(quorum.keys)


def _require_told(running: Consortium, keys: list[VerifierKey]) -> None:
    assert _told(running) == keys


def test_what_is_no_gap_is_refused_over_http_with_an_error_of_ours(http, mirror):
    log = ShownLog.of(grant("one").raw)
    accepted(http, mirror.url, log).require_ok()
    places = [b'{"redacted":', b'{"redacted":"AA","by":{}}', b'{"redacted":{}}']
    first, rest = log.run_shown
    assert isinstance(rest, bytes)

    answers = [
        post(http, mirror.url, upload_of(log, entries=[place, rest]), kind=GAPPED_TYPE)
        for place in places
    ]
    whole = post(http, mirror.url, upload_of(log), kind=GAPPED_TYPE)

    assert [answer.status for answer in answers] == [400, 400, 400]
    assert whole.status == 200
    assert first == entries_at(http, mirror.url, 2)[0]


def entries_of(running: Consortium, size: int) -> list[bytes]:
    parts = [
        running.registry.entries(start, limit=min(500, size - start))
        for start in range(0, size, 500)
    ]
    return [raw for part in parts for raw in part]


def _require_mirrored(running: Consortium, index: int, *, by: str = "w2.example") -> None:
    standing = running.registry.receipt(leaf_hash(grant("last").raw))
    assert standing.index == index
    assert standing.state is ReceiptState.WITNESSED
    assert by in standing.witnesses


def test_a_mirror_keeps_its_logs_in_files_of_its_own_and_not_in_one_that_is_named(tmp_path):
    words = ["witness", "--mirror", "--log", str(LOG_KEY), "--data-dir", str(tmp_path)]

    result = CliRunner().invoke(commands, [*words, "--database", f"sqlite:///{tmp_path / 'one'}"])

    assert isinstance(result.exception, MalformedError)


def test_a_mirror_in_postgresql_is_killed_and_has_what_it_cosigned(
    http, tmp_path, log, postgres_url
):
    server = WitnessServer(
        tmp_path, [LOG_KEY], name="m.example", mirror=True, database=postgres_url
    )
    size = len(log.run_shown)
    with server:
        accepted(http, server.url, log).require_ok()
        assert post(http, server.url, upload_of(log, most=2)).status == 202
        server.kill()
        server.start()
        assert _continued(http, server.url, log, 0, end=size) == size
        server.kill()
        server.start()

        seen = shown(http, server.url, [server.key(http)])

        assert seen is not None
        assert seen.size == size
        assert entries_at(http, server.url, size) == log.run_shown
    place = f"{postgres_url}?options=-csearch_path%3Dlog_{HASH[:32]}"
    sound = CliRunner().invoke(commands, ["fsck", "--database", place])
    assert sound.output.startswith(f"sound {ORIGIN} ")
    assert list(tmp_path.rglob("*.db")) == []
