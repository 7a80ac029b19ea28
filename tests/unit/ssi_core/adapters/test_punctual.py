import socket
import ssl
import time
from collections.abc import Sequence
from ipaddress import ip_address
from threading import Event

import httpcore
import pytest
from cryptography import x509

from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.lookup import PunctualLookup
from ssi_core.errors import (
    UnavailableError,
)


def test_a_server_that_is_silent_is_unavailable_within_the_time(scripted) -> None:
    server = scripted(lambda _connection, _number: time.sleep(10))
    client = HttpClient(timeout=0.3)
    start = time.monotonic()

    with pytest.raises(UnavailableError):
        client.get(server.url)

    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"],
    ids=["status line", "headers", "body"],
)
def test_a_server_that_drips_is_unavailable_within_the_time(scripted, beginning: bytes) -> None:
    def drip(connection: socket.socket, _number: int) -> None:
        connection.recv(65_536)
        connection.sendall(beginning)
        for _ in range(100):
            connection.sendall(b"H")
            time.sleep(0.1)

    server = scripted(drip)
    client = HttpClient(timeout=0.6)
    start = time.monotonic()

    with pytest.raises(UnavailableError):
        client.get(server.url)

    assert time.monotonic() - start < 3


def test_endless_interim_answers_are_unavailable_within_the_time(scripted) -> None:
    def postpone(connection: socket.socket, _number: int) -> None:
        connection.recv(65_536)
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.05)

    server = scripted(postpone)
    client = HttpClient(timeout=0.5)
    start = time.monotonic()

    with pytest.raises(UnavailableError):
        client.get(server.url)

    assert time.monotonic() - start < 3


def test_a_server_that_reads_nothing_is_unavailable_within_the_time(scripted) -> None:
    server = scripted(lambda _connection, _number: time.sleep(10))
    client = HttpClient(timeout=0.5)
    start = time.monotonic()

    with pytest.raises(UnavailableError):
        client.post(server.url, body=b"x" * 50_000_000, content_type="text/plain")

    assert time.monotonic() - start < 5


def test_https_is_spoken_with_those_whose_certificate_holds_and_nobody_else(
    scripted, read_request, certificate_for
) -> None:
    certificate, key = certificate_for(x509.IPAddress(ip_address("127.0.0.1")))
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate, key)

    def speak_tls(connection: socket.socket, _number: int) -> None:
        with served.wrap_socket(connection, server_side=True) as secure:
            read_request(secure)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            read_request(secure)

    server = scripted(speak_tls)
    url = server.url.replace("http:", "https:")
    trusting = HttpClient(tls=ssl.create_default_context(cafile=str(certificate)))
    strict = HttpClient()

    answer = trusting.get(url)

    assert answer.body == b"ok"
    with pytest.raises(UnavailableError):
        strict.get(url)
    trusting.close()


def test_the_certificates_that_are_trusted_are_read_once_and_not_for_plain_http(
    scripted, read_request, certificate_for, monkeypatch
) -> None:
    certificate, key = certificate_for(x509.IPAddress(ip_address("127.0.0.1")))
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate, key)
    read: list[ssl.SSLContext] = []

    def trust() -> ssl.SSLContext:
        read.append(ssl.create_default_context(cafile=str(certificate)))
        return read[-1]

    def answer(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")

    def speak_tls(connection: socket.socket, _number: int) -> None:
        with served.wrap_socket(connection, server_side=True) as secure:
            answer(secure)

    secure, plain = scripted(speak_tls), scripted(lambda connection, _number: answer(connection))
    monkeypatch.setattr(httpcore, "default_ssl_context", trust)
    client = HttpClient()

    before = [client.get(plain.url).body, len(read)]
    bodies = [client.get(secure.url.replace("http:", "https:")).body for _ in range(2)]

    client.close()
    assert before == [b"ok", 0]
    assert bodies == [b"ok", b"ok"]
    assert len(read) == 1


def test_a_server_silent_during_the_tls_handshake_is_unavailable_within_the_time(scripted) -> None:
    server = scripted(lambda _connection, _number: time.sleep(10))
    client = HttpClient(timeout=0.4)
    start = time.monotonic()

    with pytest.raises(UnavailableError):
        client.get(server.url.replace("http:", "https:"))

    assert time.monotonic() - start < 3


def test_a_name_service_that_is_silent_is_unavailable_within_the_time(clients) -> None:
    over = Event()

    def silent(_host: str, _port: int) -> Sequence[str]:
        over.wait(20)
        return []

    client = clients(timeout=0.3, lookup=silent)
    start = time.monotonic()

    with pytest.raises(UnavailableError):
        client.get("https://silent.example/")

    assert time.monotonic() - start < 3
    over.set()


def test_silent_name_services_hold_a_bounded_number_of_threads() -> None:
    over, asked = Event(), list[str]()

    def silent(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        over.wait(20)
        return ["127.0.0.1"]

    lookup = PunctualLookup(silent, most=2)

    for number in range(4):
        with pytest.raises(TimeoutError):
            lookup.find(f"{number}.example", 443, seconds=0.05)
    over.set()

    assert asked == ["0.example", "1.example"]
    assert lookup.find("5.example", 443, seconds=5) == ["127.0.0.1"]
    assert lookup.find("::1", 443, seconds=0) == ("::1",)
