"""The terms of a grant that FHIR has no elements for, as one extension."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from consent_contracts.data_use import DataUseTerm, parse_data_use
from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.element import Element
from consent_contracts.fhir.vocabulary import Own
from consent_contracts.grant import Grant
from consent_contracts.terms import Limits, Obligation, parse_obligations
from consent_contracts.wire import as_digest, as_duration, require_known
from ssi_core import strict_json
from ssi_core.errors import DataLossError
from ssi_core.strict_json import as_object, as_text

_AT: Final = "/extension"
_MEMBERS: Final = (
    "max_staleness", "limits", "obligations", "data_use", "request", "supersedes",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a grant says beyond who, why, when and what; the names are those of `Grant`."""

    max_staleness: timedelta
    limits: Limits
    obligations: frozenset[Obligation]
    request_digest: str
    data_use: tuple[DataUseTerm, ...] = ()
    supersedes: str | None = None


def read_terms(consent: Element, c: Correspondence, *, request_digest: str) -> Terms:
    """Return the terms that a Consent of ours has, or those that the caller gives the others."""
    text = consent.own_text(Own.TERMS)
    if text is None:
        if c.max_staleness is None:
            raise DataLossError("how old evidence may be is not said", at=_AT)
        return Terms(
            max_staleness=c.max_staleness,
            limits=c.limits,
            obligations=c.obligations,
            request_digest=request_digest,
        )
    source = as_object(strict_json.parse(text), at=_AT)
    require_known(source, _MEMBERS, at=_AT)
    data_use, supersedes = source.get("data_use"), source.get("supersedes")
    return Terms(
        max_staleness=as_duration(source.get("max_staleness"), at=_AT),
        limits=Limits.parse(source.get("limits"), at=_AT),
        obligations=parse_obligations(source.get("obligations"), at=_AT),
        request_digest=as_digest(source.get("request"), at=_AT),
        data_use=() if data_use is None else parse_data_use(data_use, at=_AT),
        supersedes=None if supersedes is None else as_text(supersedes, at=_AT),
    )


def write_terms(grant: Grant) -> str:
    """Return the text that `read_terms` reads."""
    terms = as_object(grant.disclosed()["terms"], at=_AT)
    return strict_json.render({name: terms[name] for name in _MEMBERS if name in terms})
