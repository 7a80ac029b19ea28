"""What every command does alike: fail in one line, and keep a token where none was given."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from pydantic import SecretStr

from ssi_core.adapters.files import replace_file
from ssi_core.errors import ConsentError, SsiError, UnavailableError

REFUSED: Final = 1
UNAVAILABLE: Final = 3
_TOKEN_BYTES: Final = 32


@contextmanager
def failing_plainly() -> Iterator[None]:
    """Turn our own errors into one line: exit 1 for a no, 3 for what could not be found out."""
    try:
        yield
    except SsiError as error:
        reasons = error.refusals if isinstance(error, ConsentError) else ()
        listed = f" ({', '.join(reasons)})" if reasons else ""
        click.echo(f"consentry: {error.code}: {error}{listed}", err=True)
        sys.exit(UNAVAILABLE if isinstance(error, UnavailableError) else REFUSED)


def admin_token(configured: SecretStr | None, *, kept_in: Path) -> str:
    """Return the administrator's token: the configured one, else one made once and kept, 0600.

    Where it is kept is said on standard error; what it is, never.
    """
    if configured is not None:
        return configured.get_secret_value()
    if not kept_in.exists():
        kept_in.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(kept_in, secrets.token_urlsafe(_TOKEN_BYTES).encode())
    click.echo(f"the administrator's token is in {kept_in}", err=True)
    return kept_in.read_text(encoding="ascii").strip()
