"""The cast of the story: every role as a process, and the accrediting authority that vouches."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, final

from registry.client import Organisation, RegistryClient

from consentry.demo.desks import Desk, Issuer, Verifier, Wallet
from consentry.demo.processes import RoleProcess, free_port
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.period import Period

TYPES: Final = (
    "urn:consentry:diagnosis:1",
    "urn:consentry:laboratory-result:1",
    "urn:consentry:immunization:1",
)
_YEAR: Final = timedelta(days=365)


@final
@dataclass(frozen=True, slots=True)
class Member:
    """A role on the stage: its process, and the token of its desk."""

    process: RoleProcess
    token: str


@final
class Stage:
    """Starts the processes, introduces them to each other, and takes everything down again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.http = HttpClient(timeout=20.0)
        self.members: dict[str, Member] = {}
        self.root = ""

    def open(self) -> None:
        """Start registry, clinic, insurer and researcher, and accredit the last three."""
        registry = self.add("registry", "registry")
        registry.process.start()
        authority = self._authority(registry.process.url)
        self.root = str(authority.did)
        known = {"REGISTRY_URL": registry.process.url, "ROOTS": f'["{self.root}"]'}
        clinic = self.add("clinic", "issuer", NAME="northfield-clinic", **known)
        insurer = self.add("insurer", "verifier", NAME="harbour-insurance", **known)
        researcher = self.add("researcher", "verifier", NAME="lakeside-institute", **known)
        with ThreadPoolExecutor() as starting:
            for _ in starting.map(lambda each: each.process.start(), (clinic, insurer, researcher)):
                pass
        period = Period(SystemClock().now() - timedelta(minutes=1), SystemClock().now() + _YEAR)
        top = authority.accredit_root(types=TYPES, period=period)
        authority.accredit(
            self.issuer("clinic").did(), role="issue", types=TYPES, period=period, parent=top
        )
        for name in ("insurer", "researcher"):
            authority.accredit(
                self.verifier(name).did(), role="verify", types=TYPES, period=period, parent=top
            )

    def add(self, name: str, role: str, **settings: str) -> Member:
        """Prepare a process called `name`, without starting it."""
        token = secrets.token_urlsafe(24)
        given = {"ADMIN_TOKEN": token, "PASSPHRASE": secrets.token_urlsafe(24), **settings}
        process = RoleProcess(
            name, role, folder=self.folder / name, settings=given, port=free_port()
        )
        self.members[name] = Member(process, token)
        return self.members[name]

    def add_wallet(self, name: str) -> Wallet:
        """Start a wallet for another patient."""
        known = {"REGISTRY_URL": self.process("registry").url, "ROOTS": f'["{self.root}"]'}
        self.add(name, "wallet", **known).process.start()
        return self.wallet(name)

    def process(self, name: str) -> RoleProcess:
        """Return the process called `name`."""
        return self.members[name].process

    def issuer(self, name: str) -> Issuer:
        """Return the desk of the issuer called `name`."""
        return Issuer(self._desk(name))

    def verifier(self, name: str) -> Verifier:
        """Return the desk of the verifier called `name`."""
        return Verifier(self._desk(name))

    def wallet(self, name: str) -> Wallet:
        """Return the wallet called `name`."""
        return Wallet(self._desk(name))

    def close(self) -> None:
        """Stop every process."""
        for member in reversed(self.members.values()):
            member.process.stop()
        self.http.close()

    def _desk(self, name: str) -> Desk:
        member = self.members[name]
        return Desk(self.http, member.process.url, member.token)

    def _authority(self, registry_url: str) -> Organisation:
        return Organisation.open(
            "health-authority",
            keystore=KeyStore.unlock(self.folder / "authority" / "keys"),
            registry=RegistryClient(self.http, registry_url),
            clock=SystemClock(),
        )


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Give an open stage, and close it whatever happens."""
    built = Stage(folder)
    try:
        built.open()
        yield built
    finally:
        built.close()
