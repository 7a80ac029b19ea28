import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import jws
from ssi_core.encoding import base64url_encode
from ssi_core.errors import (
    AlgorithmError,
    AudienceError,
    ExpiredError,
    HolderBindingError,
    MalformedError,
    NonceError,
    NotYetValidError,
    ProofError,
    SsiError,
    StaleError,
)
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.presentation.binding import (
    TransactionData,
    check_transactions,
    hashes,
    transaction_claims,
    verify_key_binding,
)
from ssi_core.proof.sd_jwt import Sd, SdJwt, bind, derive, issue
from ssi_core.proof.sd_jwt_json import from_json, to_flattened, to_general

_NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
_ISSUER, _HOLDER = P256Signer.generate(), P256Signer.generate()
_CREDENTIAL = issue({"a": Sd(1), "b": Sd(2)}, header={"typ": "dc+sd-jwt"}, signer=_ISSUER)
_BOUND = bind(_CREDENTIAL, signer=_HOLDER, audience="aud", nonce="nonce", at=_NOON)


def _verify(sd_jwt: SdJwt, **changes: Any) -> JsonObject:
    arguments: dict[str, Any] = {
        "holder_key": _HOLDER.public_key,
        "audience": "aud",
        "nonce": "nonce",
        "at": _NOON,
        "max_age": timedelta(minutes=5),
    }
    return verify_key_binding(sd_jwt, **{**arguments, **changes})


def _signed(claims: Any, header: Any = None, signer: Any = _HOLDER) -> SdJwt:
    head = {"typ": "kb+jwt"} if header is None else header
    return replace(_CREDENTIAL, key_binding=jws.sign(head, claims, signer=signer))


_CLAIMS: dict[str, Any] = {
    "iat": int(_NOON.timestamp()),
    "aud": "aud",
    "nonce": "nonce",
    "sd_hash": _CREDENTIAL.hash("sha-256"),
}


@pytest.mark.spec("RFC 9901", "7.3")
@pytest.mark.parametrize("holder", [_HOLDER, Ed25519Signer.generate()])
def test_key_binding_that_was_made_for_this_holds(holder):
    bound = bind(_CREDENTIAL, signer=holder, audience="aud", nonce="nonce", at=_NOON)

    claims = _verify(bound, holder_key=holder.public_key)

    assert claims == _CLAIMS


@pytest.mark.spec("RFC 9901", "8.4")
@pytest.mark.parametrize("to_json", [to_flattened, to_general])
def test_key_binding_survives_the_json_serialization(to_json):
    assert _verify(from_json(to_json(_BOUND))) == _CLAIMS


@pytest.mark.spec("RFC 9901", "7.3")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"audience": "other"}, AudienceError),
        ({"nonce": "other"}, NonceError),
        ({"holder_key": P256Signer.generate().public_key}, HolderBindingError),
        ({"holder_key": Ed25519Signer.generate().public_key}, AlgorithmError),
        ({"algorithms": {"EdDSA"}}, AlgorithmError),
        ({"at": _NOON + timedelta(minutes=5, seconds=1)}, StaleError),
        ({"at": _NOON - timedelta(seconds=1)}, NotYetValidError),
        (
            {
                "transaction_data": [
                    TransactionData.encode({"type": "x", "credential_ids": ["a"]}).text
                ]
            },
            ProofError,
        ),
    ],
    ids=[
        "audience",
        "nonce",
        "key",
        "kind of key",
        "algorithm",
        "too old",
        "future",
        "transaction",
    ],
)
def test_key_binding_that_was_not_made_for_this_is_refused_with_its_reason(changes, error):
    with pytest.raises(error) as caught:
        _verify(_BOUND, **changes)

    assert type(caught.value) is error


@pytest.mark.spec("RFC 9901", "7.3")
def test_clock_skew_is_allowed_in_both_directions():
    skew = timedelta(seconds=30)

    for moment in (_NOON - skew, _NOON + timedelta(minutes=5) + skew):
        assert _verify(_BOUND, at=moment, clock_skew=skew)


@pytest.mark.spec("RFC 9901", "7.3")
def test_missing_key_binding_is_refused():
    with pytest.raises(HolderBindingError):
        _verify(_CREDENTIAL)


@pytest.mark.spec("RFC 9901", "4.3.1")
@pytest.mark.parametrize("keep", [[("a",)], []])
def test_key_binding_over_other_disclosures_is_refused(keep):
    fewer = derive(_CREDENTIAL, keep)

    with pytest.raises(HolderBindingError):
        _verify(replace(fewer, key_binding=_BOUND.key_binding))


@pytest.mark.spec("RFC 9901", "4.3.1")
def test_key_binding_over_the_disclosures_in_another_order_is_refused():
    reversed_ = replace(_BOUND, disclosures=_BOUND.disclosures[::-1])

    with pytest.raises(HolderBindingError):
        _verify(reversed_)


@pytest.mark.spec("RFC 9901", "4.3")
@pytest.mark.parametrize(
    "change",
    [
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"iat": -1},
        {"aud": None},
        {"aud": ["aud"]},
        {"aud": ""},
        {"nonce": None},
        {"nonce": 1},
        {"sd_hash": None},
        {"sd_hash": 1},
        {"nbf": "x"},
        {"exp": []},
    ],
    ids=repr,
)
def test_key_binding_that_breaks_its_format_is_refused(change):
    with pytest.raises(MalformedError):
        _verify(_signed({**_CLAIMS, **change}))


@pytest.mark.spec("RFC 9901", "7.3")
@pytest.mark.parametrize(
    ("change", "error"),
    [({"exp": _CLAIMS["iat"]}, ExpiredError), ({"nbf": _CLAIMS["iat"] + 1}, NotYetValidError)],
)
def test_key_binding_that_is_not_in_force_is_refused(change, error):
    with pytest.raises(error):
        _verify(_signed({**_CLAIMS, **change}))


@pytest.mark.spec("RFC 9901", "7.3")
@pytest.mark.parametrize("header", [{}, {"typ": "JWT"}, {"typ": "dc+sd-jwt"}, {"typ": ["kb+jwt"]}])
def test_key_binding_of_another_type_is_refused(header):
    with pytest.raises(ProofError):
        _verify(_signed(_CLAIMS, header))


@pytest.mark.spec("RFC 9901", "7.3")
@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES384", ""])
def test_key_binding_with_another_algorithm_is_refused(algorithm):
    head = base64url_encode(b'{"alg":"%s","typ":"kb+jwt"}' % algorithm.encode())
    _, payload, signature = str(_BOUND.key_binding).split(".")

    with pytest.raises((AlgorithmError, MalformedError)):
        _verify(replace(_BOUND, key_binding=f"{head}.{payload}.{signature}"))


@pytest.mark.parametrize("text", ["x", "a.b", "a.b.c", "...", "\u00e4.b.c"])
def test_what_is_no_jwt_binds_nothing(text):
    with pytest.raises(SsiError):
        _verify(replace(_CREDENTIAL, key_binding=text))


def _transaction(**members: Any) -> str:
    return TransactionData.encode({"type": "urn:x", "credential_ids": ["a"], **members}).text


@pytest.mark.spec("OpenID4VP 1.0", "8.4")
def test_transaction_data_survives_a_round_trip_with_members_of_its_type():
    body: JsonObject = {"type": "urn:x", "credential_ids": ["a", "b"], "amount": 12}

    data = TransactionData.parse(TransactionData.encode(body).text)

    assert (data.type, data.credential_ids, data.hash_algorithms) == ("urn:x", ("a", "b"), None)
    assert data.body == body


@pytest.mark.spec("OpenID4VP 1.0", "5.1")
@pytest.mark.parametrize(
    "members",
    [
        {"type": None},
        {"type": ""},
        {"credential_ids": None},
        {"credential_ids": []},
        {"credential_ids": "a"},
        {"credential_ids": [1]},
        {"transaction_data_hashes_alg": []},
        {"transaction_data_hashes_alg": "sha-256"},
    ],
    ids=repr,
)
def test_transaction_data_that_breaks_its_format_is_refused(members):
    with pytest.raises(MalformedError):
        _transaction(**members)


@pytest.mark.spec("OpenID4VP 1.0", "B.3.3.1")
@pytest.mark.parametrize(
    "texts",
    [
        [_transaction()],
        [_transaction(), _transaction(more=1)],
        [_transaction(transaction_data_hashes_alg=["sha-512", "sha-256"]), _transaction()],
        [_transaction(transaction_data_hashes_alg=["sha3-256", "sha-384"])],
    ],
)
def test_what_a_holder_authorises_is_what_was_asked(texts):
    bound = bind(
        _CREDENTIAL,
        signer=_HOLDER,
        audience="aud",
        nonce="nonce",
        at=_NOON,
        extra=transaction_claims(texts),
    )

    claims = _verify(bound, transaction_data=texts)

    algorithm = str(claims.get("transaction_data_hashes_alg", "sha-256"))
    assert claims["transaction_data_hashes"] == hashes(texts, algorithm)


@pytest.mark.spec("OpenID4VP 1.0", "B.3.3.1")
def test_the_hash_is_over_the_text_as_it_was_sent():
    text = _transaction()

    assert len(hashes([text])[0]) == 43
    assert hashes([text]) == transaction_claims([text])["transaction_data_hashes"]


_ONE, _TWO = _transaction(), _transaction(more=2)


@pytest.mark.spec("OpenID4VP 1.0", "B.3.3.1")
@pytest.mark.parametrize(
    ("claims", "texts", "error"),
    [
        ({}, [_ONE], ProofError),
        ({"transaction_data_hashes": hashes([_TWO])}, [_ONE], ProofError),
        ({"transaction_data_hashes": hashes([_ONE, _TWO])}, [_ONE], ProofError),
        ({"transaction_data_hashes": hashes([_ONE])}, [_ONE, _TWO], ProofError),
        ({"transaction_data_hashes": hashes([_ONE, _ONE])}, [_ONE, _TWO], ProofError),
        ({"transaction_data_hashes": []}, [_ONE], MalformedError),
        ({"transaction_data_hashes": "x"}, [_ONE], MalformedError),
        ({"transaction_data_hashes": [1]}, [_ONE], MalformedError),
        (
            {
                "transaction_data_hashes": hashes([_ONE], "sha-512"),
                "transaction_data_hashes_alg": "sha-512",
            },
            [_ONE],
            AlgorithmError,
        ),
        (
            {"transaction_data_hashes": hashes([_ONE]), "transaction_data_hashes_alg": 1},
            [_ONE],
            MalformedError,
        ),
        (
            {
                "transaction_data_hashes": hashes(
                    [_transaction(transaction_data_hashes_alg=["sha-256"])]
                )
            },
            [_transaction(transaction_data_hashes_alg=["sha-256"])],
            ProofError,
        ),
    ],
)
def test_authorising_something_else_is_refused(claims, texts, error):
    with pytest.raises(error):
        check_transactions(claims, texts)


def test_where_no_transaction_is_asked_for_none_is_looked_at():
    check_transactions({"transaction_data_hashes": hashes([_ONE])}, [])


def test_a_holder_does_not_authorise_with_a_hash_that_nobody_has():
    with pytest.raises(AlgorithmError):
        transaction_claims([_transaction(transaction_data_hashes_alg=["sha3-256"])])


@given(st.text(max_size=50), st.binary(max_size=80))
def test_junk_raises_nothing_but_our_own_errors(text, data):
    for junk in (text, base64url_encode(data)):
        with contextlib.suppress(SsiError):
            TransactionData.parse(junk)
        with contextlib.suppress(SsiError):
            hashes([junk])
        with contextlib.suppress(SsiError):
            _verify(replace(_CREDENTIAL, key_binding=junk))
