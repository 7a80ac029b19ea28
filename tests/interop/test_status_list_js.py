"""Bitstring status lists cross both ways with `@digitalbazaar/vc-bitstring-status-list`."""

from typing import Any

import pytest

from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.errors import RevokedError, StatusUndeterminedError
from ssi_core.verification.bitstring_status import BitstringPolicy, require_statuses
from tests.support.node_peers import NodePeers, PeerRefusedError
from tests.support.status_lists import (
    INDEX,
    ISSUER,
    LIST_URL,
    NOON,
    POLICY,
    RDFC,
    credential,
    entry,
    evidence,
    signed,
    unsigned_list,
)

pytestmark = pytest.mark.spec("Bitstring Status List 1.0", "3")


def served(node: NodePeers, made: Any) -> None:
    node.know({LIST_URL: made, ISSUER: did_key.resolve(Did.parse(ISSUER)).source})


@pytest.mark.parametrize("status", [0, 1])
def test_the_peer_reads_our_lists_and_our_entries(node, status):
    # The peer reads the clock of its machine, so the list is good for long.
    validity: dict[str, Any] = {
        "validFrom": "2020-01-01T00:00:00Z",
        "validUntil": "2090-01-01T00:00:00Z",
    }
    served(node, signed(unsigned_list({INDEX: status}, **validity), suite=RDFC))
    asked = dict(credential(entry()).source)

    assert node.call("status_list.check", credential=asked) == [bool(status)]


@pytest.mark.parametrize("status", [0, 1])
def test_we_read_the_lists_of_the_peer(node, status):
    made = node.call(
        "status_list.create",
        id=LIST_URL,
        issuer=ISSUER,
        length=131_072,
        revoked=[INDEX] if status else [3],
    )
    facts, policy = evidence(signed(made, suite=RDFC)), BitstringPolicy(data_integrity=POLICY)
    asked = credential(entry())

    if status:
        with pytest.raises(RevokedError):
            require_statuses(asked, evidence=facts, policy=policy, at=NOON)
    else:
        (found,) = require_statuses(asked, evidence=facts, policy=policy, at=NOON)
        assert found.valid


def test_neither_believes_a_list_that_was_tampered_with(node):
    made = signed(unsigned_list({INDEX: 1}, validUntil="2090-01-01T00:00:00Z"), suite=RDFC)
    clean = unsigned_list({})["credentialSubject"]
    forged = {**made, "credentialSubject": clean}
    served(node, forged)
    policy = BitstringPolicy(data_integrity=POLICY)

    with pytest.raises(PeerRefusedError, match="not verified"):
        node.call("status_list.check", credential=dict(credential(entry()).source))
    with pytest.raises(StatusUndeterminedError):
        require_statuses(credential(entry()), evidence=evidence(forged), policy=policy, at=NOON)
