"""What every page has: its head, its way to the other pages, and the small parts they share."""

from datetime import UTC, datetime
from typing import Final

from registry.web.html import Content, Html, document, el

_PAGES: Final = (
    ("", "The log"),
    ("entries", "Entries"),
    ("checkpoint", "Checkpoint"),
    ("accreditations", "Accreditations"),
    ("verify", "Check it yourself"),
)


def page(title: str, *content: Content, origin: str, up: str = "./") -> str:
    """Return a page; `up` leads from its address to where all pages are."""
    links = [el("a", name, href=f"{up}{path}") for path, name in _PAGES]
    return document(
        el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("title", f"{title} · {origin}"),
            el("link", rel="stylesheet", href=f"{up}style.css"),
        ),
        el(
            "body",
            el("header", el("p", origin, class_="origin"), el("nav", links)),
            el("main", el("h1", title), content),
            el(
                "footer",
                el("p", "These pages only read. They show what is in the log, and no more."),
            ),
        ),
        lang="en",
    )


def facts(*pairs: tuple[Content, Content] | None) -> Html:
    """Return a list of names and values; a pair that is None is left out."""
    return el("dl", [(el("dt", name), el("dd", value)) for name, value in filter(None, pairs)])


def code(value: str) -> Html:
    """Return a value for programs, which may be long and wraps anywhere."""
    return el("code", value)


def moment(seconds: int) -> Html:
    """Return a NumericDate as a person reads it, in UTC."""
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return code(str(seconds))
    return el("time", f"{at:%Y-%m-%d %H:%M:%S} UTC", datetime=f"{at:%Y-%m-%dT%H:%M:%SZ}")


def note(*content: Content) -> Html:
    """Return a remark beside the facts."""
    return el("p", *content, class_="note")


def badge(word: str, kind: str) -> Html:
    """Return a word about a state; `kind` is good, waiting, bad or plain."""
    return el("span", word, class_=f"badge {kind}")
