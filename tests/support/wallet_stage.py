"""Registry, clinic and insurer as real processes behind proxies, and wallets to be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pydantic import SecretStr

from consentry.demo.processes import free_port
from registry.client import RegistryClient
from registry.client.organisation import Organisation
from ssi_core import strict_json
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject
from ssi_core.period import Period
from tests.support.stalling_proxy import Stall, StallingProxy
from wallet.adapters.settings import WalletSettings
from wallet.app import open_wallet
from wallet.service import Wallet

TOKEN: Final = "a-desk-token"  # noqa: S105 - a test's
PASSPHRASE: Final = "correct horse battery staple"  # noqa: S105 - a test's
TYPES: Final = (
    "urn:consentry:diagnosis:1",
    "urn:consentry:laboratory-result:1",
    "urn:consentry:immunization:1",
)
_YEAR: Final = timedelta(days=365)
PLANTED: Final = "Plantedname"
BUNDLE: Final[JsonObject] = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "fullUrl": "urn:uuid:p",
            "resource": {
                "resourceType": "Patient",
                "id": "p",
                "name": [{"family": PLANTED, "given": ["Ana"]}],
                "birthDate": "1971-02-03",
                "gender": "female",
            },
        },
        {
            "fullUrl": "urn:uuid:c",
            "resource": {
                "resourceType": "Condition",
                "id": "c",
                "subject": {"reference": "urn:uuid:p"},
                "clinicalStatus": {"coding": [{"code": "active"}]},
                "verificationStatus": {"coding": [{"code": "confirmed"}]},
                "code": {
                    "coding": [
                        {
                            "system": "http://snomed.info/sct",
                            "code": "73211009",
                            "display": "Planteddiagnosis",
                        }
                    ]
                },
                "onsetDateTime": "2019-05-06",
                "recordedDate": "2019-05-07",
            },
        },
    ],
}


class RoleProcess:
    """One `<role> serve`, known to others by its proxy, on a port that it keeps over restarts."""

    def __init__(
        self,
        role: str,
        folder: Path,
        settings: Mapping[str, str],
        proxy: StallingProxy | None = None,
    ) -> None:
        self.proxy = proxy or StallingProxy()
        self.log = folder / "process.log"
        self._role = role
        self._folder = folder
        self._settings = dict(settings)
        self._port = free_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The URL that others use."""
        return self.proxy.url

    def start(self) -> None:
        """Start it, and wait until it says that it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.proxy.target = f"http://127.0.0.1:{self._port}"
        own = {
            "DATA_DIR": str(self._folder),
            "ADMIN_TOKEN": TOKEN,
            "PORT": str(self._port),
            "PUBLIC_URL": self.url,
            **self._settings,
        }
        prefix = f"CONSENTRY_{self._role.upper()}_"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-c", program(self._role), "serve"],
                env={**environment(), **{prefix + name: text for name, text in own.items()}},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        said = self._process.stdout.readline().split()
        assert said[:2] == ["ready", self._role], self.log.read_text()

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it; with SIGKILL, as a power cut would."""
        if self._process is None:
            return
        assert self._process.stdout is not None
        self._process.send_signal(number)
        self._process.wait(20)
        self._process.stdout.close()
        self._process = None

    def __enter__(self) -> Self:
        self.proxy.__enter__()
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        self.proxy.__exit__(kind, error, trace)


class WalletStage:
    """Everybody whom a wallet meets, each a process; wallets are made by the tests."""

    def __init__(
        self, folder: Path, *, policies: Path | None = None, line: StallingProxy | None = None
    ) -> None:
        self.http = HttpClient(timeout=20)
        self._policies = {} if policies is None else {"POLICIES": str(policies)}
        self.registry = RoleProcess("registry", folder / "registry", {}, line)
        self.folder = folder
        self.root = ""
        self.clinic = self.insurer = self.registry

    def open(self, stack: ExitStack) -> None:
        """Start everybody, and have the authority accredit clinic and insurer."""
        stack.callback(self.http.close)
        stack.enter_context(self.registry)
        authority = Organisation.open(
            "authority",
            keystore=KeyStore.unlock(self.folder / "authority" / "keys"),
            registry=RegistryClient(self.http, self.registry.url),
            clock=SystemClock(),
        )
        self.root = str(authority.did)
        known = {"REGISTRY_URL": self.registry.url}
        self.clinic = stack.enter_context(
            RoleProcess("issuer", self.folder / "clinic", {"NAME": "clinic", **known})
        )
        trusting = {
            "ROOTS": strict_json.render([self.root]),
            "NAME": "insurer",
            **known,
            **self._policies,
        }
        self.insurer = stack.enter_context(
            RoleProcess("verifier", self.folder / "insurer", trusting)
        )
        period = Period(SystemClock().now() - timedelta(minutes=1), SystemClock().now() + _YEAR)
        top = authority.accredit_root(types=TYPES, period=period)
        for url, role in ((f"{self.clinic.url}/admin", "issue"), (self.desk, "verify")):
            did = Did.parse(str(self.get(f"{url}/identity")["did"]))
            authority.accredit(did, role=role, types=TYPES, period=period, parent=top)

    @property
    def desk(self) -> str:
        """The insurer's desk."""
        return f"{self.insurer.url}/desk"

    def get(self, url: str) -> JsonObject:
        """Ask an administrator's API."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return self.http.get(url, headers=headers).require_ok().json()

    def post(self, url: str, body: JsonObject) -> JsonObject:
        """Tell an administrator's API."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return self.http.post_json(url, body, headers=headers).require_ok().json()

    def offer(self, *, tx_code: bool = False) -> JsonObject:
        """Have the clinic offer a diagnosis."""
        record = self.post(f"{self.clinic.url}/admin/bundles", BUNDLE)
        (resource,) = strict_json.as_array(record["resources"], at="/resources")
        wanted = strict_json.as_object(resource, at="/resources")["id"]
        body: JsonObject = {"record": record["record"], "resource": wanted, "tx_code": tx_code}
        return self.post(f"{self.clinic.url}/admin/offers", body)

    def ask(self, policy: str = "insurer-diagnosis", **overrides: Any) -> JsonObject:
        """Have the insurer ask."""
        return self.post(f"{self.desk}/requests", {"policy": policy, **overrides})

    def result(self, request: JsonObject) -> JsonObject:
        """Look at what became of a request."""
        return self.get(f"{self.desk}/requests/{request['id']}")

    def entries(self) -> list[str]:
        """Return the log's entries."""
        url = f"{self.registry.url}/entries?limit=1000"
        found = self.http.get(url).require_ok().json()["entries"]
        return [str(entry) for entry in strict_json.as_array(found, at="/entries")]

    def grant_entries(self, grant_id: str) -> list[str]:
        """Return the log's entries about one grant."""
        return [entry for entry in self.entries() if f'"id":"{grant_id}"' in entry]


class WalletProcess:
    """The command line over one wallet file, each command a process of its own."""

    def __init__(self, store: Path, stage: WalletStage, *, database: str | None = None) -> None:
        self.store = database or str(store)
        self._stage = stage

    def lay_out(self) -> None:
        """Lay the wallet out, in this process, because that is quicker."""
        settings = WalletSettings(
            store=self.store,
            passphrase=SecretStr(PASSPHRASE),
            registry_url=self._stage.registry.url,
            roots=(self._stage.root,),
        )
        with open_wallet(settings, ask=lambda: None, create=True, must_be_new=True):
            pass

    def accept(self) -> str:
        """Accept a diagnosis, in this process; return the credential's id."""
        with self.opened() as wallet:
            (held,) = wallet.accept(str(self._stage.offer()["uri"]))
            return held.id

    def run(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(  # noqa: S603 - our own program
            self._command(arguments),
            env=self._environment(settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def json(self, *arguments: str) -> JsonObject:
        """Run a command that succeeds, and return what it prints as JSON."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return strict_json.parse_object(done.stdout)

    def killed_at(self, stall: Stall, proxy: StallingProxy, *arguments: str) -> None:
        """Run a command, and kill it when it waits at `stall`."""
        proxy.hold(stall)
        with subprocess.Popen(  # noqa: S603 - our own program
            self._command(arguments),
            env=self._environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            came = proxy.reached.wait(30)
            process.kill()
            process.wait(10)
            assert process.stderr is not None
            assert came, process.stderr.read()
        proxy.release()

    @contextmanager
    def opened(self) -> Iterator[Wallet]:
        """Open the wallet in this process, as the next command would."""
        settings = WalletSettings(store=self.store, passphrase=SecretStr(PASSPHRASE))
        with open_wallet(settings, ask=lambda: None) as wallet:
            yield wallet

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [
            sys.executable, "-c", program("wallet"), *arguments, "--store", self.store,
        ]  # fmt: skip

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        own = {
            "CONSENTRY_WALLET_PASSPHRASE": PASSPHRASE,
            "CONSENTRY_WALLET_REGISTRY_URL": self._stage.registry.url,
            "CONSENTRY_WALLET_ROOTS": strict_json.render([self._stage.root]),
        }
        return {**environment(), **own, **settings}


@contextmanager
def wallet_stage(folder: Path) -> Iterator[WalletStage]:
    """Give an open stage, and end everybody afterwards."""
    stage = WalletStage(folder)
    with ExitStack() as stack:
        stage.open(stack)
        yield stage


def program(role: str) -> str:
    """Return the program text of a room's command line."""
    return f"from {role}.cli import commands; commands()"


def environment() -> dict[str, str]:
    """Return the environment in which our programs find the packages under test."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("CONSENTRY_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(sys.path)}
