import gzip
import socket

import pytest

from ssi_core.errors import (
    UnavailableError,
)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n" + b"x" * 10_001,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b"x" * 4096
        + b"\r\n1000\r\n" + b"x" * 4096 + b"\r\n1000\r\n" + b"x" * 4096 + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 10_001,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=["declared", "chunked", "until the end", "headers"],
)  # fmt: skip
def test_an_answer_that_is_too_large_is_unavailable(
    scripted, answering, client, answer: bytes
) -> None:
    server = scripted(answering(answer, seen=[]))

    with pytest.raises(UnavailableError):
        client.get(server.url)


def test_the_limit_itself_is_allowed_and_can_be_set_per_call(scripted, answering, client) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + b"x" * 10_000
    server = scripted(answering(answer, answer, seen=[]))

    whole = client.get(server.url)

    assert len(whole.body) == 10_000
    with pytest.raises(UnavailableError):
        client.get(server.url, max_bytes=9_999)


def test_a_compressed_answer_is_not_unpacked(scripted, answering, client) -> None:
    seen: list[bytes] = []
    bomb = gzip.compress(b"x" * 5_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    server = scripted(answering(head.encode() + bomb, seen=seen))

    with pytest.raises(UnavailableError):
        client.get(server.url)

    assert b"Accept-Encoding: identity" in seen[0]


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
        b"this is not HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
)
def test_an_answer_cut_short_or_broken_is_unavailable(
    scripted, read_request, client, part: bytes
) -> None:
    def cut(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(part)
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    server = scripted(cut)

    with pytest.raises(UnavailableError):
        client.get(server.url)


def test_a_connection_reset_in_the_middle_of_an_answer_is_unavailable(
    scripted, read_request, client
) -> None:
    def reset(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        # Closing with a linger of zero sends RST, as the death of a process can.
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.close()

    server = scripted(reset)

    with pytest.raises(UnavailableError):
        client.get(server.url)
