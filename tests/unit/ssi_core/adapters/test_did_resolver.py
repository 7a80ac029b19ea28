"""DID resolution over real HTTP on this machine: found, absent, ended, unreachable, kept."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.reach import Reach
from ssi_core.did import jwk, key, peer_4, webvh
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.resolver import DidResolver
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    DeactivatedError,
    DidMethodError,
    DidResolutionError,
    MalformedError,
    NotFoundError,
    ProofError,
    RejectedError,
    UnavailableError,
)
from ssi_core.keys import Ed25519Signer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UPDATE, NEXT, WITNESS = (Ed25519Signer(bytes([n]) * 32) for n in (1, 2, 3))


class Web:
    """A web server on this machine, with the files that a test puts on it."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        web = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(self.path)
                status, body = web.files.get(self.path, (404, b""))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.port = self.server.server_port

    @property
    def place(self) -> str:
        return f"localhost%3A{self.port}:dids:clinic"

    def put(self, name: str, body: bytes, *, status: int = 200) -> None:
        self.files[f"/dids/clinic/{name}"] = (status, body)

    def put_log(self, *lines: Any) -> Did:
        self.put("did.jsonl", "".join(json.dumps(line) + "\n" for line in lines).encode())
        return Did.parse(lines[0]["state"]["id"])


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    thread = Thread(target=web.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield web
    web.server.shutdown()
    web.server.server_close()
    thread.join()


@pytest.fixture
def http() -> Iterator[HttpClient]:
    client = HttpClient(timeout=2)
    yield client
    client.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def resolver(http: HttpClient, clock: FixedClock) -> HttpDidResolver:
    return HttpDidResolver(http, clock)


def created(place: str, **more: Any) -> Any:
    return webvh.create(
        location=place,
        document=lambda did: {"id": str(did)},
        update_key=UPDATE,
        next_key_hashes=[webvh.key_hash(NEXT.public_key.multikey)],
        at=NOW - timedelta(hours=1),
        **more,
    )


def ended(line: Any) -> Any:
    return webvh.update([line], update_key=NEXT, at=NOW, deactivate=True)


def test_keys_are_resolved_without_a_connection(resolver: DidResolver):
    for method in (key, jwk):
        did = method.did_for(UPDATE.public_key)
        assert resolver.resolve(did) == method.resolve(did)


def test_a_did_web_is_fetched_from_its_place(web: Web, resolver: DidResolver):
    did = Did.parse(f"did:web:{web.place}")
    web.put("did.json", json.dumps({"id": str(did), "unknown": 1}).encode())

    assert resolver.resolve(did).source == {"id": str(did), "unknown": 1}


def test_a_did_webvh_is_fetched_from_its_place_and_verified(
    web: Web, http: HttpClient, clock: FixedClock
):
    did = web.put_log(line := created(web.place))

    document = HttpDidResolver(http, clock).resolve(did)

    assert document.did == did
    assert web.asked == ["/dids/clinic/did.jsonl"]
    web.put_log({**line, "versionTime": "2026-01-01T00:00:00Z"})
    with pytest.raises(ProofError):
        HttpDidResolver(http, clock).resolve(did)


def test_a_did_web_that_is_another_is_refused(web: Web, resolver: DidResolver):
    web.put("did.json", b'{"id": "did:web:other.example"}')

    with pytest.raises(ProofError):
        resolver.resolve(Did.parse(f"did:web:{web.place}"))


@pytest.mark.parametrize("method", ["web", "webvh"])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, NotFoundError),
        (410, NotFoundError),
        (403, UnavailableError),
        (301, UnavailableError),
        (204, UnavailableError),
        (500, UnavailableError),
    ],
)
def test_only_not_found_means_not_found(
    *, web: Web, resolver: DidResolver, method: str, status: int, error: type
):
    did = web.put_log(created(web.place))
    asked = did if method == "webvh" else Did.parse(f"did:web:{web.place}")
    for name in ("did.json", "did.jsonl"):
        web.put(name, b"", status=status)

    with pytest.raises(error):
        resolver.resolve(asked)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b"\xff\xfe", b"null"])
def test_what_is_found_there_and_is_no_did_is_malformed(
    web: Web, resolver: DidResolver, body: bytes
):
    did = web.put_log(created(web.place))
    for name in ("did.json", "did.jsonl"):
        web.put(name, body)

    for asked in (did, Did.parse(f"did:web:{web.place}")):
        with pytest.raises(MalformedError):
            resolver.resolve(asked)


def test_an_unreachable_place_is_unavailable(web: Web, resolver: DidResolver):
    did = web.put_log(created("localhost%3A1:dids:clinic"))

    for asked in (did, Did.parse("did:web:localhost%3A1")):
        with pytest.raises(UnavailableError):
            resolver.resolve(asked)


def test_a_deactivated_did_is_refused(web: Web, resolver: DidResolver):
    line = created(web.place)
    did = web.put_log(line, ended(line))

    with pytest.raises(DeactivatedError):
        resolver.resolve(did)


def test_witnesses_must_have_approved(web: Web, resolver: DidResolver):
    rule = webvh.WitnessRule(threshold=1, witnesses=(key.did_for(WITNESS.public_key),))
    line = created(web.place, witness=rule)
    did = web.put_log(line)
    proof = webvh.witness_proof(line["versionId"], signer=WITNESS, at=NOW)

    with pytest.raises(ProofError, match="witness"):
        resolver.resolve(did)
    web.put("did-witness.json", b"", status=503)
    with pytest.raises(UnavailableError):
        resolver.resolve(did)
    web.put("did-witness.json", json.dumps([proof]).encode())
    assert resolver.resolve(did).did == did


def test_a_document_is_kept_for_a_while(web: Web, resolver: DidResolver, clock: FixedClock):
    line = created(web.place)
    did = web.put_log(line)

    first = resolver.resolve(did)
    web.put_log(line, ended(line))

    clock.advance(timedelta(seconds=59))
    assert resolver.resolve(did) is first
    clock.advance(timedelta(seconds=1))
    with pytest.raises(DeactivatedError):
        resolver.resolve(did)


@pytest.mark.parametrize(("ttl", "times"), [(0, 2), (10, 2), (11, 1), (86_400, 1)])
def test_a_log_may_ask_to_be_kept_for_less(
    *, web: Web, resolver: DidResolver, clock: FixedClock, ttl: int, times: int
):
    did = web.put_log(created(web.place, parameters={"ttl": ttl}))

    resolver.resolve(did)
    clock.advance(timedelta(seconds=10))
    resolver.resolve(did)

    assert len(web.asked) == times


def test_a_log_may_not_ask_to_be_kept_for_longer(
    web: Web, resolver: DidResolver, clock: FixedClock
):
    did = web.put_log(created(web.place, parameters={"ttl": 86_400}))

    resolver.resolve(did)
    clock.advance(timedelta(seconds=60))
    resolver.resolve(did)

    assert len(web.asked) == 2


def test_a_failure_is_not_kept(web: Web, resolver: DidResolver):
    line = created(web.place)
    did = web.put_log({**line, "versionTime": "2026-01-01T00:00:00Z"})

    with pytest.raises(ProofError):
        resolver.resolve(did)
    web.put_log(line)

    assert resolver.resolve(did).did == did


def test_no_more_than_a_bounded_number_of_documents_is_kept(web: Web, resolver: DidResolver):
    dids = [Did.parse(f"did:web:localhost%3A{web.port}:{number}") for number in range(1025)]
    for number, did in enumerate(dids):
        web.files[f"/{number}/did.json"] = (200, json.dumps({"id": str(did)}).encode())
        resolver.resolve(did)

    resolver.resolve(dids[-1])
    assert len(web.asked) == 1025
    resolver.resolve(dids[0])
    assert len(web.asked) == 1026


def test_only_methods_that_were_asked_for_are_resolved(http: HttpClient, clock: FixedClock):
    did = key.did_for(UPDATE.public_key)

    with pytest.raises(DidMethodError):
        HttpDidResolver(http, clock, methods=["web"]).resolve(did)
    for methods in (["ion"], []):
        with pytest.raises(DidMethodError):
            HttpDidResolver(http, clock, methods=methods).resolve(Did.parse("did:ion:x"))


def test_the_registry_stands_in_when_a_place_cannot_be_reached(
    web: Web, http: HttpClient, clock: FixedClock
):
    url = f"http://localhost:{web.port}/"
    resolver = HttpDidResolver(http, clock, registry_url=url)
    did = web.put_log(created("localhost%3A1:dids:clinic"))

    assert resolver.resolve(did).did == did
    web.files.clear()
    with pytest.raises(UnavailableError):
        HttpDidResolver(http, clock, registry_url=url).resolve(did)


def test_the_registry_is_not_asked_about_what_is_absent(
    web: Web, http: HttpClient, clock: FixedClock
):
    resolver = HttpDidResolver(http, clock, registry_url=f"http://localhost:{web.port}")
    did = web.put_log(created(web.place))
    web.files.clear()

    with pytest.raises(NotFoundError):
        resolver.resolve(did)
    assert len(web.asked) == 1


def test_the_registry_stands_in_when_a_place_is_beyond_reach(
    web: Web, http: HttpClient, clock: FixedClock, clients
):
    outside = clients(timeout=2, reach=Reach.PUBLIC)
    resolver = HttpDidResolver(
        outside, clock, registry_url=f"http://localhost:{web.port}", registry_http=http
    )
    did = web.put_log(created(web.place))

    assert resolver.resolve(did).did == did
    with pytest.raises(RejectedError, match="not fetched from"):
        HttpDidResolver(outside, clock).resolve(did)
    with pytest.raises(RejectedError, match="not fetched from"):
        resolver.resolve(Did.parse(f"did:web:{web.place}"))


def test_a_did_peer_is_its_own_document(resolver: DidResolver):
    long_form = peer_4.create({"verificationMethod": []})

    assert resolver.resolve(long_form) == peer_4.resolve(long_form)
    with pytest.raises(UnavailableError):
        resolver.resolve(peer_4.short_form(long_form))


# With the options of DID resolution


def options(**given: Any) -> ResolutionOptions:
    return ResolutionOptions(**given)


@pytest.mark.spec("did:webvh 1.0", "Reading did:webvh DID URLs")
def test_a_version_is_fetched_and_named_in_the_metadata(web: Web, resolver: HttpDidResolver):
    line = created(web.place)
    second = webvh.update(
        [line],
        update_key=NEXT,
        next_key_hashes=[],
        document={"id": line["state"]["id"], "x": 2},
        at=NOW,
    )
    did = web.put_log(line, second)

    newest = resolver.resolve_with(did, options())
    named = [
        resolver.resolve_with(did, options(version_number=1)),
        resolver.resolve_with(did, options(version_id=line["versionId"])),
        resolver.resolve_with(did, options(version_time=NOW - timedelta(seconds=1))),
    ]

    assert newest.document is not None
    assert newest.document.source["x"] == 2
    assert newest.metadata["versionNumber"] == 2
    for found in named:
        assert found.document is not None
        assert "x" not in found.document.source
        assert found.metadata["versionId"] == line["versionId"]
        assert found.metadata["updated"] == newest.metadata["updated"]
    with pytest.raises(NotFoundError):
        resolver.resolve_with(did, options(version_number=3))
    with pytest.raises(NotFoundError):
        resolver.resolve_with(did, options(version_time=NOW - timedelta(days=1)))


@pytest.mark.spec("did:webvh 1.0", "Deactivate (Revoke)")
def test_a_did_that_has_ended_gives_earlier_versions_only(web: Web, resolver: HttpDidResolver):
    line = created(web.place)
    did = web.put_log(line, ended(line))

    newest = resolver.resolve_with(did, options())
    first = resolver.resolve_with(did, options(version_number=1))

    assert (newest.document, newest.deactivated) == (None, True)
    assert first.document is not None
    assert first.deactivated


def test_every_method_resolves_with_its_metadata(web: Web, resolver: HttpDidResolver):
    did = Did.parse(f"did:web:{web.place}")
    web.put("did.json", json.dumps({"id": str(did), "service": [{"id": "#s"}]}).encode())

    found = resolver.resolve_with(did, options(expand_relative_urls=True))

    assert found.document is not None
    assert found.document.source["service"] == [{"id": f"{did}#s"}]
    assert found.metadata == {}
    own = key.did_for(UPDATE.public_key)
    assert resolver.resolve_with(own, options()).document == key.resolve(own)


def test_versions_are_refused_where_there_are_none(web: Web, resolver: HttpDidResolver):
    for did in (Did.parse(f"did:web:{web.place}"), key.did_for(UPDATE.public_key)):
        with pytest.raises(DidResolutionError) as refused:
            resolver.resolve_with(did, options(version_number=1))
        assert refused.value.error == "featureNotSupported"
    assert web.asked == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"id":"x"}'])
def test_a_document_that_is_none_is_not_blamed_on_the_did(
    web: Web, resolver: HttpDidResolver, body: bytes
):
    web.put("did.json", body)

    with pytest.raises(DidResolutionError) as refused:
        resolver.resolve_with(Did.parse(f"did:web:{web.place}"), options())

    assert refused.value.error == "invalidDidDocument"


def test_a_method_that_is_not_resolved_here_is_named_so(resolver: HttpDidResolver):
    with pytest.raises(DidMethodError):
        resolver.resolve_with(Did.parse("did:ion:x"), options())
