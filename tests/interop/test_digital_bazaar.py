"""Data Integrity proofs cross both ways with the Digital Bazaar libraries; tampering does not."""

from typing import Any

import pytest

from ssi_core.errors import AudienceError, ProofError, SsiError
from tests.support import interop
from tests.support.digital_bazaar import DigitalBazaar
from tests.support.interop import PLAIN, SELECTIVE, Party, Way
from tests.support.node_peers import PeerRefusedError

DOCUMENTS = ("alumni", "windsurfing", "diagnosis", "immunization", "laboratory_result", "panel")
# What a holder discloses of each document.
CHOSEN = {
    "alumni": ["/credentialSubject/alumniOf"],
    "windsurfing": ["/credentialSubject/boards/0/year", "/credentialSubject/sails/1"],
    "laboratory_result": ["/credentialSubject/value"],
    "panel": ["/credentialSubject/values/1", "/credentialSubject/code"],
}
EVERY_PLAIN = pytest.mark.parametrize("way", PLAIN, ids=str)
EVERY_SELECTIVE = pytest.mark.parametrize("way", SELECTIVE, ids=str)
EVERY_DOCUMENT = pytest.mark.parametrize("name", DOCUMENTS)


@pytest.fixture
def peer(digital_bazaar: DigitalBazaar) -> DigitalBazaar:
    return digital_bazaar


def tampered(credential: Any) -> Any:
    """Return `credential` with a subject that its issuer said nothing about."""
    return {**credential, "credentialSubject": {"id": "did:example:somebody-else"}}


@pytest.mark.parametrize(
    ("way", "name"),
    [
        (way, name)
        for way in PLAIN
        for name in DOCUMENTS
        # The peer cannot read these, not even its own: see `test_disagreements.py`.
        if not ("jcs" in way.suite and name == "windsurfing")
    ],
    ids=str,
)
def test_what_we_issue_verifies_at_the_peer(peer, documents, way, name):
    secured = Party(way.kind).issue(documents[name], way.suite)

    assert peer.verify(secured)


@EVERY_DOCUMENT
@EVERY_PLAIN
def test_what_the_peer_issues_verifies_here(peer, documents, way, name):
    secured = peer.issue(documents[name], way)

    assert interop.verify(secured).issuer == peer.did(way.kind)


@EVERY_PLAIN
def test_neither_accepts_what_was_tampered_with(peer, documents, way):
    ours = tampered(Party(way.kind).issue(documents["diagnosis"], way.suite))
    theirs = tampered(peer.issue(documents["diagnosis"], way))

    for secured in (ours, theirs):
        with pytest.raises(PeerRefusedError, match="Invalid signature"):
            peer.verify(secured)
        with pytest.raises(ProofError, match="does not hold"):
            interop.verify(secured)


@pytest.mark.parametrize("name", ["alumni", "windsurfing", "laboratory_result", "panel"])
@EVERY_SELECTIVE
@pytest.mark.parametrize("roles", ["ours, ours", "ours, theirs", "theirs, ours", "theirs, theirs"])
def test_what_either_issues_and_either_derives_verifies_at_both(peer, documents, way, name, roles):  # noqa: PLR0917 - a matrix
    issuer, holder = roles.split(", ")
    secured = (
        Party(way.kind).issue(documents[name], way.suite)
        if issuer == "ours"
        else peer.issue(documents[name], way)
    )
    disclosed = (
        interop.derive(secured, way.suite, CHOSEN[name])
        if holder == "ours"
        else peer.derive(secured, way.suite, CHOSEN[name])
    )

    assert peer.verify(disclosed)
    assert interop.verify(disclosed).issuer == secured["issuer"]


@EVERY_SELECTIVE
@pytest.mark.parametrize("name", ["windsurfing", "panel"])
def test_both_derive_the_same_document_from_one_credential(peer, documents, way, name):
    secured = Party(way.kind).issue(documents[name], way.suite)

    ours = interop.derive(secured, way.suite, CHOSEN[name])
    theirs = peer.derive(secured, way.suite, CHOSEN[name])

    assert {**ours, "proof": None} == {**theirs, "proof": None}


@EVERY_SELECTIVE
def test_neither_accepts_a_disclosure_that_was_tampered_with(peer, documents, way):
    issued_here = Party(way.kind).issue(documents["panel"], way.suite)
    issued_there = peer.issue(documents["panel"], way)
    ours = tampered(interop.derive(issued_here, way.suite, CHOSEN["panel"]))
    theirs = tampered(peer.derive(issued_there, way.suite, CHOSEN["panel"]))

    for disclosed in (ours, theirs):
        with pytest.raises(PeerRefusedError):
            peer.verify(disclosed)
        with pytest.raises(SsiError):
            interop.verify(disclosed)


@EVERY_PLAIN
def test_presentations_cross_for_the_domain_and_challenge_they_were_made_for(peer, documents, way):
    ours = Party(way.kind).present(peer.issue(documents["diagnosis"], way), way.suite)
    theirs = peer.present(Party(way.kind).issue(documents["diagnosis"], way.suite), way)

    assert peer.verify_presentation(ours)
    assert interop.verify_presentation(theirs).presentation.holder == peer.did(way.kind)


@EVERY_PLAIN
def test_neither_accepts_a_presentation_that_was_made_for_another_domain(peer, documents, way):
    ours = Party(way.kind).present(peer.issue(documents["diagnosis"], way), way.suite)
    theirs = peer.present(Party(way.kind).issue(documents["diagnosis"], way.suite), way)

    for presentation in (ours, theirs):
        with pytest.raises(PeerRefusedError, match="domain is not as expected"):
            peer.verify_presentation(presentation, domain="other.example")
        with pytest.raises(AudienceError):
            interop.verify_presentation(presentation, domain="other.example")


@EVERY_SELECTIVE
def test_a_presentation_of_a_disclosure_crosses(peer, documents, way):
    secured = Party(way.kind).issue(documents["panel"], way.suite)
    disclosed = peer.derive(secured, way.suite, CHOSEN["panel"])

    ours = Party("Ed25519").present(disclosed, "eddsa-rdfc-2022")
    theirs = peer.present(disclosed, Way("eddsa-rdfc-2022", "Ed25519"))

    assert peer.verify_presentation(ours)
    assert interop.verify_presentation(theirs).credentials[0].issuer == Party(way.kind).did
