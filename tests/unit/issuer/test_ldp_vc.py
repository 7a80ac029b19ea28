"""The credentials of VCDM 2.0: what they say, whose they are, and that they can be taken back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.configurations import Format
from issuer.model.credential import CredentialState
from issuer.model.identity import SigningIdentity
from issuer.model.status_list import bitstring_of
from issuer.service.linked_data import LinkedData
from ssi_core import jws, strict_json
from ssi_core.credential.contexts import bundled
from ssi_core.credential.model import Credential
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.credential.status_list_entry import entries_of
from ssi_core.did import jwk as did_jwk
from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError, NotFoundError, RevokedError, SsiError, SuspendedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.period import to_timestamp
from ssi_core.proof.ecdsa_rdfc_2019 import EcdsaRdfc2019
from ssi_core.proof.suite import AllowedSuites
from ssi_core.protocol.openid4vci import PROOF_TYPE, CredentialRequest
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.status.token import Status, StatusList, verify
from ssi_core.verification import Evidence, FetchedCredential
from ssi_core.verification.bitstring_status import (
    BitstringPolicy,
    StatusMessage,
    require_statuses,
    status_needs,
)
from ssi_core.verification.data_integrity import (
    DataIntegrityPolicy,
    needs,
    verify_credential,
)

ISSUER = "http://localhost:8200"
BOTH = tuple(Format)
NAME = "diagnosis_ldp_vc"
POLICY = DataIntegrityPolicy(suites=AllowedSuites([EcdsaRdfc2019(JsonLd(bundled()))]))
STATUS_POLICY = BitstringPolicy(data_integrity=POLICY, require_status=True)


def _issue(clinic: Any, token: Any, *signers: P256Signer, name: str = NAME) -> Sequence[Any]:
    request = clinic.request(clinic.nonce(), *signers, credential_configuration_id=name)
    return list(clinic.issue(token, request).credentials)


def _one(clinic: Any, *signers: P256Signer) -> JsonObject:
    credential, *_ = _issue(clinic, clinic.token(clinic.offer(formats=BOTH)), *signers)
    return dict(credential)


def _evidence(clinic: Any, credential: Credential) -> Evidence:
    dids = {need.did for need in needs(credential.source)}
    lists: dict[str, FetchedCredential | SsiError] = {}
    for need in status_needs(credential):
        number, purpose = need.url.removeprefix(f"{ISSUER}/status-lists/").split("/")
        listed = clinic.issuer.bitstring_lists.credential(int(number), purpose, at=clinic.now)
        body = strict_json.render(listed).encode()
        lists[need.url] = FetchedCredential(media_type="application/vc", body=body)
    return Evidence(dids={did: did_jwk.resolve(did) for did in dids}, status_credentials=lists)


def _verified(clinic: Any, source: JsonObject) -> tuple[StatusMessage, ...]:
    facts = _evidence(clinic, Credential.parse(source))
    credential = verify_credential(source, evidence=facts, policy=POLICY, at=clinic.now)
    return require_statuses(credential, evidence=facts, policy=STATUS_POLICY, at=clinic.now)


def test_a_credential_verifies_and_says_of_its_holder_what_the_record_says(clinic: Any):
    key = P256Signer.generate()

    credential = _one(clinic, key)

    assert [item.purpose for item in _verified(clinic, credential)] == ["revocation", "suspension"]
    assert credential["type"] == ["VerifiableCredential", "DiagnosisCredential"]
    assert credential["issuer"] == clinic.issuer.identity.did
    assert credential["validUntil"] == "2027-11-21T12:00:00Z"
    assert credential["credentialSubject"] == {
        "id": str(did_key.did_for(key.public_key)),
        "family_name": "Planted",
        "code": {"system": "s", "code": "44054006", "display": "Diabetes"},
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"validUntil": "2099-01-01T00:00:00Z"},
        {"credentialStatus": []},
        {"credentialSubject": {"id": "did:example:other"}},
        {"type": ["VerifiableCredential", "ImmunizationCredential"]},
    ],
)
def test_a_credential_that_was_changed_does_not_verify(clinic: Any, changes: JsonObject):
    with pytest.raises(SsiError):
        _verified(clinic, {**_one(clinic), **changes})


@pytest.mark.spec("OpenID4VCI 1.0", "F.1")
@pytest.mark.parametrize("method", ["jwk", "key"])
def test_a_credential_is_bound_to_the_did_that_proved_its_key(clinic: Any, method: str):
    key = P256Signer.generate()
    resolver = {"jwk": did_jwk, "key": did_key}[method]
    did = resolver.did_for(key.public_key)
    claims = {"aud": ISSUER, "iat": to_timestamp(clinic.now), "nonce": clinic.nonce()}
    proof = jws.sign({"typ": PROOF_TYPE, "kid": resolver.method_id(did)}, claims, signer=key)
    request = CredentialRequest(credential_configuration_id=NAME, proofs=(proof,))

    (credential,) = clinic.issue(
        clinic.token(clinic.offer(formats=[Format.LDP_VC])), request
    ).credentials

    assert Did.parse(credential["credentialSubject"]["id"]) == did
    _verified(clinic, credential)


def test_every_copy_has_a_key_and_a_status_of_its_own(clinic: Any):
    keys = [P256Signer.generate() for _ in range(5)]

    copies = _issue(clinic, clinic.token(clinic.offer(formats=BOTH)), *keys)

    assert len({copy["credentialSubject"]["id"] for copy in copies}) == 5
    places = [
        [entry.index for entry in entries_of(Credential.parse(dict(copy)))] for copy in copies
    ]
    assert len({tuple(place) for place in places}) == 5
    assert places != sorted(places)


@pytest.mark.parametrize(
    ("state", "error", "status"),
    [
        (CredentialState.REVOKED, RevokedError, Status.INVALID),
        (CredentialState.SUSPENDED, SuspendedError, Status.SUSPENDED),
    ],
)
def test_a_change_reaches_the_copies_of_every_format_and_no_others(
    clinic: Any, state: CredentialState, error: type[SsiError], status: Status
):
    offer = clinic.offer(formats=BOTH)
    token = clinic.token(offer)
    (linked,), (text,) = _issue(clinic, token), _issue(clinic, token, name="diagnosis")
    other = _one(clinic)
    (credential,) = clinic.issuer.offers.look_up(offer.id, at=clinic.now)[1]

    clinic.issuer.revocation.change(credential.id, state, at=clinic.now)

    with pytest.raises(error):
        _verified(clinic, linked)
    reference = SdJwtVc.parse(text).status
    assert reference is not None
    listed = verify(
        clinic.issuer.status_lists.token(0, at=clinic.now),
        uri=reference.uri,
        key=clinic.issuer.identity.signer.public_key,
        at=clinic.now,
    )
    assert listed.get(reference.index) == status
    assert all(item.valid for item in _verified(clinic, other))


def test_a_suspension_ends(clinic: Any):
    offer = clinic.offer(formats=BOTH)
    (linked,) = _issue(clinic, clinic.token(offer))
    (credential,) = clinic.issuer.offers.look_up(offer.id, at=clinic.now)[1]

    for state in (CredentialState.SUSPENDED, CredentialState.VALID):
        clinic.issuer.revocation.change(credential.id, state, at=clinic.now)

    assert all(item.valid for item in _verified(clinic, linked))


def test_one_resource_in_two_formats_is_one_credential(clinic: Any):
    offer = clinic.offer(formats=[Format.LDP_VC, Format.SD_JWT_VC])
    token = clinic.token(offer)
    _issue(clinic, token, name="diagnosis")
    _issue(clinic, token)

    (credential,) = clinic.issuer.offers.look_up(offer.id, at=clinic.now)[1]

    assert credential.configuration == NAME
    assert len(clinic.issuer.credentials._store.copies_of(credential.id)) == 2  # noqa: SLF001


def test_a_list_is_signed_anew_when_its_ttl_is_over_and_changed_at_once(clinic: Any):
    offer = clinic.offer(formats=BOTH)
    _issue(clinic, clinic.token(offer))
    (credential,) = clinic.issuer.offers.look_up(offer.id, at=clinic.now)[1]

    def read(seconds: int) -> JsonObject:
        at = clinic.now + timedelta(seconds=seconds)
        return dict(clinic.issuer.bitstring_lists.credential(0, "revocation", at=at))

    first = read(0)
    assert read(9) == first
    assert read(10) != first
    clinic.issuer.revocation.change(credential.id, CredentialState.REVOKED, at=clinic.now)
    assert read(0)["credentialSubject"] != first["credentialSubject"]


@pytest.mark.spec("Bitstring Status List 1.0", "2.2")
def test_a_list_says_what_it_is_for_until_when_and_for_how_long_to_keep_it(clinic: Any):
    listed = clinic.issuer.bitstring_lists.credential(0, "suspension", at=clinic.now)

    assert listed["id"] == f"{ISSUER}/status-lists/0/suspension"
    assert listed["validUntil"] == "2026-11-21T13:00:00Z"
    subject = listed["credentialSubject"]
    assert (subject["type"], subject["statusPurpose"]) == ("BitstringStatusList", "suspension")
    assert subject["ttl"] == 10_000


@pytest.mark.parametrize(("number", "purpose"), [(7, "revocation"), (0, "message"), (0, "")])
def test_a_list_that_is_not_kept_is_not_there(clinic: Any, number: int, purpose: str):
    with pytest.raises(NotFoundError):
        clinic.issuer.bitstring_lists.credential(number, purpose, at=clinic.now)


@given(
    length=st.integers(1, 300),
    set_at=st.dictionaries(st.integers(0, 299), st.integers(0, 3)),
    status=st.sampled_from(Status),
)
def test_the_bitstring_of_a_list_has_a_bit_wherever_the_list_has_the_status(
    length: int, set_at: dict[int, int], status: Status
):
    statuses = StatusList.new(length, 2)
    statuses = statuses.with_status({k: v for k, v in set_at.items() if k < len(statuses)})

    bits = bitstring_of(statuses, status)

    wanted = [int(statuses.get(index) == status) for index in range(len(statuses))]
    assert [bits.get(index) for index in range(len(statuses))] == wanted
    assert bits.require_length() == bits
    assert sum(byte.bit_count() for byte in bits.data) >= sum(wanted)


def test_a_list_of_other_bits_has_no_bitstring():
    with pytest.raises(MalformedError):
        bitstring_of(StatusList.new(8, 4), Status.INVALID)


def test_an_ed25519_issuer_signs_with_the_suite_of_its_key(clinic: Any):
    signer = Ed25519Signer.generate()
    did = did_key.did_for(signer.public_key)
    identity = SigningIdentity(did=str(did), key_id=did_key.method_id(did), signer=signer)

    linked_data = LinkedData(identity, JsonLd(bundled()))

    assert linked_data.cryptosuite == "eddsa-rdfc-2022"
    secured = linked_data.secure(
        {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": "VerifiableCredential"},
        at=clinic.now,
    )
    assert secured["proof"]["cryptosuite"] == "eddsa-rdfc-2022"  # type: ignore[index, call-overload]
