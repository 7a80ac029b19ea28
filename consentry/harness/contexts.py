"""The JSON-LD contexts that harnesses use beside those of the product, by URL, pinned.

Files in context_files, under the W3C's Software and Document License; docs/reference/contexts.md.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from ssi_core.credential.contexts import CREDENTIALS_V2, bundled
from ssi_core.rdf.contexts import Contexts, PinnedContext

# File name and SHA-256 by URL.
_BUNDLED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "https://w3id.org/citizenship/v4rc1": (
            "citizenship-v4rc1.jsonld",
            "a89b0bc00b1848ac3dfdf956c7dd5de8567e755351c07ec6a1c2b4a08b67953b",
        ),
        "https://w3id.org/vdl/v1": (
            "vdl-v1.jsonld",
            "5e61aa138bc6a1bf92299edd01408df52f20c24057b9dbea72ccaeef5b792010",
        ),
        "https://www.w3.org/ns/credentials/undefined-terms/v2": (
            "undefined-terms-v2.jsonld",
            "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581",
        ),
    }
)
# credentials/v2 as it was on 2024-07-20. Never read as a context: a published suite gives its
# digests for a related resource.
_EARLIER_V2: Final = (
    "credentials-v2-20240720.jsonld",
    "24a18c90e9856d526111f29376e302d970b2bd10182e33959995b0207d7043b9",
)


@cache
def harness_contexts() -> Contexts:
    """Return the contexts of the product and those of harnesses, each checked."""
    return bundled().with_more(_pinned(url, *place) for url, place in _BUNDLED.items())


def known_resources(contexts: Contexts) -> Mapping[str, Sequence[bytes]]:
    """Return the versions that a related resource may have, by URL."""
    known: dict[str, Sequence[bytes]] = {url: (contexts.text(url),) for url in contexts.urls()}
    earlier = _pinned(CREDENTIALS_V2, *_EARLIER_V2)
    return {**known, CREDENTIALS_V2: (contexts.text(CREDENTIALS_V2), earlier.text)}


def _pinned(url: str, name: str, digest: str) -> PinnedContext:
    text = (resources.files("consentry.harness") / "context_files" / name).read_bytes()
    return PinnedContext(url=url, digest=digest, text=text)
