"""Write the generated part of each page in docs/reference; with --check, see that it is there."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from scripts.reference import cli, errors, http, interop, levels, settings
from scripts.reference.page import fill

PROJECT: Final = Path(__file__).resolve().parent.parent.parent
FOLDER: Final = PROJECT / "docs" / "reference"
PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "access-levels.md": levels.render,
    "cli.md": cli.render,
    "errors.md": errors.render,
    "http.md": http.render,
    "interop.md": interop.render,
    "settings.md": settings.render,
}


def main() -> int:
    """Write the pages, or with --check name those that are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if out of date")
    check: bool = parser.parse_args().check
    stale = {path: text for path, text in written().items() if path.read_text("utf-8") != text}
    for path, text in stale.items():
        if check:
            place = path.relative_to(PROJECT)
            print(f"{place} is out of date: run `make docs`", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


def written() -> dict[Path, str]:
    """Return each page as it should be: the words of people, then what the code says."""
    return {
        FOLDER / name: fill((FOLDER / name).read_text("utf-8"), render())
        for name, render in PAGES.items()
    }


if __name__ == "__main__":
    sys.exit(main())
