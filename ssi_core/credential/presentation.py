"""Verifiable presentations, and credentials that travel in envelopes.

https://www.w3.org/TR/vc-data-model-2.0/#verifiable-presentations
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from ssi_core.credential import members
from ssi_core.credential.contexts import CREDENTIALS_V2
from ssi_core.credential.model import V2_ONLY, Credential, DataModel
from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_object, as_text

_PRESENTATION: Final = "application/vp+"
_BINARY: Final = "+cose"
_BASE64: Final = ";base64"
# Every credential costs a verification.
MAX_CREDENTIALS: Final = 64
# RFC 2397, with a media type, as the data model has it.
_DATA_URL: Final = re.compile(
    r"data:(?P<media_type>[\w.+-]+/[\w.+-]+)(?P<parameters>(?:;[^,;]*)*),(?P<content>[\x21-\x7e]+)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A credential or presentation inside a `data:` URL, not opened yet (sections 4.13.1, .2).

    `content` is text as the media type has it; of what is binary (COSE), its base64 form.
    """

    source: JsonObject
    media_type: str
    content: str

    @classmethod
    def of(cls, media_type: str, content: str) -> Self:
        """Put `content` into an envelope: a presentation if `media_type` says so."""
        kind = "Presentation" if media_type.startswith(_PRESENTATION) else "Credential"
        source: JsonObject = {
            "@context": CREDENTIALS_V2,
            "type": f"EnvelopedVerifiable{kind}",
            "id": _data_url(media_type, content),
        }
        return cls._parse(source, f"EnvelopedVerifiable{kind}", at="")

    def to_data_url(self) -> str:
        """Return the `data:` URL that holds the content."""
        return _data_url(self.media_type, self.content)

    @classmethod
    def parse_credential(cls, source: JsonObject, *, at: str = "") -> Self:
        """Read an `EnvelopedVerifiableCredential`."""
        return cls._parse(source, "EnvelopedVerifiableCredential", at=at)

    @classmethod
    def parse_presentation(cls, source: JsonObject, *, at: str = "") -> Self:
        """Read an `EnvelopedVerifiablePresentation`."""
        return cls._parse(source, "EnvelopedVerifiablePresentation", at=at)

    @classmethod
    def _parse(cls, source: JsonObject, kind: str, *, at: str) -> Self:
        source = as_object(source, at=at)
        context = source.get("@context")
        if context != CREDENTIALS_V2 and not _contains(context, CREDENTIALS_V2):
            raise MalformedError("must include the base context", at=f"{at}/@context")
        if members.types(source, at=at) != (kind,):
            raise MalformedError("must be the type of an envelope", at=f"{at}/type")
        # The URL Standard drops line breaks; the W3C's own suite has one after its base64.
        match = _DATA_URL.fullmatch(as_text(source.get("id"), at=f"{at}/id").rstrip("\r\n"))
        if match is None:
            raise MalformedError("must be a data: URL with a media type", at=f"{at}/id")
        media_type, parameters = match["media_type"].lower(), match["parameters"].lower()
        if parameters.endswith(_BASE64) != media_type.endswith(_BINARY):
            raise MalformedError("must be base64 if it is COSE, and only then", at=f"{at}/id")
        return cls(source=source, media_type=media_type, content=match["content"])


Presented: TypeAlias = Credential | Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """A presentation whose form is right, with the credentials in it; nothing is verified yet."""

    source: JsonObject
    version: DataModel
    id: str | None
    types: tuple[str, ...]
    holder: str | None
    credentials: tuple[Presented, ...]

    @classmethod
    def parse(cls, source: JsonObject, *, versions: Collection[DataModel] = V2_ONLY) -> Self:
        """Read a presentation of one of `versions`; `MalformedError` names rule and pointer."""
        source = as_object(source, at="")
        version = DataModel(members.require_context(source, first=sorted(versions)))
        found = members.types(source, at="")
        if "VerifiablePresentation" not in found:
            raise MalformedError("must include VerifiablePresentation", at="/type")
        members.typed_objects(source, "termsOfUse")
        return cls(
            source=source,
            version=version,
            id=members.optional_url(source, "id", at=""),
            types=found,
            holder=members.identified(source["holder"], at="/holder")
            if "holder" in source
            else None,
            credentials=_credentials(source, versions),
        )

    def require_secured(self, *, asserted_by: str | None) -> None:
        """Return if every credential has a proof of its own, or needs none (section 4.13.3).

        That is so for claims of the holder whose proof on the presentation held, `asserted_by`.
        """
        for credential in self.credentials:
            if isinstance(credential, Envelope) or "proof" in credential.source:
                continue
            if asserted_by is None or not credential.issuer == self.holder == asserted_by:
                raise ProofError("a credential has no proof", at="/verifiableCredential")


def _credentials(source: JsonObject, versions: Collection[DataModel]) -> tuple[Presented, ...]:
    if "verifiableCredential" not in source:
        return ()
    at = "/verifiableCredential"
    found = members.located(source["verifiableCredential"], at=at)
    if len(found) > MAX_CREDENTIALS:
        raise MalformedError("a presentation has more credentials than allowed", at=at)
    return tuple(_credential(item, versions, at=place) for item, place in found)


def _credential(source: JsonObject, versions: Collection[DataModel], *, at: str) -> Presented:
    if "EnvelopedVerifiableCredential" in members.types(source, at=at):
        return Envelope.parse_credential(source, at=at)
    try:
        return Credential.parse(source, versions=versions)
    except MalformedError as error:
        # A pointer is one into the presentation.
        raise type(error)(error.reason, at=f"{at}{error.at or ''}") from None


def _data_url(media_type: str, content: str) -> str:
    return f"data:{media_type}{_BASE64 if media_type.endswith(_BINARY) else ''},{content}"


def _contains(value: JsonValue, item: str) -> bool:
    return isinstance(value, list | tuple) and item in value
