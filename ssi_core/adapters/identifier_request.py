"""What a request to a DID resolver asks for: a DID or DID URL, options, and a representation.

https://www.w3.org/TR/did-resolution/#bindings-https
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Self

from ssi_core.did.dereferencing import RESULT_TYPE, URL_TYPE, Selection
from ssi_core.did.resolution import Form
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import DidResolutionError, MalformedError

_DOCUMENTS: Final = frozenset(
    {
        "application/did",
        "application/did+json",
        "application/did+ld+json",
        "application/json",
        "application/ld+json",
    }
)
_ANYTHING: Final = frozenset({"", "*/*", "application/*"})
_ITEM: Final = re.compile(r'(?:[^,"]|"[^"]*")+')
_QUALITY: Final = re.compile(r";\s*q=([01](?:\.\d{1,3})?)\s*(?:;|$)", re.IGNORECASE)
_MAX_ACCEPT: Final = 1024
_MAX_PARAMETERS: Final = 32


class Representation(Enum):
    """What the body of an answer is to be."""

    RESULT = Form.CURRENT.value
    OLDER_RESULT = Form.OLDER.value
    DEREFERENCED = RESULT_TYPE
    URLS = URL_TYPE
    DOCUMENT = "application/did"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A representation, and the media type under which the caller asked for it."""

    representation: Representation
    media_type: str

    @classmethod
    def parse(cls, accept: str) -> Self | None:
        """Return the first choice of an `Accept` header that can be had; nothing if there is none.

        Who accepts anything gets a result.
        """
        found = (cls._of(media_type) for media_type in _by_preference(accept[:_MAX_ACCEPT]))
        return next((one for one in found if one is not None), None)

    @property
    def form(self) -> Form:
        """Which reader a result is for."""
        older = self.representation is Representation.OLDER_RESULT
        return Form.OLDER if older else Form.CURRENT

    @classmethod
    def _of(cls, text: str) -> Self | None:
        media_type = text.partition(";")[0].strip().lower()
        if media_type == "application/ld+json" and "did-resolution" in text:
            return cls(representation=Representation.OLDER_RESULT, media_type=Form.OLDER.value)
        if media_type in _DOCUMENTS:
            return cls(representation=Representation.DOCUMENT, media_type=media_type)
        if media_type in _ANYTHING:
            return cls(representation=Representation.RESULT, media_type=Form.CURRENT.value)
        try:
            return cls(representation=Representation(media_type), media_type=media_type)
        except ValueError:
            return None


ANYTHING: Final = Accepted(representation=Representation.RESULT, media_type=Form.CURRENT.value)
"""What is answered to a caller who does not care."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierRequest:
    """A DID URL to be dereferenced, or, if `dereferences` is false, a DID to be resolved."""

    url: DidUrl
    options: ResolutionOptions
    selection: Selection

    @classmethod
    def parse(cls, text: str, query: Sequence[tuple[str, str]]) -> Self:
        """Read a DID or DID URL, whose own query and `query` count alike.

        Raises `DidResolutionError`: `invalidDid`, `invalidDidUrl`, or what the options say.
        """
        Did.parse(re.split("[/?#]", text, maxsplit=1)[0], at="/did")
        try:
            url = DidUrl.parse(text, at="/did")
        except MalformedError as error:
            raise DidResolutionError(error.reason, at="/did", error="invalidDidUrl") from None
        parameters = [*url.parameters, *query]
        if len(parameters) > _MAX_PARAMETERS:
            raise DidResolutionError("more parameters than there are", error="invalidOptions")
        selection, others = Selection.split(parameters)
        return cls(url=url, options=ResolutionOptions.parse(others), selection=selection)

    @property
    def dereferences(self) -> bool:
        """Whether something other than the document as a whole is asked for."""
        is_part = bool(self.url.path) or self.url.fragment is not None
        return is_part or not self.selection.is_empty


def _by_preference(accept: str) -> list[str]:
    items = [item.strip() for item in _ITEM.findall(accept)] or [""]
    weighed = [
        (float(match[1]) if (match := _QUALITY.search(item)) else 1.0, item) for item in items
    ]
    return [item for weight, item in sorted(weighed, key=lambda one: -one[0]) if weight > 0]
