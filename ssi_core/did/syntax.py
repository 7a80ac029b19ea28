"""DID and DID URL syntax (DID Core section 3)."""

import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import unquote

from ssi_core.errors import MalformedError

_MAX_CHARACTERS: Final = 4096
# A run of plain characters is one step, and the last may not be a colon.
_DID: Final = re.compile(
    r"did:(?P<method>[a-z0-9]+):"
    r"(?P<id>[A-Za-z0-9._:-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9._:-]*)*(?<!:))",
    re.ASCII,
)
_DID_URL: Final = re.compile(
    r"(?P<did>did:[^/?#]+)(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?", re.ASCII
)
_URL_PART: Final = re.compile(
    r"[A-Za-z0-9._~!$&'()*+,;=:@/?-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9._~!$&'()*+,;=:@/?-]*)*", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class Did:
    """A decentralized identifier: who, never which key."""

    method: str
    method_specific_id: str

    @classmethod
    def parse(cls, text: str, *, at: str | None = None) -> Self:
        """Read a DID, refusing anything that DID Core's grammar does not produce."""
        if len(text) > _MAX_CHARACTERS or (match := _DID.fullmatch(text)) is None:
            raise MalformedError("not a DID", at=at)
        return cls(match["method"], match["id"])

    def __str__(self) -> str:
        return f"did:{self.method}:{self.method_specific_id}"


@dataclass(frozen=True, slots=True)
class DidUrl:
    """A DID with path, query and fragment: which key, service or version."""

    did: Did
    path: str = ""
    query: str | None = None
    fragment: str | None = None

    @classmethod
    def parse(cls, text: str, *, at: str | None = None) -> Self:
        """Read a DID URL; a bare DID is one too."""
        if len(text) > _MAX_CHARACTERS or (match := _DID_URL.fullmatch(text)) is None:
            raise MalformedError("not a DID URL", at=at)
        for part in (match["path"], match["query"], match["fragment"]):
            if part is not None and _URL_PART.fullmatch(part) is None:
                raise MalformedError("not a DID URL", at=at)
        did = Did.parse(match["did"], at=at)
        return cls(did, match["path"] or "", match["query"], match["fragment"])

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The DID parameters in the query, percent-decoded, in their order.

        Not as in a form: a plus sign is a plus sign, in a time for instance.
        """
        pairs = (pair.partition("=") for pair in (self.query or "").split("&") if pair)
        return tuple((unquote(name), unquote(value)) for name, _, value in pairs)

    def __str__(self) -> str:
        query = "" if self.query is None else f"?{self.query}"
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        return f"{self.did}{self.path}{query}{fragment}"
