"""HTML out of functions: every text is escaped, unless it is HTML already."""

from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias

_VOID: Final = frozenset({"br", "input", "link", "meta"})


class Html(str):
    """Text that is HTML. Only this module makes it, so all other text is escaped."""

    __slots__ = ()


Content: TypeAlias = "str | Html | Iterable[Content] | None"


def el(tag: str, *children: Content, **attributes: str | None) -> Html:
    """Return an element; `class_` is `class`, and an attribute that is None is left out."""
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    end = "" if tag in _VOID else f"</{tag}>"
    return Html(f"<{tag}{given}>{text(children)}{end}")


def text(content: Content) -> Html:
    """Return the content as HTML."""
    if content is None:
        return Html("")
    if isinstance(content, Html):
        return content
    if isinstance(content, str):
        return Html(escape(content))
    return Html("".join(text(item) for item in content))


def document(*children: Content, lang: str) -> str:
    """Return a whole document."""
    return f"<!doctype html>\n{el('html', *children, lang=lang)}\n"
