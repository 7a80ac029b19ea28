import socket
import threading
import time

import pytest

from ssi_core.adapters.http import HttpAnswer, HttpClient
from ssi_core.errors import (
    ConflictError,
    ConsentError,
    MalformedError,
    UnavailableError,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PROBLEM = "application/problem+json"


def test_an_answer_is_complete_data(scripted, answering, client) -> None:
    seen: list[bytes] = []
    head = b"HTTP/1.1 404 Nope\r\nX-One: a\r\nX-One: b\r\nX-Odd: \xe9\r\nContent-Length: 7\r\n\r\n"
    server = scripted(answering(head + b'{"a":1}', seen=seen))

    answer = client.get(f"{server.url}/there?q=1#part", accept="application/json")

    assert (answer.status, answer.ok, answer.json()) == (404, False, {"a": 1})
    assert answer.headers["x-one"] == "a, b"
    assert answer.headers["x-odd"] == "é"
    assert seen[0].startswith(b"GET /there?q=1 HTTP/1.1\r\n")
    assert b"Accept: application/json" in seen[0]
    assert f"Host: 127.0.0.1:{server.port}".encode() in seen[0]


def test_json_and_forms_are_sent_as_what_they_are(scripted, answering, client) -> None:
    seen: list[bytes] = []
    server = scripted(answering(OK, OK, seen=seen))

    client.post_json(server.url, {"é": [1, None]})
    client.post_form(server.url, {"a b": "é&=", "c": ""})

    assert b"Content-Type: application/json" in seen[0]
    assert seen[0].endswith('\r\n\r\n{"é":[1,null]}'.encode())
    assert b"Content-Type: application/x-www-form-urlencoded" in seen[1]
    assert seen[1].endswith(b"\r\n\r\na+b=%C3%A9%26%3D&c=")


def test_a_redirect_is_an_answer_and_is_not_followed(scripted, answering, client) -> None:
    seen: list[bytes] = []
    target = scripted(answering(OK, seen=seen))
    redirect = f"HTTP/1.1 302 Found\r\nLocation: {target.url}\r\nContent-Length: 0\r\n\r\n".encode()
    server = scripted(answering(redirect, seen=[]))

    answer = client.get(server.url)

    assert answer.status == 302
    assert seen == []
    with pytest.raises(UnavailableError):
        answer.require_ok()


def test_cookies_are_neither_kept_nor_sent(scripted, answering, client) -> None:
    seen: list[bytes] = []
    baking = b"HTTP/1.1 200 OK\r\nSet-Cookie: who=alice\r\nContent-Length: 0\r\n\r\n"
    server = scripted(answering(baking, baking, seen=seen))

    client.get(server.url)
    client.get(server.url)

    assert len(seen) == 2
    assert b"cookie" not in seen[1].lower()


def test_connections_are_kept_for_the_next_call(scripted, answering, client) -> None:
    server = scripted(answering(OK, OK, OK, seen=[]))

    for _ in range(3):
        client.get(server.url)

    assert len(server.connections) == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_server_killed_and_restarted_between_calls_is_not_noticed(
    scripted, answering, client, method: str
) -> None:
    first = scripted(answering(OK, seen=[]))
    client.get(first.url)
    first.kill()
    seen: list[bytes] = []
    scripted(answering(OK, seen=seen), port=first.port)

    answer = client.get(first.url) if method == "get" else client.post_json(first.url, {})

    assert answer.ok
    assert len(seen) == 1


def hang_up_on_the_second(connection: socket.socket, read, seen: list[bytes]) -> None:
    seen.append(read(connection))
    connection.sendall(OK)
    seen.append(read(connection))
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def test_what_may_be_repeated_is_repeated_when_a_kept_connection_dies_under_it(
    scripted, read_request, answering, client
) -> None:
    seen: list[bytes] = []

    def script(connection: socket.socket, number: int) -> None:
        if number == 0:
            hang_up_on_the_second(connection, read_request, seen)
        else:
            answering(OK, OK, seen=seen)(connection, number)

    server = scripted(script)
    client.get(server.url)

    answer = client.get(server.url)
    again = client.post_json(server.url, {"n": 1}, idempotent=True)

    assert answer.ok
    assert again.ok
    assert len(server.connections) == 2
    assert [request[:4] for request in seen] == [b"GET ", b"GET ", b"GET ", b"POST"]


def test_what_may_not_be_repeated_is_unavailable_when_a_kept_connection_dies_under_it(
    scripted, read_request, client
) -> None:
    seen: list[bytes] = []
    server = scripted(
        lambda connection, _number: hang_up_on_the_second(connection, read_request, seen)
    )
    client.get(server.url)

    with pytest.raises(UnavailableError):
        client.post_json(server.url, {"n": 1})

    assert [request[:4] for request in seen] == [b"GET ", b"POST"]
    assert len(server.connections) == 1


def test_a_new_connection_that_dies_is_not_tried_again(scripted, read_request, client) -> None:
    def hang_up(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    server = scripted(hang_up)

    with pytest.raises(UnavailableError):
        client.get(server.url)

    assert len(server.connections) == 1


def test_nobody_listening_is_unavailable(scripted, client) -> None:
    server = scripted(lambda _connection, _number: None)
    server.kill()

    with pytest.raises(UnavailableError):
        client.get(server.url)


def test_threads_share_a_client_without_mixing_answers(scripted, read_request) -> None:
    def echo(connection: socket.socket, _number: int) -> None:
        while request := read_request(connection):
            path = request.split(b" ")[1]
            time.sleep(0.002)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(path)}\r\n\r\n".encode()
            connection.sendall(head + path)

    server = scripted(echo)
    client = HttpClient()
    wrong: list[str] = []

    def call(number: int) -> None:
        for turn in range(20):
            path = f"/{number}/{turn}"
            if client.get(server.url + path).body != path.encode():
                wrong.append(path)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    client.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Name": "Zoë"},
        {"X-Name": "a\r\nX-Other: b"},
        {"X Name": "a"},
        {"": "a"},
        {"X-Name": "\ud800"},
        {"X-Name": ""},
    ],
)
def test_a_header_that_http_cannot_carry_is_malformed_and_nothing_is_sent(
    scripted, answering, client, headers: dict[str, str]
) -> None:
    seen: list[bytes] = []
    server = scripted(answering(OK, seen=seen))

    with pytest.raises(MalformedError):
        client.get(server.url, headers=headers)

    assert seen == []


@pytest.mark.parametrize("value", [{"a": "\ud800"}, {"a": float("nan")}, {"a": object()}])
def test_a_value_without_json_form_is_malformed(client, value) -> None:
    with pytest.raises(MalformedError):
        client.post_json("http://127.0.0.1:1/", value)


def test_a_form_field_that_is_not_unicode_is_malformed(client) -> None:
    with pytest.raises(MalformedError):
        client.post_form("http://127.0.0.1:1/", {"a": "\udc00"})


def answer_with(body: bytes, *, kind: str = PROBLEM) -> HttpAnswer:
    return HttpAnswer(status=409, headers={"content-type": kind}, body=body)


def test_a_problem_of_ours_comes_back_as_its_error() -> None:
    body = (
        b'{"type":"urn:consentry:problem:consent_denied","title":"no grant permits this",'
        b'"status":403,"refusals":["expired","not a code!",7]}'
    )

    error = answer_with(body).problem()

    assert isinstance(error, ConsentError)
    assert error.refusals == ("expired",)
    assert error.reason == "no grant permits this"


def test_a_conflict_there_is_a_conflict_here() -> None:
    body = b'{"type":"urn:consentry:problem:conflict","title":"changed","pointer":"/seq"}'

    with pytest.raises(ConflictError) as caught:
        answer_with(body).require_ok()

    assert caught.value.at == "/seq"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"type":"about:blank","title":"Not Found"}',
        b'{"type":"conflict","title":"a type of somebody else\'s"}',
        b'{"type":"urn:consentry:problem:conflict","title":7}',
        b'{"type":"urn:consentry:problem:conflict","title":"two\\nlines"}',
        b'{"type":"urn:consentry:problem:conflict","title":"' + b"x" * 201 + b'"}',
        b'{"type":"urn:consentry:problem:internal","title":"a bug"}',
        b'{"type":"urn:consentry:problem:nothing","title":"unknown"}',
        b'{"type":null,"title":null}',
    ],
)
def test_any_other_error_means_that_we_could_not_find_out(body: bytes) -> None:
    error = answer_with(body).problem()

    assert type(error) is UnavailableError
    assert error.reason == "the other side answered with an error of its own"


def test_a_problem_under_another_media_type_is_not_believed() -> None:
    body = b'{"type":"urn:consentry:problem:conflict","title":"changed"}'

    error = answer_with(body, kind="application/json").problem()

    assert type(error) is UnavailableError
