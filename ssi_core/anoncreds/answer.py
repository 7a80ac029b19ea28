"""Whether a presentation answers a request: what was asked, all of it, and nothing else."""

from collections.abc import Mapping

from ssi_core.anoncreds.presentation import AnonCredsPresentation, Shown
from ssi_core.anoncreds.request import Predicate, PresentationRequest
from ssi_core.anoncreds.values import encode, normalized
from ssi_core.errors import ProofError, QueryError

_REQUESTED = "/requested_proof"


def require_answer(
    presentation: AnonCredsPresentation, request: PresentationRequest
) -> Mapping[str, Mapping[str, str]]:
    """Return the values that were asked for, by referent and name as the request has them.

    Raises `QueryError` where something is missing, or is there that nobody asked for, and
    `ProofError` where a value is not one that was proven. The proof itself is not looked at.
    """
    if presentation.attributes.keys() != request.attributes.keys():
        raise QueryError("other attributes are shown than were asked for", at=_REQUESTED)
    if presentation.predicates.keys() != request.predicates.keys():
        raise QueryError("other predicates are proven than were asked for", at=_REQUESTED)
    if len(presentation.credentials) > 1 and not request.mix:
        raise QueryError("the answers are from several credentials", at="/identifiers")
    for credential in presentation.credentials:
        if credential.definition_id not in request.definitions:
            raise QueryError("a credential is of another definition", at="/identifiers")
    found = {
        referent: _values(presentation, presentation.attributes[referent], names)
        for referent, names in request.attributes.items()
    }
    _require_predicates(presentation, request)
    _require_nothing_else(presentation, request)
    return found


def _values(
    presentation: AnonCredsPresentation, shown: Shown, names: tuple[str, ...]
) -> Mapping[str, str]:
    wanted = {"" if len(names) == 1 else normalized(name): name for name in names}
    if shown.values.keys() != wanted.keys():
        raise QueryError("other attributes are shown than were asked for", at=_REQUESTED)
    proven = presentation.credentials[shown.credential].revealed
    for name, raw in shown.values.items():
        if proven.get(normalized(name or names[0])) != encode(raw, at=_REQUESTED):
            raise ProofError("a value is not the one that was proven", at=_REQUESTED)
    return {wanted[name]: raw for name, raw in shown.values.items()}


def _require_predicates(presentation: AnonCredsPresentation, request: PresentationRequest) -> None:
    for referent, predicate in request.predicates.items():
        credential = presentation.credentials[presentation.predicates[referent]]
        asked = Predicate(normalized(predicate.name), predicate.relation, predicate.value)
        if asked not in credential.predicates:
            raise QueryError("another predicate is proven than was asked for", at=_REQUESTED)


def _require_nothing_else(
    presentation: AnonCredsPresentation, request: PresentationRequest
) -> None:
    for index, credential in enumerate(presentation.credentials):
        shown = {
            normalized(name)
            for referent, names in request.attributes.items()
            if presentation.attributes[referent].credential == index
            for name in names
        }
        if credential.revealed.keys() != shown:
            raise QueryError("more is shown than was asked for", at="/proof/proofs")
        asked = {
            (normalized(predicate.name), predicate.relation, predicate.value)
            for referent, predicate in request.predicates.items()
            if presentation.predicates[referent] == index
        }
        proven = {(item.name, item.relation, item.value) for item in credential.predicates}
        if proven != asked:
            raise QueryError("more is proven than was asked for", at="/proof/proofs")
