"""What must not be shown: link secrets, and the private halves of definitions and registries."""

from dataclasses import dataclass, field
from typing import Self, final

from ssi_core.anoncreds import library


@dataclass(frozen=True, slots=True)
@final
class Secret:
    """Text that neither `repr` nor an error shows; `reveal` it to store it, sealed."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text


@dataclass(frozen=True, slots=True)
@final
class LinkSecret:
    """A holder's secret that all its credentials are bound to, and that no verifier sees."""

    secret: Secret

    @classmethod
    def generate(cls) -> Self:
        """Return a fresh one."""
        return cls(Secret(library.new_link_secret()))
