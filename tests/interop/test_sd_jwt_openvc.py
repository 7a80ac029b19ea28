"""SD-JWT VC and key binding cross both ways with openvc-core.

`tests/vectors/test_sd_jwt.py` does the same with the package `sd-jwt`.
"""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from openvc.errors import OpenvcError
from openvc.keys import Ed25519SigningKey, P256SigningKey
from openvc.proof.sd_jwt import SdJwtVcProofSuite

from ssi_core.errors import NonceError, ProofError
from tests.support import interop_sd_jwt as ours
from tests.support.interop import NOW
from tests.support.interop_sd_jwt import AUDIENCE, NONCE, PLAIN_CLAIMS, SIGNERS, VCT

ALGORITHMS = pytest.mark.parametrize("algorithm", sorted(SIGNERS))
KEYS: dict[str, Any] = {"ES256": P256SigningKey, "EdDSA": Ed25519SigningKey}
SUITE = SdJwtVcProofSuite()


class Peer:
    """The other implementation, with a key for an algorithm; it reads its machine's clock."""

    def __init__(self, algorithm: str) -> None:
        self._made = KEYS[algorithm].generate("urn:key:peer")
        self.did = ours.did_of(self._made.public_jwk())
        self._key = KEYS[algorithm](self._made._sk, f"{self.did}#0")  # noqa: SLF001 - to name it

    @property
    def jwk(self) -> Any:
        return self._made.public_jwk()

    def issue(self, holder: Any) -> str:
        issued: str = SUITE.issue(
            {"iss": self.did, **PLAIN_CLAIMS},
            signing_key=self._key,
            disclosable=tuple(PLAIN_CLAIMS),
            holder_jwk=holder,
            vct=VCT,
            expires_in_s=3600,
            decoys=2,
        )
        return issued

    def present(self, credential: str) -> str:
        presented: str = SUITE.create_presentation(
            credential, holder_key=self._key, audience=AUDIENCE, nonce=NONCE
        )
        return presented


def verified_by_peer(presented: str, issuer: Any, *, nonce: str = NONCE) -> Any:
    # What we present was made at a fixed moment, and is long over by the machine's clock.
    return SUITE.verify(
        presented,
        public_key_jwk=issuer,
        audience=AUDIENCE,
        nonce=nonce,
        require_key_binding=True,
        expected_vct=VCT,
        check_temporal=False,
        now=NOW,
    )


def machine_time() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


@pytest.fixture
def peer(algorithm: str) -> Peer:
    return Peer(algorithm)


@ALGORITHMS
def test_what_we_issue_and_present_verifies_at_the_peer(algorithm):
    key = SIGNERS[algorithm].public_key.jwk
    presented = ours.present(ours.issue(algorithm, holder=key), algorithm)

    verified = verified_by_peer(presented, key)

    assert verified.key_bound
    assert verified.claims["code"] == PLAIN_CLAIMS["code"]
    assert verified.claims["performers"] == ["Dr. Okafor"]
    assert "given_name" not in verified.claims


@pytest.mark.usefixtures("algorithm")
@ALGORITHMS
def test_what_the_peer_issues_and_presents_verifies_here(peer):
    presented = peer.present(peer.issue(peer.jwk))

    verified = ours.accept(presented, issuer=peer.did, at=machine_time())

    assert {name: verified.claims[name] for name in PLAIN_CLAIMS} == PLAIN_CLAIMS


@ALGORITHMS
def test_a_holder_at_the_peer_presents_what_we_issued(algorithm, peer):
    issued = ours.issue(algorithm, holder=peer.jwk, at=machine_time())

    verified = ours.accept(peer.present(issued), issuer=ours.our_did(algorithm), at=machine_time())

    assert {name: verified.claims[name] for name in PLAIN_CLAIMS} == PLAIN_CLAIMS


@ALGORITHMS
def test_neither_accepts_key_binding_for_another_nonce(algorithm, peer):
    key = SIGNERS[algorithm].public_key.jwk
    mine = ours.present(ours.issue(algorithm, holder=key), algorithm)
    theirs = peer.present(peer.issue(peer.jwk))

    with pytest.raises(OpenvcError, match="nonce"):
        verified_by_peer(mine, key, nonce="another")
    with pytest.raises(NonceError):
        ours.accept(theirs, issuer=peer.did, nonce="another", at=machine_time())


@ALGORITHMS
def test_neither_accepts_the_signature_of_another_issuer(algorithm, peer):
    key = SIGNERS[algorithm].public_key.jwk
    presented = ours.present(ours.issue(algorithm, holder=key), algorithm)
    signed, rest = presented.split("~", 1)
    theirs = peer.issue(key).split("~", 1)[0].rpartition(".")[2]
    forged = f"{signed.rpartition('.')[0]}.{theirs}~{rest}"

    with pytest.raises(OpenvcError, match="signature"):
        verified_by_peer(forged, key)
    with pytest.raises(ProofError, match="signature does not hold"):
        ours.accept(forged, issuer=ours.our_did(algorithm))
