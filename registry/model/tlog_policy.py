"""Trust policies as text: which logs, which witnesses, and how many of them are enough.

https://c2sp.org/tlog-policy
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Self

from registry.model.cosignature import COSIGNATURE_TYPES
from registry.model.quorum import Member, Quorum
from registry.model.signed_note import NoteKey, SignatureType, VerifierKey
from ssi_core.errors import AlgorithmError, MalformedError

NONE: Final = "none"
MAX_BYTES: Final = 262_144
_MAX_LINES: Final = 2_048
_MAX_OF_A_KIND: Final = 128
_FORBIDDEN: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_BLANK: Final = re.compile(r"[ \t]+")
_THRESHOLD: Final = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_LOG_TYPES: Final = frozenset({SignatureType.ED25519, SignatureType.ML_DSA_44})


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log that is believed, by its key, whose name is the log's origin."""

    key: VerifierKey
    url: str | None = None

    def __str__(self) -> str:
        return _line("log", str(self.key), self.url)


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness under the name that it has in the policy."""

    name: str
    key: VerifierKey
    url: str | None = None

    def __str__(self) -> str:
        return _line("witness", self.name, str(self.key), self.url)


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these witnesses and earlier groups count as one."""

    name: str
    threshold: int
    members: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= len(self.members):
            raise MalformedError("a group asks for at least one member, and at most all")

    def __str__(self) -> str:
        return _line("group", self.name, str(self.threshold), *self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogPolicy:
    """A policy file. Its text is made again from this; comments are not kept."""

    logs: tuple[KnownLog, ...] = ()
    witnesses: tuple[KnownWitness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum_name: str
    quorum: Quorum | None = field(init=False, compare=False, repr=False)
    """The rule itself; nothing if the policy asks for no witness."""

    def __post_init__(self) -> None:
        _require_different([log.key.public_key for log in self.logs])
        _require_different([one.key.public_key for one in self.witnesses])
        object.__setattr__(self, "quorum", _resolved(self))

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read a policy file; an unknown line, or no quorum, is refused."""
        if len(content) > MAX_BYTES or _FORBIDDEN.search(content) is not None:
            raise MalformedError("a policy is bounded text without control characters")
        # Octets above 127 are opaque: whatever they are, they come out as they went in.
        text = content.decode("utf-8", "surrogateescape")
        if not text.endswith("\n") or text.count("\n") > _MAX_LINES:
            raise MalformedError("a policy has complete lines, and not too many")
        reading = _Reading()
        for number, line in enumerate(text[:-1].split("\n"), start=1):
            words = _BLANK.split(line.strip(" \t"))
            if words != [""] and not words[0].startswith("#"):
                reading.take(words, at=f"/{number}")
        if reading.quorum_name is None:
            raise MalformedError("a policy has exactly one quorum")
        return cls(
            logs=tuple(reading.logs),
            witnesses=tuple(reading.witnesses),
            groups=tuple(reading.groups),
            quorum_name=reading.quorum_name,
        )

    @classmethod
    def of(cls, log_key: VerifierKey, quorum: Quorum) -> Self:
        """Return the policy that says this; witnesses are named after their keys."""
        writing = _Writing()
        name = writing.named(quorum)
        return cls(
            logs=(KnownLog(log_key),),
            witnesses=tuple(KnownWitness(_name_of(key), key) for key in quorum.keys),
            groups=tuple(writing.groups),
            quorum_name=name,
        )

    def render(self) -> bytes:
        """Return the policy as a file."""
        lines = [*self.logs, *self.witnesses, *self.groups, f"quorum {self.quorum_name}"]
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


class _Reading:
    """What the lines so far have said."""

    def __init__(self) -> None:
        self.logs: list[KnownLog] = []
        self.witnesses: list[KnownWitness] = []
        self.groups: list[Group] = []
        self.quorum_name: str | None = None
        self._names = {NONE}
        self._kinds: Mapping[str, Callable[[list[str], str], None]] = MappingProxyType(
            {
                "log": self._log,
                "witness": self._witness,
                "group": self._group,
                "quorum": self._quorum,
            }
        )

    def take(self, words: list[str], *, at: str) -> None:
        kind = self._kinds.get(words[0])
        if kind is None:
            raise MalformedError("a policy has logs, witnesses, groups and a quorum", at=at)
        kind(words[1:], at)
        if max(len(self.logs), len(self.witnesses), len(self.groups)) > _MAX_OF_A_KIND:
            raise MalformedError("a policy has more parts than allowed", at=at)

    def _log(self, words: list[str], at: str) -> None:
        match words:
            case [vkey, *rest] if len(rest) <= 1:
                key = VerifierKey.parse(vkey, at=at)
                if key.signature_type not in _LOG_TYPES:
                    raise AlgorithmError("a log signs with a log's key", at=at)
                self.logs.append(KnownLog(key, *rest))
            case _:
                raise MalformedError("a log has a key, and perhaps a URL", at=at)

    def _witness(self, words: list[str], at: str) -> None:
        match words:
            case [name, vkey, *rest] if len(rest) <= 1:
                key = VerifierKey.parse(vkey, at=at)
                if key.signature_type not in COSIGNATURE_TYPES:
                    raise AlgorithmError("a witness signs with a cosignature key", at=at)
                self._define(name, at)
                self.witnesses.append(KnownWitness(name, key, *rest))
            case _:
                raise MalformedError("a witness has a name, a key, and perhaps a URL", at=at)

    def _group(self, words: list[str], at: str) -> None:
        match words:
            case [name, threshold, *members] if members:
                self._require_defined(members, at)
                self._define(name, at)
                self.groups.append(Group(name, _number(threshold, len(members), at), (*members,)))
            case _:
                raise MalformedError("a group has a name, a threshold and members", at=at)

    def _quorum(self, words: list[str], at: str) -> None:
        if len(words) != 1 or self.quorum_name is not None:
            raise MalformedError("a policy has exactly one quorum", at=at)
        if words != [NONE]:
            self._require_defined(words, at)
        self.quorum_name = words[0]

    def _define(self, name: str, at: str) -> None:
        if name in self._names:
            raise MalformedError("a name is defined once", at=at)
        self._names.add(name)

    def _require_defined(self, names: list[str], at: str) -> None:
        if any(name == NONE or name not in self._names for name in names):
            raise MalformedError("a name is used after it was defined", at=at)


class _Writing:
    """Names for the groups of a quorum, inner ones first."""

    def __init__(self) -> None:
        self.groups: list[Group] = []

    def named(self, member: Member) -> str:
        if isinstance(member, VerifierKey):
            return _name_of(member)
        members = tuple(self.named(one) for one in member.members)
        name = f"group+{len(self.groups)}"
        self.groups.append(Group(name, member.threshold, members))
        return name


def _name_of(key: VerifierKey) -> str:
    # One witness may have two keys under one name.
    return f"{key.name}+{key.key_id.hex()}"


def _resolved(policy: TlogPolicy) -> Quorum | None:
    known: dict[str, Member] = {one.name: one.key for one in policy.witnesses}
    if len(known) != len(policy.witnesses):
        raise MalformedError("a name is defined once")
    used: set[str] = set()
    for group in policy.groups:
        if used & set(group.members) or len(set(group.members)) != len(group.members):
            # So that a witness contributes in one way only.
            raise MalformedError("a name is a member of one group, once")
        used |= set(group.members)
        members = tuple(_known(known, name) for name in group.members)
        known[group.name] = Quorum(group.threshold, members)
    if policy.quorum_name == NONE:
        return None
    found = _known(known, policy.quorum_name)
    return found if isinstance(found, Quorum) else Quorum(1, (found,))


def _known(known: Mapping[str, Member], name: str) -> Member:
    if name not in known:
        raise MalformedError("a name is used after it was defined")
    return known[name]


def _number(text: str, members: int, at: str) -> int:
    if text in {"all", "any"}:
        return members if text == "all" else 1
    if _THRESHOLD.fullmatch(text) is None or int(text) > members:
        raise MalformedError("a threshold is all, any, or a number of the members", at=at)
    return int(text)


def _require_different(keys: list[NoteKey]) -> None:
    if len(set(keys)) != len(keys):
        raise MalformedError("each log and each witness has a key of its own")


def _line(*words: str | None) -> str:
    return " ".join(word for word in words if word is not None)
