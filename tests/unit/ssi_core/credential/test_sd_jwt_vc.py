from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ssi_core import jws
from ssi_core.credential.sd_jwt_vc import SdJwtVc, issue, require_plain
from ssi_core.errors import DisclosureError, MalformedError
from ssi_core.keys import P256Signer
from ssi_core.period import Period
from ssi_core.proof.disclosure import Disclosure
from ssi_core.proof.sd_jwt import Sd, SdJwt, process
from ssi_core.status.token import StatusReference

_SPEC = "draft-ietf-oauth-sd-jwt-vc"
_NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
_ISSUER, _HOLDER = P256Signer.generate(), P256Signer.generate()


def _issue(**changes: Any) -> SdJwt:
    arguments: dict[str, Any] = {
        "vct": "urn:consentry:diagnosis:1",
        "issuer": "did:web:clinic.example",
        "key_id": "did:web:clinic.example#assertion",
        "signer": _ISSUER,
        "claims": {"code": Sd("44054006"), "gender": "female"},
        "holder_key": _HOLDER.public_key.jwk,
        "issued_at": _NOON,
        "valid": Period(_NOON, _NOON + timedelta(days=1)),
        "status": StatusReference("https://clinic.example/status-lists/1", 7),
    }
    return issue(**{**arguments, **changes})


def _signed(payload: Any, header: Any = None, disclosures: tuple[Disclosure, ...] = ()) -> SdJwt:
    head = {"typ": "dc+sd-jwt", **(header or {})}
    return SdJwt(jws.sign(head, payload, signer=_ISSUER), disclosures)


@pytest.mark.spec(_SPEC, "2.2")
def test_an_issued_credential_says_what_the_specification_wants():
    credential = _issue()

    view = SdJwtVc.parse(str(credential))
    assert view.header == {
        "alg": "ES256",
        "typ": "dc+sd-jwt",
        "kid": "did:web:clinic.example#assertion",
    }
    assert process(view.payload, view.sd_jwt.disclosures) == {
        "iss": "did:web:clinic.example",
        "vct": "urn:consentry:diagnosis:1",
        "iat": 1796126400,
        "nbf": 1796126400,
        "exp": 1796126400 + 86400,
        "cnf": {"jwk": _HOLDER.public_key.jwk},
        "status": {"status_list": {"idx": 7, "uri": "https://clinic.example/status-lists/1"}},
        "code": "44054006",
        "gender": "female",
    }


def test_the_view_has_what_a_holder_and_a_verifier_look_for():
    view = SdJwtVc.parse(_issue())

    assert view.vct == "urn:consentry:diagnosis:1"
    assert view.issuer == "did:web:clinic.example"
    assert view.key_id == "did:web:clinic.example#assertion"
    assert view.holder_jwk == _HOLDER.public_key.jwk
    assert view.status == StatusReference("https://clinic.example/status-lists/1", 7)
    assert view.issued_at == _NOON
    assert view.period == Period(_NOON, _NOON + timedelta(days=1))


@pytest.mark.spec(_SPEC, "2.2.2.3")
def test_what_is_optional_may_be_left_out():
    credential = _issue(key_id=None, holder_key=None, valid=Period(None, None), status=None)

    view = SdJwtVc.parse(credential)
    assert (view.key_id, view.holder_jwk, view.status) == (None, None, None)
    assert view.payload.keys() == {"iss", "vct", "iat", "gender", "_sd", "_sd_alg"}


def test_the_header_can_carry_a_certificate_chain_but_not_another_type():
    view = SdJwtVc.parse(_issue(header={"x5c": ["MIIB"], "typ": "JWT"}))

    assert view.header["x5c"] == ["MIIB"]
    assert view.header["typ"] == "dc+sd-jwt"


@pytest.mark.spec(_SPEC, "2.2.2.3")
@pytest.mark.parametrize("name", ["iss", "vct", "iat", "nbf", "exp", "cnf", "status"])
def test_a_claim_that_has_an_argument_of_its_own_is_not_taken_from_the_claims(name):
    with pytest.raises(MalformedError):
        _issue(claims={name: "x"})


@pytest.mark.spec(_SPEC, "2.2.2.3")
@pytest.mark.parametrize(
    "claims",
    [
        {"vct#integrity": Sd("sha256-x")},
        {"aka_vcts": Sd(["urn:x"])},
        {"aka_vcts": [Sd("urn:x")]},
        {"cnf": Sd({})},
        {"status": {"status_list": Sd({})}},
    ],
)
def test_a_registered_claim_is_never_made_selectively_disclosable(claims):
    with pytest.raises(MalformedError):
        _issue(claims=claims)


@pytest.mark.spec(_SPEC, "2.2.2.3")
@pytest.mark.parametrize("name", ["sub", "iat_of_visit"])
def test_other_claims_may_be_selectively_disclosable(name):
    assert _issue(claims={name: Sd("x")}).disclosures[0].name == name


@pytest.mark.spec(_SPEC, "2.2.2.3")
@pytest.mark.parametrize(
    "path",
    [
        ("iss",),
        ("nbf",),
        ("exp",),
        ("cnf",),
        ("cnf", "jwk"),
        ("vct",),
        ("vct#integrity",),
        ("aka_vcts", 0),
        ("status", "status_list", "idx"),
    ],
)
def test_a_registered_claim_that_came_in_a_disclosure_is_refused(path):
    with pytest.raises(DisclosureError):
        require_plain({}, {path: Disclosure.make("x", 1)})


@pytest.mark.spec(_SPEC, "2.2.2.3")
@pytest.mark.parametrize("name", ["cnf", "status"])
def test_a_registered_claim_with_parts_that_can_be_withheld_is_refused(name):
    with pytest.raises(DisclosureError):
        require_plain({name: {"_sd": ["x"]}}, {})


_PAYLOAD: dict[str, Any] = {"vct": "urn:x", "iss": "did:web:clinic.example"}


@pytest.mark.spec(_SPEC, "2.2.2")
@pytest.mark.parametrize(
    "change",
    [
        {"vct": None},
        {"vct": ""},
        {"vct": ["urn:x"]},
        {"iss": 1},
        {"iss": ""},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": -1},
        {"nbf": 2**60},
        {"iat": {}},
        {"exp": 1e300},
        {"nbf": 10, "exp": 10},
        {"cnf": "key"},
        {"cnf": {"jwk": "key"}},
        {"status": []},
        {"status": {"status_list": 1}},
        {"status": {"status_list": {"idx": -1, "uri": "x"}}},
    ],
    ids=repr,
)
def test_a_member_of_another_type_than_specified_is_refused(change):
    with pytest.raises(MalformedError):
        SdJwtVc.parse(_signed({**_PAYLOAD, **change}))


def test_a_key_id_is_a_string():
    with pytest.raises(MalformedError):
        SdJwtVc.parse(_signed(_PAYLOAD, {"kid": 42}))


def test_a_payload_is_an_object():
    text = jws.sign({"typ": "dc+sd-jwt"}, b"[]", signer=_ISSUER)

    with pytest.raises(MalformedError):
        SdJwtVc.parse(f"{text}~")


def test_a_moment_may_have_a_fraction():
    view = SdJwtVc.parse(_signed({**_PAYLOAD, "iat": 1796126400.75}))

    assert view.issued_at == _NOON


def test_confirmation_and_status_of_other_kinds_are_left_for_others():
    view = SdJwtVc.parse(_signed({**_PAYLOAD, "cnf": {"kid": "x"}, "status": {"other": {}}}))

    assert (view.holder_jwk, view.status) == (None, None)
