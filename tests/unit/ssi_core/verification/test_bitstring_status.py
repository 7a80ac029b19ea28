from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import strict_json
from ssi_core.credential.contexts import CREDENTIALS_V1, CREDENTIALS_V2
from ssi_core.credential.presentation import Envelope
from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.errors import (
    MalformedError,
    NotFoundError,
    RejectedError,
    RevokedError,
    SsiError,
    StaleError,
    StatusUndeterminedError,
    SuspendedError,
    UnavailableError,
)
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from ssi_core.status.bitstring import BitstringStatusList
from ssi_core.verification import DidNeed, Evidence, FetchedCredential, StatusCredentialNeed
from ssi_core.verification.bitstring_status import (
    BitstringPolicy,
    StatusMessage,
    require_statuses,
    status_needs,
)
from ssi_core.verification.enveloped import EnvelopedPolicy
from ssi_core.verification.fetched_credential import fetched_needs, lifetime_of
from tests.support.status_lists import (
    INDEX,
    ISSUER,
    LIST_URL,
    NOON,
    OTHER,
    POLICY,
    RDFC,
    credential,
    documents,
    entry,
    enveloped,
    evidence,
    fetched,
    signed,
    unsigned_list,
)

_SPEC = "Bitstring Status List 1.0"
_POLICY = BitstringPolicy(data_integrity=POLICY)
_OWN = "https://clinic.example/purposes#recalled"


def _statuses(
    *lists: JsonObject, entries: Any = None, policy: BitstringPolicy = _POLICY, **changes: Any
) -> tuple[StatusMessage, ...]:
    asked = credential(*([entry()] if entries is None else entries))
    given = {"evidence": evidence(*lists), "policy": policy, "at": NOON, **changes}
    return require_statuses(asked, **given)


def _undetermined(*lists: JsonObject, **changes: Any) -> StatusUndeterminedError:
    with pytest.raises(StatusUndeterminedError) as refused:
        _statuses(*lists, **changes)
    return refused.value


@pytest.mark.spec(_SPEC, "3.2")
@pytest.mark.parametrize("options", [{}, {"suite": RDFC}])
def test_a_credential_that_its_list_does_not_take_back_is_good(options: dict[str, Any]):
    (found,) = _statuses(signed(unsigned_list({INDEX + 1: 1}), **options))

    assert (found.purpose, found.status, found.valid) == ("revocation", 0, True)
    assert found.message == "unset"


@pytest.mark.spec(_SPEC, "3.2")
@pytest.mark.parametrize("options", [{}, {"suite": RDFC}])
def test_a_revoked_credential_is_refused(options: dict[str, Any]):
    with pytest.raises(RevokedError):
        _statuses(signed(unsigned_list({INDEX: 1}), **options))


@pytest.mark.spec(_SPEC, "3.2")
def test_a_suspended_credential_is_refused_as_suspended():
    suspended = signed(unsigned_list({INDEX: 1}, subject={"statusPurpose": "suspension"}))

    with pytest.raises(SuspendedError):
        _statuses(suspended, entries=[entry(statusPurpose="suspension")])


def test_several_statuses_are_all_looked_up_each_in_its_own_list():
    second = f"{LIST_URL}/suspension"
    entries = [entry(), entry(statusPurpose="suspension", statusListCredential=second)]
    good = signed(unsigned_list())
    bad = signed(
        unsigned_list({INDEX: 1}, id=second, subject={"statusPurpose": "suspension"}),
    )

    assert status_needs(credential(*entries)) == {
        StatusCredentialNeed(LIST_URL),
        StatusCredentialNeed(second),
    }
    with pytest.raises(SuspendedError):
        _statuses(good, bad, entries=entries)
    assert "not collected" in _undetermined(good, entries=entries).reason


@pytest.mark.spec(_SPEC, "3.2")
def test_one_list_may_be_for_several_purposes():
    both = signed(unsigned_list(subject={"statusPurpose": ["revocation", "suspension"]}))

    found = _statuses(both, entries=[entry(), entry(statusPurpose="suspension")])

    assert [item.purpose for item in found] == ["revocation", "suspension"]


@pytest.mark.spec(_SPEC, "3.2")
def test_a_message_is_told_and_refuses_nothing():
    messages = [{"status": hex(value), "message": f"m{value}"} for value in range(4)]
    told = entry(
        statusPurpose="message",
        statusSize=2,
        statusMessage=messages,
        statusReference="https://clinic.example/dictionary",
    )
    published = signed(unsigned_list({INDEX: 2}, size=2, subject={"statusPurpose": "message"}))

    (found,) = _statuses(published, entries=[told])

    assert (found.status, found.message, found.valid) == (2, "m2", False)
    assert found.references == ("https://clinic.example/dictionary",)


def test_a_refresh_is_told_and_refuses_nothing():
    published = signed(unsigned_list({INDEX: 1}, subject={"statusPurpose": "refresh"}))

    (found,) = _statuses(published, entries=[entry(statusPurpose="refresh")])

    assert (found.purpose, found.status, found.message) == ("refresh", 1, "set")


def test_a_purpose_of_somebodys_own_refuses_only_where_the_policy_names_it():
    published = signed(unsigned_list({INDEX: 1}, subject={"statusPurpose": _OWN}))
    strict = replace(_POLICY, refusing_purposes=frozenset({_OWN}))

    (found,) = _statuses(published, entries=[entry(statusPurpose=_OWN)])

    assert (found.purpose, found.status) == (_OWN, 1)
    with pytest.raises(RejectedError):
        _statuses(published, entries=[entry(statusPurpose=_OWN)], policy=strict)


def test_a_policy_cannot_make_a_message_refuse():
    with pytest.raises(MalformedError):
        replace(_POLICY, refusing_purposes=frozenset({"message"}))


def test_a_credential_without_a_status_is_good_unless_the_policy_wants_one():
    assert _statuses(entries=[]) == ()

    _undetermined(entries=[], policy=replace(_POLICY, require_status=True))


def test_a_status_of_another_type_cannot_be_known_here():
    other = {"id": "https://clinic.example/other", "type": "OtherStatus"}

    assert "type" in _undetermined(entries=[other]).reason
    assert _statuses(entries=[other], policy=replace(_POLICY, ignore_other_types=True)) == ()


def test_an_entry_that_breaks_a_must_is_the_credentials_own_fault():
    with pytest.raises(MalformedError):
        _statuses(signed(unsigned_list()), entries=[entry(statusListIndex=7)])


@pytest.mark.spec(_SPEC, "3.2 STATUS_RETRIEVAL_ERROR")
@pytest.mark.parametrize("reason", [UnavailableError("away"), NotFoundError("gone"), None])
def test_a_list_that_could_not_be_fetched_leaves_the_status_open(reason: SsiError | None):
    facts = Evidence(status_credentials={} if reason is None else {LIST_URL: reason})

    assert _undetermined(evidence=facts).error == "STATUS_RETRIEVAL_ERROR"


@pytest.mark.spec(_SPEC, "3.2 STATUS_VERIFICATION_ERROR")
@pytest.mark.parametrize(
    "changed",
    [
        {"id": "https://clinic.example/status/4"},
        {"id": None},
        {"type": ["VerifiableCredential"]},
        {"subject": {"type": "Other"}},
        {"subject": {"statusPurpose": "suspension"}},
        {"subject": {"statusPurpose": ["suspension", "refresh"]}},
        {"subject": {"encodedList": 7}},
        {"validUntil": "2026-11-20T11:59:59Z"},
        {"validFrom": "2026-11-20T12:00:01Z"},
        {"credentialStatus": entry()},
        {"@context": [CREDENTIALS_V1]},
        {"@context": "nothing"},
        {"issuer": "https://clinic.example"},
    ],
)
def test_a_list_that_is_not_what_it_must_be_leaves_the_status_open(changed: dict[str, Any]):
    served = {LIST_URL: fetched(signed(unsigned_list(**changed)))}
    facts = Evidence(dids=documents(), status_credentials=served)

    assert _undetermined(evidence=facts).error == "STATUS_VERIFICATION_ERROR"


@pytest.mark.spec(_SPEC, "3.2 STATUS_VERIFICATION_ERROR")
@pytest.mark.parametrize(
    "published",
    [
        unsigned_list(),
        {**signed(unsigned_list()), "validUntil": "2027-01-01T00:00:00Z"},
        signed(unsigned_list(), OTHER),
        signed(unsigned_list(), purpose="authentication"),
        signed(unsigned_list(), options={"expires": "2026-11-20T12:00:00Z"}),
        signed(unsigned_list(), verification_method="did:key:zUnknown#zUnknown"),
        signed(signed(unsigned_list(issuer="did:example:nobody")), OTHER),
    ],
)
def test_a_list_whose_proof_does_not_hold_leaves_the_status_open(published: JsonObject):
    assert _undetermined(published).error == "STATUS_VERIFICATION_ERROR"


@pytest.mark.spec(_SPEC, "2.2")
def test_another_party_may_publish_the_list_if_the_policy_names_it():
    other = str(did_key.did_for(OTHER.public_key))
    published = signed(unsigned_list({INDEX: 1}, issuer=other), OTHER)

    assert "issuer" in _undetermined(published).reason
    with pytest.raises(RevokedError):
        _statuses(published, policy=replace(_POLICY, status_issuers=frozenset({other})))


@pytest.mark.spec(_SPEC, "3.2 STATUS_LIST_LENGTH_ERROR")
@pytest.mark.parametrize(("size", "length"), [(1, 16_383), (2, 16_384)])
def test_a_list_too_short_for_herd_privacy_leaves_the_status_open(size: int, length: int):
    short = BitstringStatusList(bytes(length), size).encode()
    messages = [{"status": hex(value), "message": f"m{value}"} for value in range(1 << size)]
    entries = [entry(statusSize=size, statusMessage=messages)]

    error = _undetermined(signed(unsigned_list(subject={"encodedList": short})), entries=entries)

    assert error.error == "STATUS_LIST_LENGTH_ERROR"


@pytest.mark.spec(_SPEC, "3.2 RANGE_ERROR")
@pytest.mark.parametrize("index", ["131072", "9" * 200])
def test_an_index_outside_the_list_leaves_the_status_open(index: str):
    entries = [entry(statusListIndex=index)]

    assert _undetermined(signed(unsigned_list()), entries=entries).error == "RANGE_ERROR"


@pytest.mark.spec(_SPEC, "3 MALFORMED_VALUE_ERROR")
@pytest.mark.parametrize("text", ["u", "zzz", "uH4sI", "uAAAA"])
def test_a_list_that_cannot_be_inflated_leaves_the_status_open(text: str):
    published = signed(unsigned_list(subject={"encodedList": text}))

    assert _undetermined(published).error == "MALFORMED_VALUE_ERROR"


def test_a_list_that_is_older_than_the_policy_allows_is_stale():
    policy = replace(_POLICY, max_age=timedelta(minutes=10))
    old = "2026-11-20T11:00:00Z"
    aged = signed(unsigned_list(validFrom=old), created=NOON - timedelta(minutes=11))

    # The later of its moments counts: a list may begin long before it was last signed.
    assert len(_statuses(signed(unsigned_list(validFrom=old)), policy=policy)) == 1
    with pytest.raises(StaleError):
        _statuses(aged, policy=policy)
    with pytest.raises(StaleError):
        _statuses(signed(unsigned_list(validFrom=None), created=None), policy=policy)


def test_a_list_of_an_unknown_media_type_is_not_read():
    body = fetched(signed(unsigned_list())).body
    served = FetchedCredential(media_type="text/html", body=body)
    facts = Evidence(dids=documents(), status_credentials={LIST_URL: served})

    assert "media type" in _undetermined(evidence=facts).reason
    assert fetched_needs(served) == frozenset()


@pytest.mark.parametrize(
    "media_type", ["application/vc", "Application/VC; charset=utf-8", "application/json"]
)
def test_a_list_is_read_under_each_name_of_its_media_type(media_type: str):
    served = fetched(signed(unsigned_list()), media_type)
    facts = Evidence(dids=documents(), status_credentials={LIST_URL: served})

    assert len(_statuses(evidence=facts)) == 1
    assert fetched_needs(served) == {DidNeed(Did.parse(ISSUER))}


def test_a_list_says_for_how_long_it_may_be_kept():
    life = lifetime_of(fetched(signed(unsigned_list())))

    assert (life.ttl, life.valid_until) == (timedelta(minutes=5), NOON + timedelta(hours=1))
    with pytest.raises(MalformedError):
        lifetime_of(fetched({"@context": [CREDENTIALS_V2]}))


@given(st.binary(max_size=200))
def test_junk_in_place_of_a_list_leaves_the_status_open(body: bytes):
    served = FetchedCredential(media_type="application/vc", body=body)

    _undetermined(evidence=Evidence(dids=documents(), status_credentials={LIST_URL: served}))


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_flipped_bit_makes_a_revoked_credential_good(place: int, bit: int):
    body = bytearray(strict_json.render(signed(unsigned_list({INDEX: 1}))).encode())
    body[place % len(body)] ^= 1 << bit
    served = FetchedCredential(media_type="application/vc", body=bytes(body))
    facts = Evidence(dids=documents(), status_credentials={LIST_URL: served})

    with pytest.raises((RevokedError, StatusUndeterminedError)):
        _statuses(evidence=facts)


_FORMS = ["application/vc+jwt", "application/vc+sd-jwt", "application/vc+cose"]
_OPEN = replace(
    _POLICY,
    enveloped=EnvelopedPolicy(algorithms=frozenset({"EdDSA"}), media_types=frozenset(_FORMS)),
)


def _served(served: FetchedCredential) -> Evidence:
    return Evidence(dids=documents(), status_credentials={LIST_URL: served})


@pytest.mark.spec(_SPEC, "3.6")
@pytest.mark.parametrize("media_type", _FORMS)
def test_a_list_in_an_envelope_decides_where_envelopes_are_accepted(media_type: str):
    good = enveloped(unsigned_list(), media_type)
    bad = enveloped(unsigned_list({INDEX: 1}), media_type)

    assert fetched_needs(good) == {DidNeed(Did.parse(ISSUER))}
    assert lifetime_of(good).ttl == timedelta(minutes=5)
    assert len(_statuses(evidence=_served(good), policy=_OPEN)) == 1
    with pytest.raises(RevokedError):
        _statuses(evidence=_served(bad), policy=_OPEN)
    assert "envelope" in _undetermined(evidence=_served(good)).reason


@pytest.mark.parametrize("media_type", _FORMS)
def test_a_list_in_an_envelope_of_another_or_a_changed_one_leaves_the_status_open(media_type: str):
    own = enveloped(unsigned_list({INDEX: 1}), media_type)
    changed = own.body[:-60] + bytes(reversed(own.body[-60:]))

    for served in (
        enveloped(unsigned_list(), media_type, OTHER),
        replace(own, body=changed),
        replace(own, body=b"\xff"),
        replace(own, media_type="application/vc"),
        replace(own, media_type=_FORMS[_FORMS.index(media_type) - 1]),
    ):
        assert _undetermined(evidence=_served(served), policy=_OPEN).error


@pytest.mark.parametrize("media_type", _FORMS)
def test_a_list_in_an_envelope_inside_json_is_opened(media_type: str):
    inside = enveloped(unsigned_list({INDEX: 1}), media_type)
    content = b64encode(inside.body) if media_type.endswith("cose") else inside.body
    envelope = Envelope.of(media_type, content.decode())

    with pytest.raises(RevokedError):
        _statuses(evidence=_served(fetched(envelope.source)), policy=_OPEN)


def test_a_list_in_an_envelope_is_as_old_as_it_says():
    policy = replace(_OPEN, max_age=timedelta(minutes=10))
    source = unsigned_list(validFrom=None)

    def aged(minutes: int) -> Evidence:
        issued_at = to_timestamp(NOON - timedelta(minutes=minutes))
        return _served(enveloped(source, _FORMS[0], claims={"iat": issued_at}))

    assert len(_statuses(evidence=aged(9), policy=policy)) == 1
    with pytest.raises(StaleError):
        _statuses(evidence=aged(11), policy=policy)
