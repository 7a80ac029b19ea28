"""JSON-LD contexts that a caller accepts: bytes pinned beforehand, never fetched."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Self, final

from ssi_core import strict_json
from ssi_core.errors import ContextError, MalformedError
from ssi_core.json_types import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedContext:
    """One context document, the digest of its bytes checked."""

    url: str
    # SHA-256, hexadecimal, as the Recommendations print it.
    digest: str
    text: bytes

    def __post_init__(self) -> None:
        if sha256(self.text).hexdigest() != self.digest:
            raise ContextError("a context is not the one that was pinned")

    @classmethod
    def trusting(cls, url: str, text: bytes) -> Self:
        """Pin `text` as it is: for contexts that an operator adds knowingly."""
        return cls(url=url, digest=sha256(text).hexdigest(), text=text)


@final
class Contexts:
    """An immutable set of context documents by URL; whatever is not in it is refused."""

    def __init__(self, pinned: Iterable[PinnedContext]) -> None:
        self._pinned = MappingProxyType({context.url: context for context in pinned})
        self._documents = MappingProxyType(
            {url: _parse(context) for url, context in self._pinned.items()}
        )

    def __contains__(self, url: str) -> bool:
        return url in self._pinned

    def urls(self) -> frozenset[str]:
        """Return the URL of every context in the set."""
        return frozenset(self._pinned)

    def text(self, url: str) -> bytes:
        """Return the bytes of the context at `url`; raise `ContextError` if it is not known."""
        return self._find(url).text

    def digest(self, url: str) -> str:
        """Return the SHA-256 of the context at `url`, hexadecimal."""
        return self._find(url).digest

    def document(self, url: str) -> JsonObject:
        """Return the context document at `url`, parsed: the same object each time."""
        self._find(url)
        return self._documents[url]

    def with_more(self, pinned: Iterable[PinnedContext]) -> "Contexts":
        """Return these contexts and others; a URL keeps the bytes that it has here."""
        others = {context.url: context for context in pinned}
        return Contexts(({**others, **self._pinned}).values())

    def load(self, url: str, _options: Mapping[str, Any]) -> dict[str, Any]:
        """Answer as a JSON-LD document loader does.

        The tag says that the document never changes, so that it is resolved only once.
        """
        return {
            "documentUrl": url,
            "document": self.document(url),
            "contextUrl": None,
            "contentType": "application/ld+json",
            "tag": "static",
        }

    def _find(self, url: str) -> PinnedContext:
        found = self._pinned.get(url)
        if found is None:
            raise ContextError("a JSON-LD context is not known here", at="/@context")
        return found


def _parse(context: PinnedContext) -> JsonObject:
    document = strict_json.parse_object(context.text)
    if "@context" not in document:
        raise MalformedError("a context document has an @context")
    return document
