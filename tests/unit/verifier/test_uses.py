"""Later uses: decided anew each time, written down, and obliging."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consent_contracts import receipt as receipts
from consent_contracts.purpose import Purpose
from consent_contracts.receipt import ReceiptEvent
from consent_contracts.terms import Limits, Obligation
from ssi_core.errors import ConsentError, NotFoundError, QueryError, StaleError
from tests.support.verifier import World
from verifier.request import RequestState

CODE = {"diagnosis": {"code": {"system": "http://snomed.info/sct", "code": "44054006"}}}


@pytest.fixture
def world():
    return World()


def _shared_under(world, **change):
    asked = world.ask()
    grant = world.record(world.grant_terms(asked.parameters, **change))
    assert world.post(asked, world.answer(asked, grant=grant)).error is None
    return asked, grant


def _refusals(world, asked, purpose=Purpose.HPAYMT):
    with pytest.raises(ConsentError) as caught:
        world.verifier.uses.use(asked.id, purpose)
    return caught.value.refusals


def test_a_use_that_the_grant_permits_gives_the_claims_and_a_receipt(world):
    asked, grant = world.shared()

    used = world.verifier.uses.use(asked.id, Purpose.HPAYMT)

    receipt = receipts.verify(used.receipt, key=world.insurer.assertion_signer.public_key)
    assert used.claims["diagnosis"].keys() == {"code", "clinical_status", "recorded"}
    assert used.obligations == ("erase_on_withdrawal",)
    assert (receipt.event, receipt.permitted) == (ReceiptEvent.USED, True)
    assert receipt.grant_id == grant.id


def test_a_purpose_below_the_granted_one_is_permitted_and_another_is_not(world):
    asked, _ = world.shared()

    world.verifier.uses.use(asked.id, Purpose.CLMATTCH)

    assert _refusals(world, asked, Purpose.HRESCH) == ("wrong_purpose",)


def test_a_use_that_needs_less_gets_less(world):
    asked, _ = world.shared()

    used = world.verifier.uses.use(asked.id, Purpose.HPAYMT, [("code", "code")])

    assert used.claims == {"diagnosis": {"code": {"code": "44054006"}}}
    with pytest.raises(QueryError):
        world.verifier.uses.use(asked.id, Purpose.HPAYMT, [("family_name",)])


def test_once_withdrawn_no_use_is_permitted_and_the_claims_are_erased(world):
    asked, grant = world.shared()
    world.withdraw(grant)

    refusals = _refusals(world, asked)

    result = world.verifier.results.result(asked.id)
    assert refusals == ("withdrawn",)
    assert result.state is RequestState.VERIFIED
    assert result.claims is None
    assert result.withheld == ("withdrawn",)
    assert world.store.find(asked.id).answer.claims is None
    assert _refusals(world, asked) == ("withdrawn",)


def test_while_a_grant_is_suspended_no_use_is_permitted(world):
    asked, grant = world.shared()
    pause = world.suspend(grant)

    suspended = _refusals(world, asked)
    world.resume(pause)
    used = world.verifier.uses.use(asked.id, Purpose.HPAYMT)

    assert suspended == ("suspended",)
    assert used.claims["diagnosis"]


def test_a_grant_whose_place_another_took_permits_nothing(world):
    asked, grant = world.shared()
    world.supersede(grant)

    assert _refusals(world, asked) == ("superseded",)


def test_looking_at_the_result_is_decided_anew_too(world):
    asked, grant = world.shared()
    world.withdraw(grant)

    result = world.verifier.results.result(asked.id)

    assert result.claims is None
    assert result.withheld == ("withdrawn",)
    assert world.store.find(asked.id).answer.claims is None


def test_time_alone_ends_a_grant(world):
    asked, _ = world.shared(period=timedelta(seconds=4))
    world.clock.advance(timedelta(seconds=4))

    assert _refusals(world, asked) == ("expired",)


def test_a_log_that_was_never_heard_of_a_grant_permits_nothing_and_erases_nothing(world):
    asked, _ = world.shared()
    world.forget_evidence()
    world.log.reachable = False

    refusals = _refusals(world, asked)
    withheld = world.verifier.results.result(asked.id).withheld
    world.log.reachable = True

    assert refusals == withheld == ("state_unknown",)
    assert world.verifier.uses.use(asked.id, Purpose.HPAYMT).claims


def test_evidence_that_is_too_old_permits_nothing(world):
    asked, _ = world.shared()
    world.log.age = timedelta(seconds=61)

    with pytest.raises(StaleError):
        world.verifier.uses.use(asked.id, Purpose.HPAYMT)


def test_evidence_older_than_the_person_allows_permits_nothing(world):
    asked, _ = _shared_under(world, max_staleness=timedelta(seconds=10))
    world.log.age = timedelta(seconds=11)

    assert _refusals(world, asked) == ("stale_evidence",)


def test_every_use_is_kept_with_its_receipt(world):
    asked, _ = world.shared()
    world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    _refusals(world, asked, Purpose.TREAT)

    uses = world.verifier.uses.history(asked.id)

    assert [(use.purpose, use.refusals) for use in uses] == [
        ("HPAYMT", ()),
        ("TREAT", ("wrong_purpose",)),
    ]
    assert all(use.receipt for use in uses)


def test_a_limit_on_uses_is_kept(world):
    asked, _ = _shared_under(world, limits=Limits(uses=1))

    world.verifier.uses.use(asked.id, Purpose.HPAYMT)

    assert _refusals(world, asked) == ("use_limit",)
    assert _refusals(world, asked) == ("use_limit",)


@pytest.mark.parametrize("obligation", [Obligation.ERASE_AFTER_USE, Obligation.ERASE_ON_EXPIRY])
def test_an_obligation_that_the_person_added_is_kept(world, obligation):
    obligations = frozenset({Obligation.ERASE_ON_WITHDRAWAL, obligation})
    asked, _ = _shared_under(world, obligations=obligations)

    if obligation is Obligation.ERASE_AFTER_USE:
        world.verifier.uses.use(asked.id, Purpose.HPAYMT)
    else:
        world.clock.advance(timedelta(days=31))
        assert _refusals(world, asked) == ("expired",)

    assert world.store.find(asked.id).answer.claims is None


def test_after_the_day_to_erase_nothing_is_used_or_left(world):
    erase_by = world.clock.now() + timedelta(days=1)
    asked, _ = _shared_under(world, limits=Limits(erase_by=erase_by))
    world.clock.advance(timedelta(days=1))

    assert _refusals(world, asked) == ("expired",)
    assert world.store.find(asked.id).answer.claims is None


def test_erased_claims_cannot_be_used_even_if_the_grant_stands(world):
    asked, _ = world.shared()
    world.store.erase([asked.id])

    with pytest.raises(NotFoundError):
        world.verifier.uses.use(asked.id, Purpose.HPAYMT)


def test_an_answer_without_a_grant_permits_no_use(world):
    asked = world.ask("plain-diagnosis")
    world.post(asked, world.answer(asked))

    assert _refusals(world, asked) == ("no_grant",)


@pytest.mark.parametrize("state", ["created", "denied", "unknown"])
def test_without_an_accepted_answer_there_is_nothing_to_use(world, state):
    asked = world.ask()
    if state == "denied":
        world.publish({7: 1})
        world.post(asked, world.answer(asked))

    with pytest.raises(NotFoundError):
        world.verifier.uses.use("nobody" if state == "unknown" else asked.id, Purpose.HPAYMT)


def test_claims_sealed_for_one_request_do_not_open_for_another(world):
    first, _ = world.shared()
    answer = world.store.find(first.id).answer
    second = world.ask()
    world.store.answer(second.id, replace(answer, form="other"))

    with pytest.raises(Exception, match="does not open"):
        world.verifier.uses.use(second.id, Purpose.HPAYMT)


@pytest.mark.parametrize("wanted", [[("code",)], [("code", "system"), ("code", "code")]])
def test_paths_that_come_to_the_same_claims_give_the_same(world, wanted):
    asked, _ = world.shared()

    assert world.verifier.uses.use(asked.id, Purpose.HPAYMT, wanted).claims == CODE
