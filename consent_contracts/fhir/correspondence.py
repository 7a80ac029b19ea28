"""What references, codes and policies of FHIR Consents mean here, as the caller says.

Nothing is guessed: what a Consent names and this does not know is an error that names the element.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone, tzinfo
from types import MappingProxyType
from typing import Any, Final, Self, TypeVar

from consent_contracts.fhir.vocabulary import CONSENT_CATEGORY
from consent_contracts.grant import MAX_PERIOD, parse_purposes
from consent_contracts.grantor import Grantor
from consent_contracts.health_record import parse_texts
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Recipient
from consent_contracts.terms import Limits, Notice, Obligation, parse_obligations
from consent_contracts.wire import as_digest, as_duration, as_list, require_known
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_integer, as_object, as_text

_T = TypeVar("_T")
_OFFSET: Final = re.compile(r"([+-])(0[0-9]|1[0-4]):([0-5][0-9])", re.ASCII)
_DAY: Final = timedelta(days=1)


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """The caller's word on everything that a Consent only refers to.

    Keys are references as they stand (`Practitioner/7`), URIs, or `system|value`. `community` are
    those whom a permission without actors is for, `any_purpose` what one without purposes is for;
    a Consent that leaves them open is refused where these are empty. `policies` (URIs and codings)
    add nothing to the provisions, `organizations` are those for whom the caller enforces Consents,
    `bases` the URLs of servers whose references count as relative. `open_end` is how long a Consent
    without an end lasts. `limits`, `obligations` and `max_staleness` go with every grant that does
    not say its own.
    """

    log: str | None = None
    subjects: Mapping[str, frozenset[str]] = field(default_factory=_nothing)
    recipients: Mapping[str, Recipient] = field(default_factory=_nothing)
    community: tuple[Recipient, ...] = ()
    grantors: Mapping[str, Grantor] = field(default_factory=_nothing)
    purposes: Mapping[str, Purpose] = field(default_factory=_nothing)
    any_purpose: frozenset[Purpose] = frozenset()
    policies: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset({CONSENT_CATEGORY})
    notices: Mapping[str, Notice] = field(default_factory=_nothing)
    notice: Notice | None = None
    bases: frozenset[str] = frozenset()
    ignorable_extensions: frozenset[str] = frozenset()
    zone: tzinfo = UTC
    open_end: timedelta | None = None
    max_staleness: timedelta | None = None
    limits: Limits = field(default_factory=Limits)
    obligations: frozenset[Obligation] = frozenset()

    def __post_init__(self) -> None:
        if self.open_end is not None and not _DAY <= self.open_end <= MAX_PERIOD:
            raise MalformedError("must be between one day and ten years", at="/open_end")

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read the members of this class by their names; `zone` is `+hh:mm`, `open_end` days."""
        require_known(source, tuple(_READERS), at="")
        read = {name: _READERS[name](value, at=f"/{name}") for name, value in source.items()}
        return cls(**read)


def _text(value: JsonValue, *, at: str) -> str:
    return as_text(value, at=at)


def _by_key(read: Callable[..., _T]) -> Callable[..., Mapping[str, _T]]:
    def reader(value: JsonValue, *, at: str) -> Mapping[str, _T]:
        members = as_object(value, at=at)
        return MappingProxyType({key: read(member, at=at) for key, member in members.items()})

    return reader


def _keys(value: JsonValue, *, at: str) -> frozenset[str]:
    return frozenset(as_digest(key, at=pointer) for key, pointer in as_list(value, at=at))


def _recipients(value: JsonValue, *, at: str) -> tuple[Recipient, ...]:
    return tuple(Recipient.parse(each, at=pointer) for each, pointer in as_list(value, at=at))


def _zone(value: JsonValue, *, at: str) -> tzinfo:
    match = _OFFSET.fullmatch(as_text(value, at=at))
    if match is None:
        raise MalformedError("a zone is an offset, +hh:mm", at=at)
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def _days(value: JsonValue, *, at: str) -> timedelta:
    return _DAY * max(0, min(as_integer(value, at=at), 10**6))


_READERS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "log": _text,
        "subjects": _by_key(_keys),
        "recipients": _by_key(Recipient.parse),
        "community": _recipients,
        "grantors": _by_key(Grantor.parse),
        "purposes": _by_key(Purpose.parse),
        "any_purpose": parse_purposes,
        "policies": parse_texts,
        "organizations": parse_texts,
        "categories": parse_texts,
        "notices": _by_key(Notice.parse),
        "notice": Notice.parse,
        "bases": parse_texts,
        "ignorable_extensions": parse_texts,
        "zone": _zone,
        "open_end": _days,
        "max_staleness": as_duration,
        "limits": Limits.parse,
        "obligations": parse_obligations,
    }
)
