"""One contract for the claim register, held by memory, SQLite and PostgreSQL alike."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from consent_contracts.adapters.claim_register_memory import MemoryClaimRegister
from consent_contracts.adapters.claim_register_sql import SqlClaimRegister
from consent_contracts.contracts.insurance_claim import InsuranceClaim
from consent_contracts.contracts.register import ClaimRegister, settle
from ssi_core.adapters.database import open_database
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, MalformedError
from tests.support import claim_race
from tests.support.consent import digest
from tests.support.contract_scene import claim_at

AT = datetime(2026, 12, 2, 10, tzinfo=UTC)
ROUNDS = 200
A, B, C = digest("a"), digest("b"), digest("c")
ONE, OTHER = digest("one decision"), digest("another decision")
INSURERS = ("did:web:insurer-one.example", "did:web:insurer-two.example")


def _url(kind: str, request: Any, tmp_path: Any) -> str:
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'claims.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def register(request: Any, tmp_path: Any) -> Iterator[ClaimRegister]:
    if request.param == "memory":
        yield MemoryClaimRegister()
        return
    engine = open_database(_url(request.param, request, tmp_path))
    yield SqlClaimRegister(engine)
    engine.dispose()


def test_a_mark_that_was_entered_is_taken(register):
    register.enter([A, B], decision=ONE, at=AT)

    assert register.taken([A, B, C]) == {A, B}


def test_no_marks_are_refused(register):
    with pytest.raises(MalformedError):
        register.enter([], decision=ONE, at=AT)


def test_a_moment_without_a_time_zone_is_refused(register):
    with pytest.raises(MalformedError):
        register.enter([A], decision=ONE, at=AT.replace(tzinfo=None))


def test_another_decision_gets_none_of_its_marks_if_one_is_taken(register):
    register.enter([A, B], decision=ONE, at=AT)

    with pytest.raises(ConflictError):
        register.enter([B, C], decision=OTHER, at=AT)

    assert register.taken([A, B, C]) == {A, B}


def test_the_same_decision_enters_its_marks_again_and_nothing_changes(register):
    register.enter([A, B], decision=ONE, at=AT)

    register.enter([B, A], decision=ONE, at=AT)

    assert register.taken([A, B, C]) == {A, B}


def test_one_decision_does_not_come_back_for_more(register):
    register.enter([A], decision=ONE, at=AT)

    with pytest.raises(ConflictError):
        register.enter([A, B], decision=ONE, at=AT)

    assert register.taken([A, B]) == {A}


def test_of_many_threads_exactly_one_wins(register):
    def enter(number: int) -> bool:
        try:
            register.enter([A, digest(f"{number}")], decision=digest(f"d{number}"), at=AT)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(enter, range(24)))

    assert won.count(True) == 1


def test_a_second_insurer_is_refused_by_reason_and_the_first_may_ask_again(register):
    first, second = (
        claim_at(Did.parse(insurer), event=A, ledger=ledger, nonce="n")
        for insurer, ledger in zip(INSURERS, (B, C), strict=True)
    )

    paid = settle(InsuranceClaim(), first, register=register)
    again = settle(InsuranceClaim(), first, register=register)
    refused = settle(InsuranceClaim(), second, register=register)

    assert paid.decision.outcome == "authorise"
    assert again == paid
    assert refused.decision.reasons == ("claimed_before",)
    assert refused.inputs.taken == register.taken(paid.decision.marks) & refused.inputs.taken


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_two_insurers_servers_at_once_exactly_one_pays_each_time(kind, request, tmp_path):
    url = _url(kind, request, tmp_path)
    servers = [_server(url, insurer) for insurer in INSURERS]

    answers = [_round(servers, number) for number in range(ROUNDS)]

    for server in servers:
        server.communicate(timeout=30)
        assert server.returncode == 0
    assert {tuple(sorted(each)) for each in answers} == {("authorise", "refuse claimed_before")}
    # A race that always has the same winner was none.
    assert len({tuple(each) for each in answers}) == 2


def _server(url: str, insurer: str) -> subprocess.Popen[str]:
    server = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, claim_race.__file__, url, insurer],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return server


def _round(servers: list[subprocess.Popen[str]], number: int) -> list[str]:
    """Let both servers settle a claim for the same treatment at once; say what each decided."""
    # Each begins every other round, so that the pipe's delay favours neither.
    order = servers if number % 2 else servers[::-1]
    for server in order:
        ledger = digest(f"{number} {servers.index(server)}")
        assert server.stdin is not None
        server.stdin.write(f"{digest(str(number))} {ledger} nonce-{number}\n")
        server.stdin.flush()
    return [server.stdout.readline().strip() for server in servers if server.stdout is not None]
