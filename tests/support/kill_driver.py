"""Withdraw and revoke while everybody dies, over and over; compare store, list and log meanwhile.

Run it as a program, in a process of its own: it forks, so it must have one thread.
"""

import gc
import sys
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, Final

from registry.adapters.sql import SqlLogStore
from registry.client import RegistryClient
from registry.model.signed_note import VerifierKey
from registry.service.fsck import fsck
from ssi_core import strict_json
from ssi_core.adapters.database import open_database
from ssi_core.adapters.http import HttpClient
from ssi_core.json_types import JsonObject
from tests.support.forks import Fork
from tests.support.kill_scene import DONE, LOGGED, NEW, WANTED, Scene

_KILLED: Final = -9
# About how many steps each takes, as `Fork.steps` counts them: dying is as likely at each.
_WITHDRAWING, _REVOKING = 90_000, 38_000
# To be ready takes about as many; what follows is about half a dozen actions.
_STARTING: Final = {"registry": 60_000, "verifier": 125_000}
_SERVING: Final = {"registry": 240_000, "verifier": 120_000}
_DIES_STARTING: Final = 0.2
_ROUNDS_PER_KILL: Final = 3
_AUDIT_EVERY: Final = 10


class Drill:
    """Everybody's processes, who has died how often, and what was acknowledged so far."""

    def __init__(self, folder: Path, *, kills: int, seed: int) -> None:
        self.scene = Scene(folder)
        self.wanted = kills
        self.chance = Random(seed)  # noqa: S311 - replayed by its seed
        self.deaths: dict[str, int] = {"wallet": 0, "issuer": 0, "registry": 0, "verifier": 0}
        self.ended: list[str] = []
        self.revoked: list[str] = []
        self.servers: dict[str, Fork] = {}
        self.log_key = ""

    def lay_out(self) -> None:
        """Start the registry, have everybody hold what they will need, start the insurer."""
        self.start("registry", doomed=False)
        things = Fork(self.scene.lay_out(grants=self.wanted, credentials=self.wanted))
        assert things.wait() == DONE
        self.grants = (self.scene.folder / "grants").read_text().split()
        self.credentials = [f"credential-{number}" for number in range(self.wanted)]
        with closing(HttpClient()) as http:
            self.log_key = RegistryClient(http, self.scene.registry_url).log().vkey
        # From now on both are as mortal as everybody.
        self.servers["registry"].kill_now()
        self.bury("registry")
        self.start("registry")
        self.start("verifier")

    def start(self, name: str, *, doomed: bool = True) -> None:
        """Start a server; doomed, it dies while it starts or within the next few actions."""
        at = self.chance.randint(1, _STARTING[name])
        if self.chance.random() > _DIES_STARTING:
            at = _STARTING[name] + self.chance.randint(1, _SERVING[name])
        work = self.scene.registry if name == "registry" else self.scene.verifier
        self.servers[name] = Fork(work, dies_at=at) if doomed else Fork(work)
        if not self.servers[name].wait_ready():
            self.bury(name)
            self.start(name, doomed=doomed)

    def bury(self, name: str) -> None:
        """Count a server's death, and look at what it left."""
        assert self.servers.pop(name).wait() == _KILLED
        self.deaths[name] += 1
        self.audit()

    def revive(self, *, doomed: bool = True) -> None:
        """Start again whoever has died."""
        for name in ("registry", "verifier"):
            if name in self.servers and self.servers[name].has_ended():
                self.bury(name)
            if name not in self.servers:
                self.start(name, doomed=doomed)

    def round(self, number: int) -> None:
        """Let the wallet or the clinic act, and die on the way if it is so fated."""
        self.revive()
        if number % 2:
            at = self.chance.randint(1, _WITHDRAWING)
            status = Fork(self.scene.withdraw(self.grants[0]), dies_at=at).wait()
            self.judge("wallet", status, self.grants, self.ended)
        else:
            at = self.chance.randint(1, _REVOKING)
            status = Fork(self.scene.revoke(self.credentials[0]), dies_at=at).wait()
            self.judge("issuer", status, self.credentials, self.revoked)
        if number % _AUDIT_EVERY == 0:
            self.audit()

    def judge(self, name: str, status: int, waiting: list[str], done: list[str]) -> None:
        """Note a death, or what was acknowledged; what is under way is gone on with next."""
        if status == _KILLED:
            self.deaths[name] += 1
        elif status == DONE:
            done.append(waiting.pop(0))
        else:
            # 1 is the clinic's: it could not even start without the registry.
            assert status in (LOGGED, WANTED, NEW, 1), (name, status)

    def run(self) -> None:
        """Kill as often as wanted, then bring everything to its end and compare all of it."""
        self.lay_out()
        number = 0
        while sum(self.deaths.values()) < self.wanted:
            self.round(number)
            number += 1
            assert number < _ROUNDS_PER_KILL * self.wanted + 50, self.deaths
        for name in tuple(self.servers):
            self.servers[name].kill_now()
            self.bury(name)
        self.revive(doomed=False)
        for work in (self.scene.withdraw(self.grants[0]), self.scene.revoke(self.credentials[0])):
            assert any(Fork(work).wait() == DONE for _ in range(3))
        self.ended.append(self.grants.pop(0))
        self.revoked.append(self.credentials.pop(0))
        assert Fork(self.scene.require_everything(self.ended, self.revoked)).wait() == DONE
        self.end()
        self.audit()

    def end(self) -> None:
        """Leave no process behind, whatever has come of the drill."""
        while self.servers:
            _, server = self.servers.popitem()
            server.kill_now()
            server.wait()

    def audit(self) -> None:
        """Require that what each store says now, and what it has acknowledged, fit together."""
        engine = open_database(f"sqlite:///{self.scene.folder / 'registry' / 'registry.db'}")
        size = fsck(SqlLogStore(engine), log_key=VerifierKey.parse(self.log_key)).size
        engine.dispose()
        heard = self._column("registry/registry-listeners.db", "select heard from subscriptionrow")
        at = self._column("verifier/verifier.db", "select heard from verifier_position")
        assert max(heard, default=0) <= max(at, default=0) <= size, (heard, at, size)
        query = "select count(*) from verifier_withdrawal group by grant_id"
        assert set(self._column("verifier/verifier.db", query)) <= {1}, "acknowledged twice"
        query = "select grant_id from verifier_withdrawal"
        told = set(self._column("verifier/verifier.db", query))
        assert set(self.ended) <= told, "an acknowledged withdrawal is gone"
        query = "select count(*) from issuercredential where state = 'revoked'"
        (count,) = self._column("issuer/issuer.db", query)
        (bits,) = self._column("issuer/issuer.db", "select statuses from issuerstatuslist")
        assert sum(byte.bit_count() for byte in bits) == count, "store and list disagree"
        assert count >= len(self.revoked), "an acknowledged revocation is gone"

    def _column(self, name: str, query: str) -> list[Any]:
        if not (self.scene.folder / name).exists():
            return []
        with closing(self.scene.database(name)) as database:
            return [value for (value,) in database.execute(query)]


def main() -> None:
    """Run the drill in the folder, with the number of kills and the seed, that are given."""
    folder, kills, seed = sys.argv[1:]
    # What is loaded by now is in every process that is forked, and stays: none of them searches it.
    gc.freeze()
    drill = Drill(Path(folder), kills=int(kills), seed=int(seed))
    try:
        drill.run()
    finally:
        # What outlives this process keeps its output open, and whoever reads it waits for ever.
        drill.end()
    told: JsonObject = {
        "deaths": drill.deaths,
        "withdrawn": len(drill.ended),
        "revoked": len(drill.revoked),
    }
    (Path(folder) / "report.json").write_text(strict_json.render(told))
