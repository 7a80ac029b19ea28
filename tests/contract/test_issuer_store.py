"""What the issuer's stores promise, on every database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine

from issuer.adapters.sql import METADATA, SqlCredentials, SqlOffers, SqlRecords, SqlStatusLists
from issuer.model.credential import Copy, Credential, CredentialState
from issuer.model.offer import AccessToken, Dataset, Offer, OfferState
from issuer.model.record import SealedResource, StoredRecord
from issuer.model.status_list import DismissedPublication, Publication, SignedStatusList
from issuer.ports import CredentialStore, Issuance, OfferStore, RecordStore, StatusListStore
from ssi_core.adapters.database import create_tables, open_database
from ssi_core.errors import ConflictError, ReplayError
from ssi_core.status.token import StatusList

NOW: Final = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
LATER: Final = NOW + timedelta(minutes=15)
RESOURCES: Final = tuple(
    SealedResource(id=name, configuration="diagnosis", sealed=b"\x00\xff" + name.encode())
    for name in ("ra", "rb")
)
RECORD: Final = StoredRecord(id="record", created_at=NOW, resources=RESOURCES)
OFFER: Final = Offer(
    id="offer",
    code_digest="code",
    tx_code_digest="tx",
    datasets=(
        Dataset(identifier="d1", configuration="diagnosis", resource="rb"),
        Dataset(identifier="d0", configuration="diagnosis", resource="ra"),
    ),
    created_at=NOW,
    expires_at=LATER,
)
TOKEN: Final = AccessToken(
    digest="token", offer="offer", identifiers=("d1", "d0"), client_id=None, expires_at=LATER
)
CREDENTIAL: Final = Credential(
    id="credential", offer="offer", identifier="d1", configuration="diagnosis", created_at=NOW
)
TOKENS: Final = ("first", "second", "third")
LIST: Final = SignedStatusList(
    number=0,
    version=0,
    statuses=StatusList.new(64, 2),
    uri="u",
    token=TOKENS[0],
    signed_at=NOW,
    expires_at=LATER,
)
FIRST: Final = Publication(uri="u", sequence=0, digest="d", entry=b"\x00entry")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = (
        f"sqlite:///{tmp_path / 'issuer.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = open_database(url)
    create_tables(engine, METADATA)
    yield engine
    engine.dispose()


@pytest.fixture
def records(engine: Engine) -> RecordStore:
    store = SqlRecords(engine)
    store.add_record(RECORD)
    return store


@pytest.fixture
def offers(engine: Engine, records: RecordStore) -> OfferStore:
    assert records.find_resource("ra")
    store = SqlOffers(engine)
    store.add_offer(OFFER)
    return store


@pytest.fixture
def credentials(engine: Engine, offers: OfferStore) -> CredentialStore:
    assert offers.find_offer("offer")
    return SqlCredentials(engine)


@pytest.fixture
def lists(engine: Engine) -> StatusListStore:
    store = SqlStatusLists(engine)
    store.open_list(LIST, FIRST)
    return store


def _issuance(*indexes: int, nonce: str = "n", credential: Credential = CREDENTIAL) -> Issuance:
    return Issuance(
        credential=credential,
        copies=[Copy(status_list=0, index=index) for index in indexes],
        spent_nonces={nonce: LATER},
        notification=f"notification-{indexes[0]}",
    )


def test_what_was_kept_is_found_as_it_was(
    records: RecordStore, offers: OfferStore, lists: StatusListStore
):
    offers.replace_offer(OFFER.redeemed(), before=OFFER, token=TOKEN)

    assert records.find_resources("record") == {item.id: item for item in RESOURCES}
    assert records.find_resource("ra") == RESOURCES[0]
    assert offers.find_offer_by_code("code") == OFFER.redeemed()
    assert offers.find_token("token") == TOKEN
    assert lists.find_list(0) == lists.latest_list() == LIST
    assert lists.last_publication("u") == FIRST


def test_what_was_never_kept_is_not_found(
    records: RecordStore,
    offers: OfferStore,
    credentials: CredentialStore,
    lists: StatusListStore,
):
    assert records.find_resources("x") is None
    assert records.find_resource("x") is None
    assert offers.find_offer("x") is None
    assert offers.find_offer_by_code("x") is None
    assert offers.find_token("x") is None
    assert credentials.find_credential("x") is None
    assert credentials.find_issued("x") == []
    assert credentials.copies_of("x") == []
    assert lists.find_list(1) is None
    assert lists.last_publication("x") is None


def test_an_offer_that_has_changed_is_not_changed_again(offers: OfferStore):
    offers.replace_offer(OFFER.after_wrong_code(attempts=5), before=OFFER)

    with pytest.raises(ConflictError):
        offers.replace_offer(OFFER.redeemed(), before=OFFER, token=TOKEN)

    assert offers.find_token("token") is None


def test_of_many_who_redeem_an_offer_exactly_one_wins(offers: OfferStore):
    def redeem(number: int) -> int:
        with suppress(ConflictError):
            token = replace(TOKEN, digest=f"token{number}")
            offers.replace_offer(OFFER.redeemed(), before=OFFER, token=token)
            return 1
        return 0

    with ThreadPoolExecutor(4) as pool:
        wins = sum(pool.map(redeem, range(8)))

    assert wins == 1
    assert sum(offers.find_token(f"token{number}") is not None for number in range(8)) == 1


def test_an_issuance_is_kept_whole(credentials: CredentialStore, offers: OfferStore):
    credentials.issue(_issuance(3, 1), before=None)

    assert credentials.find_credential("credential") == CREDENTIAL
    assert credentials.find_issued("offer") == [CREDENTIAL]
    assert {copy.index for copy in credentials.copies_of("credential")} == {1, 3}
    assert credentials.taken(0, [0, 1, 2, 3]) == {1, 3}
    assert credentials.taken(1, [1, 3]) == frozenset()
    assert credentials.count_copies(0) == 2
    offer = offers.find_offer("offer")
    assert offer is not None
    assert offer.state is OfferState.ISSUED


def test_a_nonce_is_spent_once(credentials: CredentialStore, offers: OfferStore):
    credentials.issue(_issuance(1), before=None)
    more = CREDENTIAL.with_more_copies()

    with pytest.raises(ReplayError):
        credentials.issue(_issuance(2, credential=more), before=CREDENTIAL)

    assert credentials.count_copies(0) == 1
    offers.forget_expired(LATER)
    credentials.issue(_issuance(2, credential=more), before=CREDENTIAL)


def test_a_place_is_taken_once_and_a_refused_issuance_leaves_nothing(
    credentials: CredentialStore,
):
    credentials.issue(_issuance(1), before=None)
    more = CREDENTIAL.with_more_copies()

    with pytest.raises(ConflictError):
        credentials.issue(_issuance(2, 1, nonce="m", credential=more), before=CREDENTIAL)

    assert credentials.find_credential("credential") == CREDENTIAL
    assert credentials.count_copies(0) == 1
    credentials.issue(_issuance(2, nonce="m", credential=more), before=CREDENTIAL)


def test_a_dataset_becomes_one_credential(credentials: CredentialStore):
    credentials.issue(_issuance(1), before=None)
    second = replace(CREDENTIAL, id="second")

    with pytest.raises(ConflictError):
        credentials.issue(_issuance(2, nonce="m", credential=second), before=None)


def test_a_note_is_for_its_own_offer(credentials: CredentialStore):
    credentials.issue(_issuance(1), before=None)
    note = credentials.note

    assert note("notification-1", offer="offer", event="credential_accepted")
    assert note("notification-1", offer="offer", event="credential_accepted")
    assert not note("notification-1", offer="other", event="credential_accepted")
    assert not note("x", offer="offer", event="credential_accepted")


def test_a_change_of_state_is_kept_whole_or_not_at_all(
    credentials: CredentialStore, lists: StatusListStore
):
    credentials.issue(_issuance(1), before=None)
    revoked = CREDENTIAL.in_state(CredentialState.REVOKED)
    changed = replace(LIST, version=1, statuses=LIST.statuses.with_status({1: 1}), token=TOKENS[1])
    second = replace(FIRST, sequence=1, digest="e")
    lists.change_state(revoked, before=CREDENTIAL, lists=[changed], publications=[second])

    again = replace(changed, version=1)
    with pytest.raises(ConflictError):
        lists.change_state(
            revoked.with_more_copies(), before=revoked, lists=[again], publications=[]
        )

    assert credentials.find_credential("credential") == revoked
    assert lists.find_list(0) == changed
    assert lists.last_publication("u") == second


def test_copies_that_came_meanwhile_stop_a_change(
    credentials: CredentialStore, lists: StatusListStore
):
    credentials.issue(_issuance(1), before=None)
    more = CREDENTIAL.with_more_copies()
    credentials.issue(_issuance(2, nonce="m", credential=more), before=CREDENTIAL)

    with pytest.raises(ConflictError):
        lists.change_state(
            CREDENTIAL.in_state(CredentialState.REVOKED),
            before=CREDENTIAL,
            lists=[replace(LIST, version=1)],
            publications=[],
        )

    assert lists.find_list(0) == LIST


def test_a_token_of_older_bits_is_not_kept(lists: StatusListStore):
    lists.replace_token(replace(LIST, token=TOKENS[1]))
    lists.replace_token(replace(LIST, version=7, token=TOKENS[2]))

    found = lists.find_list(0)
    assert found is not None
    assert found.token == TOKENS[1]


def test_publications_wait_in_order_until_they_are_sent(lists: StatusListStore):
    second = replace(FIRST, sequence=1, digest="e")
    lists.add_publication(second)

    assert lists.waiting_publications() == [FIRST, second]
    lists.mark_published(FIRST)
    assert lists.waiting_publications() == [second]
    with pytest.raises(ConflictError):
        lists.add_publication(second)


def test_what_waits_can_be_replaced_by_one_entry(lists: StatusListStore):
    lists.mark_published(FIRST)
    for sequence in (1, 2):
        lists.add_publication(replace(FIRST, sequence=sequence))
    last = replace(FIRST, sequence=3, digest="f")

    lists.replace_waiting("u", last)

    assert lists.waiting_publications() == [last]
    assert lists.last_publication("u") == last


def test_what_waits_for_a_list_is_dismissed_whole_and_nothing_else_is(lists: StatusListStore):
    lists.mark_published(FIRST)
    waiting = [replace(FIRST, sequence=sequence) for sequence in (1, 2)]
    other = replace(FIRST, uri="v")
    for each in (*waiting, other):
        lists.add_publication(each)
    dismissed = [
        DismissedPublication(
            uri=each.uri,
            sequence=each.sequence,
            entry=each.entry,
            code="conflict",
            reason="somebody was first",
            dismissed_at=NOW,
        )
        for each in waiting
    ]

    lists.dismiss("u", dismissed)

    assert lists.waiting_publications() == [other]
    assert lists.last_publication("u") == replace(FIRST, published=True)
    assert lists.dismissed_publications() == dismissed
    lists.add_publication(waiting[0])
    lists.dismiss("u", dismissed[:1])
    assert lists.dismissed_publications() == [*dismissed, dismissed[0]]


def test_a_list_is_opened_once(lists: StatusListStore):
    with pytest.raises(ConflictError):
        lists.open_list(LIST, None)


@pytest.mark.parametrize(
    ("at", "since", "erased"), [(NOW, NOW, 0), (LATER, NOW, 2), (NOW, LATER, 0)]
)
def test_claims_are_erased_when_no_offer_leads_to_them(
    engine: Engine, at: datetime, since: datetime, erased: int
):
    records = SqlRecords(engine)
    records.add_record(RECORD)
    SqlOffers(engine).add_offer(OFFER)

    assert records.erase(at=at, unoffered_since=since) == erased
    assert records.erase(at=at, unoffered_since=since) == 0
    found = records.find_resource("ra")
    assert found is not None
    assert (found.sealed is None) == bool(erased)


def test_a_live_token_keeps_claims(records: RecordStore, offers: OfferStore):
    token = replace(TOKEN, expires_at=LATER + timedelta(minutes=1))
    offers.replace_offer(OFFER.redeemed(), before=OFFER, token=token)

    assert records.erase(at=LATER, unoffered_since=LATER) == 0
    offers.forget_expired(LATER + timedelta(minutes=1))
    assert records.erase(at=LATER, unoffered_since=LATER) == 2
