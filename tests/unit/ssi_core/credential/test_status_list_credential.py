from datetime import timedelta
from typing import Any

import pytest

from ssi_core.credential.contexts import bundled
from ssi_core.credential.model import Credential
from ssi_core.credential.status_list_credential import (
    BitstringStatusListCredential,
    status_list_credential,
)
from ssi_core.errors import MalformedError
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.status.bitstring import BitstringStatusList
from tests.support.status_lists import ISSUER, LIST_URL, NOON, unsigned_list

_SPEC = "Bitstring Status List 1.0"


def _read(source: dict[str, Any]) -> BitstringStatusListCredential:
    return BitstringStatusListCredential.of(Credential.parse(source))


@pytest.mark.spec(_SPEC, "3.1")
def test_what_is_published_is_read_as_it_was():
    status_list = BitstringStatusList.new().with_status({3: 1})

    source = status_list_credential(
        status_list,
        url=LIST_URL,
        issuer=ISSUER,
        purposes=["revocation", "suspension"],
        valid_from=NOON,
        valid_until=NOON + timedelta(hours=1),
        ttl=timedelta(seconds=10),
    )
    read = _read(dict(source))

    assert read.purposes == ("revocation", "suspension")
    assert read.ttl == timedelta(seconds=10)
    assert read.decode(1) == status_list
    assert read.credential.valid_until == NOON + timedelta(hours=1)
    assert source["credentialSubject"]["ttl"] == 10_000  # type: ignore[index, call-overload]


@pytest.mark.spec(_SPEC, "5.2")
def test_a_published_list_loses_nothing_as_json_ld():
    quads = JsonLd(bundled()).to_quads(unsigned_list())

    terms = {quad.predicate.rstrip(">").rpartition("#")[2] for quad in quads}
    assert terms >= {"encodedList", "statusPurpose", "ttl"}


def test_a_list_that_hides_nobody_is_not_published():
    with pytest.raises(MalformedError, match="too few"):
        status_list_credential(
            BitstringStatusList(bytes(16)),
            url=LIST_URL,
            issuer=ISSUER,
            purposes=["revocation"],
            valid_from=None,
            valid_until=None,
        )


@pytest.mark.spec(_SPEC, "2.2")
@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"type": ["VerifiableCredential"]}, "/type"),
        ({"credentialSubject": [unsigned_list()["credentialSubject"]] * 2}, "/credentialSubject"),
        ({"subject": {"type": "BitstringStatus"}}, "/credentialSubject/type"),
        ({"subject": {"type": ["BitstringStatusList", "Other"]}}, "/credentialSubject/type"),
        ({"subject": {"statusPurpose": []}}, "/credentialSubject/statusPurpose"),
        ({"subject": {"statusPurpose": ""}}, "/credentialSubject/statusPurpose"),
        ({"subject": {"statusPurpose": 1}}, "/credentialSubject/statusPurpose"),
        ({"subject": {"statusPurpose": ["a", 1]}}, "/credentialSubject/statusPurpose/1"),
        ({"subject": {"encodedList": 7}}, "/credentialSubject/encodedList"),
        ({"subject": {"encodedList": ""}}, "/credentialSubject/encodedList"),
        ({"subject": {"ttl": "300000"}}, "/credentialSubject/ttl"),
        ({"subject": {"ttl": -1}}, "/credentialSubject/ttl"),
        ({"subject": {"ttl": 1.5}}, "/credentialSubject/ttl"),
        ({"subject": {"ttl": 2**70}}, "/credentialSubject/ttl"),
        ({"subject": {"statusSize": "2"}}, "/credentialSubject/statusSize"),
    ],
)
def test_a_list_that_breaks_a_must_is_refused_where_it_does(changes: dict[str, Any], at: str):
    with pytest.raises(MalformedError) as refused:
        _read(unsigned_list(**changes))

    assert refused.value.at == at


def test_a_list_that_names_its_size_is_not_read_with_another():
    two_bits = _read(unsigned_list(size=2, subject={"statusSize": 2}))

    assert two_bits.decode(2) == BitstringStatusList.new(size=2)
    with pytest.raises(MalformedError, match="another size"):
        two_bits.decode(1)
