"""Where a URL that a stranger wrote may lead: never to addresses behind our own walls."""

import socket
import ssl
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.adapters.reach import Reach, is_public
from ssi_core.errors import MalformedError, RejectedError, SsiError, UnavailableError

PUBLIC: Final = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1"]
PUBLIC_V6: Final = ["2606:4700:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
INTERNAL: Final = [
    "0.0.0.0",  # noqa: S104 - an address that is refused
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]
INTERNAL_V6: Final = [
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:0a00:0001::1",
    "2002:7f00:0001::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
]
# What some readers, and this machine's name resolution, take for 127.0.0.1 or 10.0.0.1.
ODD_SPELLINGS: Final = [
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
    "127.1",
    "10.1",
    "0",
    "0.0.0.0",  # noqa: S104 - an address that is refused
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1.",
    "[::ffff:7f00:1]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
]


class Names:
    """A name service that says one thing after the other, and keeps what it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.mark.parametrize("text", PUBLIC + PUBLIC_V6)
def test_an_address_of_the_internet_is_public(text: str):
    assert is_public(ip_address(text))
    assert Reach.PUBLIC.require([text], host="a.example") == (text,)


@pytest.mark.parametrize("text", INTERNAL + INTERNAL_V6)
def test_every_other_address_is_beyond_reach(text: str):
    for reach in (Reach.PUBLIC, Reach.LOCAL):
        with pytest.raises(RejectedError):
            reach.require([text], host="a.example")


@given(st.ip_addresses())
def test_what_is_public_here_is_so_for_the_standard_library(address):
    """Whose tables differ by release, and do not know what is embedded: ours are narrower."""
    if is_public(address) and address.version == 4:
        assert address.is_global


@pytest.mark.parametrize("mixed", [["8.8.8.8", "10.0.0.1"], ["::1", "2a00:1450::1"]])
def test_a_name_with_public_and_internal_addresses_is_refused(mixed: list[str], clients):
    names = Names(mixed)
    client = clients(timeout=1, reach=Reach.PUBLIC, lookup=names)

    with pytest.raises(RejectedError):
        client.get("https://mixed.example/")

    assert names.asked == [("mixed.example", 443)]


@pytest.mark.parametrize("internal", INTERNAL + INTERNAL_V6)
def test_a_name_that_leads_inside_is_not_connected_to(internal: str, clients):
    client = clients(timeout=1, reach=Reach.LOCAL, lookup=Names([internal]))

    with pytest.raises(RejectedError):
        client.get("https://rebound.example/")


@pytest.mark.parametrize("host", ODD_SPELLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_spelling_of_an_internal_address_is_connected_to(
    *, scheme: str, host: str, scripted, answering, clients
):
    server = scripted(answering(seen=[]))
    client = clients(timeout=1, reach=Reach.PUBLIC)

    # Some are refused for their address, and some are no URL or no name to begin with.
    with pytest.raises((RejectedError, MalformedError, UnavailableError)):
        client.get(f"{scheme}://{host}:{server.port}/")

    assert server.connections == []


def test_a_service_for_strangers_does_not_reach_its_own_machine(scripted, answering, clients):
    server = scripted(answering(seen=[]))
    client = clients(timeout=1, reach=Reach.PUBLIC)

    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(RejectedError):
            client.get(f"http://{host}:{server.port}/")

    assert server.connections == []


def test_on_one_machine_only_its_own_name_leads_to_it(scripted, answering, clients):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    server = scripted(answering(answer, seen=[]))
    client = clients(timeout=2, reach=Reach.LOCAL, lookup=Names(["127.0.0.1"]))

    found = client.get(f"http://localhost:{server.port}/")

    assert found.body == b"ok"
    with pytest.raises(RejectedError):
        client.get(f"https://stranger.example:{server.port}/")
    assert len(server.connections) == 1


def test_what_an_operator_configured_may_be_anywhere(scripted, answering, clients):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    server = scripted(answering(answer, seen=[]))
    client = clients(timeout=2, reach=Reach.ANY)

    assert client.get(server.url).body == b"ok"


def test_the_address_that_was_checked_is_the_one_connected_to(
    scripted, read_request, certificate_for, clients
):
    """A name service that changes its mind after the check is not asked again."""
    certificate, key = certificate_for(x509.DNSName("rebinding.example"))
    names, told = Names(["127.0.0.1"], ["10.0.0.1"]), list[str | None]()
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate, key)
    served.sni_callback = lambda _socket, name, _context: told.append(name)
    seen: list[bytes] = []

    def speak_tls(connection: socket.socket, _number: int) -> None:
        with served.wrap_socket(connection, server_side=True) as secure:
            seen.append(read_request(secure))
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            read_request(secure)

    server = scripted(speak_tls)
    trusting = ssl.create_default_context(cafile=str(certificate))
    # The certificate and the Host header are for the name, the connection is to the address.
    client = clients(timeout=2, reach=Reach.ANY, lookup=names, tls=trusting)

    answer = client.get(f"https://rebinding.example:{server.port}/")

    assert answer.body == b"ok"
    assert names.asked == [("rebinding.example", server.port)]
    assert told == ["rebinding.example"]
    assert f"Host: rebinding.example:{server.port}".encode() in seen[0]


def test_a_name_is_checked_again_for_every_new_connection(scripted, answering, clients):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    server = scripted(answering(answer, seen=[]))
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    client = clients(timeout=2, reach=Reach.LOCAL, lookup=names)
    url = f"http://localhost:{server.port}/"

    assert client.get(url).body == b"ok"
    with pytest.raises(RejectedError):
        client.get(url)


def test_where_one_address_is_dead_the_next_is_tried(scripted, answering, clients):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    server = scripted(answering(answer, seen=[]))
    # Nothing listens at the first: this server took one address only.
    names = Names(["127.0.0.2", "127.0.0.1"])
    client = clients(timeout=2, reach=Reach.LOCAL, lookup=names)

    assert client.get(f"http://localhost:{server.port}/").body == b"ok"


def test_a_name_without_an_address_is_unavailable(clients):
    client = clients(timeout=1, reach=Reach.PUBLIC, lookup=Names([]))

    with pytest.raises(UnavailableError):
        client.get("https://nowhere.example/")


def test_a_name_service_that_fails_is_unavailable(clients):
    def failing(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror

    client = clients(timeout=1, reach=Reach.PUBLIC, lookup=failing)

    with pytest.raises(UnavailableError):
        client.get("https://nowhere.example/")


@given(st.text(max_size=60))
def test_whatever_a_name_service_says_is_an_address_or_refused(text: str):
    try:
        found = Reach.PUBLIC.require([text], host="a.example")
    except SsiError:
        return
    assert is_public(ip_address(found[0]))


@pytest.mark.parametrize(
    ("public_url", "reach"),
    [
        (None, Reach.LOCAL),
        ("http://localhost:8300", Reach.LOCAL),
        ("http://127.0.0.1:8300", Reach.LOCAL),
        ("https://verifier.example", Reach.PUBLIC),
        ("https://10.0.0.7", Reach.PUBLIC),
    ],
)
def test_a_process_that_others_can_call_reaches_the_public_only(public_url, reach: Reach):
    assert Reach.default(public_url) is reach
