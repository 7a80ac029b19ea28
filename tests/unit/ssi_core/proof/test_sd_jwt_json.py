from datetime import UTC, datetime
from typing import Any

import pytest

from ssi_core.errors import MalformedError, SsiError
from ssi_core.json_types import JsonObject
from ssi_core.keys import P256Signer
from ssi_core.proof.sd_jwt import Sd, SdJwt, bind, issue
from ssi_core.proof.sd_jwt_json import from_json, to_flattened, to_general

_SIGNER = P256Signer.generate()
_CREDENTIAL = issue({"iss": "x", "a": Sd(1)}, header={"typ": "x"}, signer=_SIGNER)
_BOUND = bind(
    _CREDENTIAL, signer=_SIGNER, audience="a", nonce="n", at=datetime(2026, 12, 1, tzinfo=UTC)
)


def _flattened(sd_jwt: SdJwt) -> Any:
    return to_flattened(sd_jwt)


def _general(sd_jwt: SdJwt) -> Any:
    return to_general(sd_jwt)


@pytest.mark.spec("RFC 9901", "8.1")
@pytest.mark.parametrize("sd_jwt", [_CREDENTIAL, _BOUND], ids=["issued", "bound"])
@pytest.mark.parametrize("to_json", [to_flattened, to_general])
def test_both_json_forms_survive_a_round_trip(sd_jwt, to_json):
    assert from_json(to_json(sd_jwt)) == sd_jwt


@pytest.mark.spec("RFC 9901", "8.2")
def test_the_flattened_form_has_disclosures_and_key_binding_in_its_header():
    value = _flattened(_BOUND)

    assert value.keys() == {"payload", "protected", "signature", "header"}
    assert value["header"] == {
        "disclosures": [item.text for item in _BOUND.disclosures],
        "kb_jwt": _BOUND.key_binding,
    }


@pytest.mark.spec("RFC 9901", "8.3")
def test_in_the_general_form_the_first_signature_counts():
    value = _general(_CREDENTIAL)
    second: JsonObject = {"protected": "e30", "signature": "AAAA", "header": {"kid": "other"}}

    assert from_json({**value, "signatures": [*value["signatures"], second]}) == _CREDENTIAL


@pytest.mark.spec("RFC 9901", "8.3")
@pytest.mark.parametrize("name", ["disclosures", "kb_jwt"])
def test_disclosures_in_a_later_header_are_refused(name):
    value = _general(_CREDENTIAL)
    second: JsonObject = {"protected": "e30", "signature": "AAAA", "header": {name: []}}

    with pytest.raises(MalformedError):
        from_json({**value, "signatures": [*value["signatures"], second]})


def test_disclosures_beside_the_payload_are_read_as_older_implementations_wrote_them():
    value = dict(_flattened(_BOUND))
    header = value.pop("header")

    assert from_json({**value, **header}) == _BOUND


def test_disclosures_in_two_places_are_refused():
    value = _flattened(_BOUND)

    with pytest.raises(MalformedError):
        from_json({**value, "disclosures": []})


@pytest.mark.spec("RFC 9901", "8.1")
def test_a_header_name_that_is_also_protected_is_refused():
    value = _flattened(_CREDENTIAL)

    with pytest.raises(MalformedError):
        from_json({**value, "header": {**value["header"], "typ": "y"}})


def _without(value: Any, name: str) -> Any:
    return {key: item for key, item in value.items() if key != name}


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"signatures": []},
        {"signatures": [1]},
        {"signatures": {}},
        {**_flattened(_CREDENTIAL), **_general(_CREDENTIAL)},
        *(_without(_flattened(_CREDENTIAL), name) for name in ("payload", "protected")),
        _without(_flattened(_CREDENTIAL), "signature"),
        {**_flattened(_CREDENTIAL), "header": []},
        {**_flattened(_CREDENTIAL), "header": {"disclosures": "x"}},
        {**_flattened(_CREDENTIAL), "header": {"disclosures": [1]}},
        {**_flattened(_CREDENTIAL), "header": {"kb_jwt": 1}},
        {**_flattened(_CREDENTIAL), "protected": "!"},
        {**_flattened(_CREDENTIAL), "protected": "W10"},
    ],
)
def test_what_is_no_json_serialization_is_refused(value):
    with pytest.raises(SsiError):
        from_json(value)
