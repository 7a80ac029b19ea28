import socket
import threading
from dataclasses import replace

import pytest

from consentry.doctor.finding import Finding, Verdict
from consentry.doctor.network import (
    Address,
    NetworkFacts,
    judge_network,
    look_at_network,
)

GOOD = NetworkFacts(talks_to_itself=True, localhost=("127.0.0.1", "::1"))
SETTING = "CONSENTRY_REGISTRY_PORT"


def judged(facts: NetworkFacts) -> dict[str, Finding]:
    return {finding.check.split(" ")[0]: finding for finding in judge_network(facts)}


def test_this_machine_talks_to_itself() -> None:
    facts = look_at_network([])

    assert facts.talks_to_itself
    assert {finding.verdict for finding in judged(facts).values()} == {Verdict.GOOD}


def test_a_machine_that_cannot_reach_itself_is_wrong() -> None:
    finding = judged(replace(GOOD, talks_to_itself=False))["loopback"]

    assert finding.verdict is Verdict.WRONG


@pytest.mark.parametrize("addresses", [(), ("192.0.2.1",), ("127.0.0.1", "192.0.2.1")])
def test_a_localhost_that_leads_elsewhere_or_nowhere_is_wrong(addresses: tuple[str, ...]) -> None:
    finding = judged(replace(GOOD, localhost=addresses))["localhost"]

    assert finding.verdict is Verdict.WRONG
    assert "127.0.0.1 localhost" in finding.remedy


def test_a_port_that_is_free_is_good() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    facts = look_at_network([Address(SETTING, "127.0.0.1", port)])

    assert judged(facts)["port"].verdict is Verdict.GOOD


def test_a_port_that_something_occupies_is_wrong() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        facts = look_at_network([Address(SETTING, "127.0.0.1", port)])

    finding = judged(facts)["port"]
    assert finding.verdict is Verdict.WRONG
    assert SETTING in finding.remedy


def test_a_port_where_a_service_is_well_is_a_warning() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        threading.Thread(target=answer, daemon=True).start()
        facts = look_at_network([Address(SETTING, "127.0.0.1", listener.getsockname()[1])])

    assert judged(facts)["port"].verdict is Verdict.WARNING


@pytest.mark.parametrize("address", [("192.0.2.1", 8100), ("127.0.0.1", 99_999), ("no host", 1)])
def test_an_address_that_is_not_ours_is_wrong(address: tuple[str, int]) -> None:
    facts = look_at_network([Address(SETTING, *address)])

    assert judged(facts)["port"].verdict is Verdict.WRONG
