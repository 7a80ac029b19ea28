"""One FHIR element, and its members taken out by type; absent ones are nothing.

JSON rules of FHIR: https://hl7.org/fhir/R4/json.html. Errors name the element, never its value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_boolean, as_object, as_text

MAX_CHARACTERS: Final = 16_384
_LARGEST: Final = 2**53
# date, dateTime and instant (R4 section 2.24.0.1), with the precision that the sender had.
_MOMENT: Final = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>0[1-9]|1[0-2])(-(?P<day>0[1-9]|[12][0-9]|3[01])"
    r"(T([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]|60)(\.[0-9]{1,12})?)?"
    r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))?)?)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Element:
    """A JSON object of a FHIR document, and the JSON pointer where it stands."""

    source: JsonObject
    at: str

    def place(self, name: str) -> str:
        """Return the pointer of the member called `name`."""
        return f"{self.at}/{name}"

    def text(self, name: str) -> str | None:
        """Return the string called `name`."""
        value = self.source.get(name)
        return None if value is None else _text(value, self.place(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the strings of the array called `name`; null stands for an extension only."""
        values = as_array(self.source.get(name) or (), at=self.place(name))
        return tuple(
            _text(value, f"{self.place(name)}/{index}")
            for index, value in enumerate(values)
            if value is not None
        )

    def boolean(self, name: str) -> bool | None:
        """Return the boolean called `name`."""
        value = self.source.get(name)
        return None if value is None else as_boolean(value, at=self.place(name))

    def number(self, name: str) -> int | float | None:
        """Return the number called `name`, exact integers only below 2^53."""
        value = self.source.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise MalformedError("must be a number", at=self.place(name))
        if isinstance(value, int) and abs(value) >= _LARGEST:
            raise MalformedError("must be below 2^53", at=self.place(name))
        return value

    def moment(self, name: str) -> str | None:
        """Return the date, dateTime or instant called `name`, as precise as it was written."""
        text = self.text(name)
        if text is not None and not _is_moment(text):
            raise MalformedError("must be a FHIR date or dateTime", at=self.place(name))
        return text

    def child(self, name: str) -> "Element | None":
        """Return the object called `name`."""
        value = self.source.get(name)
        if value is None:
            return None
        return Element(as_object(value, at=self.place(name)), self.place(name))

    def children(self, name: str) -> "tuple[Element, ...]":
        """Return the objects of the array called `name`."""
        values = as_array(self.source.get(name) or (), at=self.place(name))
        places = (f"{self.place(name)}/{index}" for index in range(len(values)))
        return tuple(
            Element(as_object(value, at=place), place)
            for value, place in zip(values, places, strict=True)
            if value is not None
        )

    def child_or_children(self, name: str) -> "tuple[Element, ...]":
        """Return the object called `name`, or those of the array that R5 made of it."""
        if isinstance(self.source.get(name), Mapping):
            child = self.child(name)
            return () if child is None else (child,)
        return self.children(name)


def _text(value: JsonValue, at: str) -> str:
    text = as_text(value, at=at)
    if len(text) > MAX_CHARACTERS:
        raise MalformedError("text is longer than allowed", at=at)
    return text


def _is_moment(text: str) -> bool:
    match = _MOMENT.fullmatch(text)
    if match is None or match["year"] == "0000":
        return False
    if match["day"] is None:
        return True
    try:
        date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return False
    return True
