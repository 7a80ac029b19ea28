"""Options that several of the registry's commands have."""

from pathlib import Path
from typing import Final

import click
from pydantic import SecretStr

REGISTRY: Final = click.option("--registry", "url", required=True, help="The registry's URL.")
DATA_DIR: Final = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Where keys and log are kept."
)
DATABASE: Final = click.option("--database", help="sqlite:///file or postgresql+psycopg://...")
POLICY: Final = click.option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path),
    required=True,
    help="Which log and witnesses to believe: a C2SP tlog-policy file.",
)
MAX_AGE: Final = click.option(
    "--max-age",
    type=click.IntRange(1, 10**9),
    help="Oldest checkpoint to believe, in seconds; any if not given.",
)


def revealed(secret: SecretStr | None) -> str | None:
    """Return the text of a secret setting."""
    return None if secret is None else secret.get_secret_value()
