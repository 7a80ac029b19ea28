"""Claims of a credential as people read them: what would go, what stays, and their names."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ssi_core import claim_path
from ssi_core.claim_path import WITHHELD, ClaimPath
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.proof import sd_jwt as sd_jwts
from ssi_core.proof.sd_jwt import SdJwt
from wallet.credential import Label

# Registered claims that say how a credential works and nothing about its subject.
TECHNICAL: Final = frozenset(
    {"iss", "iat", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status", "jti"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownClaim:
    """One value that is in a presentation, under the name that the issuer gives it."""

    path: ClaimPath
    label: str
    value: JsonValue

    def to_json(self) -> JsonObject:
        """Return the claim as JSON."""
        return {"path": claim_path.render(self.path), "label": self.label, "value": self.value}


def all_claims(sd_jwt: SdJwt) -> JsonObject:
    """Return what `sd_jwt` discloses; array positions are the issuer's, whatever is withheld."""
    return sd_jwts.reveal(sd_jwt.payload(), sd_jwt.disclosures).as_issued


def shown_claims(sd_jwt: SdJwt, labels: Sequence[Label]) -> tuple[ShownClaim, ...]:
    """Return every value that whoever gets `sd_jwt` can read about the subject.

    They come in the order of the issuer's labels: that of the digests is random on purpose.
    """
    return tuple(
        ShownClaim(path=path, label=label_of(path, labels), value=value)
        for path, value in sorted(
            leaves(all_claims(sd_jwt)), key=lambda leaf: _rank(leaf[0], labels)
        )
    )


def withheld_labels(
    sd_jwt: SdJwt, sent: Collection[ClaimPath], labels: Sequence[Label]
) -> tuple[str, ...]:
    """Return the names of what stays in the wallet when the values at `sent` go.

    A claim of which nothing goes is named once, however much it contains.
    """
    touched = {path[0] for path in sent}
    names: dict[str, None] = {}
    paths = (path for path, _value in leaves(all_claims(sd_jwt)))
    for path in sorted(paths, key=lambda path: _rank(path, labels)):
        if path[0] not in touched:
            names[label_of(path[:1], labels)] = None
        elif path not in sent:
            names[label_of(path, labels)] = None
    return tuple(names)


def leaves(claims: JsonObject) -> Iterator[tuple[ClaimPath, JsonValue]]:
    """Yield each disclosed value about the subject that holds no other value, with its path."""
    for name, value in claims.items():
        if name not in TECHNICAL:
            yield from _leaves((name,), value)


def label_of(path: ClaimPath, labels: Sequence[Label]) -> str:
    """Return the name of the claim at `path`, or else that of what it is part of and the rest."""
    fitting = [label for label in labels if claim_path.covers(label.path, path)]
    if not fitting:
        return _words(path)
    best = max(fitting, key=lambda label: len(label.path))
    rest = _words(path[len(best.path) :])
    return f"{best.text}: {rest}" if rest else best.text


def _leaves(path: ClaimPath, value: JsonValue) -> Iterator[tuple[ClaimPath, JsonValue]]:
    if value is WITHHELD:
        return
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves((*path, name), inner)
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for index, inner in enumerate(value):
            yield from _leaves((*path, index), inner)
    else:
        yield path, value


def _rank(path: ClaimPath, labels: Sequence[Label]) -> tuple[int, str]:
    places = (
        place for place, label in enumerate(labels) if claim_path.covers(label.path[:1], path)
    )
    return next(places, len(labels)), claim_path.pointer(path)


def _words(path: ClaimPath) -> str:
    parts = (str(part + 1) if isinstance(part, int) else str(part) for part in path)
    return " ".join(part.replace("_", " ") for part in parts)
