"""The type metadata documents that come with this package."""

from importlib.resources import files

from issuer.configurations import CONFIGURATIONS
from ssi_core.credential.type_metadata import TypeMetadata


def load_types() -> dict[str, TypeMetadata]:
    """Return the type metadata of every configuration, by the configuration's id."""
    folder = files("issuer") / "types"
    return {
        item.id: TypeMetadata.parse((folder / f"{item.id}.json").read_bytes())
        for item in CONFIGURATIONS
    }
