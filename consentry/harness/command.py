"""`consentry harness`: what the suites of others call on a command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from consentry.harness import jose as vc_jose_cose
from ssi_core import strict_json
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.adapters.files import replace_file
from ssi_core.errors import MalformedError, SsiError, UnavailableError

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_MAX_BYTES: Final = 4_194_304
_INPUT: Final = click.option("--input", "source", type=_FILE, required=True, help="What to read.")
_KEY: Final = click.option(
    "--key", type=_FILE, required=True, help="A verification method with its JWKs."
)
_FEATURE: Final = click.option(
    "--feature", type=click.Choice(sorted(vc_jose_cose.FEATURES)), required=True
)
_OUTPUT: Final = click.option(
    "--output", type=_NEW_FILE, required=True, help="Where the result is written, as JSON."
)


@click.group()
def harness() -> None:
    """Do what a public test suite asks, with the keys that it brings."""


@harness.group()
def jose() -> None:
    """Secure and verify as the suite of VC-JOSE-COSE has it."""


@jose.command()
@_INPUT
@_KEY
@_FEATURE
@click.option("--sd", help="Paths that a holder may withhold: a JSON array, or a file with one.")
@_OUTPUT
def issue(*, source: Path, key: Path, feature: str, sd: str | None, output: Path) -> None:
    """Sign the credential or presentation in a file."""
    with failing_plainly():
        _answer(
            output,
            lambda: vc_jose_cose.issue(
                _text(source), _text(key), feature=feature, disclosable=_paths(sd)
            ),
        )


@jose.command()
@_INPUT
@_KEY
@_FEATURE
@_OUTPUT
@click.option("--sd", hidden=True, expose_value=False)
def verify(*, source: Path, key: Path, feature: str, output: Path) -> None:
    """Verify the secured form in a file: its proof alone, with the key that is given."""
    with failing_plainly():
        _answer(
            output,
            lambda: strict_json.render(
                vc_jose_cose.verify(_text(source), _text(key), feature=feature)
            ),
        )


def _answer(output: Path, work: Callable[[], str]) -> None:
    """Write the result, also when it is a refusal, which is then raised."""
    try:
        data = work()
    except SsiError as error:
        kind = "indeterminate" if isinstance(error, UnavailableError) else "failure"
        _write(output, result=kind, data=error.reason)
        raise
    _write(output, result="success", data=data)


def _write(output: Path, *, result: str, data: str) -> None:
    replace_file(output, strict_json.render({"result": result, "data": data}).encode())


def _paths(sd: str | None) -> str | None:
    return sd if sd is None or sd.lstrip().startswith("[") else _text(Path(sd))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            body = file.read(_MAX_BYTES + 1)
        if len(body) > _MAX_BYTES:
            raise MalformedError("the file is larger than allowed")
        return body.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise MalformedError("the file is not readable as text") from None
