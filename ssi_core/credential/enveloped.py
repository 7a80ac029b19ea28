"""What an envelope of VC-JOSE-COSE holds: a JWT, an SD-JWT or a COSE_Sign1 around a document.

https://www.w3.org/TR/vc-jose-cose/, sections 3 and 4. Nothing here looks for keys or at a clock.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

from ssi_core import cbor, cose, cwt, jws, strict_json
from ssi_core.claim_path import ClaimPath, pointer
from ssi_core.cose import CoseSign1
from ssi_core.credential.presentation import Envelope
from ssi_core.encoding import base64_decode
from ssi_core.errors import DisclosureError, MalformedError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.jws import Jws
from ssi_core.keys import PublicKey
from ssi_core.proof.disclosure import DIGESTS, Disclosure
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.proof.sd_jwt_payload import reveal
from ssi_core.strict_json import as_text

VC_JWT: Final = "application/vc+jwt"
VC_SD_JWT: Final = "application/vc+sd-jwt"
VC_COSE: Final = "application/vc+cose"
VP_JWT: Final = "application/vp+jwt"
VP_SD_JWT: Final = "application/vp+sd-jwt"
VP_COSE: Final = "application/vp+cose"
CREDENTIAL_MEDIA_TYPES: Final = frozenset({VC_JWT, VC_SD_JWT, VC_COSE})
PRESENTATION_MEDIA_TYPES: Final = frozenset({VP_JWT, VP_SD_JWT, VP_COSE})

# What a holder could hide to its own advantage; sections 3.2.1 and 3.2.2 ask to leave it plain.
NEVER_DISCLOSABLE: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        VC_SD_JWT: frozenset(
            {"@context", "type", "credentialStatus", "credentialSchema", "relatedResource"}
            | {"validUntil", "iss", "aud", "exp", "nbf", "cnf"}
        ),
        VP_SD_JWT: frozenset({"@context", "iss", "aud", "nonce", "exp", "nbf", "cnf"}),
    }
)
# RFC 7519 section 5.3: claims that may be copied into the header.
_REPLICATED: Final = ("iss", "sub", "aud", "cnf")
_FORBIDDEN: Final = ("vc", "vp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enveloped:
    """A secured document as it claims to be: nothing in it is verified yet.

    `claims` are those that a JWT has, from payload and header, or from a COSE header's CWT claims.
    """

    media_type: str
    message: Jws | CoseSign1
    document: JsonObject
    claims: JsonObject
    key_id: str | None
    sd_jwt: SdJwt | None = None

    @classmethod
    def open(cls, envelope: Envelope) -> Self:
        """Take the envelope's content apart; `MalformedError` unless it is what its type says."""
        match envelope.media_type:
            case "application/vc+jwt" | "application/vp+jwt":
                return cls._open_jwt(envelope)
            case "application/vc+sd-jwt" | "application/vp+sd-jwt":
                return cls._open_sd_jwt(envelope)
            case "application/vc+cose" | "application/vp+cose":
                return cls._open_cose(envelope)
            case _:
                raise MalformedError("no media type of a secured credential or presentation")

    @property
    def issuer_claim(self) -> str | None:
        """The `iss` of header or claims."""
        return _optional_text(self.claims, "iss")

    @property
    def is_key_bound(self) -> bool:
        """Whether it is an SD-JWT with a key binding JWT, which is not verified here."""
        return self.sd_jwt is not None and self.sd_jwt.key_binding is not None

    def require_header(self, algorithms: Collection[str]) -> None:
        """Check algorithm, `typ` and `cty`: do this before finding a key.

        `typ` must be there and be the envelope's own media type; `cty`, where it is, says that the
        content is a credential or a presentation.
        """
        subtype = self.media_type.removeprefix("application/")
        if isinstance(self.message, Jws):
            jws.require_header(self.message, algorithms=algorithms, typ=subtype)
            content_type = self.message.header.get("cty")
        else:
            cose.require_header(self.message, algorithms=algorithms, typ=subtype)
            content_type = _content_type(self.message)
        if content_type is None:
            return
        given = as_text(content_type, at="/header/cty").lower().removeprefix("application/")
        if given != subtype[:2]:
            raise ProofError("the content is said to be of another type", at="/header/cty")

    def verify(self, key: PublicKey) -> None:
        """Return if `key` made the signature; raise `ProofError` if not."""
        try:
            if isinstance(self.message, Jws):
                jws.verify(self.message, key=key)
            else:
                cose.verify(self.message, key=key)
        except ProofError as error:
            raise type(error)(error.reason, at=error.at or "/signature") from None

    @classmethod
    def _open_jwt(cls, envelope: Envelope) -> Self:
        parsed = jws.parse(envelope.content)
        return cls._of_jws(envelope.media_type, parsed, parsed.claims())

    @classmethod
    def _open_sd_jwt(cls, envelope: Envelope) -> Self:
        sd_jwt = SdJwt.parse(envelope.content)
        parsed = jws.parse(sd_jwt.jws_text)
        payload = parsed.claims()
        revealed = reveal(payload, sd_jwt.disclosures)
        _require_plain(payload, revealed.disclosures, NEVER_DISCLOSABLE[envelope.media_type])
        return cls._of_jws(envelope.media_type, parsed, revealed.claims(), sd_jwt)

    @classmethod
    def _of_jws(
        cls, media_type: str, parsed: Jws, document: JsonObject, sd_jwt: SdJwt | None = None
    ) -> Self:
        for name in _FORBIDDEN:
            if name in document:
                raise MalformedError("a credential is the claims set, not a claim", at=f"/{name}")
        return cls(
            media_type=media_type,
            message=parsed,
            document=document,
            claims=_with_replicated(document, parsed.header),
            key_id=_optional_text(parsed.header, "kid", at="/header/kid"),
            sd_jwt=sd_jwt,
        )

    @classmethod
    def _open_cose(cls, envelope: Envelope) -> Self:
        message = cose.parse(base64_decode(envelope.content, at="/id"))
        claims = message.protected.get(cose.CWT_CLAIMS, {})
        if cose.CWT_CLAIMS in message.unprotected:
            raise MalformedError("claims must be protected", at="/header/claims")
        return cls(
            media_type=envelope.media_type,
            message=message,
            document=strict_json.parse_object(message.payload),
            claims=cwt.to_json(cbor.as_map(claims, at="/header/claims"), at="/header/claims"),
            key_id=_key_id(message),
        )


def _require_plain(
    payload: JsonObject, disclosures: Mapping[ClaimPath, Disclosure], names: frozenset[str]
) -> None:
    for path in disclosures:
        if path[0] in names:
            raise DisclosureError("this member is never selectively disclosable", at=pointer(path))
    for name in names & payload.keys():
        value = payload[name]
        if isinstance(value, Mapping) and DIGESTS in value:
            raise DisclosureError("this member is never selectively disclosable", at=f"/{name}")


def _with_replicated(claims: JsonObject, header: JsonObject) -> JsonObject:
    replicated = {name: header[name] for name in _REPLICATED if name in header}
    for name, value in replicated.items():
        if name in claims and claims[name] != value:
            raise ProofError("a claim differs from its copy in the header", at=f"/header/{name}")
    return {**claims, **replicated} if replicated else claims


def _content_type(message: CoseSign1) -> JsonValue:
    found = message.protected.get(cose.CONTENT_TYPE, message.unprotected.get(cose.CONTENT_TYPE))
    return None if found is None else cbor.as_text(found, at="/header/cty")


def _key_id(message: CoseSign1) -> str | None:
    if message.key_id is None:
        return None
    try:
        return message.key_id.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("the kid of a credential is text", at="/header/kid") from None


def _optional_text(members: JsonObject, name: str, *, at: str | None = None) -> str | None:
    return as_text(members[name], at=at or f"/{name}") if name in members else None
