"""Bitstring status lists cross both ways with an independent implementation, openvc-core."""

from datetime import timedelta
from typing import Any

import pytest
from openvc.status.bitstring import new_bitstring, set_status_bit
from openvc.status.issue import build_status_list_credential, build_status_list_entry
from openvc.status.status_list import check_credential_status

from ssi_core.errors import RevokedError
from ssi_core.verification.bitstring_status import BitstringPolicy, require_statuses
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


@pytest.mark.parametrize("revoked", [False, True])
def test_the_peer_reads_our_lists_and_our_entries(revoked: bool):  # noqa: FBT001
    made = dict(credential(entry()).source)
    published = dict(signed(unsigned_list({INDEX: int(revoked)})))

    found = check_credential_status(made, resolve_status_list=lambda _: published)

    assert found.revoked is revoked


@pytest.mark.parametrize("revoked", [False, True])
def test_we_read_the_lists_and_the_entries_of_the_peer(revoked: bool):  # noqa: FBT001
    bits = new_bitstring(131_072)
    set_status_bit(bits, INDEX, int(revoked))
    theirs: dict[str, Any] = build_status_list_credential(
        id=LIST_URL,
        issuer=ISSUER,
        bitstring=bits,
        valid_from=NOON - timedelta(minutes=1),
        valid_until=NOON + timedelta(hours=1),
        ttl=300_000,
    )
    asked = credential(build_status_list_entry(status_list_credential=LIST_URL, index=INDEX))
    facts = evidence(signed(theirs, suite=RDFC))
    policy = BitstringPolicy(data_integrity=POLICY)

    if revoked:
        with pytest.raises(RevokedError):
            require_statuses(asked, evidence=facts, policy=policy, at=NOON)
    else:
        (found,) = require_statuses(asked, evidence=facts, policy=policy, at=NOON)
        assert found.valid
