"""A PostgreSQL server and its synchronous standby, as processes of their own that can be killed."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, final
from uuid import uuid4

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from consentry.demo.processes import free_port

_FIRST: Final = "postgres"
_PATIENCE: Final = 60
# Debian keeps each version's programs in a folder of its own, out of the way of PATH.
_FOLDERS: Final = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_SETTINGS: Final = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 32MB
max_connections = 40
wal_keep_size = 256MB
synchronous_commit = on
synchronous_standby_names = 'standby'
"""


class PostgresMissingError(Exception):
    """PostgreSQL's server programs are not on this machine."""


@final
class PostgresPair:
    """Two servers; commits are acknowledged when both have them. The second takes over at need."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._database = _FIRST
        self._started: list[Server] = []
        try:
            self.primary = self._first()
            self.standby = self._copy_of(self.primary)
        except BaseException:
            self.stop()
            raise

    def new_database(self) -> None:
        """Make a database that has nothing in it; the URLs are of that one from now on."""
        name = f"registry_{uuid4().hex}"
        self.primary.sql(f"CREATE DATABASE {name}")
        self._database = name

    @property
    def url(self) -> str:
        """A URL that names both servers, and means whichever takes writes."""
        hosts = "&".join(f"host=127.0.0.1:{one.port}" for one in (self.primary, self.standby))
        return f"postgresql+psycopg://postgres@/{self._database}?{hosts}&target_session_attrs=read-write"

    @property
    def local_url(self) -> str:
        """The URL of the primary alone, whose commits wait for its own disk only."""
        return (
            f"postgresql+psycopg://postgres@127.0.0.1:{self.primary.port}/{self._database}"
            "?options=-c%20synchronous_commit%3Dlocal"
        )

    @property
    def both(self) -> "tuple[Server, Server]":
        """The primary and the standby, as they are now."""
        return self.primary, self.standby

    def read(self, server: "Server", question: str) -> Any:
        """Return the first value of an answer from the newest database of either."""
        return server.sql(question, database=self._database)

    def fail_over(self) -> None:
        """Kill the primary as a power cut would, and let the standby take its place."""
        self.primary.kill()
        self.standby.sql("SELECT pg_promote()")
        self.primary, self.standby = self.standby, self.primary

    def replace_standby(self) -> None:
        """Copy the primary to where the other was, and wait until commits wait for it."""
        shutil.rmtree(self.standby.folder)
        self.standby = self._copy_of(self.primary, port=self.standby.port)

    def catch_up(self) -> None:
        """Wait until the standby shows what it has: it acknowledges when that is on its disk."""
        there = self.primary.sql("SELECT pg_current_wal_lsn()")
        until(lambda: self.standby.sql(f"SELECT pg_last_wal_replay_lsn() >= '{there}'"))

    def stop(self) -> None:
        """Kill whatever runs."""
        for server in self._started:
            server.kill()

    def _server(self, folder: Path, port: int) -> "Server":
        self._started.append(Server(folder, port))
        return self._started[-1]

    def _first(self) -> "Server":
        folder = self._folder / "0"
        run("initdb", "-D", folder, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        with (folder / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS)
        server = self._server(folder, free_port())
        server.start()
        return server

    def _copy_of(self, primary: "Server", *, port: int | None = None) -> "Server":
        self._count += 1
        folder = self._folder / str(self._count)
        source = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
        run("pg_basebackup", "-D", folder, "-d", source, "-R", "-c", "fast", "--no-sync")
        server = self._server(folder, free_port() if port is None else port)
        server.start()
        state = "SELECT sync_state FROM pg_stat_replication WHERE application_name = 'standby'"
        until(lambda: primary.sql(state) == "sync")
        return server


@final
class Server:
    """One server on a port of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [program("postgres"), "-D", str(self.folder), "-p", str(self.port)]
        # A group of its own, so that a kill reaches all its processes at once.
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
                command, stdout=log, stderr=log, start_new_session=True, user=server_user()
            )
        until(self._answers)

    def kill(self) -> None:
        """End it with everything it has, at once."""
        process, self._process = self._process, None
        if process is None:
            return
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(_PATIENCE)

    def sql(self, statement: str, *, database: str = _FIRST) -> Any:
        """Carry out a statement, and return the first value of its answer."""
        url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"
        engine = create_engine(
            url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5}
        )
        try:
            with engine.connect() as connection:
                found = connection.execute(text(statement))
                return found.scalar() if found.returns_rows else None
        finally:
            engine.dispose()

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError("PostgreSQL ended; its log is beside its folder")
        try:
            self.sql("SELECT 1")
        except OperationalError:
            return False
        return True


@contextmanager
def postgres_pair() -> Iterator[PostgresPair]:
    """Give a pair that is gone afterwards; `PostgresMissingError` where it cannot be made."""
    program("initdb")
    # PostgreSQL does not run as root, and whom it runs as may not look into root's folders.
    with tempfile.TemporaryDirectory(prefix="consentry-pair-") as name:
        if server_user() is not None:
            shutil.chown(name, "postgres")
        pair = PostgresPair(Path(name))
        try:
            yield pair
        finally:
            pair.stop()


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs."""
    places = os.pathsep.join(map(str, _FOLDERS))
    found = shutil.which(name, path=places) or shutil.which(name)
    if found is None:
        raise PostgresMissingError("PostgreSQL has no such program on this machine: " + name)
    return found


def run(name: str, *arguments: str | Path) -> None:
    """Run one of PostgreSQL's programs to its end."""
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [program(name), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=server_user(),
    )
    if done.returncode:
        raise RuntimeError(done.stderr)


def until(condition: Callable[[], object]) -> None:
    """Wait for it, for a minute at most."""
    end = monotonic() + _PATIENCE
    while not condition():
        if monotonic() > end:
            raise RuntimeError("it did not come about")
        sleep(0.05)


def server_user() -> str | None:
    """Return whom PostgreSQL runs as where we are root, which it refuses to be."""
    return "postgres" if os.geteuid() == 0 else None
