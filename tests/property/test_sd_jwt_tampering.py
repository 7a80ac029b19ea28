"""No altered presentation verifies, whatever was altered; and only our own errors say so."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ssi_core import jws
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import SsiError
from ssi_core.keys import P256Signer
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.verification import verify
from tests.simulator.credentials import EXPECTED, NOON, POLICY, STATUS_URI, Issuer, present

CLINIC = Issuer()
HOLDER = P256Signer.generate()
CREDENTIAL = CLINIC.issue(HOLDER, decoys=1)
PRESENTED = str(
    present(CREDENTIAL, HOLDER, keep=[("given_name",), ("code", "display"), ("performers", 1)])
)
EVIDENCE = CLINIC.evidence()
STATUS_TOKEN = str(EVIDENCE.status_lists[STATUS_URI])


def _verify(presented: str, **changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "evidence": EVIDENCE,
        "policy": POLICY,
        "expected": EXPECTED,
        "at": NOON,
    }
    return verify(presented, **{**arguments, **changes})


def test_what_is_not_altered_verifies() -> None:
    assert _verify(PRESENTED).claims["performers"] == ["Dr. Okafor", "Clinic"]


@settings(max_examples=400)
@given(st.integers(0, len(PRESENTED) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(position: int, difference: int) -> None:
    altered = bytearray(PRESENTED.encode())
    altered[position] ^= difference

    with pytest.raises(SsiError):
        _verify(altered.decode("latin-1"))


@settings(max_examples=200)
@given(st.integers(0, len(PRESENTED)), st.text(min_size=1, max_size=4))
def test_nothing_can_be_inserted(position: int, text: str) -> None:
    with pytest.raises(SsiError):
        _verify(PRESENTED[:position] + text + PRESENTED[position:])


@settings(max_examples=200)
@given(st.integers(0, len(PRESENTED) - 1), st.integers(1, 200))
def test_nothing_can_be_cut_out(position: int, length: int) -> None:
    with pytest.raises(SsiError):
        _verify(PRESENTED[:position] + PRESENTED[position + length :])


@given(st.permutations(PRESENTED.split("~")))
def test_the_parts_cannot_change_places(parts: list[str]) -> None:
    assume("~".join(parts) != PRESENTED)

    with pytest.raises(SsiError):
        _verify("~".join(parts))


@settings(max_examples=200)
@given(st.integers(0, len(STATUS_TOKEN) - 1), st.integers(1, 255))
def test_no_byte_of_a_status_list_can_be_changed(position: int, difference: int) -> None:
    altered = bytearray(STATUS_TOKEN.encode())
    altered[position] ^= difference
    evidence = replace(EVIDENCE, status_lists={STATUS_URI: altered.decode("latin-1")})

    with pytest.raises(SsiError):
        _verify(PRESENTED, evidence=evidence)


def _parts() -> list[tuple[str, Any]]:
    """Name every JSON text of the presentation: two headers, two payloads, each disclosure."""
    sd_jwt = SdJwt.parse(PRESENTED)
    found = [("jws", i, text) for i, text in enumerate(sd_jwt.jws_text.split(".")[:2])]
    found += [("kb", i, text) for i, text in enumerate(str(sd_jwt.key_binding).split(".")[:2])]
    found += [("disclosure", i, item.text) for i, item in enumerate(sd_jwt.disclosures)]
    return [(f"{kind} {i}", json.loads(base64url_decode(text))) for kind, i, text in found]


def _with_part(name: str, value: Any) -> str:
    sd_jwt = SdJwt.parse(PRESENTED)
    encoded = base64url_encode(json.dumps(value, separators=(",", ":")).encode())
    kind, index = name.split()
    segments = {"jws": sd_jwt.jws_text, "kb": str(sd_jwt.key_binding)}
    texts = [item.text for item in sd_jwt.disclosures]
    if kind == "disclosure":
        texts[int(index)] = encoded
    else:
        parts = segments[kind].split(".")
        parts[int(index)] = encoded
        segments[kind] = ".".join(parts)
    return "~".join([segments["jws"], *texts, segments["kb"]])


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [path, *(p for k, v in value.items() for p in _places(v, (*path, k)))]
    if isinstance(value, list):
        return [path, *(p for i, v in enumerate(value) for p in _places(v, (*path, i)))]
    return [path]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = json.loads(json.dumps(value))
    node = copy
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = new
    return copy


_ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(max_examples=400)
@given(st.sampled_from(_parts()), st.data())
def test_no_json_member_can_be_changed(part: tuple[str, Any], data: st.DataObject) -> None:
    name, value = part
    path = data.draw(st.sampled_from(_places(value)))
    altered = _replaced(value, path, data.draw(_ANY_JSON))
    assume(json.dumps(altered) != json.dumps(value))

    with pytest.raises(SsiError):
        _verify(_with_part(name, altered))


@settings(max_examples=200)
@given(st.sampled_from(_parts()), st.text(max_size=8), _ANY_JSON)
def test_no_json_member_can_be_added(part: tuple[str, Any], member: str, new: Any) -> None:
    name, value = part
    altered = [*value, new] if isinstance(value, list) else {**value, member: new}
    assume(altered != value)

    with pytest.raises(SsiError):
        _verify(_with_part(name, altered))


@settings(max_examples=300)
@given(st.text() | st.from_regex(r"[\w-]{0,30}\.[\w-]{0,30}\.[\w-]{0,30}(~[\w-]{0,20}){1,4}"))
def test_junk_never_verifies_and_raises_nothing_but_our_own_errors(text: str) -> None:
    with pytest.raises(SsiError):
        _verify(text)


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(
            ["iss", "vct", "cnf", "status", "exp", "nbf", "iat", "_sd", "_sd_alg", "..."]
        ),
        _ANY_JSON,
    )
)
def test_a_signed_payload_of_junk_raises_nothing_but_our_own_errors(payload: Any) -> None:

    header = {"typ": "dc+sd-jwt", "kid": CLINIC.key_id}
    text = jws.sign(
        header, {**payload, "iss": payload.get("iss", str(CLINIC.did))}, signer=CLINIC.signer
    )

    with pytest.raises(SsiError):
        _verify(f"{text}~")
