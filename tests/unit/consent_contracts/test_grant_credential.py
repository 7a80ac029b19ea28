from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from consent_contracts import grant_credential
from consent_contracts.grant import DISCLOSED, Grant
from consent_contracts.grant_credential import (
    VCT,
    GrantSecret,
    commitments,
    commitments_of,
    control_key,
    disclosures,
    read,
    require_committed,
)
from ssi_core import jws, verification
from ssi_core.credential import sd_jwt_vc
from ssi_core.credential.sd_jwt_vc import VerifiedSdJwtVc
from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    DisclosureError,
    HolderBindingError,
    LogProofError,
    MalformedError,
    ProofError,
    SsiError,
)
from ssi_core.keys import Ed25519PublicKey, P256Signer, Signer
from ssi_core.proof.disclosure import Disclosure
from ssi_core.proof.sd_jwt import Sd, SdJwt, bind
from ssi_core.verification import Evidence, Expected, VerificationPolicy
from tests.support.consent import AT, HOLDER, LOG, digest, make_grant

SECRET = GrantSecret(bytes(range(32)))
GRANT = make_grant()
POLICY = VerificationPolicy(
    algorithms=frozenset({"EdDSA", "ES256"}), vcts=frozenset({VCT}), require_status=False
)
EXPECTED = Expected(audience="did:web:insurer.example", nonce="n-1")


def _issued(grant: Grant = GRANT) -> SdJwt:
    return grant_credential.issue(grant, SECRET, holder_jwk=HOLDER.public_key.jwk, at=AT)


def _presented(credential: SdJwt, signer: Signer = HOLDER) -> str:
    return str(
        bind(credential, signer=signer, audience=EXPECTED.audience, nonce=EXPECTED.nonce, at=AT)
    )


def _verified(credential: SdJwt) -> VerifiedSdJwtVc:
    issuer = Did.parse(str(credential.payload()["iss"]))
    evidence = Evidence(dids={issuer: did_key.resolve(issuer)})
    return verification.verify(
        _presented(credential), evidence=evidence, policy=POLICY, expected=EXPECTED, at=AT
    )


def _forged(claims: Mapping[str, Any], **arguments: Any) -> SdJwt:
    """Return a credential of the grant's own key with other claims than a wallet would make."""
    return sd_jwt_vc.issue(
        vct=VCT,
        issuer=str(SECRET.issuer),
        key_id=None,
        signer=SECRET.signer,
        holder_key=HOLDER.public_key.jwk,
        issued_at=AT,
        valid=GRANT.period,
        claims=claims,
        **arguments,
    )


def _claims() -> dict[str, Any]:
    return {
        "grant_id": GRANT.id,
        "log": LOG,
        **{name: Sd(value) for name, value in GRANT.disclosed().items()},
    }


def test_a_verified_credential_states_the_grant() -> None:
    credential = _issued()

    grant = read(_verified(credential), credential.disclosures)

    assert grant == GRANT


def test_the_plain_part_says_nothing_about_who_what_and_why() -> None:
    payload = _issued().payload()

    assert payload.keys() == {
        *("iss", "vct", "iat", "nbf", "exp", "cnf", "grant_id", "log"),
        *("_sd", "_sd_alg"),
    }
    assert payload["iss"] == f"did:key:{SECRET.signer.public_key.multikey}"
    assert "kid" not in jws.parse(_issued().jws_text).header


def test_the_five_disclosures_come_in_their_order() -> None:
    assert tuple(each.name for each in _issued().disclosures) == DISCLOSED
    assert _issued().disclosures == disclosures(GRANT, SECRET)


def test_the_digests_of_the_credential_are_the_commitments_of_the_log() -> None:
    logged = commitments(disclosures(GRANT, SECRET))

    require_committed(_issued(), logged)

    assert tuple(logged) == ("sub", "rcp", "pur", "scp", "trm")
    assert set(logged.values()) == set(_issued().payload()["_sd"])  # type: ignore[arg-type]  # an array


def test_a_log_that_has_another_grant_is_noticed() -> None:
    other = replace(GRANT, max_staleness=timedelta(hours=2))
    logged = commitments(disclosures(other, SECRET))

    with pytest.raises(LogProofError):
        require_committed(_issued(), logged)
    for junk in ({}, {**commitments_of(_issued()), "more": "x"}):
        with pytest.raises(LogProofError):
            require_committed(_issued(), junk)


def test_a_grant_is_not_signed_before_it_is_logged() -> None:
    with pytest.raises(MalformedError):
        _issued(replace(GRANT, id=None))


def test_a_grant_is_not_bound_to_a_key_that_it_does_not_name() -> None:
    with pytest.raises(HolderBindingError):
        _issued(replace(GRANT, holder_keys=frozenset({digest("another")})))


def test_a_grant_bound_to_a_key_that_it_does_not_name_is_refused() -> None:
    stranger = replace(GRANT, holder_keys=frozenset({digest("another")}))
    claims = _claims() | {"subject": Sd(stranger.disclosed()["subject"])}
    credential = _forged(claims)

    with pytest.raises(HolderBindingError):
        read(_verified(credential), credential.disclosures)


@pytest.mark.parametrize("name", DISCLOSED)
def test_a_disclosure_that_is_kept_back_is_missed(name: str) -> None:
    credential = _issued()
    kept = tuple(each for each in credential.disclosures if each.name != name)
    less = replace(credential, disclosures=kept)

    with pytest.raises(MalformedError):
        read(_verified(less), less.disclosures)
    with pytest.raises(MalformedError):
        commitments_of(less)


@pytest.mark.parametrize("name", DISCLOSED)
def test_a_member_that_is_not_behind_a_digest_is_refused(name: str) -> None:
    credential = _forged(_claims() | {name: GRANT.disclosed()[name]})

    with pytest.raises(MalformedError):
        read(_verified(credential), credential.disclosures)
    with pytest.raises(MalformedError):
        commitments_of(credential)


def test_a_sixth_disclosure_is_refused_shown_or_not() -> None:
    shown = _forged(_claims() | {"more": Sd("x")})
    hidden = replace(shown, disclosures=shown.disclosures[:5])

    for credential in (shown, hidden):
        with pytest.raises(MalformedError):
            commitments_of(credential)
    with pytest.raises(MalformedError):
        read(_verified(shown), shown.disclosures)


def test_a_decoy_is_no_commitment() -> None:
    with pytest.raises(MalformedError):
        commitments_of(_forged(_claims(), decoys=1))


def test_a_digest_that_stands_twice_is_one_too_many() -> None:
    payload = dict(_issued().payload())
    digests: Any = payload["_sd"]
    payload["_sd"] = [*digests, digests[0]]
    credential = replace(
        _issued(), jws_text=jws.sign({"typ": "dc+sd-jwt"}, payload, signer=SECRET.signer)
    )

    with pytest.raises(MalformedError):
        commitments_of(credential)


def test_an_additional_plain_claim_is_refused() -> None:
    credential = _forged(_claims() | {"more": 1})

    with pytest.raises(MalformedError):
        read(_verified(credential), credential.disclosures)


def test_a_term_that_is_concealed_inside_a_disclosure_is_refused() -> None:
    terms: Any = GRANT.disclosed()["terms"]
    limits = {**terms["limits"], "uses": Sd(1)}
    whole = _forged(_claims() | {"terms": Sd({**terms, "limits": limits})})
    shown = tuple(each for each in whole.disclosures if each.name != "uses")
    credential = replace(whole, disclosures=shown)

    with pytest.raises(MalformedError, match="conceals"):
        read(_verified(credential), credential.disclosures)


def test_other_disclosures_than_those_verified_are_refused() -> None:
    verified = _verified(_issued())
    other = disclosures(replace(GRANT, max_staleness=timedelta(days=300)), SECRET)

    with pytest.raises(MalformedError):
        read(verified, other)


def test_another_type_of_credential_is_no_grant() -> None:
    credential = _issued()
    verified = replace(_verified(credential), vct="urn:consentry:diagnosis:1")

    with pytest.raises(MalformedError):
        read(verified, credential.disclosures)


@pytest.mark.parametrize(
    "issuer",
    ["did:web:insurer.example", str(did_key.did_for(HOLDER.public_key)), "https://x.example", ""],
)
def test_a_grant_is_issued_by_an_ed25519_key_of_its_own(issuer: str) -> None:
    credential = _issued()
    verified = replace(_verified(credential), issuer=issuer)

    with pytest.raises((MalformedError, ProofError)):
        read(verified, credential.disclosures)


def test_the_issuer_is_the_key_that_the_log_entry_names() -> None:
    assert control_key(_verified(_issued())) == Ed25519PublicKey(SECRET.signer.public_key.raw)


def test_a_grant_signed_by_another_key_is_refused() -> None:
    header = {"typ": "dc+sd-jwt"}
    other = GrantSecret.generate().signer
    credential = replace(_issued(), jws_text=jws.sign(header, _issued().payload(), signer=other))

    with pytest.raises(ProofError):
        _verified(credential)


def test_key_binding_by_another_key_is_refused() -> None:
    evidence = Evidence(dids={SECRET.issuer: did_key.resolve(SECRET.issuer)})
    presented = _presented(_issued(), P256Signer.generate())

    with pytest.raises(HolderBindingError):
        verification.verify(presented, evidence=evidence, policy=POLICY, expected=EXPECTED, at=AT)


def test_a_disclosure_of_another_grant_fits_nowhere() -> None:
    foreign = disclosures(make_grant(log="other.example"), GrantSecret.generate())
    mixed = replace(_issued(), disclosures=(*_issued().disclosures[:4], foreign[4]))

    with pytest.raises(DisclosureError):
        _verified(mixed)
    with pytest.raises(SsiError):
        commitments_of(mixed)


def test_a_disclosure_twice_is_not_five() -> None:
    twice: list[Disclosure] = [*disclosures(GRANT, SECRET)[:4], disclosures(GRANT, SECRET)[0]]

    with pytest.raises(MalformedError):
        commitments(twice)
