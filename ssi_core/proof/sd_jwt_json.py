"""SD-JWT in the JWS JSON Serialization: https://www.rfc-editor.org/rfc/rfc9901#section-8."""

from collections.abc import Mapping
from typing import Final

from ssi_core import strict_json
from ssi_core.encoding import base64url_decode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.proof.disclosure import Disclosure
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.strict_json import as_array, as_object, as_text

_DISCLOSURES: Final = "disclosures"
_KEY_BINDING: Final = "kb_jwt"
_OURS: Final = frozenset({_DISCLOSURES, _KEY_BINDING})


def from_json(value: JsonObject) -> SdJwt:
    """Read the flattened or the general form; of several signatures the first one counts.

    Implementations older than the RFC put `disclosures` and `kb_jwt` beside `payload` instead of
    into the unprotected `header`; they are read there too, but never from both places.
    """
    if "signatures" in value:
        if "signature" in value:
            raise MalformedError("a JWS is either flattened or general", at="/signatures")
        signature = _first_signature(value)
    else:
        signature = value
    header = _unprotected(signature, value)
    _refuse_ambiguous(signature)
    parts = (signature.get("protected"), value.get("payload"), signature.get("signature"))
    names = ("/protected", "/payload", "/signature")
    jws_text = ".".join(as_text(part, at=at) for part, at in zip(parts, names, strict=True))
    disclosures = as_array(header.get(_DISCLOSURES, []), at=f"/header/{_DISCLOSURES}")
    key_binding = header.get(_KEY_BINDING)
    return SdJwt(
        jws_text,
        tuple(Disclosure.parse(as_text(item, at="/header/disclosures")) for item in disclosures),
        None if key_binding is None else as_text(key_binding, at=f"/header/{_KEY_BINDING}"),
    )


def to_flattened(sd_jwt: SdJwt) -> JsonObject:
    """Return the Flattened JSON Serialization (section 8.2)."""
    return {"payload": _parts(sd_jwt)[1], **_signature(sd_jwt)}


def to_general(sd_jwt: SdJwt) -> JsonObject:
    """Return the General JSON Serialization with its one signature (section 8.3)."""
    return {"payload": _parts(sd_jwt)[1], "signatures": [_signature(sd_jwt)]}


def _first_signature(value: JsonObject) -> JsonObject:
    signatures = as_array(value["signatures"], at="/signatures")
    if not signatures:
        raise MalformedError("a JWS has a signature", at="/signatures")
    first, *others = (as_object(item, at="/signatures") for item in signatures)
    for other in others:
        if _OURS & as_object(other.get("header", {}), at="/signatures/header").keys():
            raise MalformedError("disclosures stand in the first header only", at="/signatures")
    return first


def _unprotected(signature: JsonObject, outer: JsonObject) -> JsonObject:
    header = as_object(signature.get("header", {}), at="/header")
    beside = {name: outer[name] for name in _OURS if name in outer}
    if beside and _OURS & header.keys():
        raise MalformedError("disclosures stand in one place", at="/header")
    return {**header, **beside}


def _refuse_ambiguous(signature: JsonObject) -> None:
    # RFC 7515 section 7.2.1: the two headers share no name.
    protected = as_text(signature.get("protected"), at="/protected")
    names = strict_json.parse_object(base64url_decode(protected, at="/protected")).keys()
    unprotected: JsonValue = signature.get("header")
    if isinstance(unprotected, Mapping) and names & unprotected.keys():
        raise MalformedError("a header name is protected and unprotected", at="/header")


def _parts(sd_jwt: SdJwt) -> tuple[str, str, str]:
    protected, payload, signature = sd_jwt.jws_text.split(".")
    return protected, payload, signature


def _signature(sd_jwt: SdJwt) -> dict[str, JsonValue]:
    protected, _, signature = _parts(sd_jwt)
    header: dict[str, JsonValue] = {_DISCLOSURES: [item.text for item in sd_jwt.disclosures]}
    if sd_jwt.key_binding is not None:
        header[_KEY_BINDING] = sd_jwt.key_binding
    return {"header": header, "protected": protected, "signature": signature}
