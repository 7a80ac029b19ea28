"""One contract for the verifier's stores, held by memory, SQLite and PostgreSQL alike."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ssi_core.adapters.database import open_database
from ssi_core.errors import ConflictError, NotFoundError, ReplayError
from ssi_core.protocol.openid4vp import AuthorizationRequest
from verifier.adapters.memory import MemoryStore
from verifier.adapters.sql import SqlStore
from verifier.checks import Check, CheckName, Outcome
from verifier.request import Answer, Attempt, PresentationRequest, RequestState
from verifier.use import Use, Withdrawal

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PARAMETERS = AuthorizationRequest.parse(
    {
        "response_type": "vp_token",
        "client_id": "x509_san_dns:verifier.example",
        "response_mode": "direct_post.jwt",
        "response_uri": "https://verifier.example/responses/r",
        "nonce": "n",
        "state": "s",
        "dcql_query": {"credentials": []},
        "transaction_data": ["e30"],
    }
)
REQUEST = PresentationRequest(
    id="a",
    response_id="r",
    policy={"id": "p", "é": [1, None]},
    parameters=PARAMETERS,
    created_at=NOW,
    expires_at=NOW + timedelta(minutes=10),
    response_key=b"key",
)
ANSWER = Answer(
    state=RequestState.VERIFIED,
    answered_at=NOW + timedelta(microseconds=7),
    form="form",
    checks=(
        Check(name=CheckName.STATUS, outcome=Outcome.PASSED, credential="diagnosis"),
        Check(
            name=CheckName.DECISION,
            outcome=Outcome.FAILED,
            reason="consent_denied",
            refusals=("expired",),
        ),
    ),
    reason="consent_denied",
    refusals=("expired",),
    presentation="digest",
    grant_id="g",
    receipt="a.b.c",
    agreement=b"agreement",
    claims=b"claims",
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryStore()
        return
    url = (
        f"sqlite:///{tmp_path / 'verifier.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    engine = open_database(url)
    yield SqlStore(engine)
    engine.dispose()


def test_a_request_comes_back_as_it_was_kept_under_either_id(store):
    store.append(REQUEST)

    assert store.find("a") == REQUEST
    assert store.find_by_response("r") == REQUEST
    assert store.find("r") is None
    assert store.find_by_response("a") is None


@pytest.mark.parametrize("change", [{"id": "b"}, {"response_id": "q"}])
def test_an_id_is_given_once(store, change):
    store.append(REQUEST)

    with pytest.raises(ConflictError):
        store.append(replace(REQUEST, **change))


def test_a_wallets_reading_is_noted_until_there_is_an_answer(store):
    store.append(REQUEST)

    store.mark_fetched("a")
    fetched = store.find("a")
    store.answer("a", ANSWER)
    store.mark_fetched("a")
    store.mark_fetched("nobody")

    assert fetched.state is RequestState.FETCHED
    assert store.find("a").state is RequestState.VERIFIED


def test_the_answer_comes_back_whole_and_the_key_for_it_is_gone(store):
    store.append(REQUEST)

    store.answer("a", ANSWER)

    kept = store.find("a")
    assert kept.answer == ANSWER
    assert kept.response_key is None
    assert store.find_by_grant("g") == (kept,)
    assert store.find_by_grant("h") == ()


def test_an_attempt_is_kept_until_there_is_an_answer(store):
    attempt = Attempt(checks=ANSWER.checks, reason="unavailable")
    store.append(REQUEST)

    store.attempt("a", attempt)
    store.attempt("nobody", attempt)
    open_request = store.find("a")
    store.answer("a", ANSWER)
    store.attempt("a", attempt)

    assert open_request.attempt == attempt
    assert open_request.answer is None
    assert store.find("a").attempt is None
    assert store.find("a").answer == ANSWER


def test_of_many_answers_exactly_one_wins(store):
    store.append(REQUEST)

    def answer(number):
        try:
            store.answer("a", replace(ANSWER, presentation=str(number)))
        except ReplayError:
            return None
        return str(number)

    with ThreadPoolExecutor(8) as pool:
        winners = [won for won in pool.map(answer, range(16)) if won is not None]

    assert [store.find("a").answer.presentation] == winners


def test_an_answer_to_nothing_is_refused(store):
    with pytest.raises(NotFoundError):
        store.answer("nobody", ANSWER)


def test_erased_claims_are_gone_and_the_rest_stays(store):
    store.append(REQUEST)
    store.append(replace(REQUEST, id="b", response_id="q"))
    store.answer("a", ANSWER)
    store.answer("b", ANSWER)

    store.erase(["a", "nobody"])

    assert store.find("a").answer == replace(ANSWER, claims=None)
    assert store.find("b").answer == ANSWER


def _use(number, **members):
    use = Use(
        id=f"u{number}",
        request_id="a",
        grant_id="g",
        purpose="HPAYMT",
        used_at=NOW + timedelta(seconds=number),
        refusals=(),
        receipt="a.b.c",
    )
    return replace(use, **members)


def test_uses_come_back_in_order_and_permitted_ones_are_counted(store):
    uses = (_use(1), _use(2), _use(3, refusals=("expired",)), _use(4, grant_id=None, receipt=None))

    for use in uses:
        store.append_use(use)
    store.append_use(_use(5, request_id="b", grant_id="h"))

    assert store.uses_of("a") == uses
    assert store.count_uses("g") == (2, NOW + timedelta(seconds=2))
    assert store.count_uses("nothing") == (0, None)


def test_the_first_acknowledgement_of_a_notice_stays(store):
    first = Withdrawal(
        notice="n", grant_id="g", received_at=NOW, erased=True, acknowledgement="a.b.c"
    )
    second = replace(first, notice="m", received_at=NOW + timedelta(seconds=1))

    kept = store.append_withdrawal(first)
    again = store.append_withdrawal(replace(first, acknowledgement="d.e.f"))

    assert kept == again == first
    assert store.find_withdrawal("n") == first
    assert store.find_withdrawal("g") is None
    store.append_withdrawal(second)
    assert store.withdrawals_of("g") == (first, second)
    assert store.withdrawals_of("h") == ()
