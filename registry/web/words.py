"""What entries are called before people, and what their status is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from registry.model.status_map import Status
from registry.service.explorer import ShownEntry
from registry.web.frame import badge
from registry.web.html import Html
from ssi_core.json_types import JsonObject

TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "did.op": "a version of an organisation's identifier",
        "consent.grant": "a grant: commitments under a key of its own, nobody's name",
        "consent.revoke": "the end of a grant",
        "consent.supersede": "a grant that takes another's place",
        "consent.suspend": "a grant that rests",
        "consent.resume": "the end of a grant's rest",
        "consent.redact": "a grant whose bytes are dropped everywhere",
        "accredit.grant": "an accreditation",
        "accredit.revoke": "the end of an accreditation",
        "accredit.suspend": "an accreditation that rests",
        "accredit.resume": "the end of an accreditation's rest",
        "status.publish": "a version of a status list",
        "state.snapshot": "what the log says of the state of all entries before",
        "log.policy": "who keeps the log, and how many of them must agree",
        "log.handover": "where the log goes on",
        "access.breakglass": "somebody looked without a grant: commitments to who and why",
    }
)
MEMBERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "by": "stands on",
        "c": "commitments",
        "compromised_since": "not to be believed since",
        "ctl": "its own key",
        "dig": "digest of the list",
        "exp": "until",
        "id": "its history",
        "iss": "who says so",
        "ms": "how old evidence may be, in seconds",
        "n": "nonce",
        "nbf": "from",
        "new": "the grant that takes its place",
        "nk": "hash of its next key",
        "prev": "what it follows",
        "pur": "purposes",
        "rcp": "recipient",
        "rk": "hash of a key that can only end it",
        "scp": "what it is about",
        "seq": "number in its history",
        "sub": "whom it is about",
        "t": "type",
        "trm": "terms",
        "ts": "when it was signed",
        "ttl": "how long the list is good for, in seconds",
        "v": "version",
    }
)
_BEGIN: Final = frozenset(
    {"did.op", "consent.grant", "consent.supersede", "accredit.grant", "status.publish"}
)
_VERSIONS: Final = frozenset({"did.op", "status.publish"})
_STATUS: Final[Mapping[Status, tuple[str, str]]] = MappingProxyType(
    {
        Status.IN_FORCE: ("not ended", "good"),
        Status.SUSPENDED: ("suspended", "waiting"),
        Status.ENDED: ("ended", "bad"),
        Status.SUPERSEDED: ("superseded", "plain"),
    }
)


def kind_of(shown: ShownEntry) -> str:
    """Return the type of an entry, as the log has it."""
    return "redacted" if shown.members is None else str(shown.members.get("t", ""))


def status_of(shown: ShownEntry, *, at: int) -> Html | None:
    """Return what became of what the entry began, by the moment `at`; nothing if it began nothing.

    Time has its say too: what has not ended may have expired, or not begun.
    """
    if shown.members is not None and kind_of(shown) not in _BEGIN:
        return None
    word, kind = _STATUS[shown.status]
    if shown.status is Status.IN_FORCE and kind_of(shown) in _VERSIONS:
        return badge("current", "good")
    if shown.status is Status.IN_FORCE:
        word, kind = _in_time(shown.members or {}, at) or (word, kind)
    return badge(word, kind)


def about(members: JsonObject) -> str:
    """Return what an entry is about, in the words of the entry itself."""
    for name in ("sub", "uri", "id"):
        if isinstance(value := members.get(name), str):
            return value
    line = members.get("line")
    state = line.get("state") if isinstance(line, dict) else None
    named = state.get("id") if isinstance(state, dict) else None
    return named if isinstance(named, str) else ""


def _in_time(members: JsonObject, at: int) -> tuple[str, str] | None:
    begins, expires = members.get("nbf"), members.get("exp")
    if not isinstance(begins, int) or not isinstance(expires, int):
        return None
    if at < begins:
        return "begins later", "waiting"
    return ("in force", "good") if at < expires else ("expired", "plain")
