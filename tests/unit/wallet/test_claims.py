from datetime import UTC, datetime
from typing import Final

import pytest

from ssi_core.claim_path import ClaimPath
from ssi_core.credential import sd_jwt_vc
from ssi_core.keys import P256Signer
from ssi_core.period import Period
from ssi_core.proof.sd_jwt import Sd, SdClaims, SdJwt, derive
from wallet.claims import label_of, leaves, shown_claims, withheld_labels
from wallet.credential import Label

LABELS: Final = (
    Label(path=("given_names",), text="Given names"),
    Label(path=("results", None), text="Result"),
    Label(path=("results", None, "value"), text="Measured"),
)
PANEL: Final[SdClaims] = {
    "results": Sd([Sd({"code": "a", "value": 1}), Sd({"code": "b", "value": 2})]),
    "given_names": Sd(["Ana", "Maria"]),
    "plain": "always there",
}


@pytest.fixture(scope="module")
def credential() -> SdJwt:
    return sd_jwt_vc.issue(
        vct="urn:example:panel",
        issuer="https://issuer.example",
        key_id=None,
        signer=P256Signer.generate(),
        claims=PANEL,
        holder_key=P256Signer.generate().public_key.jwk,
        issued_at=datetime(2026, 11, 21, tzinfo=UTC),
        valid=Period(None, None),
    )


@pytest.mark.parametrize(
    ("path", "label"),
    [
        pytest.param(("given_names",), "Given names", id="exact"),
        pytest.param(("given_names", 1), "Given names: 2", id="inside"),
        pytest.param(("results", 0, "value"), "Measured", id="any-element"),
        pytest.param(("results", 0, "code"), "Result: code", id="longest"),
        pytest.param(("birth_date",), "birth date", id="none"),
    ],
)
def test_a_claim_has_the_name_that_says_most(path: ClaimPath, label: str):
    assert label_of(path, LABELS) == label


def test_what_says_nothing_about_the_subject_is_not_a_claim(credential: SdJwt):
    names = {path[0] for path, _value in leaves(credential.payload())}

    assert names & {"iss", "iat", "vct", "cnf", "exp", "nbf"} == set()


def test_what_nobody_can_withhold_is_shown_whatever_was_asked(credential: SdJwt):
    sent = derive(credential, {("given_names",)})

    shown = {claim.label: claim.value for claim in shown_claims(sent, LABELS)}

    assert shown == {
        "Given names: 1": "Ana",
        "Given names: 2": "Maria",
        "plain": "always there",
    }


def test_an_element_keeps_its_place_when_another_is_withheld(credential: SdJwt):
    sent = derive(credential, {("results", 1)})

    shown = {claim.path: claim.value for claim in shown_claims(sent, LABELS)}

    assert shown[("results", 1, "value")] == 2
    assert ("results", 0, "value") not in shown


def test_of_an_array_that_goes_in_part_the_rest_is_named(credential: SdJwt):
    sent = {claim.path for claim in shown_claims(derive(credential, {("results", 1)}), LABELS)}

    assert withheld_labels(credential, sent, LABELS) == (
        "Given names",
        "Result: code",
        "Measured",
    )


def test_claims_come_in_the_order_of_the_labels(credential: SdJwt):
    shown = [claim.path[0] for claim in shown_claims(credential, LABELS)]

    assert shown == ["given_names"] * 2 + ["results"] * 4 + ["plain"]


def test_empty_objects_and_arrays_are_values_too():
    assert dict(leaves({"a": {}, "b": [], "c": None})) == {("a",): {}, ("b",): [], ("c",): None}
