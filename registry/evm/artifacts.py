"""What the contracts beside this file compile to, so that nobody who uses them needs a compiler."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from ssi_core import strict_json
from ssi_core.errors import MalformedError, NotFoundError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import as_text

LOG_ANCHOR: Final = "LogAnchor"
CONSENT_REGISTRY: Final = "ConsentRegistry"
_FOLDER: Final = "contracts"
_MAX_BYTES: Final = 131_072


@dataclass(frozen=True, slots=True)
class Artifact:
    """A contract as a chain takes it: the ABI to call it by, and the code to create it with."""

    abi: tuple[JsonObject, ...]
    bytecode: bytes


def load_artifact(name: str) -> Artifact:
    """Return the contract of that name; raise `NotFoundError` if none is shipped."""
    if name not in {LOG_ANCHOR, CONSENT_REGISTRY}:
        raise NotFoundError("no such contract")
    raw = files("registry.evm").joinpath(_FOLDER, f"{name}.json").read_bytes()
    content = strict_json.parse_object(raw, max_bytes=_MAX_BYTES)
    abi, code = content.get("abi"), as_text(content.get("bytecode"), at="/bytecode")
    if not isinstance(abi, list):
        raise MalformedError("an artifact has an ABI", at="/abi")
    parts = tuple(part for part in abi if isinstance(part, dict))
    return Artifact(parts, bytes.fromhex(code.removeprefix("0x")))
