"""Every way a proof can be of something else, for every cryptosuite: each refused with its reason.

Other documents, options, keys, domains and challenges, sets and chains; keys that were rotated out.
"""

from typing import Any

import pytest

from ssi_core import strict_json
from ssi_core.did import webvh
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    AlgorithmError,
    AudienceError,
    MalformedError,
    NonceError,
    ProofError,
)
from ssi_core.verification.evidence import Evidence
from tests.support.secured_rows import (
    CHALLENGE,
    CLINIC,
    DOCUMENT,
    DOMAIN,
    PLAIN,
    ROWS,
    SELECTIVE,
    Refusal,
    Row,
    refusal,
    with_proof,
)
from tests.unit.ssi_core.did.conftest import WebvhAuthor

pytestmark = [
    pytest.mark.spec("vc-data-integrity", "4.5"),
    pytest.mark.spec("vc-data-integrity", "4.6"),
]

METHOD = "/proof/verificationMethod"
EVERY_ROW = pytest.mark.parametrize("row", ROWS, ids=str)
# Another proof in a set: what it is secured with does not matter to the one beside it.
BESIDE = Row("eddsa-jcs-2022", "Ed25519")
BBS_BASE = Row("bbs-2023", "Bls12381G2", "base")


# What a verifier asked for


@EVERY_ROW
@pytest.mark.parametrize(
    ("made_for", "expected"),
    [
        (
            {"domain": "other.example", "challenge": CHALLENGE},
            Refusal(AudienceError, "/proof/domain", "proof was made for another domain"),
        ),
        (
            {"domain": [DOMAIN, "other.example"], "challenge": CHALLENGE},
            Refusal(AudienceError, "/proof/domain", "proof was made for another domain"),
        ),
        (
            {"challenge": CHALLENGE},
            Refusal(AudienceError, "/proof/domain", "proof was made for no domain"),
        ),
        (
            {"domain": DOMAIN, "challenge": "another"},
            Refusal(NonceError, "/proof/challenge", "proof was made for another challenge"),
        ),
        (
            {"domain": DOMAIN},
            Refusal(NonceError, "/proof/challenge", "proof was made for no challenge"),
        ),
    ],
    ids=["another domain", "more domains", "no domain", "another challenge", "no challenge"],
)
def test_a_proof_for_something_else_is_refused(
    row: Row, made_for: dict[str, Any], expected: Refusal
) -> None:
    secured = row.secure(**made_for)

    assert refusal(lambda: row.verify_for(secured)) == expected


# What was signed is another


def not_signed(row: Row) -> Refusal:
    """Return how a row refuses what its proof was not made over."""
    reason = {
        ("bbs-2023", "base"): "mandatory statements are not as signed",
        ("bbs-2023", "derived"): "BBS proof does not fit the key, the headers or what is disclosed",
        ("ecdsa-sd-2023", "base"): "options or mandatory statements are not as signed",
        ("ecdsa-sd-2023", "derived"): "options or mandatory statements are not as signed",
    }.get((row.suite, row.form), "signature does not hold")
    return Refusal(ProofError, "/proof/proofValue", reason)


@EVERY_ROW
def test_a_proof_of_another_document_is_refused(row: Row) -> None:
    other = row.secure({**DOCUMENT, "validUntil": "2026-12-31T00:00:00Z"})
    secured = {**other, "proof": row.secure()["proof"]}

    assert refusal(lambda: row.verify(secured)) == not_signed(row)


@EVERY_ROW
def test_a_proof_whose_options_were_changed_is_refused(row: Row) -> None:
    secured = with_proof(row.secure(), created="2026-02-01T00:00:00Z")

    found = refusal(lambda: row.verify(secured))

    if row == BBS_BASE:
        assert found == Refusal(ProofError, "/proof", "proof options are not as signed")
    else:
        assert found == not_signed(row)


@EVERY_ROW
def test_a_proof_by_another_key_of_the_issuer_is_refused(row: Row) -> None:
    secured = row.secure(number=2)

    found = refusal(lambda: row.verify(secured))

    if row == BBS_BASE:
        assert found == Refusal(ProofError, "/proof/proofValue", "base proof names another key")
    else:
        assert found == not_signed(row)


@EVERY_ROW
def test_a_key_of_another_kind_is_refused_before_its_signature_is_looked_at(row: Row) -> None:
    other = "Ed25519" if row.kind != "Ed25519" else "P-256"
    secured = with_proof(row.secure(), verificationMethod=f"{CLINIC}#{other}")

    found = refusal(lambda: row.verify(secured))

    assert found is not None
    assert (found.error, found.at) == (AlgorithmError, METHOD)
    assert " keys" in found.reason


@pytest.mark.parametrize("row", [row for row in PLAIN if "ecdsa" in row.suite], ids=str)
def test_a_signature_on_the_other_curve_is_refused(row: Row) -> None:
    other = "P-384" if row.kind == "P-256" else "P-256"
    secured = with_proof(row.secure(), verificationMethod=f"{CLINIC}#{other}")

    found = refusal(lambda: row.verify(secured))

    assert found == Refusal(MalformedError, "/proof/proofValue", "an ECDSA signature is r || s")


@EVERY_ROW
@pytest.mark.parametrize("member", ["proofValue", "created", "cryptosuite"])
def test_a_proof_that_says_a_thing_twice_is_refused_unread(row: Row, member: str) -> None:
    text = strict_json.render(row.secure())
    twice = text.replace(f'"{member}":', f'"{member}":"x","{member}":')

    found = refusal(lambda: row.verify(strict_json.parse_object(twice)))

    assert found == Refusal(MalformedError, None, "a JSON object names a member twice")


# Sets and chains


@EVERY_ROW
@pytest.mark.parametrize("place", [0, 1])
def test_one_bad_proof_in_a_set_is_pointed_at(row: Row, place: int) -> None:
    good = row.secure()
    beside = BESIDE.secure({name: good[name] for name in good if name != "proof"})["proof"]
    bad = {**good["proof"], "created": "2026-02-01T00:00:00Z"}
    proofs = [bad, beside] if place == 0 else [beside, bad]

    found = refusal(lambda: row.verify({**good, "proof": proofs}))

    row.verify({**good, "proof": [beside, good["proof"]]})
    assert found is not None
    assert found.error is ProofError
    assert str(found.at).startswith(f"/proof/{place}")


@EVERY_ROW
def test_every_proof_of_a_set_is_for_the_purpose(row: Row) -> None:
    good = row.secure()
    unsecured = {name: good[name] for name in good if name != "proof"}
    beside = BESIDE.secure(unsecured, purpose="authentication")["proof"]

    found = refusal(lambda: row.verify({**good, "proof": [good["proof"], beside]}))

    assert found == Refusal(
        ProofError, "/proof/1/proofPurpose", "proof was made for another purpose"
    )


@pytest.mark.parametrize("row", PLAIN, ids=str)
def test_a_broken_chain_is_refused(row: Row) -> None:
    first = row.secure(id="urn:proof:1")
    chain = row.secure(first, previousProof="urn:proof:1")
    # The first proof is made anew: it holds, but it is not what the second was made over.
    another = row.secure(id="urn:proof:1", nonce="another")["proof"]

    found = refusal(lambda: row.verify({**chain, "proof": [another, chain["proof"][1]]}))

    row.verify(chain)
    assert found == Refusal(ProofError, "/proof/1/proofValue", "signature does not hold")


@pytest.mark.parametrize("row", SELECTIVE, ids=str)
def test_a_proof_for_selective_disclosure_builds_on_no_other(row: Row) -> None:
    good = row.secure(id="urn:proof:1")
    second = {**good["proof"], "id": "urn:proof:2", "previousProof": "urn:proof:1"}

    found = refusal(lambda: row.verify({**good, "proof": [good["proof"], second]}))

    assert found == Refusal(
        ProofError,
        "/proof/1/previousProof",
        "a proof for selective disclosure does not build on others",
    )


# Keys that come and go


@EVERY_ROW
def test_a_key_that_was_rotated_out_of_a_did_webvh_is_refused(row: Row) -> None:
    author = WebvhAuthor()
    first = author.first(state=method_state(row, number=1))
    log = [first, author.after(first, state=method_state(row, number=2))]
    did = Did.parse(first["state"]["id"])
    then, now = (webvh.resolve_log(did, log[:count], witness_proofs=None) for count in (1, 2))
    secured = row.secure({**DOCUMENT, "issuer": str(did)}, method=f"{did}#key-1")

    found = refusal(lambda: row.verify(secured, evidence=Evidence(dids={did: now.document})))

    row.verify(secured, evidence=Evidence(dids={did: then.document}))
    assert found == Refusal(ProofError, METHOD, "verification method is not in the DID document")


def method_state(row: Row, *, number: int) -> dict[str, Any]:
    """Return what a DID document says of one key, under an id of its own."""
    entry = {
        "id": f"#key-{number}",
        "type": "Multikey",
        "publicKeyMultibase": row.signer(number).public_key.multikey,
    }
    return {"verificationMethod": [entry], "assertionMethod": [f"#key-{number}"]}
