"""Registry, clinic and insurer as real processes, with a bad network before the registry."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any

import pytest

from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.wallet_stage import WalletProcess, WalletStage
from verifier.adapters.policy_files import BUNDLED
from wallet.service import Wallet

SECONDS = 60.0


@dataclass
class CutOff:
    """The stage, the line to its registry, and a patient whose wallet is open."""

    stage: WalletStage
    line: FaultyProxy
    process: WalletProcess
    wallet: Wallet
    held: list[str] = field(default_factory=list)

    def shared(self) -> tuple[str, str]:
        """Let the patient share a diagnosis; return the ids of request and grant."""
        asked = self.stage.ask("insurer-diagnosis")
        sharing = self.wallet.consent(self.wallet.inspect(str(asked["uri"])))
        assert sharing.consented is not None
        return str(asked["id"]), sharing.consented.grant_id

    def accepted(self) -> str:
        """Let the patient accept another diagnosis; return what the clinic calls it."""
        made = self.stage.offer()
        self.wallet.accept(str(made["uri"]))
        offer = self.stage.get(f"{self.stage.clinic.url}/admin/offers/{made['id']}")
        issued: Any = offer["issued"]
        self.held.append(str(issued[0]["credential"]))
        return self.held[-1]


def until(holds: Callable[[], bool]) -> bool:
    """Wait until something holds; return whether it ever did."""
    end = monotonic() + SECONDS
    while not holds():
        if monotonic() > end:
            return False
        sleep(0.1)
    return True


@pytest.fixture(scope="module")
def whole_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CutOff]:
    folder = tmp_path_factory.mktemp("cut-off")
    policies = folder / "policies"
    policies.mkdir()
    source = json.loads((BUNDLED / "insurer-diagnosis.json").read_text())
    # What is a minute in life is a second here.
    source["grant"]["max_checkpoint_age"] = 2
    (policies / "insurer-diagnosis.json").write_text(json.dumps(source))
    plain = json.loads((BUNDLED / "plain-diagnosis.json").read_text())
    plain["status"]["in_log"] = True
    (policies / "plain-diagnosis.json").write_text(json.dumps(plain))
    line = FaultyProxy(seed=3)
    stage = WalletStage(folder, policies=policies, line=line)
    with ExitStack() as stack:
        stage.open(stack)
        process = WalletProcess(folder / "patient.wallet", stage)
        process.lay_out()
        wallet = stack.enter_context(process.opened())
        whole = CutOff(stage, line, process, wallet)
        whole.accepted()
        yield whole


@pytest.fixture
def cut_off(whole_stage: CutOff) -> Iterator[CutOff]:
    yield whole_stage
    whole_stage.line.fault = Fault.NONE
