"""Credentials and presentations secured with JOSE, SD-JWT and COSE.

https://www.w3.org/TR/vc-jose-cose/, section 3. The document is the payload, as it is.
"""

from collections.abc import Callable, Collection
from typing import Final

from ssi_core import cose, cwt, jws, strict_json
from ssi_core.cbor import CborKey, CborValue
from ssi_core.claim_path import ClaimPath, pointer
from ssi_core.credential.enveloped import (
    NEVER_DISCLOSABLE,
    VC_COSE,
    VC_JWT,
    VC_SD_JWT,
    VP_COSE,
    VP_JWT,
    VP_SD_JWT,
)
from ssi_core.credential.model import Credential
from ssi_core.credential.presentation import Envelope, Presentation
from ssi_core.encoding import base64_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Signer
from ssi_core.proof import sd_jwt as sd_jwts
from ssi_core.proof.marking import mark
from ssi_core.proof.sd_jwt_payload import random_salt

# The claims that a caller may add: those of the signature, and for whom and with which key.
_CLAIMS: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "cnf", "nonce"})


def issue(
    document: JsonObject,
    *,
    media_type: str,
    key_id: str,
    signer: Signer,
    claims: JsonObject | None = None,
    disclosable: Collection[ClaimPath] = (),
    salts: Callable[[], bytes] = random_salt,
) -> Envelope:
    """Sign a credential or presentation (VCDM 2.0) in the form that `media_type` names.

    `key_id` is the DID URL of the signer's key. `claims` are those of the signature (`iat`, `exp`,
    `aud`, `nonce`, `iss`, `cnf`); `disclosable` says what the holder of an SD-JWT may withhold.
    """
    _require_document(document, media_type)
    added = claims or {}
    if unknown := added.keys() - _CLAIMS:
        raise MalformedError("this claim is not for callers to set", at=f"/{min(unknown)}")
    if disclosable and media_type not in NEVER_DISCLOSABLE:
        raise MalformedError("only an SD-JWT has parts that can be withheld")
    if media_type in (VC_COSE, VP_COSE):
        return _issue_cose(document, media_type, key_id=key_id, signer=signer, claims=added)
    if collision := added.keys() & document.keys():
        raise MalformedError("the document has a member of that name", at=f"/{min(collision)}")
    header = {"kid": key_id, "typ": media_type.removeprefix("application/")}
    header["cty"] = header["typ"][:2]
    payload = {**document, **added}
    if media_type in (VC_JWT, VP_JWT):
        return Envelope.of(media_type, jws.sign(header, payload, signer=signer))
    _require_plain(disclosable, NEVER_DISCLOSABLE[media_type])
    issued = sd_jwts.issue(mark(payload, disclosable), header=header, signer=signer, salts=salts)
    return Envelope.of(media_type, str(issued))


def _issue_cose(
    document: JsonObject, media_type: str, *, key_id: str, signer: Signer, claims: JsonObject
) -> Envelope:
    content_type = media_type.removesuffix("+cose")
    header: dict[CborKey, CborValue] = {
        cose.CONTENT_TYPE: content_type,
        cose.KID: key_id.encode(),
        cose.TYP: media_type,
    }
    if claims:
        header[cose.CWT_CLAIMS] = cwt.from_json(claims)
    message = cose.sign(header, strict_json.render(document).encode(), signer=signer)
    return Envelope.of(media_type, base64_encode(message))


def _require_document(document: JsonObject, media_type: str) -> None:
    if media_type in (VC_JWT, VC_SD_JWT, VC_COSE):
        Credential.parse(document)
    elif media_type in (VP_JWT, VP_SD_JWT, VP_COSE):
        Presentation.parse(document)
    else:
        raise MalformedError("no media type of a secured credential or presentation")
    for name in ("vc", "vp"):
        if name in document:
            raise MalformedError("the document is the claims set, not a claim", at=f"/{name}")


def _require_plain(disclosable: Collection[ClaimPath], names: frozenset[str]) -> None:
    for path in disclosable:
        if path and path[0] in names:
            raise MalformedError("this member is never selectively disclosable", at=pointer(path))
