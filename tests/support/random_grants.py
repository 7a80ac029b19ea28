"""Hypothesis strategies for grants of every kind: permissions, objections, claims, records."""

from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import assume
from hypothesis import strategies as st

from consent_contracts.access import AccessLevel
from consent_contracts.data_use import DataUseTerm
from consent_contracts.duo import DataUse
from consent_contracts.grant import Grant
from consent_contracts.grantor import Grantor
from consent_contracts.health_record import CONFIDENTIALITY
from consent_contracts.purpose import Purpose, covered_by
from consent_contracts.recipient import Accreditation, Recipient, RecipientKind
from consent_contracts.record_scope import RecordScope
from consent_contracts.scope import ScopeItem
from consent_contracts.terms import Effect, Limits, Notice, Obligation
from ssi_core.did.syntax import Did
from ssi_core.period import Period
from tests.support.consent import digest

_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SECONDS: Final = st.integers(1, 300_000_000).map(lambda count: timedelta(seconds=count))
_ACTCODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_KEYS: Final = st.frozensets(
    st.sampled_from([digest(f"key {number}") for number in range(4)]), min_size=1
)
_PARTIES: Final[st.SearchStrategy[Did | Accreditation]] = st.sampled_from(
    [
        Did("web", "clinic.example"),
        Did("web", "insurer.example"),
        Accreditation(RecipientKind.INSURER, Did("web", "authority.example")),
    ]
)
_ROLES: Final = st.none() | st.sampled_from(["nurse", "chief physician"])
_SOMEBODY: Final = st.builds(Recipient, _PARTIES, _ROLES)
_PURPOSES: Final = st.frozensets(st.sampled_from(list(Purpose)), min_size=1, max_size=3)
_RESEARCH: Final = st.frozensets(st.sampled_from(sorted(Purpose.HRESCH.covered)), min_size=1)
_MOMENTS: Final = _SECONDS.map(lambda span: _START + span)


def _some(*texts: str) -> st.SearchStrategy[frozenset[str]]:
    return st.just(frozenset[str]()) | st.frozensets(st.sampled_from(texts), min_size=1)


@st.composite
def _spans(draw: st.DrawFn) -> Period | None:
    start, length = draw(st.none() | _MOMENTS), draw(st.none() | _SECONDS)
    if start is None:
        return None if length is None else Period(None, _START + length)
    return Period(start, None if length is None else start + length)


@st.composite
def record_scopes(draw: st.DrawFn) -> RecordScope:
    """Return a record scope, with any of its conditions."""
    return RecordScope(
        access=draw(st.sampled_from(AccessLevel)),
        resource_types=draw(_some("Observation", "Condition")),
        instances=draw(_some("a1", "b-2", "not an id!")),
        categories=draw(_some("http://example.org/category|laboratory", "urn:c|vital-signs")),
        codes=draw(_some("http://loinc.org|2339-0", "http://snomed.info/sct|44054006")),
        labels=draw(_some(f"{CONFIDENTIALITY}|N", f"{_ACTCODE}|PSY")),
        authors=draw(_some("Practitioner/7", "did:web:clinic.example")),
        care_contexts=draw(_some("Encounter/3", "did:web:clinic.example")),
        data_period=draw(_spans()),
    )


@st.composite
def _claims(draw: st.DrawFn) -> ScopeItem:
    return ScopeItem(
        vct=draw(st.sampled_from(["urn:consentry:diagnosis:1", "urn:consentry:immunization:1"])),
        claims=draw(
            st.frozensets(st.sampled_from([("a",), ("a", "b"), ("l", None), ("l", 0)]), min_size=1)
        ),
        access=draw(st.sampled_from(AccessLevel)),
    )


@st.composite
def _limits(draw: st.DrawFn) -> Limits:
    return Limits(
        onward_sharing=draw(st.booleans()),
        uses=draw(st.none() | st.integers(1, 9)),
        interval=draw(st.none() | st.just(timedelta(hours=1))),
        erase_by=draw(st.none() | _MOMENTS),
        jurisdictions=draw(st.none() | st.frozensets(st.sampled_from(["DE", "FR"]), min_size=1)),
        minimum_group_size=draw(st.none() | st.integers(1, 99)),
    )


_DATA_USE: Final = st.sampled_from(
    [
        (),
        (DataUseTerm(term=DataUse.GRU),),
        (
            DataUseTerm(term=DataUse.DS, texts=frozenset({"MONDO:0005015"})),
            DataUseTerm(term=DataUse.TS, months=12),
        ),
    ]
)


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    """Return any grant at all."""
    effect = draw(st.sampled_from(Effect))
    data_use = draw(_DATA_USE) if effect is Effect.PERMIT else ()
    purposes = draw(_RESEARCH if data_use else _PURPOSES)
    excepted = draw(st.just(frozenset[Purpose]()) | _PURPOSES)
    assume(not covered_by(purposes) <= covered_by(excepted))
    scope = tuple(draw(st.lists(_claims(), max_size=2)))
    records = tuple(draw(st.lists(record_scopes(), max_size=4, min_size=0 if scope else 1)))
    levels = [item.access for item in scope] + [item.access for item in records]
    assume(effect is Effect.PERMIT or any(each.rank for each in levels))
    start = draw(_MOMENTS)
    return Grant(
        id=draw(st.none() | st.just("zGrant")),
        log="registry.example/2026",
        holder_keys=draw(_KEYS),
        grantor=draw(st.none() | st.builds(Grantor, keys=_KEYS, delegation=st.just("zDelegation"))),
        recipient=draw(_SOMEBODY if effect is Effect.PERMIT else _objected()),
        effect=effect,
        purposes=purposes,
        except_purposes=excepted,
        scope=scope,
        records=records,
        period=Period(start, start + draw(_SECONDS)),
        max_staleness=draw(st.integers(1, 90_000).map(lambda count: timedelta(seconds=count))),
        limits=draw(_limits()),
        obligations=draw(st.frozensets(st.sampled_from(Obligation))),
        data_use=data_use,
        notice=Notice(draw(st.sampled_from(["en", "de-CH"])), digest("notice")),
        request_digest=digest("request"),
        supersedes=draw(st.none() | st.just("zEarlier")),
    )


@st.composite
def _objected(draw: st.DrawFn) -> Recipient:
    excepted = draw(st.frozensets(_SOMEBODY, max_size=2))
    return Recipient(draw(st.none() | _PARTIES), draw(_ROLES), excepted)
