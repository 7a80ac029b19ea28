"""Compile the Vyper contracts into what the wheel ships; with --check, see that it is that."""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from vyper import __version__ as compiler
from vyper.compiler import compile_code
from vyper.compiler.settings import Settings

FOLDER: Final = Path(__file__).resolve().parent.parent / "registry" / "evm" / "contracts"


def main() -> int:
    """Write an artifact beside each source, or with --check name those that are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if out of date")
    check: bool = parser.parse_args().check
    stale = {path: text for path, text in compiled(FOLDER).items() if not _is(path, text)}
    for path, text in stale.items():
        if check:
            print(f"{path.name} is not what its source compiles to", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


def compiled(folder: Path) -> dict[Path, str]:
    """Return the artifact of each contract in `folder`: ABI, bytecode, and what made it."""
    return {path.with_suffix(".json"): _artifact(path) for path in sorted(folder.glob("*.vy"))}


def _artifact(path: Path) -> str:
    # Without the metadata, which names paths: the same source gives the same bytes anywhere.
    made = compile_code(
        path.read_text(encoding="utf-8"),
        output_formats=["abi", "bytecode"],
        settings=Settings(compiler_version=None),
        no_bytecode_metadata=True,
    )
    artifact = {
        "contract": path.stem,
        "compiler": f"vyper {compiler}",
        "abi": made["abi"],
        "bytecode": made["bytecode"],
    }
    return json.dumps(artifact, indent=1) + "\n"


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
