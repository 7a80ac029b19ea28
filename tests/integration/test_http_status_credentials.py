"""Bitstring status lists over real HTTP on this machine: gathered, kept, not kept too long."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from ssi_core import strict_json
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.evidence import HttpEvidence
from ssi_core.adapters.http import HttpClient
from ssi_core.credential.model import Credential
from ssi_core.did.resolver import CollectedDocuments
from ssi_core.errors import (
    MalformedError,
    RejectedError,
    RevokedError,
    StatusUndeterminedError,
    SuspendedError,
    UnavailableError,
)
from ssi_core.verification import StatusCredentialNeed
from ssi_core.verification.bitstring_status import BitstringPolicy, require_statuses, status_needs
from tests.support.site import Site, serving
from tests.support.status_lists import (
    INDEX,
    NOON,
    OTHER,
    POLICY,
    credential,
    documents,
    entry,
    signed,
    unsigned_list,
)

_POLICY = BitstringPolicy(data_integrity=POLICY)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        served.types["/status/3"] = "application/vc"
        yield served


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def evidence(clock: FixedClock) -> Iterator[HttpEvidence]:
    http = HttpClient(timeout=2)
    yield HttpEvidence(http, CollectedDocuments(documents().values()), clock)
    http.close()


def _url(site: Site) -> str:
    return f"{site.url}/status/3"


def _serve(site: Site, **changes: object) -> None:
    statuses = changes.pop("statuses", {})
    made = unsigned_list(statuses, id=_url(site), **changes)  # type: ignore[arg-type]
    site.bodies["/status/3"] = strict_json.render(signed(made)).encode()


def _checked(site: Site) -> Credential:
    return credential(entry(statusListCredential=_url(site)))


def _require(site: Site, evidence: HttpEvidence) -> None:
    asked = _checked(site)
    require_statuses(asked, evidence=evidence.gather(status_needs(asked)), policy=_POLICY, at=NOON)


def test_a_list_and_the_document_of_its_issuer_are_gathered_and_decide(site, evidence):
    _serve(site, subject={"ttl": 0})
    _require(site, evidence)

    _serve(site, subject={"ttl": 0}, statuses={INDEX: 1})

    with pytest.raises(RevokedError):
        _require(site, evidence)


def test_a_request_for_a_list_tells_neither_index_nor_credential(site, evidence):
    _serve(site)

    _require(site, evidence)

    assert site.requests == ["/status/3"]


def test_a_list_is_kept_for_its_ttl_with_its_media_type_and_no_longer(site, evidence, clock):
    _serve(site, validUntil=None)
    first = evidence.gather([StatusCredentialNeed(_url(site))])

    for minutes, asked in ((4, 1), (1, 2), (4, 2), (60, 3)):
        clock.advance(timedelta(minutes=minutes))
        facts = evidence.gather([StatusCredentialNeed(_url(site))])
        assert facts.status_credentials == first.status_credentials
        assert len(site.requests) == asked
    assert first.status_credential(_url(site)).media_type == "application/vc"


def test_a_list_that_ends_before_its_ttl_is_fetched_again(site, evidence, clock):
    _serve(site, validUntil="2026-11-20T12:01:00Z")
    _require(site, evidence)
    clock.advance(timedelta(minutes=1))

    evidence.gather([StatusCredentialNeed(_url(site))])

    assert len(site.requests) == 2


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}"])
def test_what_is_no_list_is_not_kept_and_leaves_the_status_open(site, evidence, body):
    site.bodies["/status/3"] = body

    for asked in (1, 2):
        with pytest.raises(StatusUndeterminedError):
            _require(site, evidence)
        assert len(site.requests) == asked


def test_a_list_without_a_ttl_is_not_kept(site, evidence):
    subject = {name: value for name, value in _subject().items() if name != "ttl"}
    _serve(site, credentialSubject=subject)

    _require(site, evidence)
    _require(site, evidence)

    assert len(site.requests) == 2


def test_a_list_that_stays_away_is_not_replaced_by_an_old_one(site, evidence, clock):
    _serve(site)
    _require(site, evidence)
    del site.bodies["/status/3"]
    clock.advance(timedelta(minutes=5))

    with pytest.raises(StatusUndeterminedError) as refused:
        _require(site, evidence)

    assert refused.value.error == "STATUS_RETRIEVAL_ERROR"


@pytest.mark.parametrize("said", [RevokedError("revoked"), SuspendedError("suspended")], ids=str)
def test_whatever_the_host_says_instead_of_a_list_is_not_known(site, evidence, said):
    site.problems["/status/3"] = said

    with pytest.raises(StatusUndeterminedError):
        _require(site, evidence)


def test_a_list_of_many_issuers_does_not_make_us_ask_for_all_of_them(site, clock):
    made = signed(unsigned_list(id=_url(site)), OTHER)
    proof = strict_json.as_object(made["proof"], at="/proof")
    served = [f"/status/{number}" for number in range(3)]
    for path in served:
        site.types[path] = "application/vc"
        proofs = [
            {**proof, "verificationMethod": f"did:web:door{place}.street{path[-1]}.example#key"}
            for place in range(16)
        ]
        site.bodies[path] = strict_json.render({**made, "proof": proofs}).encode()
    http = HttpClient(timeout=2)
    source = HttpEvidence(http, CollectedDocuments([]), clock)

    facts = source.gather([StatusCredentialNeed(site.url + path) for path in served])
    http.close()

    assert len(facts.status_credentials) == 3
    assert len(facts.dids) == 32


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:1/list", UnavailableError),
        ("http://clinic.example/list", RejectedError),
        ("file:///etc/passwd", MalformedError),
        ("no url", MalformedError),
    ],
)
def test_what_cannot_or_must_not_be_fetched_is_a_fact_too(evidence, url, error):
    fact = evidence.gather([StatusCredentialNeed(url)]).status_credentials[url]

    assert type(fact) is error


def test_a_list_is_verified_even_if_it_was_kept(site, evidence):
    _serve(site, statuses={INDEX: 1})
    strict = replace(_POLICY, max_age=timedelta(seconds=1))
    asked = _checked(site)

    for _ in range(2):
        facts = evidence.gather(status_needs(asked))
        with pytest.raises(RevokedError):
            require_statuses(asked, evidence=facts, policy=strict, at=NOON)
    assert len(site.requests) == 1


def _subject() -> dict[str, object]:
    return dict(unsigned_list()["credentialSubject"])
