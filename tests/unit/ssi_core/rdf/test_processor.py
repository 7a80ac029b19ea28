"""The short ways of our JSON-LD processor end where those of PyLD do."""

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld.jsonld import JsonLdProcessor

from consentry.bench.medical import coded_credential, diagnosis_credential
from ssi_core.credential.contexts import CREDENTIALS_V1, CREDENTIALS_V2, HEALTH_V1, bundled
from ssi_core.rdf.context_resolver import ContextResolver, PinnedProcessing
from ssi_core.rdf.processor import Processor

pytestmark = pytest.mark.spec("JSON-LD 1.1 API", "5.1")

ISSUER: Final = "did:example:issuer"
PROCESSING: Final = PinnedProcessing(bundled())
# Terms of every kind, and names that look like something else.
CONTEXT: Final = {
    "@version": 1.1,
    "id": "@id",
    "kind": "@type",
    "plain": "https://example.org/plain",
    "same": "https://example.org/plain",
    "typed": {"@id": "https://example.org/typed", "@type": "https://example.org/datatype"},
    "link": {"@id": "https://example.org/link", "@type": "@id"},
    "word": {"@id": "https://example.org/word", "@type": "@vocab"},
    "german": {"@id": "https://example.org/german", "@language": "de"},
    "bare": {"@id": "https://example.org/bare", "@language": None},
    "right": {"@id": "https://example.org/right", "@direction": "rtl"},
    "list": {"@id": "https://example.org/list", "@container": "@list"},
    "set": {"@id": "https://example.org/set", "@container": "@set"},
    "tongues": {"@id": "https://example.org/tongues", "@container": "@language"},
    "json": {"@id": "https://example.org/json", "@type": "@json"},
    "back": {"@reverse": "https://example.org/back"},
    "inner": {"@id": "https://example.org/inner", "@context": {"plain": "https://example.org/in"}},
    "nothing": None,
    "ex": "https://example.org/",
    "Scoped": {
        "@id": "https://example.org/Scoped",
        "@context": {"plain": {"@id": "https://example.org/scoped", "@type": "@id"}},
    },
}
NAMES: Final = st.sampled_from(
    [*(name for name in CONTEXT if name != "@version"), "ex:more", "urn:x", "@id", "@type",
     "@value", "@language", "@list", "@none", "@unknown", "unknown", "_:blank"]
)  # fmt: skip
WORDS: Final = st.sampled_from(
    ["word", "Scoped", "ex:thing", "https://example.org/x", "@id", "_:b", "", "de", " "]
)
VALUES: Final = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers(-3, 3) | st.just(1.5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
DEFAULTS: Final = st.sampled_from(
    [{}, {"@language": "en"}, {"@direction": "ltr"}, {"@vocab": "https://example.org/vocab#"}]
)


def outcome(kind: type[Any], document: Any) -> Any:
    """Return what `kind` makes of a document and what it drops, or what it dislikes."""
    dropped: list[Any] = []
    options = {
        "base": None,
        "contextResolver": ContextResolver(PROCESSING),
        "documentLoader": bundled().load,
        "keepFreeFloatingNodes": True,
        "processingMode": "json-ld-1.1",
    }
    try:
        return kind(on_property_dropped=dropped.append).expand(document, options), dropped
    except Exception as error:  # noqa: BLE001 - whatever PyLD stumbles over
        return type(error), getattr(error, "code", None)


def test_the_terms_are_ones_that_pyld_takes() -> None:
    expanded, dropped = outcome(JsonLdProcessor, {"@context": CONTEXT, "plain": "a", "vague": "b"})

    assert expanded == [{"https://example.org/plain": [{"@value": "a"}]}]
    assert len(dropped) == 1


@pytest.mark.parametrize(
    "document",
    [
        diagnosis_credential(ISSUER),
        coded_credential(ISSUER, codings=3, names=2),
        {
            "@context": [CREDENTIALS_V1, {"@vocab": "https://example.org/"}],
            "type": ["VerifiableCredential"],
            "issuer": ISSUER,
            "credentialSubject": {"given_name": "Ada", "nested": {"a": "b", "c": "d"}},
        },
        {"@context": [CREDENTIALS_V2, HEALTH_V1], "given_name": "Ada", "unknown": "dropped"},
        {"@context": CONTEXT, "plain": "a", "same": "b"},
        {"@context": [CONTEXT, {"@language": "en"}], "plain": "a"},
        {"@context": CONTEXT, "kind": "Scoped", "plain": "https://example.org/x"},
        {"@context": CONTEXT, "inner": {"plain": "a"}, "nothing": "b", "vague": "c"},
        # Objects of nothing but texts, whose short way is their own.
        {"@context": CONTEXT, "set": {"plain": "a", "same": "b"}},
        {"@context": CONTEXT, "set": {"plain": "a", "back": "b"}},
        {"@context": CONTEXT, "set": {"plain": "a", "vague": "b"}},
        {"@context": CONTEXT, "set": {"plain": "a", "typed": "b", "german": "c", "right": "d"}},
        {"@context": CONTEXT, "set": {"plain": "a", "list": "b", "json": "c", "inner": "d"}},
        {"@context": CONTEXT, "set": {"kind": "Scoped", "plain": "https://example.org/x"}},
        {"@context": [CONTEXT, {"@language": "en"}], "set": {"plain": "a"}},
        {"@context": [CONTEXT, {"@direction": "rtl"}], "set": {"plain": "a"}},
    ],
)
def test_a_document_is_expanded_as_pyld_does(document: Any) -> None:
    assert outcome(Processor, document) == outcome(JsonLdProcessor, document)


@settings(max_examples=300)
@given(
    st.dictionaries(NAMES, VALUES, max_size=4),
    st.dictionaries(NAMES, WORDS, max_size=3),
    DEFAULTS,
)
def test_whatever_the_document_the_outcome_is_that_of_pyld(
    members: dict[str, Any], texts: dict[str, str], defaults: dict[str, Any]
) -> None:
    document = {"@context": [CONTEXT, defaults], **members, "ex:texts": texts}

    assert outcome(Processor, document) == outcome(JsonLdProcessor, document)
