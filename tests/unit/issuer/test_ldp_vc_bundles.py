"""Every resource of every published bundle also becomes a credential of VCDM 2.0 that holds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from issuer.configurations import LDP_VC_CONFIGURATIONS, certify, vcdm
from issuer.fhir import read_bundle
from issuer.model.identity import SigningIdentity
from issuer.service.linked_data import LinkedData
from ssi_core.credential.contexts import bundled
from ssi_core.credential.model import Credential
from ssi_core.credential.status_list_entry import BitstringStatusListEntry
from ssi_core.did import key as did_key
from ssi_core.json_types import JsonObject
from ssi_core.keys import P256Signer
from ssi_core.period import Period
from ssi_core.proof.ecdsa_rdfc_2019 import EcdsaRdfc2019
from ssi_core.proof.suite import AllowedSuites
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.rdf.rdfc_1_0 import canonicalize
from ssi_core.verification import Evidence
from ssi_core.verification.data_integrity import DataIntegrityPolicy, verify_credential
from tests.support.full_bundle import full_bundle

_NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
_SIGNER: Final = P256Signer.generate()
_DID: Final = did_key.did_for(_SIGNER.public_key)
_JSON_LD: Final = JsonLd(bundled())
_TYPES: Final = {item.twin.id: item.type for item in LDP_VC_CONFIGURATIONS}
_POLICY: Final = DataIntegrityPolicy(suites=AllowedSuites([EcdsaRdfc2019(_JSON_LD)]))


def _unsecured(bundle: bytes) -> Iterator[JsonObject]:
    record = read_bundle(bundle)
    entry = BitstringStatusListEntry(
        purpose="revocation", index=7, list_url="https://clinic.example/status-lists/0/revocation"
    )
    for _at, resource in record.resources:
        configuration, claims = certify(record.patient, resource)
        yield vcdm.credential(
            claims,
            kind=_TYPES[configuration.id],
            issuer=str(_DID),
            holder="did:example:holder",
            valid=Period(None, None),
            statuses=[entry.to_json()],
        )


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for element in value:
            yield from _leaves(element)
    else:
        yield value


def _shape(value: object) -> object:
    if isinstance(value, dict):
        return tuple((name, _shape(member)) for name, member in value.items())
    if isinstance(value, list):
        return tuple(map(_shape, value))
    return type(value)


@pytest.mark.spec("VC Data Integrity 1.0", "2.5.3")
def test_nothing_of_a_published_bundle_is_lost_and_none_of_it_stalls(data: Path):
    texts = [path.read_bytes() for path in sorted((data / "synthea-r4").glob("*.json"))]
    count = 0

    for source in (credential for text in texts for credential in _unsecured(text)):
        count += 1
        canonical = canonicalize(_JSON_LD.to_quads(source)).n_quads.decode()
        claims = dict(Credential.parse(source).subjects[0])
        strings = [leaf for leaf in _leaves(claims) if isinstance(leaf, str)]
        assert all(_quoted(leaf) in canonical for leaf in strings)

    assert len(texts) == 44
    assert count == 1903


def test_one_of_every_shape_that_a_credential_can_have_is_signed_and_verifies(data: Path):
    linked_data = LinkedData(
        SigningIdentity(did=str(_DID), key_id=did_key.method_id(_DID), signer=_SIGNER), _JSON_LD
    )
    evidence = Evidence(dids={_DID: did_key.resolve(_DID)})
    texts = [full_bundle(), *(path.read_bytes() for path in (data / "synthea-r4").glob("*.json"))]
    shapes = {_shape(source): source for text in texts for source in _unsecured(text)}

    for source in shapes.values():
        secured = linked_data.secure(source, at=_NOW)
        credential = verify_credential(secured, evidence=evidence, policy=_POLICY, at=_NOW)
        assert credential.subjects == (source["credentialSubject"],)

    assert len(shapes) > 10


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"' if not text.startswith("did:example:") else f"<{text}>"
