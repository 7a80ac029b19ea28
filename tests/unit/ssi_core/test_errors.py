"""The error tree: what an error says, and what may never be taken for what."""

import pytest

from ssi_core.errors import (
    ConsentError,
    MalformedError,
    NotFoundError,
    ProofError,
    RejectedError,
    SsiError,
    StatusUndeterminedError,
    UnavailableError,
)


def test_an_error_names_its_rule_and_its_place():
    error = MalformedError("must be text", at="/credential/name")

    assert str(error) == "must be text (at /credential/name)"
    assert (error.reason, error.at) == ("must be text", "/credential/name")


def test_an_error_without_a_place_names_its_rule():
    error = ProofError("signature does not hold")

    assert str(error) == "signature does not hold"
    assert error.at is None


def test_a_denial_carries_every_reason():
    error = ConsentError("denied", refusals=("expired", "wrong_purpose"))

    assert error.refusals == ("expired", "wrong_purpose")
    assert ConsentError("denied").refusals == ()


@pytest.mark.parametrize("unknown", [UnavailableError, StatusUndeterminedError])
def test_what_could_not_be_found_out_is_never_a_no(unknown: type[SsiError]):
    assert not issubclass(unknown, RejectedError)
    assert issubclass(unknown, UnavailableError)


def test_what_is_malformed_was_not_understood_and_so_not_rejected():
    assert not issubclass(MalformedError, RejectedError)
    assert issubclass(NotFoundError, RejectedError)
