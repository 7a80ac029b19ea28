"""An answer that was accepted while the line was cut, and what is found out about its ground."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from time import sleep
from typing import Any

import pytest

from registry.client import RegistryClient
from registry.client.organisation import Organisation
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.keystore import KeyStore
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject
from ssi_core.period import Period
from tests.integration.edge.conftest import CutOff, until
from tests.support.faulty_proxy import Fault
from tests.support.wallet_stage import TYPES

POLICY = "plain-diagnosis"
KINDS = {"accreditation", "status", "did"}


def shown(cut_off: CutOff) -> JsonObject:
    """Let the patient show a diagnosis without a grant; return the request."""
    asked = cut_off.stage.ask(POLICY)
    cut_off.wallet.consent(cut_off.wallet.inspect(str(asked["uri"])))
    return asked


def found(cut_off: CutOff, asked: JsonObject) -> Mapping[str, Mapping[str, Any]]:
    """Return what the desk is told of an answer, by the kind of what it rests on."""
    told: Any = cut_off.stage.get(f"{cut_off.stage.desk}/stale-uses")["uses"]
    return {each["relied_on"]["kind"]: each for each in told if each["use"] == asked["id"]}


def judged(cut_off: CutOff, asked: JsonObject) -> Callable[[], bool]:
    return lambda: all(each["judged_at"] for each in found(cut_off, asked).values())


@pytest.fixture
def authority(cut_off: CutOff) -> Organisation:
    """The authority at its own line to the registry, which is never cut."""
    return Organisation.open(
        "authority",
        keystore=KeyStore.unlock(cut_off.stage.folder / "authority" / "keys"),
        registry=RegistryClient(cut_off.stage.http, cut_off.line.target),
        clock=SystemClock(),
    )


def accredited_anew(cut_off: CutOff, authority: Organisation) -> None:
    """Accredit the clinic again, so that others may rely on it afterwards."""
    now = SystemClock().now()
    period = Period(now - timedelta(minutes=1), now + timedelta(days=30))
    clinic = Did.parse(str(cut_off.stage.get(f"{cut_off.stage.clinic.url}/admin/identity")["did"]))
    top = authority.accredit_root(types=TYPES, period=period)
    authority.accredit(clinic, role="issue", types=TYPES, period=period, parent=top)


def test_an_answer_on_a_kept_accreditation_that_ended_is_reported_after_the_return(
    cut_off: CutOff, authority: Organisation
) -> None:
    assert found(cut_off, shown(cut_off)) == {}
    cut_off.line.fault = Fault.CUT
    sleep(1.1)

    first = shown(cut_off)
    waiting = found(cut_off, first)
    sleep(1.1)
    authority.end_accreditation(waiting["accreditation"]["relied_on"]["id"])
    sleep(1.1)
    second = shown(cut_off)
    cut_off.stage.insurer.end()
    cut_off.stage.insurer.start()

    assert cut_off.stage.result(second)["state"] == "verified"
    assert waiting.keys() == KINDS
    for each in waiting.values():
        assert (each["outcome"], each["grant"], each["staleness"]) == ("waiting", None, "other")
        assert each["size"] > 0

    cut_off.line.fault = Fault.NONE
    assert until(judged(cut_off, first))
    assert until(judged(cut_off, second))
    early, late = (found(cut_off, asked) for asked in (first, second))
    assert early["accreditation"]["outcome"] == "ended_later"
    assert late["accreditation"]["outcome"] == "revoked_meanwhile"
    assert late["accreditation"]["ended_index"] == early["accreditation"]["ended_index"]
    for each in (early, late):
        assert [each[kind]["outcome"] for kind in ("did", "status")] == ["stood", "stood"]
    accredited_anew(cut_off, authority)


def test_an_insurer_that_starts_while_the_line_is_cut_accepts_what_an_issuer_it_knows_has_signed(
    cut_off: CutOff,
) -> None:
    assert found(cut_off, shown(cut_off)) == {}
    cut_off.line.fault = Fault.CUT
    cut_off.stage.insurer.end()
    cut_off.stage.insurer.start()

    asked = shown(cut_off)

    assert cut_off.stage.result(asked)["state"] == "verified"
    waiting = found(cut_off, asked)
    assert waiting.keys() == KINDS
    assert waiting["did"]["outcome"] == "waiting"
    cut_off.line.fault = Fault.NONE
    assert until(judged(cut_off, asked))
    assert found(cut_off, asked)["did"]["outcome"] == "stood"


def test_an_answer_on_a_kept_accreditation_that_stands_stood(cut_off: CutOff) -> None:
    assert found(cut_off, shown(cut_off)) == {}
    cut_off.line.fault = Fault.CUT
    sleep(1.1)

    asked = shown(cut_off)
    cut_off.line.fault = Fault.NONE

    assert until(judged(cut_off, asked))
    outcomes = {kind: each["outcome"] for kind, each in found(cut_off, asked).items()}
    assert outcomes == dict.fromkeys(KINDS, "stood")


def test_a_credential_that_its_issuer_took_back_meanwhile_is_found_once_that_is_in_the_log(
    cut_off: CutOff,
) -> None:
    assert found(cut_off, shown(cut_off)) == {}
    cut_off.line.fault = Fault.CUT
    sleep(1.1)
    asked = shown(cut_off)
    sleep(1.1)

    for credential in cut_off.held:
        url = f"{cut_off.stage.clinic.url}/admin/credentials/{credential}/revoke"
        assert cut_off.stage.post(url, {})["published"] is False

    assert found(cut_off, asked)["status"]["outcome"] == "waiting"
    cut_off.line.fault = Fault.NONE
    assert until(judged(cut_off, asked))
    outcomes = {kind: each["outcome"] for kind, each in found(cut_off, asked).items()}
    assert outcomes == {**dict.fromkeys(KINDS, "stood"), "status": "ended_later"}
