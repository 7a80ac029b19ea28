"""One contract for what the log told a verifier, held by memory, SQLite and PostgreSQL alike."""

from datetime import UTC, datetime, timedelta

import pytest

from registry.model.log_event import Standing
from ssi_core.adapters.database import open_database
from tests.contract.test_verifier_store import ANSWER, REQUEST
from verifier.adapters.marks_memory import MemoryMarks
from verifier.adapters.marks_sql import SqlMarks
from verifier.adapters.sql import SqlStore
from verifier.marks import GrantMark, LogPosition

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def mark(grant_id: str, index: int, standing: Standing = Standing.ENDED) -> GrantMark:
    return GrantMark(grant_id=grant_id, standing=standing, index=index, told_at=NOW)


def at(heard: int, *, log: str = "log") -> LogPosition:
    return LogPosition(log=log, heard=heard, size=heard, root=bytes([heard]) * 32)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def marks(request, tmp_path):
    if request.param == "memory":
        yield MemoryMarks()
        return
    url = (
        f"sqlite:///{tmp_path / 'verifier.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = open_database(url)
    yield SqlMarks(engine)
    engine.dispose()


def test_what_was_told_comes_back(marks):
    marks.learn([mark("a", 1), mark("b", 2, Standing.SUSPENDED)], at(3))

    assert marks.mark_of("a") == mark("a", 1)
    assert marks.mark_of("b") == mark("b", 2, Standing.SUSPENDED)
    assert marks.mark_of("c") is None
    assert marks.position("log") == at(3)
    assert marks.position("other") is None


def test_the_order_of_entries_decides_and_not_that_of_arrival(marks):
    marks.learn([mark("a", 5, Standing.IN_FORCE)])
    marks.learn([mark("a", 4), mark("b", 1, Standing.SUSPENDED), mark("b", 2)])
    marks.learn([mark("b", 1, Standing.SUSPENDED)])

    assert marks.mark_of("a") == mark("a", 5, Standing.IN_FORCE)
    assert marks.mark_of("b") == mark("b", 2)


def test_a_position_never_goes_back_and_is_of_one_log(marks):
    for position in (at(5), at(3), at(9, log="other")):
        marks.learn([], position)

    assert marks.position("log") == at(5)
    assert marks.position("other") == at(9, log="other")


def test_a_held_grant_is_known_and_nothing_but_one(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path / 'verifier.db'}")
    store, marks = SqlStore(engine), SqlMarks(engine)
    empty = marks.may_hold_grants()
    store.append(REQUEST)
    asked = marks.may_hold_grants()
    store.answer(REQUEST.id, ANSWER)

    assert (empty, asked) == (False, False)
    assert marks.may_hold_grants()
    assert MemoryMarks().may_hold_grants(), "what cannot be known is not denied"
    engine.dispose()


def test_old_marks_go_unless_somebody_answered_under_the_grant(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path / 'verifier.db'}")
    store, marks = SqlStore(engine), SqlMarks(engine)
    store.append(REQUEST)
    store.answer(REQUEST.id, ANSWER)
    held = ANSWER.grant_id or ""
    marks.learn([mark(held, 1), mark("unknown", 2)])

    marks.forget_marks(before=NOW)
    kept_both = marks.mark_of("unknown") is not None
    marks.forget_marks(before=NOW + timedelta(seconds=1))

    assert kept_both
    assert marks.mark_of(held) == mark(held, 1)
    assert marks.mark_of("unknown") is None
    engine.dispose()
