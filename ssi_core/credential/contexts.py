"""The JSON-LD contexts that come with the product: their bytes lie beside this file, pinned here.

The W3C's are under its Software and Document License; the digests of credentials/v2 and
data-integrity/v2, and of multikey/v1, are those that the Recommendations print. Where each file
comes from is in docs/reference/contexts.md.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from ssi_core.rdf.contexts import Contexts, PinnedContext

CREDENTIALS_V1: Final = "https://www.w3.org/2018/credentials/v1"
CREDENTIALS_V2: Final = "https://www.w3.org/ns/credentials/v2"
DATA_INTEGRITY_V2: Final = "https://w3id.org/security/data-integrity/v2"
# Ours. An identifier under a domain that exists nowhere: it cannot be fetched, by anybody, and a
# change of a single byte is another version with another identifier.
HEALTH_V1: Final = "https://consentry.example/contexts/health/v1"

_FOLDER: Final = "contexts"
# File name and SHA-256 by URL.
_BUNDLED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        CREDENTIALS_V1: (
            "credentials-v1.jsonld",
            "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
        ),
        CREDENTIALS_V2: (
            "credentials-v2.jsonld",
            "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        ),
        "https://www.w3.org/ns/credentials/examples/v2": (
            "credentials-examples-v2.jsonld",
            "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
        ),
        "https://w3id.org/security/data-integrity/v1": (
            "data-integrity-v1.jsonld",
            "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554",
        ),
        DATA_INTEGRITY_V2: (
            "data-integrity-v2.jsonld",
            "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
        ),
        "https://w3id.org/security/multikey/v1": (
            "multikey-v1.jsonld",
            "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
        ),
        "https://w3id.org/security/suites/ed25519-2020/v1": (
            "ed25519-2020-v1.jsonld",
            "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588",
        ),
        "https://www.w3.org/ns/did/v1": (
            "did-v1.jsonld",
            "62c1054bf404d6dd3a4b26b64f830fd72095f6a26edc4469908c94351352ce5f",
        ),
        HEALTH_V1: (
            "consentry-health-v1.jsonld",
            "395afcdb4b3d58113f5c180ea09f45db5a5705dc859e65fbe8c7eb4940de70dd",
        ),
    }
)


@cache
def bundled() -> Contexts:
    """Return the contexts that come with the product, each checked against its digest.

    Files of the package itself are read, once: they belong to the code, as an import does.
    """
    folder = resources.files("ssi_core.credential") / _FOLDER
    return Contexts(
        PinnedContext(url=url, digest=digest, text=(folder / name).read_bytes())
        for url, (name, digest) in _BUNDLED.items()
    )
