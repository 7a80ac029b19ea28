"""The credential of the profile: an immunization of an invented person."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from issuer.configurations import Configuration
from ssi_core.credential.type_metadata import TypeMetadata
from ssi_core.json_types import JsonObject

IMMUNIZATION: Final = Configuration(id="immunization", vct="urn:example:immunization:1")
CONFIGURATIONS: Final[Mapping[str, Configuration]] = {IMMUNIZATION.id: IMMUNIZATION}

CLAIMS: Final[JsonObject] = {
    "given_name": "Erika",
    "family_name": "Mustermann",
    "birthdate": "1984-01-26",
    "address": {"locality": "Köln", "country": "DE"},
    "vaccine": {
        "code": "1119349007",
        "system": "http://snomed.info/sct",
        "date": "2026-03-14",
    },
    "allergies": ["penicillin", "peanut"],
}
"""What every offer of it certifies; the issuer makes each of them, at any depth, disclosable."""


def load_types() -> Mapping[str, TypeMetadata]:
    """Return the type metadata of the profile's credential, by the id of its configuration."""
    folder = files("consentry.harness.openid") / "types"
    return {
        name: TypeMetadata.parse((folder / f"{name}.json").read_bytes()) for name in CONFIGURATIONS
    }
