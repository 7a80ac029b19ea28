"""JSON-LD 1.1 in the safe way that signatures need: everything is kept, or the document refused.

https://www.w3.org/TR/vc-data-integrity/#securing-data-losslessly
"""

from collections.abc import Iterator
from typing import Any, Final, NoReturn, final

from pyld.jsonld import JsonLdError

from ssi_core import strict_json
from ssi_core.errors import ContextError, DataLossError, MalformedError, SsiError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.rdf.context_resolver import ContextResolver, PinnedProcessing
from ssi_core.rdf.contexts import Contexts
from ssi_core.rdf.expanded import Statements
from ssi_core.rdf.json_ld_input import JsonLdInput
from ssi_core.rdf.n_quads import Quad
from ssi_core.rdf.processor import Processor

_PROTECTED: Final = frozenset({"protected term redefinition", "invalid context nullification"})


@final
class JsonLd:
    """A JSON-LD processor that knows the contexts it was given, and no others.

    Refuses undefined terms and types, relative IRIs, and every value that RDF would drop, merge or
    rewrite: `DataLossError`. There is no base IRI. Threads may share one.
    """

    def __init__(self, contexts: Contexts) -> None:
        self.contexts = contexts
        self._processing = PinnedProcessing(contexts)

    def to_quads(self, document: JsonObject) -> tuple[Quad, ...]:
        """Return what `document` states in RDF, each quad once, blank nodes named anyhow."""
        source = JsonLdInput(document)
        statements = Statements(self._expand(source))
        if statements.nulls != source.nulls:
            raise DataLossError("a null would be lost")
        if statements.empty_arrays != source.empty_arrays:
            raise DataLossError("an empty array would be lost")
        return statements.quads

    def expand(self, document: JsonObject) -> list[Any]:
        """Return `document` in expanded form."""
        return self._expand(JsonLdInput(document))

    def compact(self, expanded: list[Any], *, context: JsonValue) -> JsonObject:
        """Return an expanded document in the terms of `context`: for documents already trusted.

        Expand first, which bounds and checks a document; compacting does neither.
        """
        try:
            compacted: Any = Processor().compact(expanded, context, self._options())
        except Exception as error:  # noqa: BLE001 - PyLD raises whatever it stumbles over
            _refuse(error)
        return strict_json.as_object(compacted, at="")

    def _expand(self, source: JsonLdInput) -> list[Any]:
        processor = Processor(on_property_dropped=_refuse_property)
        try:
            expanded: list[Any] = processor.expand(_Uncopied(source.document), self._options())
        except Exception as error:  # noqa: BLE001 - PyLD raises whatever it stumbles over
            _refuse(error)
        return expanded

    def _options(self) -> dict[str, Any]:
        return {
            "base": None,
            "contextResolver": ContextResolver(self._processing),
            "documentLoader": self.contexts.load,
            # Free-floating nodes are for us to refuse, not for PyLD to drop.
            "keepFreeFloatingNodes": True,
            "processingMode": "json-ld-1.1",
        }


class _Uncopied(dict[str, Any]):
    """A document that PyLD need not copy before it reads it: it is a copy."""

    def __deepcopy__(self, _memo: dict[int, Any]) -> "_Uncopied":
        return self


def _refuse_property(_name: str | None) -> NoReturn:
    raise DataLossError("a term is not defined")


def _refuse(error: Exception) -> NoReturn:
    """Raise the error of ours that lies behind `error`, or one that says what PyLD disliked."""
    for cause in _causes(error):
        if isinstance(cause, SsiError):
            raise cause from None
        if isinstance(cause, JsonLdError) and cause.code in _PROTECTED:
            raise ContextError("a context redefines a protected term", at="/@context") from None
    raise MalformedError("the document is not valid JSON-LD") from None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
