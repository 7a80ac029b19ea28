"""The text that a person agreed to, as the source of a FHIR Consent."""

import re
from hashlib import sha256
from typing import Final

from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.element import Element
from consent_contracts.fhir.vocabulary import FhirVersion, Own
from consent_contracts.terms import Notice
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import DataLossError, MalformedError

_ATTACHMENT: Final = (
    "contentType", "language", "data", "url", "size", "hash", "title", "creation",
)  # fmt: skip
# With padding or without: what was left out can be told from the length.
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]*={0,2}", re.ASCII)


def read_notice(consent: Element, c: Correspondence, version: FhirVersion) -> Notice:
    """Return the language and digest of the one source, or the caller's if there is none."""
    found = [
        *(_of_attachment(each, c) for each in _attachments(consent, version)),
        *(_of_reference(each, c) for each in _references(consent, version)),
    ]
    if not found and c.notice is not None:
        return c.notice
    if len(found) != 1:
        raise DataLossError("what was agreed to is one text", at="/source")
    return found[0]


def _attachments(consent: Element, version: FhirVersion) -> tuple[Element, ...]:
    name, own = "sourceAttachment", (Own.NOTICE_DIGEST,)
    if version is FhirVersion.R5:
        return consent.children(name, _ATTACHMENT, own)
    return (consent.child(name, _ATTACHMENT, own),) if name in consent.members else ()


def _references(consent: Element, version: FhirVersion) -> tuple[Element, ...]:
    name = "sourceReference"
    if version is FhirVersion.R5:
        return consent.references(name)
    return (consent.one_reference(name),) if name in consent.members else ()


def _of_attachment(attachment: Element, c: Correspondence) -> Notice:
    digest = attachment.own_text(Own.NOTICE_DIGEST)
    if digest is not None:
        return Notice(attachment.required("language"), digest)
    if (data := attachment.text("data")) is not None:
        content = _decode(data, at=f"{attachment.at}/data")
        return Notice(attachment.required("language"), base64url_encode(sha256(content).digest()))
    return _known(attachment.text("url"), c, at=attachment.at)


def _of_reference(reference: Element, c: Correspondence) -> Notice:
    return _known(reference.key(), c, at=reference.at)


def _known(key: str | None, c: Correspondence, *, at: str) -> Notice:
    if key is not None and (known := c.notices.get(key)) is not None:
        return known
    raise DataLossError("a source whose text is not known here", at=at)


def _decode(text: str, *, at: str) -> bytes:
    if _BASE64.fullmatch(text) is None:
        raise MalformedError("not base64", at=at)
    plain = "".join(text.split()).rstrip("=").replace("+", "-").replace("/", "_")
    return base64url_decode(plain, at=at)
