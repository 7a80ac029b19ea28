from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.adapters.http import HttpClient, is_loopback, require_safe_url
from ssi_core.errors import (
    MalformedError,
    RejectedError,
    SsiError,
    UnavailableError,
)

SAFE = [
    "https://example.org/a?b=c",
    "https://10.0.0.1/",
    "http://localhost:8100/dids",
    "http://LOCALHOST/",
    "http://127.0.0.1:1/",
    "http://127.9.9.9/",
    "http://[::1]:8100/",
]
FORBIDDEN = [
    "http://example.org/",
    "http://localhost.example.org/",
    "http://127.0.0.1.example.org/",
    "http://0.0.0.0/",
    "http://192.168.0.1/",
    "http://[::]/",
    "http://127.1/",
    "http://2130706433/",
    "ftp://localhost/",
    "file://localhost/etc/passwd",
    "ws://localhost/",
]
BROKEN = [
    "",
    "localhost:8100",
    "/dids",
    "//localhost/dids",
    "http://",
    "https:///path",
    "https://user:secret@example.org/",
    "http://localhost@example.org/",
    "https://localhost:99999/",
    "https://localhost:0/",
    "https://exa mple.org/",
    "https://[::1/",
    "https://example.org/\x00",
    "https://example.org/" + "a" * 9000,
]


@pytest.mark.parametrize("url", SAFE)
def test_https_and_loopback_are_fetched(url: str) -> None:
    require_safe_url(url)


@pytest.mark.parametrize("url", FORBIDDEN)
def test_plain_http_beyond_this_machine_is_rejected_before_any_connection(client, url: str) -> None:
    with pytest.raises(RejectedError):
        client.get(url)


@pytest.mark.parametrize("url", BROKEN)
def test_a_text_that_is_no_url_of_ours_is_malformed(client, url: str) -> None:
    with pytest.raises(MalformedError):
        client.get(url)


@pytest.mark.parametrize(
    "url", ["http://localhost\\@example.org/", "http://localhost#@example.org/"]
)
def test_what_is_judged_is_what_is_fetched(client, url: str) -> None:
    """Whatever these are taken for, the name server is never asked for example.org."""
    with pytest.raises(SsiError):
        client.get(url)


def test_a_process_for_strangers_can_be_forbidden_its_own_loopback(scripted, answering) -> None:
    server = scripted(answering(seen=[]))
    client = HttpClient(allow_http_loopback=False)

    with pytest.raises(RejectedError):
        client.get(server.url)

    assert server.connections == []


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example"])
def test_a_host_that_cannot_be_looked_up_is_one_of_our_errors(client, host: str) -> None:
    with pytest.raises((UnavailableError, MalformedError)):
        client.get(f"https://{host}/")


@given(st.text() | st.from_regex(r"https?://[\w.:@\\\[\]#?/%-]{0,40}"))
def test_junk_as_a_url_raises_only_our_errors(url: str) -> None:
    with suppress(SsiError):
        require_safe_url(url)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.53", "::1"])
def test_this_machine_is_known_by_name_and_address(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.", ""])  # noqa: S104 - the address that is refused
def test_every_other_host_is_another_machine(host: str) -> None:
    assert not is_loopback(host)
