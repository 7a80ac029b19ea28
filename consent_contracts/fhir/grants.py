"""Rules from a FHIR Consent, and what stands around its provisions, as grants."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from consent_contracts.fhir.correspondence import Correspondence
from consent_contracts.fhir.element import IDENTIFIER, Element
from consent_contracts.fhir.moment import matching
from consent_contracts.fhir.notice import read_notice
from consent_contracts.fhir.parties import read_grantor, read_subject
from consent_contracts.fhir.rule import Rule
from consent_contracts.fhir.terms import Terms, read_terms
from consent_contracts.fhir.vocabulary import GRANT_SYSTEM, FhirVersion, Own
from consent_contracts.grant import MAX_PERIOD, Grant
from consent_contracts.terms import Limits, Obligation
from ssi_core import jcs
from ssi_core.encoding import base64url_encode
from ssi_core.errors import DataLossError, MalformedError
from ssi_core.period import Period


def grants_of(
    rules: tuple[Rule, ...], consent: Element, c: Correspondence, version: FhirVersion
) -> tuple[Grant, ...]:
    """Return the grant that each rule becomes.

    One that answers no request of ours names the document that it comes from: the SHA-256 of its
    canonical form (RFC 8785).
    """
    log, grant_id = consent.own_text(Own.LOG) or c.log, _grant_id(consent)
    if log is None:
        raise DataLossError("in which log the grant stands is not said", at="/extension")
    if len(rules) > 1 and grant_id is not None:
        raise DataLossError("one entry in a log is one grant", at="/identifier")
    content = sha256(jcs.canonicalize(consent.members)).digest()
    terms = read_terms(consent, c, request_digest=base64url_encode(content))
    holder_keys = read_subject(consent, c, version)
    grantor, notice = read_grantor(consent, c, version), read_notice(consent, c, version)
    dated = _dated(consent, c, version)
    return tuple(
        Grant(
            id=grant_id,
            log=log,
            holder_keys=holder_keys,
            grantor=grantor,
            recipient=rule.recipient,
            effect=rule.effect,
            purposes=rule.purposes,
            except_purposes=rule.except_purposes,
            scope=rule.claims,
            records=(*rule.giving, *rule.withheld),
            period=_period(rule, c, dated),
            max_staleness=terms.max_staleness,
            limits=_limits(rule, terms),
            obligations=_obligations(rule, terms),
            data_use=terms.data_use,
            notice=notice,
            request_digest=terms.request_digest,
            supersedes=terms.supersedes,
        )
        for rule in rules
    )


def _period(rule: Rule, c: Correspondence, dated: datetime | None) -> Period:
    start, end, at = rule.period.start or dated, rule.period.end, f"{rule.at}/period"
    if start is None:
        raise DataLossError("when it begins is not said", at=at)
    if end is None:
        if c.open_end is None:
            raise DataLossError("when it ends is not said", at=at)
        end = start + c.open_end
    if not start < end:
        raise MalformedError("a period ends after it starts", at=at)
    if end - start > MAX_PERIOD:
        raise DataLossError("a grant lasts ten years at most", at=at)
    return Period(start, end)


def _limits(rule: Rule, terms: Terms) -> Limits:
    if rule.actions is None:
        return terms.limits
    onward = terms.limits.onward_sharing and rule.actions.disclose
    return replace(terms.limits, onward_sharing=onward)


def _obligations(rule: Rule, terms: Terms) -> frozenset[Obligation]:
    if rule.actions is None or rule.actions.collect:
        return terms.obligations
    return terms.obligations | {Obligation.ERASE_AFTER_USE}


def _dated(consent: Element, c: Correspondence, version: FhirVersion) -> datetime | None:
    name = "dateTime" if version is FhirVersion.R4 else "date"
    text = consent.text(name)
    return None if text is None else matching(text, zone=c.zone, at=f"/{name}")[0]


def _grant_id(consent: Element) -> str | None:
    found = [
        each.required("value")
        for each in consent.children("identifier", IDENTIFIER)
        if each.text("system") == GRANT_SYSTEM
    ]
    if len(found) > 1:
        raise MalformedError("a grant has one id", at="/identifier")
    return found[0] if found else None
