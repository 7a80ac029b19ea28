"""Resolving a did:webvh: which version, which metadata, which services, which addresses."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did import webvh
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError, NotFoundError, ProofError, SsiError

pytestmark = pytest.mark.spec("did:webvh 1.0", "Read (Resolve)")

SCID = "QmXhVjFG6EBTosDastaaHMRypm2qSv4SMGctADsx878Yux"


def did_of(lines: Any) -> Did:
    return Did.parse(lines[0]["state"]["id"])


def resolve(lines: Any, **wanted: Any) -> webvh.WebvhResolution:
    return webvh.resolve_log(did_of(lines), lines, witness_proofs=None, **wanted)


@pytest.fixture
def three(author) -> list[Any]:
    """Three versions, a minute apart."""
    first = author.first()
    second = author.after(first, state={"alsoKnownAs": ["did:web:two.example"]})
    return [first, second, author.after(second, parameters={"ttl": 60})]


# Addresses


@pytest.mark.parametrize(
    ("place", "url"),
    [
        ("example.com", "https://example.com/.well-known/did.jsonl"),
        ("example.com:dids:issuer", "https://example.com/dids/issuer/did.jsonl"),
        ("example.com%3A3000:dids:issuer", "https://example.com:3000/dids/issuer/did.jsonl"),
        ("localhost%3A8100:dids:clinic", "http://localhost:8100/dids/clinic/did.jsonl"),
    ],
)
def test_the_log_and_its_witness_file_are_beside_each_other(place: str, url: str):
    did = Did.parse(f"did:webvh:{SCID}:{place}")

    assert webvh.log_url(did) == url
    assert webvh.witness_url(did) == url.replace("did.jsonl", "did-witness.json")


@pytest.mark.parametrize(
    "text", ["did:web:example.com", f"did:webvh:{SCID}", f"did:webvh:{SCID}x:example.com"]
)
def test_what_is_not_a_did_webvh_has_no_address(text: str):
    with pytest.raises(MalformedError):
        webvh.log_url(Did.parse(text))


# The published form


def test_a_log_is_read_line_by_line(three):
    text = "".join(json.dumps(line) + "\n" for line in three)

    assert list(webvh.parse_log(text.encode())) == three
    assert list(webvh.parse_log(text.removesuffix("\n").encode())) == three


@pytest.mark.parametrize("body", [b"", b"\n", b"{}\n\n{}", b"[]", b"{", b'{"a":1,"a":2}', b"\xff"])
def test_what_is_not_a_log_is_malformed(body: bytes):
    with pytest.raises(MalformedError):
        webvh.parse_log(body)


# Versions


def test_the_newest_version_is_the_default(three):
    found = resolve(three)

    assert found.state.version_number == 3
    assert found.metadata == {
        "versionId": three[2]["versionId"],
        "versionNumber": 3,
        "versionTime": "2026-03-01T12:02:00Z",
        "created": "2026-03-01T12:00:00Z",
        "updated": "2026-03-01T12:02:00Z",
        "scid": found.state.scid,
        "portable": False,
        "deactivated": False,
        "witness": {},
        "watchers": [],
        "ttl": "60",
    }


def test_a_version_is_found_by_number_id_and_time(author, three):
    for wanted in (
        {"version_number": 2},
        {"version_id": three[1]["versionId"]},
        {"version_time": author.start + timedelta(seconds=60)},
        {"version_time": author.start + timedelta(seconds=119)},
    ):
        found = resolve(three, **wanted)
        assert found.metadata["versionNumber"] == 2
        assert found.metadata["updated"] == "2026-03-01T12:02:00Z"
        assert found.document.source["alsoKnownAs"] == ["did:web:two.example"]


def test_a_version_that_is_not_there_is_not_found(author, three):
    for wanted in (
        {"version_number": 4},
        {"version_number": 0},
        {"version_id": three[1]["versionId"][:-1]},
        {"version_time": author.start - timedelta(microseconds=1)},
    ):
        with pytest.raises(NotFoundError):
            resolve(three, **wanted)


def test_a_version_is_named_in_one_way(three):
    with pytest.raises(MalformedError):
        resolve(three, version_number=2, version_id=three[1]["versionId"])


def test_an_earlier_version_is_found_though_a_later_entry_does_not_hold(author, three):
    broken = [*three[:2], {**three[2], "proof": author.after(three[1])["proof"]}]

    for wanted in (
        {"version_number": 1},
        {"version_id": three[1]["versionId"]},
        {"version_time": author.start + timedelta(seconds=1)},
    ):
        assert resolve(broken, **wanted).metadata["updated"] == "2026-03-01T12:01:00Z"
    for wanted in (
        {},
        {"version_number": 3},
        {"version_id": three[2]["versionId"]},
        {"version_time": author.start + timedelta(seconds=90)},
        {"version_time": author.start + timedelta(days=1)},
    ):
        with pytest.raises(ProofError):
            resolve(broken, **wanted)


def test_only_versions_with_enough_approvals_are_found(author):
    first = author.first()
    second = author.after(first, parameters={"witness": author.witness(1, 7)})
    lines = [first, second]

    assert resolve(lines, version_number=1).state.version_number == 1
    for wanted in ({}, {"version_number": 2}):
        with pytest.raises(ProofError, match="witness"):
            resolve(lines, **wanted)


def test_a_log_that_skips_or_goes_on_after_its_end_does_not_hold(author, three):
    ended = author.after(three[0], parameters={"deactivated": True})

    for lines in ([three[0], three[2]], [three[1]], [three[0], ended, author.after(ended)]):
        with pytest.raises(ProofError):
            resolve([*lines])


def test_an_empty_log_does_not_hold():
    with pytest.raises(ProofError):
        webvh.resolve_log(Did.parse(f"did:webvh:{SCID}:a.example"), [], witness_proofs=None)


def test_entries_from_the_future_are_refused_when_there_is_a_clock(author, three):
    assert resolve(three, at=author.start).state.version_number == 3
    with pytest.raises(ProofError, match="future"):
        resolve(three, at=author.start - timedelta(minutes=10))


# Whose log


def test_a_log_of_another_did_is_refused(author, three):
    other = author.first(place="other.example")
    did = did_of([other])
    elsewhere = Did.parse(str(did_of(three)).replace("clinic", "other"))

    for asked in (did, elsewhere):
        with pytest.raises(ProofError, match="another DID"):
            webvh.resolve_log(asked, three, witness_proofs=None)


def test_a_moved_did_resolves_under_both_names(author):
    first = author.first(parameters={"portable": True})
    old = str(did_of([first]))
    moved = old.replace("clinic.example", "hospital.example")
    lines = [first, author.after(first, state={"id": moved, "alsoKnownAs": [old]})]

    for did in (old, moved):
        found = webvh.resolve_log(Did.parse(did), lines, witness_proofs=None)
        assert str(found.document.did) == moved
        assert found.metadata["portable"] is True


def test_a_deactivated_did_resolves_and_says_so_for_every_version(author, three):
    lines = [*three, author.after(three[-1], parameters={"deactivated": True})]

    assert resolve(lines).metadata["deactivated"] is True
    assert resolve(lines, version_number=1).metadata["deactivated"] is True


# Services


def test_files_and_whois_are_added_to_the_document(author):
    line = author.first(place="clinic.example%3A8443:dids:one")
    did = str(did_of([line]))

    found = resolve([line])

    assert found.document.source["service"] == [
        {
            "id": f"{did}#files",
            "type": "relativeRef",
            "serviceEndpoint": "https://clinic.example:8443/dids/one/",
        },
        {
            "@context": "https://identity.foundation/linked-vp/contexts/v1",
            "id": f"{did}#whois",
            "type": "LinkedVerifiablePresentation",
            "serviceEndpoint": "https://clinic.example:8443/dids/one/whois.vp",
        },
    ]
    assert "service" not in found.state.document.source


@pytest.mark.parametrize("whole", [True, False])
def test_services_of_the_document_take_precedence(author, whole: bool):  # noqa: FBT001 - the case
    did = "did:webvh:{SCID}:clinic.example" if whole else ""
    own = [
        {"id": f"{did}#files", "type": "relativeRef", "serviceEndpoint": "https://f.example/"},
        {"id": f"{did}#whois", "type": "X", "serviceEndpoint": "https://w.example/"},
    ]
    line = author.first(state={"service": own})

    assert resolve([line]).document.source["service"] == line["state"]["service"]


def test_services_of_another_form_are_malformed_or_kept(author):
    with pytest.raises(MalformedError):
        resolve([author.first(state={"service": {"id": "#files"}})])
    kept: Any = resolve([author.first(state={"service": [7, {"id": ["#files"]}]})])
    assert kept.document.source["service"][:2] == [7, {"id": ["#files"]}]
    assert len(kept.document.source["service"]) == 4


@given(st.binary())
def test_a_junk_log_raises_only_our_own_errors(body: bytes):
    did = Did.parse(f"did:webvh:{SCID}:a.example")

    with pytest.raises(SsiError):
        webvh.resolve_log(did, webvh.parse_log(body), witness_proofs=None)


@given(data=st.data())
def test_no_flipped_bit_of_a_log_is_accepted(author, data: st.DataObject):
    first = author.first(parameters={"nextKeyHashes": [author.hash(2)]})
    rotation = {"updateKeys": [author.multikey(2)], "nextKeyHashes": []}
    lines = [first, author.after(first, parameters=rotation, signer=author.signer(2))]
    body = bytearray("\n".join(json.dumps(line) for line in lines).encode())
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(SsiError):
        resolve_changed(did_of(lines), bytes(body), lines)


def resolve_changed(did: Did, body: bytes, lines: Any) -> None:
    found = webvh.parse_log(body)
    webvh.resolve_log(did, found, witness_proofs=None)
    if list(found) == lines:
        # The change was to white space between members: nothing that was said has changed.
        raise MalformedError("the same log")
