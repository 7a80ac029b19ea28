import json
from datetime import timedelta
from typing import Any

import pytest

from registry.model import entry, profile
from registry.model.envelope import Entry, inception_id
from registry.model.grants import ConsentGrant
from registry.model.state import check
from ssi_core import jcs
from ssi_core.errors import AlgorithmError, MalformedError, ProofError, SsiError
from ssi_core.keys import P256Signer
from ssi_core.proof.data_integrity import add_proof, verify_proofs
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.suite import AllowedSuites
from tests.support.registry import (
    AT,
    ORIGIN,
    YEAR,
    commitments,
    every_type,
    grant,
    organisation,
    signer,
)

CLINIC = organisation("clinic")
EVERY_TYPE = {kind: raw for kind, (raw, _) in every_type().items()}


def changed(raw: bytes, **members: Any) -> bytes:
    """The entry with other members, in canonical form; its proof no longer holds."""
    return profile.render({**json.loads(raw), **members})


def without(raw: bytes, name: str) -> bytes:
    return profile.render({key: value for key, value in json.loads(raw).items() if key != name})


@pytest.mark.parametrize("raw", EVERY_TYPE.values(), ids=EVERY_TYPE)
def test_what_a_builder_makes_passes_every_check(raw):
    checked = check(Entry.parse(raw), log=ORIGIN)

    assert checked.entry.raw == raw == jcs.canonicalize(json.loads(raw))


def test_an_entrys_proof_is_plain_eddsa_jcs_2022():
    given = grant()
    members = json.loads(given.raw)
    method = members["proof"]["verificationMethod"]

    verified = verify_proofs(
        members,
        suites=AllowedSuites([EddsaJcs2022()]),
        keys={method: given.key.public_key},
        purpose="assertionMethod",
    )

    assert verified.document["id"] == given.id


def test_a_grant_says_what_was_asked_with_its_times_widened_to_hours():
    content = ConsentGrant.parse(Entry.parse(grant("g").raw))

    assert content.commitments == commitments("g")
    assert content.not_before == AT.replace(minute=0).timestamp()
    assert content.expires == (AT.replace(minute=0) + timedelta(days=30, hours=1)).timestamp()
    assert content.max_staleness == 3600


def test_all_grants_have_one_size_whether_they_have_a_revocation_key_or_not():
    sizes = {
        len(
            entry.consent_grant(
                log=ORIGIN,
                signer=signer(f"k{number}"),
                next_key_hash=entry.key_hash(signer(f"n{number}").public_key),
                commitments=commitments(str(number)),
                not_before=AT,
                expires=AT + YEAR,
                max_staleness=timedelta(hours=1),
                at=AT,
                revocation_key_hash=key_hash,
            )
        )
        for number in range(20)
        for key_hash in (None, entry.key_hash(signer("r").public_key))
    }

    # Base58 of a 64-byte signature has 86 to 88 characters, and of nothing else here varies.
    assert max(sizes) - min(sizes) <= 2


def test_an_entry_for_another_log_is_refused():
    with pytest.raises(ProofError):
        check(Entry.parse(grant(log="other.example").raw), log=ORIGIN)


@pytest.mark.parametrize("raw", EVERY_TYPE.values(), ids=EVERY_TYPE)
def test_a_member_too_many_or_too_few_is_refused(raw):
    with pytest.raises(MalformedError):
        check(Entry.parse(changed(raw, note="x")), log=ORIGIN)
    for name in json.loads(raw):
        with pytest.raises(SsiError):
            check(Entry.parse(without(raw, name)), log=ORIGIN)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seq", 1),
        ("prev", "z"),
        ("nbf", -3600),
        ("nbf", 1),
        ("exp", 0),
        ("exp", 2**52 // 3600 * 3600),
        ("ms", 400 * 86_400),
        ("ms", True),
        ("c", {}),
        ("c", {**commitments(), "extra": "x"}),
        ("c", {**commitments(), "sub": "short"}),
        ("c", {**commitments(), "sub": "=" * 43}),
        ("n", "x"),
        ("nk", "zQm"),
        ("rk", "z" + "1" * 46),
        ("ts", "now"),
        ("ctl", "z6Mk"),
        ("ctl", None),
        ("id", "z"),
    ],
)
def test_a_grant_that_breaks_a_rule_is_refused_even_when_it_is_signed(name, value):
    key = signer("rule")
    members = json.loads(grant("rule").raw)
    members |= {"ctl": key.public_key.multikey, name: value}
    members.pop("proof")
    members["id"] = value if name == "id" else inception_id(members)
    method = f"did:key:{key.public_key.multikey}#{key.public_key.multikey}"
    raw = profile.render(
        add_proof(
            members,
            signer=key,
            verification_method=method,
            purpose="assertionMethod",
            created=None,
        )
    )

    with pytest.raises(SsiError):
        check(Entry.parse(raw), log=ORIGIN)


def test_an_id_that_is_not_the_hash_of_the_content_is_refused():
    with pytest.raises(SsiError):
        check(Entry.parse(changed(grant().raw, id=grant("other").id)), log=ORIGIN)


def test_a_grant_signed_with_a_key_that_is_not_its_own_is_refused():
    proof = json.loads(grant("other").raw)["proof"]

    with pytest.raises(ProofError):
        check(Entry.parse(changed(grant().raw, proof=proof)), log=ORIGIN)


@pytest.mark.parametrize(
    "proof",
    [None, "x", [], {}, {"type": "DataIntegrityProof"}],
)
def test_a_proof_that_is_none_is_malformed(proof):
    with pytest.raises(SsiError):
        check(Entry.parse(changed(grant().raw, proof=proof)), log=ORIGIN)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Ed25519Signature2020"},
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"proofPurpose": "authentication"},
        {"proofValue": "z11"},
        {"created": "2026-11-21T09:30:00Z"},
        {"expires": "2026-11-21T09:30:00Z"},
    ],
)
def test_a_proof_of_another_form_is_refused(change):
    proof = {**json.loads(grant().raw)["proof"], **change}

    with pytest.raises(SsiError):
        check(Entry.parse(changed(grant().raw, proof=proof)), log=ORIGIN)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"v":1}',
        b'{"t":"consent.grant","v":true}',
        b'{"t":"consent.grant","v":2}',
        b'{"t":"consent.supersede","v":1}',
        b'{"log":"a b","t":"consent.grant","v":1}',
        b'{"log":"a","t":"consent.grant","v":1.0}',
        b'{"log":"a","t":"consent.grant","v":1,"v":1}',
        b'{"log": "a","t":"consent.grant","v":1}',
        b'{"v":1,"t":"consent.grant","log":"a"}',
        b'{"log":"\\u0061","t":"consent.grant","v":1}',
        b'{"log":"a","n":9007199254740992,"t":"consent.grant","v":1}',
        b'{"log":"a","n":-0,"t":"consent.grant","v":1}',
        b'{"log":"a","n":NaN,"t":"consent.grant","v":1}',
        b'{"log":"a","n":"\\ud800","t":"consent.grant","v":1}',
        '{"log":"a","n":"e\u0301","t":"consent.grant","v":1}'.encode(),
        '{"log":"a","t":"consent.grant","v":1,"\u00e9":1}'.encode(),
        b'{"log":"a","n":' + b"[" * 60 + b"]" * 60 + b',"t":"did.op","v":1}',
        b'{"log":"a","n":"' + b"x" * 4_096 + b'","t":"consent.grant","v":1}',
        b'{"log":"a","n":"' + b"x" * 20_000 + b'","t":"did.op","v":1}',
    ],
)
def test_bytes_outside_the_profile_are_malformed(raw):
    with pytest.raises(MalformedError):
        Entry.parse(raw)


def test_consent_entries_cannot_be_signed_with_another_kind_of_key():
    with pytest.raises(AlgorithmError):
        entry.consent_revoke(log=ORIGIN, grant_id=grant().id, signer=P256Signer.generate(), at=AT)


def test_the_same_content_is_the_same_bytes_and_another_nonce_another_entry():
    assert grant("a").raw == grant("a").raw
    assert grant("a").id != grant("b").id


def test_consent_entries_hold_no_did_but_their_own_one_time_key():
    for raw in (grant().raw, grant().revoked()):
        members = json.loads(raw)
        method = members["proof"].pop("verificationMethod")

        assert method.startswith("did:key:z6Mk")
        assert "did:" not in json.dumps(members)


@pytest.mark.parametrize("did", ["did:key:z6Mk", "did:jwk:abc", "did:peer:2abc", "did:example:1"])
def test_accreditations_name_organisations_only(did):
    raw = EVERY_TYPE["accredit.grant"]
    for name in ("iss", "sub"):
        with pytest.raises(MalformedError):
            check(Entry.parse(_reidentified(raw, **{name: did})), log=ORIGIN)


def _reidentified(raw: bytes, **change: Any) -> bytes:
    members = {**json.loads(raw), **change}
    proof = members.pop("proof")
    return profile.render({**members, "id": inception_id(members), "proof": proof})
