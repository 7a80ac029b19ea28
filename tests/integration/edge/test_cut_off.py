"""Clinic, insurer and patient while the registry is away, as real processes, and after that."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from click.testing import CliRunner, Result

from issuer.cli import commands as issuer_commands
from registry.client import RegistryClient
from registry.client.organisation import Organisation
from registry.model.entry import consent_resume, consent_suspend
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.keystore import KeyStore
from ssi_core.encoding import base64url_encode
from ssi_core.errors import ConsentError
from ssi_core.json_types import JsonObject
from tests.integration.edge.conftest import CutOff, until
from tests.support.faulty_proxy import Fault
from tests.support.wallet_stage import TOKEN
from wallet.grants import GrantState

FAULTS = [Fault.SLOW, Fault.LOSSY, Fault.DUPLICATED, Fault.REORDERED]


def use(cut_off: CutOff, request: str) -> JsonObject:
    url = f"{cut_off.stage.desk}/requests/{request}/uses"
    return cut_off.stage.post(url, {"purpose": "HPAYMT"})


def stale_uses(cut_off: CutOff, grant: str) -> list[Mapping[str, Any]]:
    told: Any = cut_off.stage.get(f"{cut_off.stage.desk}/stale-uses")["uses"]
    return [each for each in told if each["grant"] == grant]


def registry_of(cut_off: CutOff, url: str) -> str:
    return str(cut_off.stage.http.get(f"{url}/healthz").require_ok().json()["registry"])


def state(cut_off: CutOff, grant: str) -> tuple[GrantState, bool]:
    view = cut_off.wallet.grant(grant)
    return view.state, view.not_sent


def kinds(cut_off: CutOff, grant: str) -> list[str]:
    """Return what the log has about a grant, in its order."""
    entries = cut_off.stage.grant_entries(grant)
    return ["revoke" if '"t":"consent.revoke"' in raw else "grant" for raw in entries]


def test_what_happened_while_the_line_was_cut_is_found_out_and_made_up_for(
    cut_off: CutOff,
) -> None:
    request, grant = cut_off.shared()
    sleep(2.5)
    cut_off.line.fault = Fault.CUT

    before = use(cut_off, request)
    sleep(1.1)
    withdrawn = cut_off.wallet.withdraw(grant)
    sleep(1.1)
    after = use(cut_off, request)
    offline = registry_of(cut_off, cut_off.stage.insurer.url)
    waiting = stale_uses(cut_off, grant)

    assert (withdrawn.state, withdrawn.not_sent) == (GrantState.WITHDRAWING, True)
    assert "(not sent)" in cut_off.process.run("grants").stdout
    (left,) = json.loads(cut_off.process.run("waiting", "--json").stdout)["waiting"]
    assert (left["grant"], left["type"]) == (grant, "consent.revoke")
    for used in (before, after):
        evidence: Any = used["evidence"]
        assert evidence["class"] == "insurer"
        assert evidence["age"] >= 2
    assert offline == "offline"
    assert [each["outcome"] for each in waiting] == ["waiting", "waiting"]

    cut_off.line.fault = Fault.NONE
    cut_off.wallet.resume()

    assert state(cut_off, grant) == (GrantState.WITHDRAWN, False)
    assert kinds(cut_off, grant) == ["grant", "revoke"]
    assert until(lambda: all(each["judged_at"] for each in stale_uses(cut_off, grant)))
    # An end says the hour and no more, so a use just before it counts as one after it; unless an
    # hour began between the two.
    first, second = (each["outcome"] for each in stale_uses(cut_off, grant))
    assert first in {"revoked_meanwhile", "ended_later"}
    assert second == "revoked_meanwhile"
    assert until(lambda: registry_of(cut_off, cut_off.stage.insurer.url) == "online")
    with pytest.raises(ConsentError):
        use(cut_off, request)


def test_a_use_while_a_grant_was_suspended_is_reported_though_it_counts_again_by_the_return(
    cut_off: CutOff,
) -> None:
    asked = cut_off.stage.ask("insurer-diagnosis")
    sharing = cut_off.wallet.consent(cut_off.wallet.inspect(str(asked["uri"])))
    assert sharing.consented is not None
    grant, secret = sharing.consented.grant_id, sharing.consented.secret
    registry = RegistryClient(cut_off.stage.http, cut_off.line.target)
    log, now = registry.log().origin, SystemClock().now
    sleep(2.5)
    cut_off.line.fault = Fault.CUT

    pause = consent_suspend(log=log, grant_id=grant, signer=secret.signer, at=now())
    suspended = registry.submit(pause)
    assert use(cut_off, str(asked["id"]))["decision"] == "permit"
    registry.submit(consent_resume(suspension=pause, signer=secret.signer, at=now()))
    cut_off.line.fault = Fault.NONE

    assert until(lambda: all(each["judged_at"] for each in stale_uses(cut_off, grant)))
    (found,) = stale_uses(cut_off, grant)
    assert (found["outcome"], found["ended_index"]) == ("revoked_meanwhile", suspended.index)
    assert until(lambda: use(cut_off, str(asked["id"]))["decision"] == "permit")


def test_an_insurer_that_starts_while_the_line_is_cut_goes_on_with_what_it_kept(
    cut_off: CutOff,
) -> None:
    request, _ = cut_off.shared()
    cut_off.line.fault = Fault.CUT

    cut_off.stage.insurer.end()
    cut_off.stage.insurer.start()

    assert use(cut_off, request)["decision"] == "permit"


def test_a_revocation_while_the_line_is_cut_is_served_at_once_and_published_once(
    cut_off: CutOff,
) -> None:
    admin = f"{cut_off.stage.clinic.url}/admin"
    credential = cut_off.accepted()
    uri = f"{cut_off.stage.clinic.url}/status-lists/0"
    published = publications(cut_off, uri)
    cut_off.line.fault = Fault.CUT

    revoked = cut_off.stage.post(f"{admin}/credentials/{credential}/revoke", {})
    waiting: Any = cut_off.stage.get(f"{admin}/publications")["waiting"]

    assert revoked["published"] is False
    assert [each["state"] for each in waiting] == ["not_sent"]
    cut_off.line.fault = Fault.NONE
    assert until(lambda: cut_off.stage.get(f"{admin}/publications")["waiting"] == [])
    assert publications(cut_off, uri) == [*published, len(published)]
    assert until(lambda: registry_of(cut_off, cut_off.stage.clinic.url) == "online")


def test_a_list_that_somebody_published_meanwhile_is_signed_again_only_on_an_order(
    cut_off: CutOff,
) -> None:
    admin = f"{cut_off.stage.clinic.url}/admin"
    credential = cut_off.accepted()
    uri = f"{cut_off.stage.clinic.url}/status-lists/0"
    published = publications(cut_off, uri)
    cut_off.line.fault = Fault.CUT
    cut_off.stage.post(f"{admin}/credentials/{credential}/revoke", {})
    desk = Organisation.open(
        "clinic",
        keystore=KeyStore.unlock(cut_off.stage.folder / "clinic" / "issuer.keys"),
        registry=RegistryClient(cut_off.stage.http, cut_off.line.target),
        clock=SystemClock(),
    )
    desk.publish_status_list(uri, digest=base64url_encode(bytes(32)), ttl=timedelta(minutes=5))
    cut_off.line.fault = Fault.NONE

    def waiting() -> Sequence[Mapping[str, Any]]:
        found: Any = cut_off.stage.get(f"{admin}/publications")["waiting"]
        return list(found)

    assert until(lambda: [each["state"] for each in waiting()] == ["refused"])
    (refused,) = waiting()
    first = cut_off.stage.http.get(f"{cut_off.line.target}/entries/{refused['entry']}")
    assert base64url_encode(bytes(32)) in first.require_ok().body.decode()
    assert publications(cut_off, uri) == [*published, len(published)]

    shown = at_the_clinic(cut_off)
    assert json.loads(shown.output)["waiting"] == [refused]
    assert refused["reason"]
    elsewhere = at_the_clinic(cut_off, "--sign-again", "https://elsewhere.example")
    assert (elsewhere.exit_code, "not_found" in elsewhere.output) == (1, True)

    kept = at_the_clinic(cut_off, "--dismiss", uri)
    assert (kept.exit_code, "signed again, not dismissed" in kept.output) == (1, True)

    told = at_the_clinic(cut_off, "--sign-again", uri)

    assert (told.exit_code, json.loads(told.output)) == (0, {"waiting": [], "dismissed": []})
    assert publications(cut_off, uri) == [*published, len(published), len(published) + 1]


def at_the_clinic(cut_off: CutOff, *words: str) -> Result:
    """Ask the clinic what waits."""
    token = {"CONSENTRY_ISSUER_ADMIN_TOKEN": TOKEN}
    url = ("--url", cut_off.stage.clinic.url)
    return CliRunner(env=token).invoke(issuer_commands, ["waiting", *words, *url])


def publications(cut_off: CutOff, uri: str) -> list[int]:
    """Return the sequence numbers that the log has of a status list, in its order."""
    entries = [raw for raw in cut_off.stage.entries() if f'"uri":"{uri}"' in raw]
    return [int(raw.partition('"seq":')[2].split(",")[0]) for raw in entries]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_bad_network_costs_time_and_nothing_else(cut_off: CutOff, fault: Fault) -> None:
    admin = f"{cut_off.stage.clinic.url}/admin"
    credential = cut_off.accepted()
    uri = f"{cut_off.stage.clinic.url}/status-lists/0"
    published = publications(cut_off, uri)
    request, grant = cut_off.shared()
    cut_off.line.fault = fault

    cut_off.stage.post(f"{admin}/credentials/{credential}/revoke", {})
    used = use(cut_off, request)
    cut_off.wallet.withdraw(grant)
    assert until(lambda: settled(cut_off, grant))
    assert until(lambda: cut_off.stage.get(f"{admin}/publications")["waiting"] == [])

    cut_off.line.fault = Fault.NONE
    assert used["decision"] == "permit"
    assert kinds(cut_off, grant) == ["grant", "revoke"]
    assert publications(cut_off, uri) == [*published, len(published)]


def settled(cut_off: CutOff, grant: str) -> bool:
    cut_off.wallet.resume()
    return state(cut_off, grant) == (GrantState.WITHDRAWN, False)
