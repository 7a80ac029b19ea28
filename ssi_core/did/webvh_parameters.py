"""The `parameters` of a did:webvh 1.0 log entry, and how each entry inherits from the last.

https://identity.foundation/didwebvh/v1.0/#didwebvh-did-method-parameters
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

from ssi_core.did import key
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Ed25519PublicKey
from ssi_core.strict_json import as_array, as_boolean, as_integer, as_object, as_text

METHOD: Final = "did:webvh:1.0"
_AT: Final = "/parameters"
# Which kind of key it is matters when it signs.
_MULTIKEY: Final = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{1,255}")
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+", re.IGNORECASE)
_ANYTHING: Final = re.compile(r".*", re.DOTALL)
_MAX_TTL: Final = 2**31
_MEMBERS: Final = frozenset(
    {
        "method",
        "scid",
        "updateKeys",
        "nextKeyHashes",
        "witness",
        "watchers",
        "portable",
        "deactivated",
        "ttl",
    }
)
# Early logs wrote null for "not used"; a resolver takes it as the default of that parameter.
_WHAT_NULL_MEANS: Final[Mapping[str, JsonValue]] = MappingProxyType(
    {"updateKeys": (), "nextKeyHashes": (), "witness": {}, "watchers": (), "ttl": 3600}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessRule:
    """How many of which witnesses must approve an entry; each counts once."""

    threshold: int
    witnesses: tuple[Did, ...]

    def __post_init__(self) -> None:
        at = f"{_AT}/witness"
        if len(set(self.witnesses)) != len(self.witnesses):
            raise MalformedError("each witness is listed once", at=f"{at}/witnesses")
        if not 1 <= self.threshold <= len(self.witnesses):
            raise MalformedError("threshold is between 1 and all witnesses", at=f"{at}/threshold")
        if not all(isinstance(key.public_key(did), Ed25519PublicKey) for did in self.witnesses):
            raise MalformedError("a witness is a did:key of Ed25519", at=f"{at}/witnesses")

    @classmethod
    def parse(cls, value: JsonValue) -> "WitnessRule | None":
        """Read the `witness` parameter; the empty object means that nobody need approve."""
        at = f"{_AT}/witness"
        members = as_object(value, at=at)
        if not members:
            return None
        witnesses = as_array(members.get("witnesses"), at=f"{at}/witnesses")
        ids = [as_object(item, at=f"{at}/witnesses").get("id") for item in witnesses]
        return cls(
            threshold=as_integer(members.get("threshold"), at=f"{at}/threshold"),
            witnesses=tuple(Did.parse(as_text(did, at=at), at=f"{at}/witnesses") for did in ids),
        )

    def to_json(self) -> JsonObject:
        """Return the rule as the `witness` parameter has it."""
        return {
            "threshold": self.threshold,
            "witnesses": [{"id": str(did)} for did in self.witnesses],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WebvhParameters:
    """What is in force after an entry. `ttl` is in seconds, `None` if the log never says it."""

    update_keys: tuple[str, ...] = ()
    next_key_hashes: tuple[str, ...] = ()
    witness: WitnessRule | None = None
    watchers: tuple[str, ...] = ()
    portable: bool = False
    deactivated: bool = False
    ttl: int | None = None

    @classmethod
    def first(cls, source: JsonObject) -> tuple[str, Self]:
        """Return the SCID and the parameters of a first entry."""
        scid = as_text(source.get("scid"), at=f"{_AT}/scid")
        if "method" not in source or "updateKeys" not in source:
            raise MalformedError("the first entry has method and updateKeys", at=_AT)
        return scid, cls().changed_by(source)

    def then(self, source: JsonObject) -> Self:
        """Return the parameters after a later entry: what it does not set stays as it was."""
        if "scid" in source:
            raise MalformedError("scid is in the first entry only", at=f"{_AT}/scid")
        if source.get("portable") is True:
            raise MalformedError("only the first entry makes a DID portable", at=f"{_AT}/portable")
        if self.next_key_hashes and not {"updateKeys", "nextKeyHashes"} <= source.keys():
            raise MalformedError("pre-rotation sets updateKeys and nextKeyHashes anew", at=_AT)
        return self.changed_by(source)

    def changed_by(self, source: JsonObject) -> Self:
        """Return these parameters with what `source` sets, by the rules that all entries share."""
        if not source.keys() <= _MEMBERS:
            raise MalformedError("did:webvh 1.0 does not have this parameter", at=_AT)
        if source.get("method", METHOD) != METHOD:
            raise MalformedError("only did:webvh:1.0 is supported", at=f"{_AT}/method")
        given = {
            name: _WHAT_NULL_MEANS.get(name) if value is None else value
            for name, value in source.items()
        }
        witness = WitnessRule.parse(given["witness"]) if "witness" in given else self.witness
        return type(self)(
            update_keys=_texts(given, "updateKeys", self.update_keys, form=_MULTIKEY),
            next_key_hashes=_texts(given, "nextKeyHashes", self.next_key_hashes),
            witness=witness,
            watchers=_texts(given, "watchers", self.watchers, form=_URL),
            portable=_flag(given, "portable", self.portable),
            deactivated=_flag(given, "deactivated", self.deactivated),
            ttl=_ttl(given["ttl"]) if "ttl" in given else self.ttl,
        )


def _texts(
    given: JsonObject, name: str, otherwise: tuple[str, ...], *, form: re.Pattern[str] = _ANYTHING
) -> tuple[str, ...]:
    if name not in given:
        return otherwise
    at = f"{_AT}/{name}"
    texts = tuple(as_text(item, at=at) for item in as_array(given[name], at=at))
    if not all(form.fullmatch(text) for text in texts):
        raise MalformedError("the parameter has an item of another form", at=at)
    return texts


def _flag(given: JsonObject, name: str, otherwise: bool) -> bool:  # noqa: FBT001 - the value kept
    return as_boolean(given[name], at=f"{_AT}/{name}") if name in given else otherwise


def _ttl(value: JsonValue) -> int:
    seconds = as_integer(value, at=f"{_AT}/ttl")
    if not 0 <= seconds <= _MAX_TTL:
        raise MalformedError("ttl is between 0 and 2^31 seconds", at=f"{_AT}/ttl")
    return seconds
