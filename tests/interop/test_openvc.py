"""Data Integrity proofs cross both ways with openvc-core; tampering does not."""

from typing import Any

import pytest
from openvc.errors import OpenvcError

from ssi_core.errors import AudienceError, ProofError, SsiError
from tests.support import interop
from tests.support.interop import PLAIN, Party, Way
from tests.support.openvc_peer import Openvc

P384 = Way("ecdsa-rdfc-2019", "P-384")
# The peer departs from the specifications in the others: see `test_disagreements.py`.
READABLE = tuple(way for way in PLAIN if "jcs" not in way.suite and way != P384)
DOCUMENTS = ("alumni", "diagnosis", "immunization", "laboratory_result", "panel")
SD = Way("ecdsa-sd-2023", "P-256")


@pytest.fixture(scope="module")
def peer() -> Openvc:
    return Openvc()


def tampered(credential: Any) -> Any:
    return {**credential, "credentialSubject": {"id": "did:example:somebody-else"}}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("way", [way for way in PLAIN if way != P384], ids=str)
def test_what_we_issue_verifies_at_the_peer(peer, documents, way, name):
    secured = Party(way.kind).issue(documents[name], way.suite)

    assert peer.verify(secured).issuer == Party(way.kind).did


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("way", READABLE, ids=str)
def test_what_the_peer_issues_verifies_here(peer, documents, way, name):
    secured = peer.issue(documents[name], way)

    assert interop.verify(secured).issuer == peer.did(way.kind)


def test_what_has_no_blank_nodes_crosses_on_p384_too(peer, documents):
    ours = Party("P-384").issue(documents["alumni"], P384.suite)
    theirs = peer.issue(documents["alumni"], P384)

    assert peer.verify(ours)
    assert interop.verify(theirs).issuer == peer.did("P-384")


@pytest.mark.parametrize("way", READABLE, ids=str)
def test_neither_accepts_what_was_tampered_with(peer, documents, way):
    ours = tampered(Party(way.kind).issue(documents["diagnosis"], way.suite))
    theirs = tampered(peer.issue(documents["diagnosis"], way))

    for secured in (ours, theirs):
        with pytest.raises(OpenvcError, match="does not verify"):
            peer.verify(secured)
        with pytest.raises(ProofError, match="does not hold"):
            interop.verify(secured)


@pytest.mark.parametrize("issuer", ["ours", "theirs"])
@pytest.mark.parametrize("name", ["diagnosis", "panel"])
def test_what_either_issues_and_we_derive_verifies_at_both(peer, documents, issuer, name):
    issued = {"ours": Party(SD.kind).issue(documents[name], SD.suite)}
    issued["theirs"] = peer.issue(documents[name], SD)

    disclosed = interop.derive(issued[issuer], SD.suite, ["/credentialSubject/code"])

    assert peer.verify(disclosed)
    assert interop.verify(disclosed).issuer == issued[issuer]["issuer"]


@pytest.mark.parametrize("issuer", ["ours", "theirs"])
def test_what_either_issues_and_the_peer_derives_verifies_at_both(peer, documents, issuer):
    issued = {"ours": Party(SD.kind).issue(documents["alumni"], SD.suite)}
    issued["theirs"] = peer.issue(documents["alumni"], SD)

    disclosed = peer.derive(issued[issuer], SD.suite, ["/credentialSubject/alumniOf"])

    assert peer.verify(disclosed)
    assert interop.verify(disclosed).issuer == issued[issuer]["issuer"]


def test_neither_accepts_a_disclosure_that_was_tampered_with(peer, documents):
    issued = Party(SD.kind).issue(documents["alumni"], SD.suite)
    disclosed = tampered(peer.derive(issued, SD.suite, ["/credentialSubject/alumniOf"]))

    with pytest.raises(OpenvcError):
        peer.verify(disclosed)
    with pytest.raises(SsiError):
        interop.verify(disclosed)


@pytest.mark.parametrize("way", READABLE, ids=str)
def test_presentations_cross_for_the_domain_they_were_made_for_and_no_other(peer, documents, way):
    ours = Party(way.kind).present(peer.issue(documents["diagnosis"], way), way.suite)
    theirs = peer.present(Party(way.kind).issue(documents["diagnosis"], way.suite), way)

    assert peer.verify_presentation(ours)
    assert interop.verify_presentation(theirs).presentation.holder == peer.did(way.kind)
    for presentation in (ours, theirs):
        with pytest.raises(OpenvcError, match="domain"):
            peer.verify_presentation(presentation, domain="other.example")
        with pytest.raises(AudienceError):
            interop.verify_presentation(presentation, domain="other.example")
