"""What a caller can ask of DID resolution, beside the DID itself.

https://www.w3.org/TR/did-resolution/#did-resolution-options; options of a method stand beside the
common ones.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Self, TypeAlias

from ssi_core.did.key_document import KeyOptions
from ssi_core.errors import DidResolutionError, MalformedError
from ssi_core.period import from_rfc3339

_MAX_DIGITS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionOptions:
    """Which version of a document, and in which form; at most one version option may be set."""

    version_id: str | None = None
    version_time: datetime | None = None
    version_number: int | None = None
    expand_relative_urls: bool = False
    key: KeyOptions = field(default_factory=KeyOptions)

    def __post_init__(self) -> None:
        named = (self.version_id, self.version_time, self.version_number)
        if sum(version is not None for version in named) > 1:
            raise _invalid("a version is named in one way", "versionId")

    @classmethod
    def parse(cls, parameters: Iterable[tuple[str, str]]) -> Self:
        """Read options as an HTTP query or a DID URL's has them.

        Raises `DidResolutionError`: `invalidOptions` for a value that is none or a name given
        twice, `featureNotSupported` for a name that is not known.
        """
        given: dict[str, str] = {}
        for name, value in parameters:
            if name in given:
                raise DidResolutionError("an option is given once", error="invalidOptions")
            if name not in _OWN and name not in _KEY:
                raise DidResolutionError("an option is not known", error="featureNotSupported")
            given[name] = value
        key = replace(KeyOptions(), **_read(given, _KEY))
        return replace(cls(), key=key, **_read(given, _OWN))

    @property
    def names_version(self) -> bool:
        """Whether a version is asked for, and not simply the newest."""
        named = (self.version_id, self.version_time, self.version_number)
        return any(version is not None for version in named)

    def require_no_version(self) -> None:
        """Return if no version is asked for: most methods have none."""
        if self.names_version:
            reason = "the DID method has no versions"
            raise DidResolutionError(reason, error="featureNotSupported")


def _read(given: Mapping[str, str], readers: Mapping[str, "_Reader"]) -> dict[str, Any]:
    return {
        member: read(given[name], name) for name, (member, read) in readers.items() if name in given
    }


def _invalid(reason: str, name: str) -> DidResolutionError:
    return DidResolutionError(reason, at=f"/{name}", error="invalidOptions")


def _text(value: str, name: str) -> str:
    if not value:
        raise _invalid("an option has a value", name)
    return value


def _time(value: str, name: str) -> datetime:
    try:
        return from_rfc3339(value)
    except MalformedError as error:
        raise _invalid(error.reason, name) from None


def _number(value: str, name: str) -> int:
    if not value.isascii() or not value.isdecimal() or len(value) > _MAX_DIGITS:
        raise _invalid("not a number", name)
    return int(value)


def _flag(value: str, name: str) -> bool:
    if value not in {"true", "false"}:
        raise _invalid("must be true or false", name)
    return value == "true"


_Reader: TypeAlias = tuple[str, Callable[[str, str], Any]]
_OWN: Final[Mapping[str, _Reader]] = MappingProxyType(
    {
        "versionId": ("version_id", _text),
        "versionTime": ("version_time", _time),
        "versionNumber": ("version_number", _number),
        "expandRelativeUrls": ("expand_relative_urls", _flag),
    }
)
_KEY: Final[Mapping[str, _Reader]] = MappingProxyType(
    {
        "publicKeyFormat": ("public_key_format", _text),
        "enableEncryptionKeyDerivation": ("enable_encryption_key_derivation", _flag),
        "enableExperimentalPublicKeyTypes": ("enable_experimental_public_key_types", _flag),
    }
)
