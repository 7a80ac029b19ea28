"""The terms of a grant: limits on use, obligations, and the notice that was shown."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, Self, TypeVar

from consent_contracts.wire import (
    as_digest,
    as_duration,
    as_list,
    as_moment,
    require_digest,
    require_duration,
    require_known,
    require_prose,
    require_whole_seconds,
    seconds,
)
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.period import to_timestamp
from ssi_core.strict_json import as_boolean, as_integer, as_object, as_text

MAX_NOTICE: Final = 4_000
_MAX_COUNT: Final = 1_000_000
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,6}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_LIMITS: Final = (
    "onward_sharing",
    "uses",
    "interval",
    "erase_by",
    "jurisdictions",
    "minimum_group_size",
)
_T = TypeVar("_T")


class Effect(StrEnum):
    """Whether a grant permits, or is the person's objection, which overrides every permit."""

    PERMIT = "permit"
    DENY = "deny"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> "Effect":
        """Read an effect as it stands on the wire; an unknown one is refused."""
        for effect in cls:
            if effect.value == value:
                return effect
        raise MalformedError("an effect is permit or deny", at=at)


class Obligation(StrEnum):
    """What the recipient must do beyond keeping to the limits; the list is closed."""

    ERASE_ON_WITHDRAWAL = "erase_on_withdrawal"
    ERASE_ON_EXPIRY = "erase_on_expiry"
    ERASE_AFTER_USE = "erase_after_use"
    NOTIFY_OF_USE = "notify_of_use"
    NO_REIDENTIFICATION = "no_reidentification"

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> "Obligation":
        """Read an obligation as it stands on the wire; an unknown one is refused."""
        for obligation in cls:
            if obligation.value == value:
                return obligation
        raise MalformedError("not an obligation that is known here", at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far use may go. Nothing said about sharing onward means no."""

    onward_sharing: bool = False
    uses: int | None = None
    """How often the data may be used."""
    interval: timedelta | None = None
    """How much time lies between two uses, at least."""
    erase_by: datetime | None = None
    jurisdictions: frozenset[str] | None = None
    """Where the data may be used (ISO 3166-1 alpha-2); empty means that there is no such place."""
    minimum_group_size: int | None = None
    """Results are given out for groups of at least so many people."""

    def __post_init__(self) -> None:
        for name, count in (("uses", self.uses), ("minimum_group_size", self.minimum_group_size)):
            if count is not None and not 1 <= count <= _MAX_COUNT:
                raise MalformedError("must be between 1 and 1,000,000", at=f"/limits/{name}")
        if self.interval is not None:
            require_duration(self.interval, at="/limits/interval")
        if self.erase_by is not None:
            require_whole_seconds(self.erase_by, at="/limits/erase_by")
        for country in self.jurisdictions or ():
            require_country(country, at="/limits/jurisdictions")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/limits") -> Self:
        """Read limits; one that is not known here is refused, for it could not be kept."""
        source = as_object(value, at=at)
        require_known(source, _LIMITS, at=at)

        def read(name: str, reader: "Callable[..., _T]") -> "_T | None":
            return reader(source[name], at=f"{at}/{name}") if name in source else None

        return cls(
            onward_sharing=read("onward_sharing", as_boolean) or False,
            uses=read("uses", as_integer),
            interval=read("interval", as_duration),
            erase_by=read("erase_by", as_moment),
            jurisdictions=read("jurisdictions", _as_countries),
            minimum_group_size=read("minimum_group_size", as_integer),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads, without the limits that are not set."""
        members: dict[str, JsonValue] = {"onward_sharing": self.onward_sharing}
        if self.uses is not None:
            members["uses"] = self.uses
        if self.interval is not None:
            members["interval"] = seconds(self.interval)
        if self.erase_by is not None:
            members["erase_by"] = to_timestamp(self.erase_by)
        if self.jurisdictions is not None:
            members["jurisdictions"] = sorted(self.jurisdictions)
        if self.minimum_group_size is not None:
            members["minimum_group_size"] = self.minimum_group_size
        return members

    def is_within(self, other: "Limits") -> bool:
        """Say whether these limits allow nothing that `other` does not."""
        return narrowest((self, other)) == self


def narrowest(limits: Iterable[Limits]) -> Limits:
    """Return the limits that keep every one of `limits`; there must be at least one."""
    every = tuple(limits)
    if not every:
        raise MalformedError("there are no limits to keep")
    places = [each.jurisdictions for each in every if each.jurisdictions is not None]
    return Limits(
        onward_sharing=all(each.onward_sharing for each in every),
        uses=min((each.uses for each in every if each.uses is not None), default=None),
        interval=max((each.interval for each in every if each.interval is not None), default=None),
        erase_by=min((each.erase_by for each in every if each.erase_by is not None), default=None),
        jurisdictions=frozenset.intersection(*places) if places else None,
        minimum_group_size=max(
            (each.minimum_group_size for each in every if each.minimum_group_size is not None),
            default=None,
        ),
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """Which text the person saw: its language (BCP 47) and the SHA-256 of its UTF-8 bytes."""

    language: str
    digest: str

    def __post_init__(self) -> None:
        require_language(self.language, at="/notice/language")
        require_digest(self.digest, at="/notice/digest")

    @classmethod
    def parse(cls, value: JsonValue, *, at: str = "/notice") -> Self:
        """Read `{"language", "digest"}`."""
        source = as_object(value, at=at)
        require_known(source, ("language", "digest"), at=at)
        return cls(
            as_text(source.get("language"), at=f"{at}/language"),
            as_digest(source.get("digest"), at=f"{at}/digest"),
        )

    def to_json(self) -> JsonObject:
        """Return the form that `parse` reads."""
        return {"language": self.language, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class NoticeText:
    """Why the recipient asks, in its own words and one language."""

    language: str
    text: str

    def __post_init__(self) -> None:
        require_language(self.language, at="/notice/language")
        require_prose(self.text, at="/notice/text", maximum=MAX_NOTICE)

    @property
    def notice(self) -> Notice:
        """What a grant says about this text."""
        digest = sha256(self.text.encode("utf-8")).digest()
        return Notice(self.language, base64url_encode(digest))


def require_country(text: str, *, at: str) -> str:
    """Return `text` if it looks like an ISO 3166-1 alpha-2 code."""
    if _COUNTRY.fullmatch(text) is None:
        raise MalformedError("must be an ISO 3166-1 alpha-2 code", at=at)
    return text


def require_language(text: str, *, at: str) -> str:
    """Return `text` if it looks like a BCP 47 language tag."""
    if _LANGUAGE.fullmatch(text) is None:
        raise MalformedError("not a language tag", at=at)
    return text


def parse_obligations(value: JsonValue, *, at: str) -> frozenset[Obligation]:
    """Read an array of obligations, which may be empty."""
    if value == []:
        return frozenset()
    return frozenset(Obligation.parse(item, at=pointer) for item, pointer in as_list(value, at=at))


def _as_countries(value: JsonValue, *, at: str) -> frozenset[str]:
    return frozenset(as_text(item, at=pointer) for item, pointer in as_list(value, at=at))
