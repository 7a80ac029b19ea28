"""The ninth step: valid, revoked, suspended, stale, or not known."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ssi_core import jws
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    ExpiredError,
    MalformedError,
    NotFoundError,
    RejectedError,
    RevokedError,
    StaleError,
    StatusUndeterminedError,
    SuspendedError,
    UnavailableError,
)
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.period import Period
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.status.token import StatusReference
from ssi_core.verification import DidNeed, Evidence, StatusNeed, needs, verify
from tests.simulator.credentials import (
    EXPECTED,
    NOON,
    POLICY,
    STATUS_INDEX,
    STATUS_URI,
    Issuer,
    present,
)

_SPEC = "draft-ietf-oauth-status-list"
CLINIC = Issuer()
HOLDER = P256Signer.generate()
PRESENTED = str(present(CLINIC.issue(HOLDER), HOLDER))


def _verify(evidence: Evidence, presented: str = PRESENTED, **changes: Any) -> None:
    arguments: dict[str, Any] = {"policy": POLICY, "expected": EXPECTED, "at": NOON}
    verify(presented, evidence=evidence, **{**arguments, **changes})


def _listed(token: Any) -> Evidence:
    return CLINIC.evidence(status_lists={STATUS_URI: token})


@pytest.mark.spec(_SPEC, "7.1")
@pytest.mark.parametrize(
    ("status", "error"),
    [(1, RevokedError), (2, SuspendedError), (3, StatusUndeterminedError)],
    ids=["revoked", "suspended", "application specific"],
)
def test_a_status_other_than_valid_is_refused_with_its_reason(status, error):
    with pytest.raises(error) as caught:
        _verify(_listed(CLINIC.status_token({STATUS_INDEX: status})))

    assert type(caught.value) is error


@pytest.mark.spec(_SPEC, "7.1")
@pytest.mark.parametrize("index", [STATUS_INDEX - 1, STATUS_INDEX + 1])
def test_the_status_of_a_neighbour_does_not_matter(index):
    _verify(_listed(CLINIC.status_token({index: 1})))


def test_a_suspended_credential_that_was_reinstated_is_valid_again():
    with pytest.raises(SuspendedError):
        _verify(_listed(CLINIC.status_token({STATUS_INDEX: 2})))

    _verify(_listed(CLINIC.status_token({STATUS_INDEX: 0})))


_STRANGER = Issuer(did=Did.parse("did:web:evil.example"))


@pytest.mark.spec(_SPEC, "8.3")
@pytest.mark.parametrize(
    "token",
    [
        UnavailableError("no"),
        NotFoundError("no"),
        MalformedError("no"),
        "",
        "no token",
        "a.b.c",
        CLINIC.status_token()[:-5],
        CLINIC.status_token() + "A",
        CLINIC.status_token(uri=STATUS_URI + "/other"),
        CLINIC.status_token(expires_at=NOON - timedelta(seconds=30)),
        CLINIC.status_token(issued_at=NOON + timedelta(seconds=31)),
        CLINIC.status_token(signer=P256Signer.generate()),
        CLINIC.status_token(key_id=f"{CLINIC.did}#other"),
        CLINIC.status_token(key_id=_STRANGER.key_id, signer=_STRANGER.signer),
        CLINIC.status_token(issuer=str(_STRANGER.did)),
        jws.sign({"typ": "JWT", "kid": CLINIC.key_id}, {"sub": STATUS_URI}, signer=CLINIC.signer),
        jws.sign(
            {"typ": "statuslist+jwt", "kid": CLINIC.key_id},
            {"sub": STATUS_URI},
            signer=CLINIC.signer,
        ),
    ],
    ids=[
        "unavailable",
        "not found",
        "malformed",
        "empty",
        "text",
        "no base64",
        "cut",
        "longer",
        "another uri",
        "expired",
        "from the future",
        "another key",
        "unknown key id",
        "signed by a stranger",
        "issued by a stranger",
        "another type",
        "without a list",
    ],
)
def test_a_status_list_that_cannot_be_used_leaves_the_status_undetermined(token):
    with pytest.raises(StatusUndeterminedError) as caught:
        _verify(_listed(token))

    assert not isinstance(caught.value, RejectedError)


@pytest.mark.spec(_SPEC, "8.3")
def test_a_status_list_that_was_not_collected_leaves_the_status_undetermined():
    with pytest.raises(StatusUndeterminedError):
        _verify(CLINIC.evidence(status_lists={}))


@pytest.mark.spec(_SPEC, "8.3")
def test_an_index_beyond_the_list_leaves_the_status_undetermined():
    presented = present(CLINIC.issue(HOLDER, status=StatusReference(STATUS_URI, 64)), HOLDER)

    with pytest.raises(StatusUndeterminedError):
        _verify(CLINIC.evidence(), str(presented))


@pytest.mark.spec(_SPEC, "8.3")
def test_a_list_that_is_older_than_the_policy_allows_is_stale():
    policy = replace(POLICY, status_max_age=timedelta(seconds=59))

    with pytest.raises(StaleError):
        _verify(CLINIC.evidence(), policy=policy)
    _verify(CLINIC.evidence(), policy=replace(policy, status_max_age=timedelta(seconds=60)))


def test_a_revoked_credential_is_revoked_for_a_policy_that_requires_no_status():
    policy = replace(POLICY, require_status=False)

    with pytest.raises(RevokedError):
        _verify(_listed(CLINIC.status_token({STATUS_INDEX: 1})), policy=policy)


def test_a_credential_that_names_no_status_list_is_refused_where_status_is_required():
    presented = str(present(CLINIC.issue(HOLDER, status=None), HOLDER))

    with pytest.raises(StatusUndeterminedError):
        _verify(CLINIC.evidence(), presented)
    _verify(CLINIC.evidence(), presented, policy=replace(POLICY, require_status=False))


def test_a_status_of_a_kind_that_we_do_not_know_leaves_it_undetermined():
    presented = _with_status({"other": {"x": 1}})

    with pytest.raises(StatusUndeterminedError):
        _verify(CLINIC.evidence(), presented, policy=replace(POLICY, require_status=False))


def _with_status(status: Any) -> str:
    payload = {**CLINIC.issue(HOLDER, claims={}).payload(), "status": status}
    header = {"typ": "dc+sd-jwt", "kid": CLINIC.key_id}
    text = jws.sign(header, payload, signer=CLINIC.signer)
    return str(present(SdJwt(text, ()), HOLDER, keep=[]))


@pytest.mark.spec(_SPEC, "8.3")
def test_what_is_expired_is_expired_whatever_its_status():
    over = Period(None, NOON - timedelta(days=1))
    presented = str(present(CLINIC.issue(HOLDER, valid=over), HOLDER))

    with pytest.raises(ExpiredError):
        _verify(_listed(CLINIC.status_token({STATUS_INDEX: 1})), presented)


@pytest.mark.spec(_SPEC, "5.2")
@pytest.mark.parametrize(
    ("status", "error"),
    [(1, RevokedError), (2, SuspendedError), (3, StatusUndeterminedError)],
    ids=["revoked", "suspended", "application specific"],
)
def test_a_list_in_cwt_form_counts_as_one_in_jwt_form_does(status, error):
    _verify(_listed(CLINIC.status_cwt()))

    with pytest.raises(error):
        _verify(_listed(CLINIC.status_cwt({STATUS_INDEX: status})))


def test_a_list_in_cwt_form_by_an_algorithm_or_a_key_not_accepted_leaves_the_status_undetermined():
    accepted = replace(POLICY, algorithms=frozenset({"ES256"}))
    other = CLINIC.status_cwt(signer=Ed25519Signer.generate())

    for token in (other, CLINIC.status_cwt(signer=P256Signer.generate()), b"", b"\xd2"):
        with pytest.raises(StatusUndeterminedError):
            _verify(_listed(token), policy=accepted)


_PROVIDER = Issuer(did=Did.parse("did:web:status.example"))
_OUTSOURCED = replace(POLICY, status_issuers=frozenset({str(_PROVIDER.did)}))


@pytest.mark.spec(_SPEC, "11.3")
def test_another_status_issuer_is_believed_where_the_policy_says_so():
    token = CLINIC.status_token({STATUS_INDEX: 1}, key_id=_PROVIDER.key_id, signer=_PROVIDER.signer)
    documents = {CLINIC.did: CLINIC.document(), _PROVIDER.did: _PROVIDER.document()}
    evidence = Evidence(dids=documents, status_lists={STATUS_URI: token})

    with pytest.raises(RevokedError):
        _verify(evidence, policy=_OUTSOURCED)
    with pytest.raises(StatusUndeterminedError):
        _verify(evidence)


def test_the_keys_of_other_status_issuers_are_needed_too():
    assert needs(PRESENTED, policy=_OUTSOURCED) == {
        DidNeed(CLINIC.did),
        DidNeed(_PROVIDER.did),
        StatusNeed(STATUS_URI),
    }
