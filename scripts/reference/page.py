"""A page of which people write the first part and `make docs` the rest."""

from collections.abc import Iterable, Sequence
from typing import Final

MARK: Final = "<!-- From here on `make docs` writes this page from the code. -->\n"


class PageError(Exception):
    """A page without the mark that parts it, or a fact that has no words or too many."""


def fill(page: str, generated: str) -> str:
    """Return `page` with `generated` below its mark."""
    words, mark, _ = page.partition(MARK)
    if not mark:
        message = f"the page has no line {MARK!r}"
        raise PageError(message)
    return f"{words}{mark}\n{generated}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; a bar in a cell is escaped."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def require_same(what: str, *, in_code: Iterable[str], in_words: Iterable[str]) -> None:
    """Return if exactly what the code has is put into words; name the difference if not."""
    code, words = set(in_code), set(in_words)
    if code != words:
        missing, extra = sorted(code - words), sorted(words - code)
        message = f"{what}: without words {missing}; words for nothing {extra}"
        raise PageError(message)


def _cell(text: str) -> str:
    # Inside backticks too: a bar would end the cell there as well.
    return " ".join(text.split()).replace("|", r"\|")
