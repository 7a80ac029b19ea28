"""From a DID to a web address: the published examples, and every place that is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.adapters.http import require_safe_url
from ssi_core.did.web_location import WebLocation
from ssi_core.errors import MalformedError, SsiError

pytestmark = pytest.mark.spec("did:webvh 1.0", "The DID to HTTPS Transformation")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("example.com", "https://example.com/.well-known/did.jsonl"),
        ("issuer.example.com", "https://issuer.example.com/.well-known/did.jsonl"),
        ("example.com:dids:issuer", "https://example.com/dids/issuer/did.jsonl"),
        ("example.com%3A3000:dids:issuer", "https://example.com:3000/dids/issuer/did.jsonl"),
        ("example.com%3a3000", "https://example.com:3000/.well-known/did.jsonl"),
        ("EXAMPLE.com", "https://example.com/.well-known/did.jsonl"),
        ("localhost%3A8100:dids:clinic", "http://localhost:8100/dids/clinic/did.jsonl"),
        ("localhost", "http://localhost/.well-known/did.jsonl"),
        ("example.com:a%20b:%E7%94%A8", "https://example.com/a%20b/%E7%94%A8/did.jsonl"),
        ("example.com:a%252Fb", "https://example.com/a%252Fb/did.jsonl"),
        (
            "jp%E7%B4%8D%E8%B1%86.%E4%BE%8B.jp:%E7%94%A8%E6%88%B7",
            "https://xn--jp-cd2fp15c.xn--fsq.jp/%E7%94%A8%E6%88%B7/did.jsonl",
        ),
    ],
)
def test_a_location_becomes_the_published_address(text: str, url: str):
    assert WebLocation.parse(text).document_url("did.jsonl") == url


@pytest.mark.parametrize(
    "host",
    [
        "",
        "127.0.0.1",
        "127.1",
        "1",
        "0x7f000001",
        "127.0.0.0x1",
        "2130706433",
        "%5B%3A%3A1%5D",
        "%31%32%37.0.0.1",
        "example.0x",
        "example.com.",
        ".example.com",
        "example..com",
        "-example.com",
        "example-.com",
        "exa_mple.com",
        "intranet",
        "user%40example.com",
        "example.com%2Fpath",
        "example.com%3F",
        "example.com%23",
        "example.com%00",
        "example.com%0D%0A",
        "a" * 64 + ".com",
        ".".join(["a" * 60] * 5),
        "%FF.example.com",
        "example%ZZ.com",
        "example.com%",
        "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1",
        "xn--%E7%94%A8.com",
    ],
)
def test_what_is_not_a_domain_name_is_refused(host: str):
    with pytest.raises(MalformedError):
        WebLocation.parse(host)


@pytest.mark.parametrize(
    "port", ["", "0", "65536", "99999", "123456", "-1", "+1", "8a", " 80", "80%3A80", "%39x"]
)
def test_what_is_not_a_port_is_refused(port: str):
    with pytest.raises(MalformedError):
        WebLocation.parse(f"example.com%3A{port}")


@pytest.mark.parametrize(
    "segment",
    ["", ".", "..", "%2E%2E", "%2e.", "a%2Fb", "a%5Cb", "%00", "%0A", "%20a", "a%20", "%E2%80%AEx"],
)
def test_what_is_not_a_path_segment_is_refused(segment: str):
    with pytest.raises(MalformedError):
        WebLocation.parse(f"example.com:a:{segment}:b")


PARTS = st.sampled_from([*"aZ0.-_%:/\\@?#[] ", "%2F", "%3A", "%2e", "..", "\u7528", "\ud800"])


@given(st.lists(PARTS).map("".join))
def test_junk_is_refused_or_becomes_an_address_that_may_be_fetched(text: str):
    try:
        url = WebLocation.parse(text).document_url("did.json")
    except SsiError:
        return

    require_safe_url(url)
    assert ".." not in url.split("/")
    assert url.endswith("/did.json")
