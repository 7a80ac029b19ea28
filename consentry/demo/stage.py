"""The cast of the story: every role as a process, and the accrediting authority that vouches."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, final

from consentry.demo.desks import Desk, Issuer, Verifier, Wallet
from consentry.demo.processes import RoleProcess, free_port
from registry.client import RegistryClient
from registry.client.organisation import Organisation
from ssi_core import strict_json
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError
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
        self.http = HttpClient(timeout=20.0, reach=Reach.ANY)
        self.members: dict[str, Member] = {}
        now = SystemClock().now()
        self._period = Period(now - timedelta(minutes=1), now + _YEAR)
        self._authority: Organisation | None = None
        self._root = ""

    def open_registry(self) -> None:
        """Start the public log."""
        self.add("registry", "registry").process.start()

    def open_authority(self) -> None:
        """Let the health authority make its DID, and accredit itself as the root."""
        self._authority = Organisation.open(
            "health-authority",
            keystore=KeyStore.unlock(self.folder / "authority" / "keys"),
            registry=RegistryClient(self.http, self.process("registry").url),
            clock=SystemClock(),
        )
        self._root = self._authority.accredit_root(types=TYPES, period=self._period)

    def open_desks(self) -> None:
        """Start clinic, insurer and researcher, each with a DID in the log."""
        members = (
            self._add_desk("clinic", "issuer", "northfield-clinic"),
            self._add_desk("insurer", "verifier", "harbour-insurance"),
            self._add_desk("researcher", "verifier", "lakeside-institute"),
        )
        with ThreadPoolExecutor() as starting:
            for _ in starting.map(lambda each: each.process.start(), members):
                pass

    def accredit(self) -> None:
        """Let the authority accredit the clinic to issue, and the others to ask."""
        self._accredit(self.issuer("clinic").did(), "issue")
        for name in ("insurer", "researcher"):
            self._accredit(self.verifier(name).did(), "verify")

    def add_unaccredited_clinic(self) -> Issuer:
        """Start another clinic, which has everything but the authority's word."""
        self._add_desk("pop-up", "issuer", "pop-up-clinic").process.start()
        return self.issuer("pop-up")

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
        self.add(name, "wallet", **self._known()).process.start()
        return self.wallet(name)

    @property
    def authority(self) -> Organisation:
        """The health authority, once it has opened."""
        if self._authority is None:
            raise ConflictError("the authority has not opened yet")
        return self._authority

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

    def _add_desk(self, name: str, role: str, organisation: str) -> Member:
        return self.add(name, role, NAME=organisation, **self._known())

    def _known(self) -> dict[str, str]:
        roots = strict_json.render([str(self.authority.did)])
        return {"REGISTRY_URL": self.process("registry").url, "ROOTS": roots}

    def _accredit(self, did: str, role: str) -> None:
        self.authority.accredit(
            Did.parse(did), role=role, types=TYPES, period=self._period, parent=self._root
        )


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Give a stage that nobody has entered yet, and close it whatever happens."""
    built = Stage(folder)
    try:
        yield built
    finally:
        built.close()
