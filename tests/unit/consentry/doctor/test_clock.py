import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from consentry.doctor.clock import RELEASED_AT, ClockFacts, judge_clock, look_at_clock
from consentry.doctor.finding import Finding, Verdict
from registry.model import checkpoint
from registry.model.checkpoint import Checkpoint
from registry.model.merkle import EMPTY_ROOT
from registry.model.signed_note import SignatureType
from ssi_core.keys import Ed25519Signer

NOW = RELEASED_AT + timedelta(days=100)
LOG, WITNESS = Ed25519Signer.generate(), Ed25519Signer.generate()


def judged(facts: ClockFacts) -> dict[str, Finding]:
    return {finding.check.split(" ")[0]: finding for finding in judge_clock(facts)}


def note(at: datetime) -> str:
    signed = checkpoint.sign(Checkpoint("a.example/log", 0, EMPTY_ROOT), signer=LOG)
    return checkpoint.cosign(signed, name="a.example/witness", signer=WITNESS, at=at)


def log_body() -> bytes:
    log_key = checkpoint.verifier_key("a.example/log", LOG, SignatureType.ED25519)
    witness = checkpoint.verifier_key("a.example/witness", WITNESS, SignatureType.COSIGNATURE_V1)
    return f'{{"vkey":"{log_key}","witnesses":["{witness}"]}}'.encode()


@contextmanager
def registry(bodies: dict[str, bytes]) -> Iterator[str]:
    """Answer as a registry does, with these bodies, until the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for _ in bodies:
                connection, _address = listener.accept()
                with connection:
                    path = connection.recv(65_536).split(b" ")[1].decode()
                    body = bodies.get(path, b"")
                    head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}"
                    connection.sendall(head.encode() + b"\r\n\r\n" + body)

        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_a_clock_after_the_release_is_plausible() -> None:
    findings = judged(ClockFacts(now=NOW))

    assert [finding.verdict for finding in findings.values()] == [Verdict.GOOD]


def test_a_clock_before_the_release_is_wrong() -> None:
    findings = judged(ClockFacts(now=RELEASED_AT - timedelta(seconds=1)))

    assert findings["clock"].verdict is Verdict.WRONG
    assert "timedatectl" in findings["clock"].remedy


@pytest.mark.parametrize("apart", [timedelta(seconds=31), -timedelta(hours=1)])
def test_a_registry_with_another_time_is_a_warning(apart: timedelta) -> None:
    findings = judged(ClockFacts(now=NOW, registry="https://a.example", cosigned_at=NOW + apart))

    assert findings["clock"].verdict is Verdict.GOOD
    assert findings["registry"].verdict is Verdict.WARNING


def test_a_registry_with_the_same_time_is_good() -> None:
    now = datetime.now(UTC)  # noqa: TID251 - it is compared with the machine's own clock
    with registry({"/log": log_body(), "/checkpoint": note(now).encode()}) as url:
        facts = look_at_clock(url)

    assert facts.cosigned_at is not None
    assert judged(facts)["registry"].verdict is Verdict.GOOD


def test_a_registry_that_lives_in_another_year_is_a_warning() -> None:
    then = datetime(2020, 1, 1, tzinfo=UTC)
    with registry({"/log": log_body(), "/checkpoint": note(then).encode()}) as url:
        facts = look_at_clock(url)

    assert judged(facts)["registry"].verdict is Verdict.WARNING


@pytest.mark.parametrize(
    "bodies",
    [
        {"/log": b""},
        {"/log": b"[]"},
        {"/log": b'{"vkey":7,"witnesses":[]}', "/checkpoint": b""},
        {"/log": log_body(), "/checkpoint": b"\xff"},
        {"/log": log_body(), "/checkpoint": b"no note"},
        {"/log": log_body(), "/checkpoint": note(NOW).encode().replace(b"\n0\n", b"\n1\n")},
    ],
)
def test_a_registry_without_a_checkpoint_that_holds_is_wrong(bodies: dict[str, bytes]) -> None:
    with registry(bodies) as url:
        facts = look_at_clock(url)

    assert judged(facts)["registry"].verdict is Verdict.WRONG


def test_a_registry_that_nobody_serves_is_wrong() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    findings = judged(look_at_clock(url))

    assert findings["registry"].verdict is Verdict.WRONG
    assert "unavailable" in findings["registry"].found
