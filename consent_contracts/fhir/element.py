"""Elements of a FHIR resource in JSON: each with the pointer to it, and none left unread.

An element or extension that is not known here could be a restriction, so it is refused by name.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from consent_contracts.fhir.vocabulary import URI_SYSTEM, Own
from ssi_core.errors import DataLossError, MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_boolean, as_object, as_text

_EXTENSIONS: Final = ("extension", "modifierExtension")
_NAME: Final = re.compile(r"_?[A-Za-z][A-Za-z0-9]{0,63}", re.ASCII)
_CODING: Final = ("system", "version", "code", "display", "userSelected")
_REFERENCE: Final = ("reference", "type", "identifier", "display")
IDENTIFIER: Final = ("use", "type", "system", "value", "period", "assigner")


@dataclass(frozen=True, slots=True)
class Element:
    """The members of one element; `ignorable` are URLs of extensions that need not be read."""

    members: JsonObject
    at: str
    ignorable: frozenset[str]

    def child(self, name: str, names: Collection[str], own: Collection[Own] = ()) -> "Element":
        """Return the element called `name`, which has to be there."""
        return self._element(self.members.get(name), f"{self.at}/{name}", names, own)

    def children(
        self, name: str, names: Collection[str], own: Collection[Own] = ()
    ) -> "tuple[Element, ...]":
        """Return the elements of the list called `name`; there is no list without any."""
        if name not in self.members:
            return ()
        items = as_array(self.members[name], at=f"{self.at}/{name}")
        if not items:
            raise MalformedError("a list in FHIR is never empty", at=f"{self.at}/{name}")
        return tuple(
            self._element(item, f"{self.at}/{name}/{place}", names, own)
            for place, item in enumerate(items)
        )

    def text(self, name: str) -> str | None:
        """Return the text called `name`, if it is there."""
        value = self.members.get(name)
        return None if name not in self.members else as_text(value, at=f"{self.at}/{name}")

    def required(self, name: str) -> str:
        """Return the text called `name`, which has to be there."""
        return as_text(self.members.get(name), at=f"{self.at}/{name}")

    def own(self, extension: Own) -> tuple[JsonValue, ...]:
        """Return the values of one of our extensions, wherever it stands."""
        return tuple(
            member[extension.member]
            for name in _EXTENSIONS
            for member in _extensions(self.members, name, at=self.at)
            if member.get("url") == extension.value
        )

    def own_text(self, extension: Own) -> str | None:
        """Return the one text of an extension that may stand here once."""
        found = self.own(extension)
        if len(found) > 1:
            raise MalformedError("this extension stands here once", at=f"{self.at}/extension")
        return as_text(found[0], at=f"{self.at}/extension") if found else None

    def flag(self, extension: Own) -> bool:
        """Say whether an extension that is only ever true stands here."""
        found = [as_boolean(each, at=f"{self.at}/extension") for each in self.own(extension)]
        if not all(found):
            raise MalformedError("this extension is true or not there", at=f"{self.at}/extension")
        return bool(found)

    def codings(self, name: str) -> tuple[str, ...]:
        """Return each coding of a list as `system|code`."""
        return tuple(_token(each) for each in self.children(name, _CODING))

    def concepts(self, name: str) -> tuple[str, ...]:
        """Return the codings of a list of concepts: each concept has one, and all may stand."""
        return tuple(
            token
            for concept in self.children(name, ("coding", "text"))
            for token in _concept(concept)
        )

    def concept(self, name: str) -> tuple[str, ...]:
        """Return the codings of one concept."""
        return _concept(self.child(name, ("coding", "text")))

    def coding(self, name: str) -> str:
        """Return one coding as `system|code`."""
        return _token(self.child(name, _CODING))

    def reference(self, name: str) -> str:
        """Return what one reference refers to: see `key`."""
        return self.one_reference(name).key()

    def one_reference(self, name: str, own: Collection[Own] = ()) -> "Element":
        """Return the one reference called `name`; `key` says what it refers to."""
        return self.child(name, _REFERENCE, own)

    def references(self, name: str, own: Collection[Own] = ()) -> "tuple[Element, ...]":
        """Return the references of a list; `key` says what each refers to."""
        return self.children(name, _REFERENCE, own)

    def key(self) -> str:
        """Return the target of this reference: its text, or a URI, or `system|value`."""
        literal = self.text("reference")
        if literal is not None:
            return literal
        if "identifier" not in self.members:
            raise DataLossError("a reference names what it refers to", at=self.at)
        identifier = self.child("identifier", IDENTIFIER)
        system, value = identifier.required("system"), identifier.required("value")
        return value if system == URI_SYSTEM else f"{system}|{value}"

    def _element(
        self, value: JsonValue, at: str, names: Collection[str], own: Collection[Own]
    ) -> "Element":
        return element(value, names, own, at=at, ignorable=self.ignorable)


def element(
    value: JsonValue,
    names: Collection[str],
    own: Collection[Own] = (),
    *,
    at: str,
    ignorable: frozenset[str],
) -> Element:
    """Return `value` as an element whose every member is in `names`, or says which is not."""
    source = as_object(value, at=at)
    if not source:
        raise MalformedError("an element of FHIR is not empty", at=at)
    for name in source:
        if name not in names and name not in ("id", *_EXTENSIONS):
            here = f"{at}/{name}" if _NAME.fullmatch(name) else at
            raise DataLossError("an element that has no counterpart here", at=here)
    for name in _EXTENSIONS:
        ignored = ignorable if name == "extension" else frozenset[str]()
        for place, extension in enumerate(_extensions(source, name, at=at)):
            _require_extension(extension, own, at=f"{at}/{name}/{place}", ignorable=ignored)
    return Element(source, at, ignorable)


def _extensions(source: JsonObject, name: str, *, at: str) -> tuple[JsonObject, ...]:
    items = as_array(source.get(name, []), at=f"{at}/{name}")
    return tuple(as_object(item, at=f"{at}/{name}/{place}") for place, item in enumerate(items))


def _require_extension(
    extension: JsonObject, own: Collection[Own], *, at: str, ignorable: frozenset[str]
) -> None:
    url = as_text(extension.get("url"), at=f"{at}/url")
    if url in ignorable:
        return
    known = next((each for each in own if each.value == url), None)
    if known is None:
        raise DataLossError("an extension that is not known here", at=at)
    if extension.keys() != {"url", known.member}:
        raise MalformedError("an extension has its URL and its value", at=at)


def _token(coding: Element) -> str:
    return f"{coding.required('system')}|{coding.required('code')}"


def _concept(concept: Element) -> tuple[str, ...]:
    found = concept.codings("coding")
    if not found:
        raise DataLossError("a concept without a code has no counterpart here", at=concept.at)
    return found
