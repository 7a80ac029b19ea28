"""Status lists of the profile: a place for each credential, and what is set there counts."""

from typing import Any

import pytest

from ssi_core import jws
from ssi_core.errors import (
    MalformedError,
    NotFoundError,
    RevokedError,
    StatusUndeterminedError,
    SuspendedError,
)
from ssi_core.strict_json import as_object
from tests.support.harness import DERIVED, KEYS, PUBLIC_URL, SUITES, harness, unsigned

V2 = "https://www.w3.org/ns/credentials/v2"


def listed(profile: Any, suite: str, key_type: str, purpose: str = "revocation") -> Any:
    return profile.issuing.issue(
        unsigned(key_type), suite=suite, key_type=key_type, status_purpose=purpose
    )


@pytest.mark.parametrize(
    ("suite", "key_type"), [*[s for s in SUITES if s[0] not in DERIVED], ("jose", "P-256")]
)
def test_a_credential_verifies_until_it_is_revoked(suite: str, key_type: str) -> None:
    profile = harness()
    credential = listed(profile, suite, key_type)
    another = listed(profile, suite, key_type)
    profile.verifying.credential(credential)

    profile.lists.set(_entry(credential), status=True)

    with pytest.raises(RevokedError):
        profile.verifying.credential(credential)
    profile.verifying.credential(another)


@pytest.mark.parametrize("suite", DERIVED)
def test_a_derived_credential_shows_its_status_where_that_is_mandatory(suite: str) -> None:
    key_type, profile = dict(SUITES)[suite], harness()
    issued = profile.issuing.issue(
        unsigned(key_type),
        suite=suite,
        key_type=key_type,
        mandatory_pointers=["/issuer", "/credentialStatus"],
        status_purpose="revocation",
    )
    derived = profile.issuing.derive(issued, suite=suite, selective_pointers=["/credentialSubject"])
    profile.verifying.credential(derived)

    profile.lists.set(_entry(derived), status=True)

    with pytest.raises(RevokedError):
        profile.verifying.credential(derived)


def test_a_suspension_ends() -> None:
    profile = harness()
    credential = listed(profile, "eddsa-rdfc-2022", "Ed25519", "suspension")
    profile.lists.set(_entry(credential), status=True)
    with pytest.raises(SuspendedError):
        profile.verifying.credential(credential)

    profile.lists.set(_entry(credential), status=False)

    profile.verifying.credential(credential)


def test_a_revoked_credential_is_refused_in_a_presentation_too() -> None:
    profile = harness()
    for suite, key_type in (("eddsa-jcs-2022", "Ed25519"), ("jose", "P-256")):
        credential = listed(profile, suite, key_type)
        shown = {
            "@context": [V2],
            "type": ["VerifiablePresentation"],
            "verifiableCredential": [credential],
        }
        profile.verifying.presentation(shown)

        profile.lists.set(_entry(credential), status=True)

        with pytest.raises(RevokedError):
            profile.verifying.presentation(shown)


@pytest.mark.spec("vc-bitstring-status-list", "2.2")
def test_a_list_is_a_signed_credential_at_its_own_url() -> None:
    profile = harness()
    entry = _entry(listed(profile, "bbs-2023", "Bls12381G2"))

    published = profile.lists.published(entry["statusListCredential"])

    profile.verifying.credential(dict(published))
    assert published["id"] == entry["statusListCredential"]
    assert published["id"] == f"{PUBLIC_URL}/status-lists/Bls12381G2/revocation"
    assert published["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    # A verifier takes no base proofs, so it is not the BLS key that signs.
    assert published["issuer"] == KEYS.dids()["Ed25519"]


def test_places_are_drawn_and_not_counted() -> None:
    profile = harness()

    places = [
        int(_entry(listed(profile, "eddsa-jcs-2022", "Ed25519"))["statusListIndex"])
        for _ in range(8)
    ]

    assert len(set(places)) == len(places)
    assert sorted(places) != places or max(places) > 1_000


def test_a_credential_keeps_the_statuses_that_it_had() -> None:
    profile = harness()
    first = listed(profile, "eddsa-jcs-2022", "Ed25519")
    unsecured = {name: value for name, value in first.items() if name != "proof"}

    second = profile.issuing.issue(
        unsecured, suite="eddsa-jcs-2022", key_type="Ed25519", status_purpose="suspension"
    )

    profile.verifying.credential(second)
    entries: Any = second["credentialStatus"]
    assert [entry["statusPurpose"] for entry in entries] == ["revocation", "suspension"]


def test_only_a_place_that_was_given_can_be_set() -> None:
    profile = harness()
    entry = _entry(listed(profile, "eddsa-jcs-2022", "Ed25519"))
    other = (int(entry["statusListIndex"]) + 1) % 131_072

    with pytest.raises(MalformedError):
        profile.lists.set({**entry, "statusListIndex": str(other)}, status=True)
    with pytest.raises(NotFoundError):
        profile.lists.set({**entry, "statusListCredential": "https://x.example"}, status=True)


def test_a_list_that_cannot_be_fetched_leaves_the_status_undetermined() -> None:
    profile = harness()
    status = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": "http://localhost:1/status/elsewhere",
    }
    credential = profile.issuing.issue(
        unsigned("Ed25519", credentialStatus=status), suite="eddsa-jcs-2022", key_type="Ed25519"
    )

    with pytest.raises(StatusUndeterminedError):
        profile.verifying.credential(credential)


@pytest.mark.parametrize(
    "change", [{"statusListIndex": True}, {"statusListIndex": "-1"}, {"statusPurpose": None}]
)
@pytest.mark.spec("vc-bitstring-status-list", "2.1")
def test_a_status_that_breaks_a_rule_is_not_signed(change: dict[str, Any]) -> None:
    profile = harness()
    entry = {**_entry(listed(profile, "eddsa-jcs-2022", "Ed25519")), **change}

    with pytest.raises(MalformedError):
        profile.issuing.issue(
            unsigned("Ed25519", credentialStatus=entry),
            suite="eddsa-jcs-2022",
            key_type="Ed25519",
        )


def _entry(credential: Any) -> Any:
    if "credentialStatus" in credential:
        return as_object(credential["credentialStatus"], at="")
    # In an envelope: the credential is the payload of the JWT.
    return jws.parse(credential["id"].partition(",")[2]).claims()["credentialStatus"]
