"""Give a JSON-LD processor its contexts, processed once where they are pinned.

Stands in for the resolver of PyLD, which keys contexts by their text, keeps those of strangers for
ever, and never finds again what it made of a type-scoped context.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, final

from ssi_core.errors import ContextError, WorkLimitError
from ssi_core.rdf import work
from ssi_core.rdf.contexts import Contexts

# An active context of PyLD: a mapping, named by its `_uuid`.
ActiveContext: TypeAlias = Mapping[str, Any]
# A context object, the active context that it was met in, and whether that was cloned for it.
_Key: TypeAlias = tuple[int, str, bool]

# The combinations in which honest documents nest pinned contexts are few.
_MAX_KEPT: Final = 512
# Term definitions that the contexts of one document may cost, each counted every time it is made.
_MAX_DEFINITIONS: Final = 10_000


@final
class PinnedProcessing:
    """What processing pinned contexts has led to. Threads may share it; it never grows large."""

    def __init__(self, contexts: Contexts) -> None:
        self.contexts = contexts
        # Identities stay valid as long as the documents live, and `contexts` keeps those.
        self.pinned = frozenset(
            identity for url in contexts.urls() for identity in _objects(contexts.document(url))
        )
        self._kept: dict[_Key, ActiveContext] = {}
        # Names of the active contexts that came of pinned contexts alone.
        self._own: set[str] = set()

    def find(self, key: _Key) -> ActiveContext | None:
        """Return the active context that `key` led to before, if it is still known."""
        return self._kept.get(key)

    def is_own(self, active: ActiveContext) -> bool:
        """Say whether no stranger's context has gone into `active`."""
        return active["_uuid"] in self._own

    def keep(self, key: _Key, processed: ActiveContext) -> None:
        """Remember what `key` led to; once there is too much, forget everything before it."""
        if len(self._kept) >= _MAX_KEPT:
            self._kept, self._own = {}, set()
        self._own.add(processed["_uuid"])
        self._kept[key] = processed


@final
class ContextResolver:
    """Resolves the contexts of one document, and counts what they cost."""

    def __init__(self, processing: PinnedProcessing) -> None:
        self._processing = processing
        self._initial: ActiveContext | None = None
        self._strange: dict[_Key, ActiveContext] = {}
        # Keeps the objects alive whose identities are keys above.
        self._seen: list[Any] = []
        self._definitions_left = _MAX_DEFINITIONS
        self._shared = work.left()

    def resolve(
        self, active: ActiveContext, context: Any, _base: str | None, _cycles: Any = None
    ) -> list["ResolvedContext"]:
        """Return the context objects that `context` (an object, URL, null or array) stands for."""
        if self._initial is None:
            # Nothing has been processed when the first context is met.
            self._initial = active
        documents = self._documents(context)
        return [
            ResolvedContext(self, document, met_in=None if index else active)
            for index, document in enumerate(documents)
        ]

    def find(self, key: _Key) -> ActiveContext | None:
        """Return what processing `key` led to before, if it did."""
        return self._processing.find(key) or self._strange.get(key)

    def keep(self, key: _Key, active: ActiveContext, processed: ActiveContext) -> None:
        """Remember what processing `key` in `active` led to: for this document, or for all."""
        own = active is self._initial or self._processing.is_own(active)
        if own and key[0] in self._processing.pinned:
            self._processing.keep(key, processed)
        else:
            self._strange[key] = processed

    def spend(self, document: Any) -> None:
        """Count the processing of one more context object."""
        inner = document.get("@context", document) if isinstance(document, Mapping) else ()
        definitions = 1 + (len(inner) if isinstance(inner, Mapping) else 0)
        self._definitions_left -= definitions
        self._shared.definitions -= definitions
        if self._definitions_left < 0 or self._shared.definitions < 0:
            raise WorkLimitError("contexts take more work than allowed", at="/@context")

    def _documents(self, context: Any) -> list[Any]:
        if isinstance(context, Mapping) and "@context" in context:
            context = context["@context"]
        if isinstance(context, list):
            return [document for item in context for document in self._item(item)]
        return self._item(context)

    def _item(self, item: Any) -> list[Any]:
        if isinstance(item, str):
            return self._documents(self._processing.contexts.document(item))
        if item is None or item is False:
            return [False]
        if not isinstance(item, Mapping):
            raise ContextError("a context is a URL, an object or null", at="/@context")
        self._seen.append(item)
        return [item]


@final
class ResolvedContext:
    """One context object, and what came of it in active contexts. PyLD reads `document`."""

    def __init__(
        self, resolver: ContextResolver, document: Any, *, met_in: ActiveContext | None
    ) -> None:
        self.document = document
        self._resolver = resolver
        # Where the first context of an array was met; others follow on what came of the one before.
        self._met_in = met_in

    def get_processed(self, active: ActiveContext) -> ActiveContext | None:
        """Return what came of this context in `active` before, if it did."""
        found = self._resolver.find(self._key(active))
        if found is None:
            self._resolver.spend(self.document)
        return found

    def set_processed(self, active: ActiveContext, processed: ActiveContext) -> None:
        """Remember what came of this context in `active`."""
        self._resolver.keep(self._key(active), self._met_in or active, processed)

    def _key(self, active: ActiveContext) -> _Key:
        # A context that is not to propagate is processed in a clone of the active context with a
        # new name each time. It is known by the name of the original.
        cloned = self._met_in is not None and active is not self._met_in
        original = self._met_in if self._met_in is not None else active
        return id(self.document), original["_uuid"], cloned


def _objects(value: Any) -> list[int]:
    """Return the identity of every object in a context document."""
    if isinstance(value, Mapping):
        return [id(value), *(found for item in value.values() for found in _objects(item))]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [found for item in value for found in _objects(item)]
    return []
