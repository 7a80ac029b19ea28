"""The JSON-LD processor of PyLD, with short ways to the answers that it is asked for most.

What a short way does not cover takes PyLD's own, and every answer is the one that PyLD gives:
`tests/unit/ssi_core/rdf/test_processor.py` compares them.
"""

import re
from collections.abc import Mapping
from secrets import token_hex
from typing import Any, Final, final

from pyld.jsonld import JsonLdProcessor

_NOT_DEFINED: Final = object()
# What a term definition of PyLD may have, and leave the value of the term as it is.
_SAYS_NOTHING: Final = frozenset({"@id", "_prefix", "_term_has_colon", "protected", "reverse"})
_ABSOLUTE_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S*", re.ASCII)


@final
class Processor(JsonLdProcessor):  # type: ignore[misc]  # it ships no types
    """Expands one document; a property that it would drop goes to `on_property_dropped`."""

    def _expand_iri(  # noqa: PLR0917 - PyLD's own signature
        self,
        active_ctx: Mapping[str, Any],
        value: Any,
        base: Any = None,
        vocab: Any = False,  # noqa: FBT002
        local_ctx: Any = None,
        defined: Any = None,
    ) -> Any:
        """Return the IRI of `value`: at once for a term that the context defines."""
        if value is None:
            return None
        # What begins with "@" is a keyword, or looks like one.
        if vocab and local_ctx is None and type(value) is str and value[:1] != "@":
            definition = active_ctx["mappings"].get(value, _NOT_DEFINED)
            if definition is not _NOT_DEFINED:
                return None if definition is None else definition["@id"]
        return super()._expand_iri(active_ctx, value, base, vocab, local_ctx, defined)

    def _expand(
        self,
        active_ctx: Mapping[str, Any],
        active_property: Any,
        element: Any,
        *more: Any,
        **named: Any,
    ) -> Any:
        """Return what an element means: at once for text that nothing is said about."""
        if type(element) is str and _is_plain(active_ctx, active_property):
            return {"@value": element}
        return super()._expand(active_ctx, active_property, element, *more, **named)

    def _expand_object(  # noqa: PLR0917 - PyLD's own signature
        self,
        active_ctx: Mapping[str, Any],
        active_property: Any,
        expanded_active_property: Any,
        element: Mapping[str, Any],
        expanded_parent: dict[str, Any],
        *more: Any,
        **named: Any,
    ) -> None:
        """Put the members of `element` into `expanded_parent`: at once if all are plain text."""
        if not expanded_parent and (plain := _plain_members(active_ctx, element)) is not None:
            expanded_parent.update(plain)
            return
        super()._expand_object(
            active_ctx,
            active_property,
            expanded_active_property,
            element,
            expanded_parent,
            *more,
            **named,
        )

    def _clone_active_context(self, active_ctx: Mapping[str, Any]) -> dict[str, Any]:
        """Return a child of `active_ctx`, named already: PyLD's own names take longer to make."""
        child: dict[str, Any] = super()._clone_active_context(active_ctx)
        child["_uuid"] = token_hex(16)
        return child


def _plain_members(
    active_ctx: Mapping[str, Any], element: Mapping[str, Any]
) -> dict[str, list[Any]] | None:
    """Return `element` expanded if each member is a text that nothing is said about."""
    if "@language" in active_ctx or "@direction" in active_ctx:
        return None
    mappings, found = active_ctx["mappings"], {}
    for name in sorted(element):
        value, definition = element[name], mappings.get(name)
        if (
            type(value) is not str
            or definition is None
            or definition["reverse"]
            or not definition.keys() <= _SAYS_NOTHING
            or _ABSOLUTE_IRI.fullmatch(definition["@id"] or "") is None
        ):
            return None
        found[definition["@id"]] = [{"@value": value}]
    # Where two members have one meaning, their values come together: not a matter for here.
    return found if len(found) == len(element) else None


def _is_plain(active_ctx: Mapping[str, Any], active_property: Any) -> bool:
    """Say whether the text of a property is to be kept as it is."""
    definition = active_ctx["mappings"].get(active_property)
    return (
        definition is not None
        # A term may also be defined to mean nothing, or a keyword.
        and (definition["@id"] or "@")[0] != "@"
        and "@type" not in definition
        and "@language" not in definition
        and "@direction" not in definition
        and "@language" not in active_ctx
        and "@direction" not in active_ctx
    )
