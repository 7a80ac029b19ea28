"""Three machines that are this one: etcd, Patroni and the PostgreSQL server that it runs, on each.

They are set up as the how-to says, and can be killed, frozen and started again one by one.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, TypeVar, final
from urllib.error import HTTPError, URLError
from urllib.request import urlopen
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import create_engine, text

from consentry.bench.postgres_pair import PostgresMissingError, program, server_user
from consentry.demo.processes import free_port
from tests.support.patroni_recipe import PORTS, Recipe

T = TypeVar("T")
# Patroni wants other versions of what we use, so it has a folder of its own.
_PATRONI: Final = Path(sys.prefix, "patroni")
# As root we run it as whom PostgreSQL wants, who may not look into root's folders by himself.
_AS_SERVER_USER: Final = (
    ()
    if server_user() is None
    else (
        *("setpriv", f"--reuid={server_user()}", f"--regid={server_user()}", "--init-groups"),
        *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
    )
)
_COUNT: Final = 3
_PATIENCE: Final = 120
_SECONDS: Final = 5
_SHOWN: Final = 40


class PatroniMissingError(Exception):
    """Patroni, etcd or PostgreSQL is not on this machine."""


@final
class Machine:
    """One of the three."""

    def __init__(self, name: str, folder: Path, ports: dict[str, int]) -> None:
        self.name = name
        self._folder = folder
        self.ports = ports
        self._roots: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, environment: dict[str, str], settings: str) -> None:
        """Start etcd and Patroni, whichever does not run; Patroni starts the server."""
        (self._folder / "patroni.yml").write_text(settings, encoding="utf-8")
        self._run("etcd", etcd(), **environment)
        # Patroni keeps passwords in its home, and these three have the same user.
        path = str(self._folder / "patroni.yml")
        homes = {"HOME": str(self._folder), "PYTHONPATH": str(_PATRONI)}
        self._run("patroni", os.path.realpath(sys.executable), "-m", "patroni", path, **homes)

    def kill(self) -> None:
        """End all of it at once, as a power cut would."""
        self._signal(self._processes(), signal.SIGKILL)
        for process in self._roots.values():
            process.wait(_PATIENCE)
        self._roots.clear()

    def kill_database(self) -> None:
        """End PostgreSQL and Patroni, and leave etcd its word."""
        patroni = self._roots.pop("patroni")
        self._signal([*_family(patroni.pid), *self._server()], signal.SIGKILL)
        patroni.wait(_PATIENCE)

    def kill_server(self) -> None:
        """End PostgreSQL alone, with every process that it has."""
        self._signal(self._server(), signal.SIGKILL)

    def freeze(self) -> None:
        """Let nothing on it go on, while its connections stay open."""
        self._signal(self._processes(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let everything go on where it was."""
        self._signal(self._processes(), signal.SIGCONT)

    def asked(self, path: str) -> tuple[int, Any]:
        """Return what Patroni answers: the HTTP status, and JSON; 0 if it does not."""
        try:
            url = f"http://127.0.0.1:{self.ports['8008']}{path}"
            with urlopen(url, timeout=_SECONDS) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, None
        except (URLError, OSError, ValueError):
            return 0, None

    def _run(self, name: str, *command: str, **environment: str) -> None:
        running = self._roots.get(name)
        if running is not None and running.poll() is None:
            return
        with (self._folder / f"{name}.log").open("ab") as log:
            self._roots[name] = subprocess.Popen(  # noqa: S603 - programs that were found
                [*_AS_SERVER_USER, *command],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={**os.environ, **environment},
                start_new_session=True,
            )

    def _processes(self) -> list[int]:
        roots = [process.pid for process in self._roots.values() if process.poll() is None]
        return [pid for root in roots for pid in _family(root)] + self._server()

    def _server(self) -> list[int]:
        with suppress(OSError, ValueError):
            pid = int((self._folder / "server" / "postmaster.pid").read_text().split()[0])
            # A file that a kill left behind may name a process of somebody else by now.
            if str(self._folder) in Path(f"/proc/{pid}/cmdline").read_text():
                return _family(pid)
        return []

    def _signal(self, processes: Sequence[int], number: int) -> None:
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


@final
class Machines:
    """All three, which agree about who leads."""

    def __init__(self, folder: Path, project: Path, *, quick: bool) -> None:
        self._folder = folder
        self._database = "postgres"
        self._authority = _certificate(folder)
        self.all = tuple(self._machine(number) for number in range(_COUNT))
        self._recipe = Recipe(project, ports=[one.ports for one in self.all], quick=quick)

    def begin(self) -> None:
        """Start all of it for the first time."""
        self.start()
        until(self.is_whole)
        self.sql(self.leader, "CREATE ROLE registry LOGIN PASSWORD 'secret'")

    def new_database(self) -> None:
        """Make a database of the registry's that has nothing in it, and is the newest."""
        name = f"registry_{uuid4().hex}"
        self.sql(self.leader, f"CREATE DATABASE {name} OWNER registry")
        self._database = name

    @property
    def url(self) -> str:
        """The registry's URL, which names all three, and the newest database."""
        return self._recipe.url(authority=self._authority, database=self._database)

    def start(self) -> None:
        """Start what does not run, on each."""
        for number, machine in enumerate(self.all):
            place = self._folder / machine.name
            settings = self._recipe.patroni(
                number,
                folder=place / "server",
                secrets=self._folder,
                programs=Path(program("initdb")).parent,
            )
            machine.start(self._recipe.etcd(number, folder=place / "etcd"), settings)

    def stop(self) -> None:
        """Kill whatever runs."""
        for machine in self.all:
            machine.kill()

    @property
    def leader(self) -> Machine:
        """The one that takes writes and has the lease, once there is one."""
        return until(
            lambda: next((one for one in self.all if one.asked("/primary")[0] == 200), None)
        )

    @property
    def others(self) -> list[Machine]:
        """Those that follow."""
        leader = self.leader
        return [one for one in self.all if one is not leader]

    def is_whole(self) -> bool:
        """Whether one leads, all others follow it, and commits wait for one of them."""
        told = next((said for one in self.all if (said := one.asked("/cluster")[1])), None)
        members = (told or {}).get("members", [])
        roles = sorted(one["role"] for one in members)
        states = {one["state"] for one in members}
        lines = {one.get("timeline") for one in members}
        return (
            roles == ["leader", "replica", "sync_standby"]
            and states <= {"running", "streaming"}
            and len(lines) == 1
        )

    def catch_up(self) -> None:
        """Wait until the others show what they have of the leader's."""
        leader = self.leader
        there = self.sql(leader, "SELECT pg_current_wal_lsn()")
        shown = f"SELECT pg_last_wal_replay_lsn() >= '{there}'"
        until(lambda: all(self.sql(one, shown) for one in self.all if one is not leader))

    def _machine(self, number: int) -> Machine:
        folder = self._folder / f"db{number + 1}"
        folder.mkdir()
        _give_away(folder)
        return Machine(folder.name, folder, {port: free_port() for port in PORTS})

    def sql(self, machine: Machine, statement: str) -> Any:
        """Carry out a statement in the newest database on one of them; return its first value."""
        where = f"127.0.0.1:{machine.ports['5432']}/{self._database}"
        engine = create_engine(
            f"postgresql+psycopg://postgres@{where}",
            isolation_level="AUTOCOMMIT",
            connect_args={"password": self._recipe.superuser, "connect_timeout": _SECONDS},
        )
        try:
            with engine.connect() as connection:
                found = connection.execute(text(statement))
                return found.scalar() if found.returns_rows else None
        finally:
            engine.dispose()


@contextmanager
def patroni_machines(project: Path, *, quick: bool) -> Iterator[Machines]:
    """Give three machines that are gone afterwards; `PatroniMissingError` where there are none.

    `quick` lets Patroni look more often than the how-to.
    """
    try:
        program("initdb")
    except PostgresMissingError as error:
        raise PatroniMissingError(str(error)) from None
    etcd()
    if not Path("/proc/self/task").is_dir():
        raise PatroniMissingError("whole machines of processes can be killed on Linux only")
    if not _PATRONI.is_dir():
        raise PatroniMissingError("Patroni is not installed (`make patroni` does that)")
    with tempfile.TemporaryDirectory(prefix="consentry-patroni-") as name:
        _give_away(Path(name))
        machines = Machines(Path(name), project, quick=quick)
        try:
            machines.begin()
            yield machines
        finally:
            machines.stop()
            for log in sorted(Path(name).glob("*/patroni.log")):
                print(f"{log.parent.name}:", *log.read_text().splitlines()[-_SHOWN:], sep="\n")  # noqa: T201 - shown by pytest where something failed


def until(condition: Callable[[], T | None]) -> T:
    """Wait for it to be something, for two minutes at most, and return that."""
    end = monotonic() + _PATIENCE
    while not (found := condition()):
        if monotonic() > end:
            raise RuntimeError("it did not come about")
        sleep(0.1)
    return found


def etcd() -> str:
    """Return the path of etcd's program; raise `PatroniMissingError` where there is none."""
    found = shutil.which("etcd")
    if found is None:
        raise PatroniMissingError("etcd is not installed (Debian has it as `etcd-server`)")
    return found


def _give_away(place: Path) -> None:
    if (user := server_user()) is not None:
        shutil.chown(place, user)


def _family(pid: int) -> list[int]:
    """Return a process and all that come from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [one for child in task.read_text().split() for one in _family(int(child))]
    return found


def _certificate(folder: Path) -> Path:
    """Have a key vouch for itself as this machine; it is the servers' own, and whom to believe."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    now = datetime.now(UTC)  # noqa: TID251 - real servers have real clocks
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    written = folder / "server.crt"
    written.write_bytes(certificate.public_bytes(Encoding.PEM))
    secret = folder / "server.key"
    secret.touch(0o600)
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _give_away(secret)
    return written
