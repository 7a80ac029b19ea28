"""Where a peer and we disagree, each with the clause that decides, so that we see when one mends.

`docs/reference/interop.md` has the same list in words.
"""

from typing import Any

import pytest
from openvc.errors import OpenvcError

from ssi_core.errors import AudienceError, ExpiredError, NotYetValidError, ProofError
from tests.support import interop
from tests.support.digital_bazaar import DigitalBazaar
from tests.support.interop import PLAIN, Party, Way
from tests.support.node_peers import PeerRefusedError
from tests.support.openvc_peer import Openvc

JCS = [way for way in PLAIN if "jcs" in way.suite]
RDFC = Way("eddsa-rdfc-2022", "Ed25519")
P384 = Way("ecdsa-rdfc-2019", "P-384")
SD = Way("ecdsa-sd-2023", "P-256")


@pytest.fixture(scope="module")
def openvc() -> Openvc:
    return Openvc()


@pytest.mark.spec("vc-di-eddsa", "3.3")
@pytest.mark.spec("vc-di-ecdsa", "3.3")
@pytest.mark.parametrize("way", JCS, ids=str)
def test_digital_bazaar_cannot_read_an_inline_context_with_jcs_not_even_its_own(
    digital_bazaar: DigitalBazaar, documents: Any, way: Way
) -> None:
    """It compares the members of two `@context` arrays by identity; the clause says values."""
    theirs = digital_bazaar.issue(documents["windsurfing"], way)

    with pytest.raises(PeerRefusedError, match="does not start with proof"):
        digital_bazaar.verify(theirs)
    assert interop.verify(theirs).issuer == digital_bazaar.did(way.kind)


@pytest.mark.spec("vc-data-integrity", "4.6")
def test_digital_bazaar_accepts_a_proof_set_of_which_one_proof_holds(
    digital_bazaar: DigitalBazaar, documents: Any
) -> None:
    """The algorithm for sets verifies only if all proofs do."""
    secured = Party(RDFC.kind).issue(documents["diagnosis"], RDFC.suite)
    broken = {**secured["proof"], "created": "2026-02-01T00:00:00Z"}
    both = {**secured, "proof": [secured["proof"], broken]}

    assert digital_bazaar.verify(both)
    with pytest.raises(ProofError, match="does not hold"):
        interop.verify(both)


@pytest.mark.spec("vc-data-integrity", "2.1")
@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"expires": "2026-02-01T00:00:00Z"}, ExpiredError),
        ({"created": "2027-01-01T00:00:00Z"}, NotYetValidError),
    ],
    ids=["ended", "from the future"],
)
def test_digital_bazaar_does_not_look_at_when_a_proof_was_made_or_ends(
    digital_bazaar: DigitalBazaar, documents: Any, options: Any, refusal: type[Any]
) -> None:
    """A proof past its `expires` has ended; one from the future we refuse by our own rule."""
    secured = Party(RDFC.kind).issue(documents["diagnosis"], RDFC.suite, options)

    assert digital_bazaar.verify(secured)
    with pytest.raises(refusal):
        interop.verify(secured)


@pytest.mark.spec("vc-data-integrity", "4.5")
def test_digital_bazaar_accepts_a_proof_for_more_domains_than_the_one_asked_for(
    digital_bazaar: DigitalBazaar, documents: Any
) -> None:
    """The algorithm asks that both name the same strings."""
    credential = Party(RDFC.kind).issue(documents["diagnosis"], RDFC.suite)
    domains = [interop.DOMAIN, "other.example"]
    presentation = Party(RDFC.kind).present(credential, RDFC.suite, domain=domains)

    assert digital_bazaar.verify_presentation(presentation)
    with pytest.raises(AudienceError):
        interop.verify_presentation(presentation)


@pytest.mark.spec("vc-di-eddsa", "3.3")
@pytest.mark.spec("vc-di-ecdsa", "3.3")
@pytest.mark.parametrize("way", JCS, ids=str)
def test_openvc_signs_a_context_that_it_leaves_out_of_its_jcs_proofs(
    digital_bazaar: DigitalBazaar, openvc: Openvc, documents: Any, way: Way
) -> None:
    """Section 3.3.1 puts the document's `@context` into the proof; two readers miss it there."""
    secured = openvc.issue(documents["diagnosis"], way)
    digital_bazaar.meet(openvc.did(way.kind))

    assert "@context" not in secured["proof"]
    with pytest.raises(ProofError, match="does not hold"):
        interop.verify(secured)
    with pytest.raises(PeerRefusedError, match="Invalid signature"):
        digital_bazaar.verify(secured)


@pytest.mark.spec("vc-di-ecdsa", "3.2")
def test_openvc_labels_blank_nodes_with_sha256_where_p384_asks_for_sha384(
    digital_bazaar: DigitalBazaar, openvc: Openvc, documents: Any
) -> None:
    """Section 3.2.3 takes the hash of the key's curve in the transformation too."""
    ours = Party(P384.kind).issue(documents["diagnosis"], P384.suite)
    theirs = openvc.issue(documents["diagnosis"], P384)

    assert digital_bazaar.verify(ours)
    with pytest.raises(OpenvcError, match="does not verify"):
        openvc.verify(ours)
    with pytest.raises(ProofError, match="does not hold"):
        interop.verify(theirs)


@pytest.mark.spec("vc-di-ecdsa", "3.6")
def test_openvc_cannot_derive_what_shows_a_node_without_an_id_not_even_from_its_own(
    openvc: Openvc, documents: Any
) -> None:
    """It loses the label of the node between the two canonicalizations."""
    secured = openvc.issue(documents["diagnosis"], SD)

    with pytest.raises(OpenvcError, match="no matching base signature"):
        openvc.derive(secured, SD.suite, ["/credentialSubject/code"])
    disclosed = interop.derive(secured, SD.suite, ["/credentialSubject/code"])
    assert interop.verify(disclosed).issuer == openvc.did(SD.kind)
    assert openvc.verify(disclosed)
