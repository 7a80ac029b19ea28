import json
from dataclasses import replace
from typing import Any

import pytest

from consent_contracts import grant_credential
from consent_contracts.grant import DISCLOSED, Effect, Grant, Limits, Recipient
from consent_contracts.grant_credential import (
    COMMITMENTS,
    VCT,
    GrantSecret,
    commitments,
    commitments_of,
    disclosures,
    read,
    require_committed,
)
from consent_contracts.purpose import Purpose
from consent_contracts.request import require_within
from ssi_core import verification
from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.errors import ConsentError, LogProofError, MalformedError
from ssi_core.proof.disclosure import Disclosure
from ssi_core.proof.sd_jwt import SdJwt, bind
from ssi_core.verification import Evidence, Expected, VerificationPolicy
from tests.support.consent import (
    AT,
    HOLDER,
    INSURER,
    LOG,
    digest,
    make_consent_request,
    make_grant,
    scope_item,
)
from tests.support.receipts import wide_grant, wide_records

SECRET = GrantSecret(bytes(range(32)))
POLICY = VerificationPolicy(
    algorithms=frozenset({"EdDSA", "ES256"}), vcts=frozenset({VCT}), require_status=False
)
EXPECTED = Expected(audience="did:web:insurer.example", nonce="n-1")
OBJECTION = make_grant(
    effect=Effect.DENY,
    recipient=Recipient(None, role="clerk"),
    records=(wide_records(),),
    scope=(scope_item("code"), scope_item("onset", access="none")),
)
GRANTS = [wide_grant(), OBJECTION, make_grant(records=(wide_records(),), scope=())]
NAMES = ["wide", "objection", "records"]


def _issued(grant: Grant) -> SdJwt:
    return grant_credential.issue(grant, SECRET, holder_jwk=HOLDER.public_key.jwk, at=AT)


def _read(credential: SdJwt) -> Grant:
    presented = bind(
        credential, signer=HOLDER, audience=EXPECTED.audience, nonce=EXPECTED.nonce, at=AT
    )
    evidence = Evidence(dids={SECRET.issuer: did_key.resolve(SECRET.issuer)})
    verified = verification.verify(
        str(presented), evidence=evidence, policy=POLICY, expected=EXPECTED, at=AT
    )
    return read(verified, credential.disclosures)


@pytest.mark.parametrize("grant", GRANTS, ids=NAMES)
def test_the_credential_states_the_whole_grant(grant: Grant) -> None:
    assert _read(SdJwt.parse(str(_issued(grant)))) == grant


@pytest.mark.parametrize("grant", GRANTS, ids=NAMES)
def test_the_log_commits_to_five_digests_and_learns_nothing_else(grant: Grant) -> None:
    credential = _issued(grant)

    logged = commitments_of(credential)

    assert logged.keys() == set(COMMITMENTS.values())
    require_committed(credential, logged)
    payload = json.dumps(dict(credential.payload()))
    for hidden in ("clerk", "zDelegation", "loinc", "MONDO", "permit", "deny", "HRESCH"):
        assert hidden not in payload


@pytest.mark.parametrize(
    ("changes", "commitment"),
    [
        ({"grantor": None}, "sub"),
        ({"recipient": Recipient(Did("web", "university.example"))}, "rcp"),
        ({"purposes": frozenset({Purpose.HRESCH, Purpose.BIORCH})}, "pur"),
        ({"records": ()}, "scp"),
        ({"except_purposes": frozenset()}, "trm"),
        ({"data_use": ()}, "trm"),
        ({"limits": Limits()}, "trm"),
        ({"supersedes": None}, "trm"),
    ],
)
def test_each_part_of_the_model_is_committed_to_where_it_belongs(
    changes: dict[str, Any], commitment: str
) -> None:
    grant, other = wide_grant(), wide_grant(**changes)

    one, another = (commitments(disclosures(each, SECRET)) for each in (grant, other))

    assert {name for name in one if one[name] != another[name]} == {commitment}
    with pytest.raises(LogProofError):
        require_committed(_issued(other), one)


def test_an_objection_cannot_pass_for_a_permission() -> None:
    permit = replace(make_grant(), effect=Effect.PERMIT)
    deny = replace(permit, effect=Effect.DENY)

    swapped = replace(
        _issued(permit),
        disclosures=(*_issued(permit).disclosures[:4], disclosures(deny, SECRET)[4]),
    )

    with pytest.raises(MalformedError):
        commitments_of(swapped)
    assert _read(_issued(deny)).effect is Effect.DENY


@pytest.mark.parametrize("name", DISCLOSED)
def test_a_member_that_a_reader_does_not_know_is_refused_wherever_it_stands(name: str) -> None:
    members: Any = json.loads(json.dumps(wide_grant().to_json()))
    place = members[name]
    if isinstance(place, dict):
        place["later"] = 1
    else:
        place.append({"later": 1})

    with pytest.raises(MalformedError):
        Grant.parse(members)


@pytest.mark.parametrize(
    "grant",
    [
        make_grant(recipient=Recipient(INSURER, role="clerk")),
        make_grant(effect=Effect.DENY, recipient=Recipient(INSURER)),
        make_grant(records=(wide_records(),)),
        make_grant(recipient=wide_grant().recipient),
    ],
    ids=["role", "objection", "records", "class"],
)
def test_a_wider_grant_is_no_answer_to_a_question_about_claims(grant: Grant) -> None:
    request = make_consent_request()
    answer = replace(
        grant,
        log=LOG,
        request_digest=request.digest,
        notice=request.notice.notice,
        holder_keys=frozenset({digest("holder")}),
    )

    with pytest.raises(ConsentError):
        require_within(answer, request)


def test_the_disclosures_are_those_five() -> None:
    for grant in GRANTS:
        found: tuple[Disclosure, ...] = disclosures(grant, SECRET)
        assert tuple(each.name for each in found) == DISCLOSED
