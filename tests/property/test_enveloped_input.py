"""Envelopes from anybody: a changed one never holds, and junk ends in our own errors."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import cbor, cose, strict_json
from ssi_core.credential.enveloped import (
    CREDENTIAL_MEDIA_TYPES,
    PRESENTATION_MEDIA_TYPES,
    VC_COSE,
    VC_JWT,
    VC_SD_JWT,
    VP_JWT,
)
from ssi_core.credential.presentation import Envelope
from ssi_core.encoding import base64_decode, base64_encode, base64url_encode
from ssi_core.errors import SsiError
from ssi_core.keys import Ed25519Signer
from ssi_core.verification.enveloped import (
    enveloped_needs,
    verify_enveloped_credential,
    verify_enveloped_presentation,
)
from tests.simulator.enveloped import (
    EXPECTED,
    FOR_INSURER,
    NOON,
    POLICY,
    clinic,
    credential,
    evidence,
    holder,
    presentation,
)

CLINIC = clinic(signer=Ed25519Signer.generate())
HOLDER = holder(signer=Ed25519Signer.generate())
EVIDENCE = evidence(CLINIC, HOLDER)
CREDENTIALS = {
    media_type: CLINIC.secure(
        credential(CLINIC),
        media_type,
        disclosable=[("credentialSubject", "name")] if media_type == VC_SD_JWT else (),
    )
    for media_type in sorted(CREDENTIAL_MEDIA_TYPES)
}
PRESENTED = HOLDER.secure(presentation(HOLDER, CREDENTIALS[VC_JWT]), VP_JWT, claims=FOR_INSURER)
_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
_MEMBERS: Final = st.sampled_from(
    ["iss", "sub", "aud", "jti", "exp", "nbf", "iat", "cnf", "nonce", "issuer", "id", "validFrom"]
)
_PARAMETERS: Final = st.sampled_from(["typ", "cty", "kid", "alg", "crit", "iss", "cnf", "b64"])


def _verify(envelope: Envelope) -> object:
    if envelope.media_type in PRESENTATION_MEDIA_TYPES:
        return verify_enveloped_presentation(
            envelope, evidence=EVIDENCE, policy=POLICY, expected=EXPECTED, at=NOON
        )
    return verify_enveloped_credential(envelope, evidence=EVIDENCE, policy=POLICY, at=NOON)


def _flipped(envelope: Envelope, place: int, bit: int) -> Envelope:
    if envelope.media_type == VC_COSE:
        data = bytearray(base64_decode(envelope.content))
        data[place % len(data)] ^= 1 << bit
        return Envelope.of(envelope.media_type, base64_encode(bytes(data)))
    text = bytearray(envelope.content.encode())
    text[place % len(text)] ^= 1 << bit
    return Envelope(source={}, media_type=envelope.media_type, content=text.decode("latin-1"))


@pytest.mark.parametrize("envelope", [*CREDENTIALS.values(), PRESENTED], ids=lambda e: e.media_type)
@given(place=st.integers(0, 4095), bit=st.integers(0, 7))
def test_no_flipped_bit_holds(envelope: Envelope, place: int, bit: int) -> None:
    with pytest.raises(SsiError):
        _verify(_flipped(envelope, place, bit))


@pytest.mark.parametrize("media_type", sorted(CREDENTIAL_MEDIA_TYPES | PRESENTATION_MEDIA_TYPES))
@given(junk=st.text(max_size=60) | st.binary(max_size=60).map(base64_encode))
def test_junk_is_refused_with_our_own_errors(media_type: str, junk: str) -> None:
    envelope = Envelope(source={}, media_type=media_type, content=junk)

    for look in (_verify, enveloped_needs):
        with pytest.raises(SsiError):
            look(envelope)


@given(name=_MEMBERS, value=_JSON)
def test_whatever_a_signer_says_of_itself_ends_in_a_yes_or_in_our_own_errors(
    name: str, value: Any
) -> None:
    try:
        body = strict_json.render({**credential(CLINIC), name: value}).encode()
    except SsiError:
        return
    header: Any = {cose.KID: CLINIC.key_id.encode(), cose.TYP: VC_COSE}
    claims = {3: value if isinstance(value, str) else 1}
    for protected in (header, {**header, cose.CWT_CLAIMS: claims}):
        in_cose = cose.sign(protected, body, signer=CLINIC.signer)
        _decided(Envelope.of(VC_COSE, base64_encode(in_cose)))
    _decided(Envelope.of(VC_JWT, _jws({"kid": CLINIC.key_id, "typ": "vc+jwt"}, body)))


@given(name=_PARAMETERS, value=_JSON)
def test_whatever_a_header_says_ends_in_a_yes_or_in_our_own_errors(name: str, value: Any) -> None:
    body = strict_json.render(credential(CLINIC)).encode()
    try:
        text = _jws({"kid": CLINIC.key_id, "typ": "vc+jwt", name: value}, body)
    except SsiError:
        return

    _decided(Envelope.of(VC_JWT, text))


@given(label=st.sampled_from([1, 2, 3, 4, 15, 16]), value=_JSON)
def test_whatever_a_cose_header_says_ends_in_a_yes_or_in_our_own_errors(
    label: int, value: Any
) -> None:
    body = strict_json.render(credential(CLINIC)).encode()
    header: Any = {cose.ALG: -8, cose.KID: CLINIC.key_id.encode(), cose.TYP: VC_COSE, label: value}
    try:
        protected = cbor.encode(header)
    except SsiError:
        return
    signature = CLINIC.signer.sign(cbor.encode(["Signature1", protected, b"", body]))

    _decided(Envelope.of(VC_COSE, base64_encode(cbor.encode([protected, {}, body, signature]))))


def _decided(envelope: Envelope) -> None:
    try:
        _verify(envelope)
    except SsiError:
        return


def _jws(header: Any, body: bytes) -> str:
    head = base64url_encode(strict_json.render({"alg": "EdDSA", **header}).encode())
    signed = f"{head}.{base64url_encode(body)}"
    return f"{signed}.{base64url_encode(CLINIC.signer.sign(signed.encode()))}"
