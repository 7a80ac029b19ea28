"""SD-JWT VC, key binding and token status lists cross with `@sd-jwt/sd-jwt-vc`, both ways."""

from typing import Any

import pytest

from ssi_core.errors import NonceError, ProofError
from tests.support import interop_sd_jwt as ours
from tests.support.interop_sd_jwt import AT, AUDIENCE, NONCE, PLAIN_CLAIMS, SIGNERS, STATUS_URI, VCT
from tests.support.node_peers import NodePeers, PeerRefusedError

ALGORITHMS = pytest.mark.parametrize("algorithm", sorted(SIGNERS))
FRAME = {
    "_sd": ["given_name", "code", "onset"],
    "_sd_decoy": 2,
    "code": {"_sd": ["display"]},
    "performers": {"_sd": [0, 1]},
}
SHOWN = {"code": {"display": True}, "performers": {"1": True}}
DISCLOSED = {"code": PLAIN_CLAIMS["code"], "performers": ["Dr. Okafor"]}


class Peer:
    """The other implementation, with a key for each algorithm."""

    def __init__(self, node: NodePeers) -> None:
        self._node = node
        self.keys = {name: node.call("sd_jwt.identity", algorithm=name) for name in SIGNERS}

    def did(self, algorithm: str) -> str:
        return ours.did_of(self.keys[algorithm])

    def issue(self, algorithm: str, *, holder: Any) -> str:
        issued: str = self._node.call(
            "sd_jwt.issue",
            algorithm=algorithm,
            signer=self.keys[algorithm],
            payload={
                "iss": self.did(algorithm),
                "vct": VCT,
                "iat": AT - 60,
                "exp": AT + 3600,
                "cnf": {"jwk": holder},
                **PLAIN_CLAIMS,
            },
            frame=FRAME,
            header={"kid": f"{self.did(algorithm)}#0"},
        )
        return issued

    def present(self, credential: str, algorithm: str) -> str:
        presented: str = self._node.call(
            "sd_jwt.present",
            credential=credential,
            frame=SHOWN,
            algorithm=algorithm,
            signer=self.keys[algorithm],
            audience=AUDIENCE,
            nonce=NONCE,
            at=AT,
        )
        return presented

    def verify(self, presented: str, algorithm: str, **changes: Any) -> Any:
        given = {"issuer": self.keys[algorithm], "nonce": NONCE, "at": AT, **changes}
        return self._node.call("sd_jwt.verify", presented=presented, algorithm=algorithm, **given)


@pytest.fixture(scope="module")
def peer(node: NodePeers) -> Peer:
    return Peer(node)


def claims_in(payload: Any) -> Any:
    return {name: payload[name] for name in PLAIN_CLAIMS if name in payload}


def tampered(presented: str) -> str:
    """Return `presented` with a bit of the issuer's signature changed."""
    signed, _, signature = presented.partition("~")[0].rpartition(".")
    other = ("B" if signature[0] == "A" else "A") + signature[1:]
    return presented.replace(f"{signed}.{signature}", f"{signed}.{other}")


@ALGORITHMS
def test_what_we_issue_and_present_verifies_at_the_peer(peer, algorithm):
    our_key = SIGNERS[algorithm].public_key.jwk
    presented = ours.present(ours.issue(algorithm, holder=our_key), algorithm)

    verified = peer.verify(presented, algorithm, issuer=our_key)

    assert claims_in(verified["payload"]) == DISCLOSED
    assert verified["keyBinding"]["aud"] == AUDIENCE


@ALGORITHMS
def test_what_the_peer_issues_and_presents_verifies_here(peer, algorithm):
    presented = peer.present(peer.issue(algorithm, holder=peer.keys[algorithm]), algorithm)

    verified = ours.accept(presented, issuer=peer.did(algorithm))

    assert claims_in(verified.claims) == DISCLOSED


@ALGORITHMS
def test_a_holder_at_the_peer_presents_what_we_issued(peer, algorithm):
    presented = peer.present(ours.issue(algorithm, holder=peer.keys[algorithm]), algorithm)

    verified = ours.accept(presented, issuer=ours.our_did(algorithm))

    assert claims_in(verified.claims) == DISCLOSED


@ALGORITHMS
def test_a_holder_of_ours_presents_what_the_peer_issued(peer, algorithm):
    holder = SIGNERS[algorithm].public_key.jwk
    presented = ours.present(peer.issue(algorithm, holder=holder), algorithm)

    verified = peer.verify(presented, algorithm)

    assert claims_in(verified["payload"]) == DISCLOSED


@ALGORITHMS
def test_neither_accepts_what_was_tampered_with(peer, algorithm):
    presented = peer.present(peer.issue(algorithm, holder=peer.keys[algorithm]), algorithm)

    with pytest.raises(PeerRefusedError, match="Invalid JWT Signature"):
        peer.verify(tampered(presented), algorithm)
    with pytest.raises(ProofError, match="signature does not hold"):
        ours.accept(tampered(presented), issuer=peer.did(algorithm))


@ALGORITHMS
def test_neither_accepts_key_binding_for_another_nonce(peer, algorithm):
    presented = peer.present(peer.issue(algorithm, holder=peer.keys[algorithm]), algorithm)

    with pytest.raises(PeerRefusedError, match="Nonce"):
        peer.verify(presented, algorithm, nonce="another")
    with pytest.raises(NonceError):
        ours.accept(presented, issuer=peer.did(algorithm), nonce="another")


@ALGORITHMS
def test_the_peer_reads_our_status_list(peer, algorithm):
    our_key = SIGNERS[algorithm].public_key.jwk
    presented = {
        index: ours.present(ours.issue(algorithm, holder=our_key, status=index), algorithm)
        for index in (7, 8)
    }
    lists = {STATUS_URI: ours.status_list(algorithm, {8: 1})}

    valid = peer.verify(presented[7], algorithm, issuer=our_key, statusLists=lists)

    assert claims_in(valid["payload"]) == DISCLOSED
    with pytest.raises(PeerRefusedError, match="Status"):
        peer.verify(presented[8], algorithm, issuer=our_key, statusLists=lists)
