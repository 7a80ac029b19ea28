import pytest
from starlette.requests import Request

from ssi_core.adapters.server import bind, public_url_of, require_bearer
from ssi_core.errors import AuthenticationError, MalformedError, RejectedError, UnavailableError


def test_an_address_is_taken_from_the_moment_it_is_bound() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(UnavailableError):
            bind("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("127.0.0.1", 70_000),
        ("127.0.0.1", -1),
        ("192.0.2.1", 0),
        ("no host", 0),
        ("é" * 70, 0),
    ],
)
def test_an_address_that_is_not_ours_is_unavailable(host: str, port: int) -> None:
    with pytest.raises(UnavailableError):
        bind(host, port)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_listener_on_this_machine_is_called_localhost(host: str) -> None:
    with bind(host, 0) as listener:
        port = listener.getsockname()[1]

        assert public_url_of(listener, None) == f"http://localhost:{port}"


def test_the_configured_url_wins_without_its_last_slash() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert public_url_of(listener, "https://clinic.example/a/") == "https://clinic.example/a"


def test_a_listener_for_all_must_be_told_its_url() -> None:
    with bind("0.0.0.0", 0) as listener, pytest.raises(MalformedError):  # noqa: S104 - on purpose
        public_url_of(listener, None)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://clinic.example", RejectedError),
        ("clinic.example", MalformedError),
        ("https://clinic.example/?a=b", MalformedError),
        ("https://clinic.example/#a", MalformedError),
    ],
)
def test_a_url_that_nobody_would_fetch_is_refused_at_the_start(
    url: str, error: type[Exception]
) -> None:
    with bind("127.0.0.1", 0) as listener, pytest.raises(error):
        public_url_of(listener, url)


def request_with(*values: bytes) -> Request:
    headers = [(b"authorization", value) for value in values]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize("value", [b"Bearer secret", b"bearer secret", b"BEARER secret"])
def test_the_token_opens(value: bytes) -> None:
    require_bearer(request_with(value), "secret")


def test_a_token_need_not_be_ascii() -> None:
    require_bearer(request_with("Bearer geheimnis-é".encode()), "geheimnis-é")


@pytest.mark.parametrize(
    "values",
    [
        [],
        [b""],
        [b"secret"],
        [b"Bearer"],
        [b"Bearer "],
        [b"Bearer secre"],
        [b"Bearer secret "],
        [b"Bearer  secret"],
        [b"Basic secret"],
        [b"Bearer \xff\xfe"],
        [b"Bearer other", b"Bearer secret"],
    ],
)
def test_anything_else_does_not_open(values: list[bytes]) -> None:
    with pytest.raises(AuthenticationError):
        require_bearer(request_with(*values), "secret")


@pytest.mark.parametrize("value", [b"Bearer ", b"Bearer", b"Bearer x"])
def test_an_empty_token_opens_nothing(value: bytes) -> None:
    with pytest.raises(AuthenticationError):
        require_bearer(request_with(value), "")
