"""SD-JWT VC Type Metadata: draft-ietf-oauth-sd-jwt-vc, sections 5 and 6.

https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

from ssi_core import claim_path, strict_json
from ssi_core.claim_path import ClaimPath, pointer
from ssi_core.errors import MalformedError, ProofError, QueryError, UnavailableError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_boolean, as_object, as_text

MAX_EXTENDS: Final = 8
# Weakest first; the names are those of Subresource Integrity.
_INTEGRITY_HASHES: Final = ("sha256", "sha384", "sha512")
_SVG_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class SelectiveDisclosure(StrEnum):
    """Whether the issuer makes a claim selectively disclosable (section 5.6.4)."""

    ALWAYS = "always"
    ALLOWED = "allowed"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """What people read in one language; `label` is the `name` of a type, the `label` of a claim."""

    locale: str
    label: str
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimMetadata:
    """What a type says of the claims at one path."""

    path: ClaimPath
    display: tuple[Display, ...] = ()
    mandatory: bool = False
    sd: SelectiveDisclosure = SelectiveDisclosure.ALLOWED
    svg_id: str | None = None

    @classmethod
    def parse(cls, value: JsonValue, *, at: str) -> Self:
        """Read one element of `claims`."""
        members = as_object(value, at=at)
        return cls(
            path=claim_path.parse(members.get("path"), at=f"{at}/path"),
            display=_displays(members, "label", at),
            mandatory=as_boolean(members.get("mandatory", False), at=f"{at}/mandatory"),
            sd=_selective_disclosure(members.get("sd", "allowed"), f"{at}/sd"),
            svg_id=_svg_id(members.get("svg_id"), f"{at}/svg_id"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeMetadata:
    """The description of one type; `source` is the document whole, as it was read."""

    vct: str
    name: str | None
    description: str | None
    extends: str | None
    extends_integrity: str | None
    display: tuple[Display, ...]
    claims: tuple[ClaimMetadata, ...]
    source: JsonObject

    @classmethod
    def parse(cls, document: bytes | JsonObject) -> Self:
        """Read a Type Metadata document."""
        source = strict_json.parse_object(document) if isinstance(document, bytes) else document
        claims = as_array(source.get("claims", []), at="/claims")
        parsed = cls(
            vct=as_text(source.get("vct"), at="/vct"),
            name=_optional_text(source, "name", ""),
            description=_optional_text(source, "description", ""),
            extends=_optional_text(source, "extends", ""),
            extends_integrity=_optional_text(source, "extends#integrity", ""),
            display=_displays(source, "name", ""),
            claims=tuple(
                ClaimMetadata.parse(item, at=f"/claims/{i}") for i, item in enumerate(claims)
            ),
            source=source,
        )
        _refuse_duplicates(parsed.claims)
        return parsed

    def labels(self, path: ClaimPath, locale: str) -> str | None:
        """Return what to call the claim at `path`: the exact language, else its base, else any."""
        displays = [
            item for claim in self.claims if _names(claim.path, path) for item in claim.display
        ]
        return _best(displays, locale)

    def title(self, *, locale: str) -> str | None:
        """Return what to call the type."""
        return _best(self.display, locale) or self.name


def load(vct: str, documents: Mapping[str, bytes], *, integrity: str | None = None) -> TypeMetadata:
    """Return the metadata of `vct` with all that it extends, out of documents already fetched.

    Raises `UnavailableError` for a document that is not there, `ProofError` for one whose bytes are
    not the promised ones, `MalformedError` for circles, long chains and forbidden overrides.
    """
    chain: list[TypeMetadata] = []
    wanted: str | None = vct
    while wanted is not None:
        if wanted in (item.vct for item in chain):
            raise MalformedError("a type extends itself", at="/extends")
        if len(chain) >= MAX_EXTENDS:
            raise MalformedError("a type extends more types than allowed", at="/extends")
        chain.append(_document(wanted, documents, integrity))
        wanted, integrity = chain[-1].extends, chain[-1].extends_integrity
    merged = chain.pop()
    while chain:
        merged = _extend(merged, chain.pop())
    return merged


def require_integrity(document: bytes, integrity: str) -> None:
    """Return if the bytes have the promised digest (section 6), of the strongest kind named."""
    promised: dict[str, list[str]] = {}
    for expression in integrity.split():
        algorithm, _, value = expression.partition("?")[0].partition("-")
        promised.setdefault(algorithm, []).append(value)
    known = [name for name in _INTEGRITY_HASHES if name in promised]
    if not known:
        raise ProofError("integrity metadata names no hash that we have", at="/vct#integrity")
    actual = hashlib.new(known[-1], document).digest()
    if not any(hmac.compare_digest(_digest(value), actual) for value in promised[known[-1]]):
        raise ProofError("the document is not the one that was promised", at="/vct#integrity")


def integrity_of(document: bytes) -> str:
    """Return the integrity metadata for these bytes."""
    return "sha256-" + base64.b64encode(hashlib.sha256(document).digest()).decode("ascii")


def check(
    metadata: TypeMetadata,
    *,
    as_issued: JsonObject,
    disclosed: Collection[ClaimPath],
    all_disclosed: bool,
) -> None:
    """Return if a credential follows its type (section 5.6); raise `MalformedError` if not.

    `all_disclosed` is for a holder who has every disclosure. A verifier cannot tell a claim that
    was withheld from one that was never there, unless the type says it is never withheld.
    """
    for claim in metadata.claims:
        at = pointer(claim.path)
        try:
            selected = claim_path.select(as_issued, claim.path)
        except QueryError:
            raise MalformedError("a claim is not of the type's shape", at=at) from None
        never_hidden = claim.sd is SelectiveDisclosure.NEVER and len(claim.path) == 1
        if claim.mandatory and not selected and (all_disclosed or never_hidden):
            raise MalformedError("a mandatory claim is missing", at=at)
        for path, value in selected.items():
            _check_disclosure(claim, path in disclosed or value is claim_path.WITHHELD)


def _check_disclosure(claim: ClaimMetadata, is_disclosable: bool) -> None:  # noqa: FBT001
    at = pointer(claim.path)
    if claim.sd is SelectiveDisclosure.ALWAYS and not is_disclosable:
        raise MalformedError("a claim must be selectively disclosable", at=at)
    if claim.sd is SelectiveDisclosure.NEVER and is_disclosable:
        raise MalformedError("a claim must not be selectively disclosable", at=at)


def _document(vct: str, documents: Mapping[str, bytes], integrity: str | None) -> TypeMetadata:
    if (body := documents.get(vct)) is None:
        raise UnavailableError("type metadata was not collected")
    if integrity is not None:
        require_integrity(body, integrity)
    metadata = TypeMetadata.parse(body)
    if metadata.vct != vct:
        raise MalformedError("type metadata is of another type", at="/vct")
    return metadata


def _extend(base: TypeMetadata, child: TypeMetadata) -> TypeMetadata:
    claims = {claim.path: claim for claim in base.claims}
    overrides = zip(child.claims, _claim_members(child), strict=True)
    for claim, members in overrides:
        inherited = claims.get(claim.path)
        claims[claim.path] = claim if inherited is None else _override(inherited, claim, members)
    display = child.display if "display" in child.source else base.display
    return replace(child, claims=tuple(claims.values()), display=display)


def _override(base: ClaimMetadata, child: ClaimMetadata, members: JsonObject) -> ClaimMetadata:
    at = pointer(base.path)
    sd = child.sd if "sd" in members else base.sd
    mandatory = child.mandatory if "mandatory" in members else base.mandatory
    if base.sd is not SelectiveDisclosure.ALLOWED and sd is not base.sd:
        raise MalformedError("a type must not change always or never", at=at)
    if base.mandatory and not mandatory:
        raise MalformedError("a type must not make a mandatory claim optional", at=at)
    return ClaimMetadata(
        path=base.path,
        display=child.display if "display" in members else base.display,
        mandatory=mandatory,
        sd=sd,
        svg_id=child.svg_id if "svg_id" in members else base.svg_id,
    )


def _claim_members(metadata: TypeMetadata) -> list[JsonObject]:
    claims = as_array(metadata.source.get("claims", []), at="/claims")
    return [as_object(item, at="/claims") for item in claims]


def _refuse_duplicates(claims: Collection[ClaimMetadata]) -> None:
    if len({claim.path for claim in claims}) != len(claims):
        raise MalformedError("a path stands twice", at="/claims")
    ids = [claim.svg_id for claim in claims if claim.svg_id is not None]
    if len(set(ids)) != len(ids):
        raise MalformedError("an svg_id stands twice", at="/claims")


def _displays(members: JsonObject, label: str, at: str) -> tuple[Display, ...]:
    items = as_array(members.get("display", []), at=f"{at}/display")
    return tuple(_display(item, label, f"{at}/display/{i}") for i, item in enumerate(items))


def _display(value: JsonValue, label: str, at: str) -> Display:
    members = as_object(value, at=at)
    return Display(
        locale=as_text(members.get("locale"), at=f"{at}/locale"),
        label=as_text(members.get(label), at=f"{at}/{label}"),
        description=_optional_text(members, "description", at),
    )


def _optional_text(members: JsonObject, name: str, at: str) -> str | None:
    return as_text(members[name], at=f"{at}/{name}") if name in members else None


def _selective_disclosure(value: JsonValue, at: str) -> SelectiveDisclosure:
    try:
        return SelectiveDisclosure(as_text(value, at=at))
    except ValueError:
        raise MalformedError("must be always, allowed or never", at=at) from None


def _svg_id(value: JsonValue, at: str) -> str | None:
    if value is None:
        return None
    if _SVG_ID.fullmatch(as_text(value, at=at)) is None:
        raise MalformedError("an svg_id has letters, digits and underscores", at=at)
    return as_text(value, at=at)


def _digest(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("integrity metadata is not base64", at="/vct#integrity") from None


def _names(pattern: ClaimPath, path: ClaimPath) -> bool:
    return len(pattern) == len(path) and claim_path.covers(pattern, path)


def _best(displays: Collection[Display], locale: str) -> str | None:
    language = locale.partition("-")[0].lower()
    for wanted in (locale.lower(), language):
        for item in displays:
            if item.locale.lower() == wanted:
                return item.label
    for item in displays:
        if item.locale.partition("-")[0].lower() == language:
            return item.label
    return next((item.label for item in displays), None)
