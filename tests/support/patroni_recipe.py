"""What the how-to says of Patroni and etcd, as it would be on three machines that are this one."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_PAGE: Final = Path("docs", "how-to", "run-a-registry-for-an-organisation.md")
_ETCD: Final = "/etc/default/etcd"
_PATRONI: Final = "/etc/patroni/config.yml"
_URL: Final = re.compile(r"^export CONSENTRY_REGISTRY_DATABASE='(.*host=db3.*)'$", re.MULTILINE)
# On the page they are those of the first machine; on each they are its own.
_OWN: Final = re.compile(
    r"^(ETCD_NAME=|ETCD_INITIAL_ADVERTISE_PEER_URLS=http://|ETCD_ADVERTISE_CLIENT_URLS=http://|"
    r"name: |restapi: .*connect_address: \"|  connect_address: )db1\b",
    re.MULTILINE,
)
_NAMED: Final = re.compile(r"db([123])\.example:(\d+)")
_ANY: Final = re.compile(r"0\.0\.0\.0:(\d+)")
# Three servers on one machine: small, and without sockets in a folder that they would share.
_SMALL: Final = """
    shared_buffers: 32MB
    unix_socket_directories: ""
"""

# The page's times are for machines; a drill has less patience. No lease is shorter than 20 seconds.
_QUICK: Final = {"loop_wait: 5": "loop_wait: 1", "retry_timeout: 5": "retry_timeout: 3"}

PORTS: Final = ("2379", "2380", "5432", "8008")
"""What the page has etcd's clients, etcd, PostgreSQL and Patroni listen on."""


class Recipe:
    """The page's files, with the ports and folders of here for the page's own.

    `ports` has for each machine a port of here for each of `PORTS`; `quick` is
    for rounds that are shorter than the page's.
    """

    def __init__(self, project: Path, *, ports: Sequence[Mapping[str, int]], quick: bool) -> None:
        self._quick = quick
        self._page = (project / _PAGE).read_text(encoding="utf-8")
        self._ports = ports

    def etcd(self, number: int, *, folder: Path) -> dict[str, str]:
        """Return the environment of etcd on the machine `number`, which counts from 0."""
        text = _put(self._file(_ETCD, number), {"/var/lib/etcd/registry": folder})
        lines = [line.partition("=") for line in text.splitlines()]
        return {name: value for name, _, value in lines}

    def patroni(self, number: int, *, folder: Path, secrets: Path, programs: Path) -> str:
        """Return Patroni's file: the server's folder, that of its certificate, and PostgreSQL's."""
        places = {
            "/var/lib/postgresql/15/patroni": folder,
            "/usr/lib/postgresql/15/bin": programs,
            "/etc/ssl/registry/server.crt": secrets / "server.crt",
            "/etc/ssl/registry/server.key": secrets / "server.key",
        }
        text = _put(self._file(_PATRONI, number), {**places, **(_QUICK if self._quick else {})})
        settings = '    ssl: "on"\n'
        assert text.count(settings) == 1
        return text.replace(settings, settings + _SMALL.lstrip("\n"))

    def url(self, *, authority: Path, database: str) -> str:
        """Return the registry's URL; `authority` signed the servers' certificates."""
        found = _URL.search(self._page)
        assert found is not None, "the page has no URL of three servers"
        return _put(
            self._here(found[1], 0),
            {"/etc/ssl/registry/ca.crt": authority, "/registry?": f"/{database}?"},
        )

    @property
    def superuser(self) -> str:
        """The password of PostgreSQL's first user."""
        found = re.search(r'superuser: \{username: postgres, password: "(.+?)"\}', self._page)
        assert found is not None
        return found[1]

    def _file(self, name: str, number: int) -> str:
        pattern = rf"`{re.escape(name)}`:\n\n```\w+\n(.*?)^```"
        found = re.search(pattern, self._page, re.MULTILINE | re.DOTALL)
        assert found is not None, f"the page does not show {name}"
        text, count = _OWN.subn(rf"\g<1>db{number + 1}", found[1])
        assert count == 3, f"{name} has other lines that differ from machine to machine"
        return self._here(text, number)

    def _here(self, text: str, number: int) -> str:
        def named(found: re.Match[str]) -> str:
            return f"127.0.0.1:{self._ports[int(found[1]) - 1][found[2]]}"

        text = _NAMED.sub(named, text)
        text = _ANY.sub(lambda found: f"127.0.0.1:{self._ports[number][found[1]]}", text)
        assert ".example" not in text
        return text


def _put(text: str, places: Mapping[str, Path | str]) -> str:
    for there, here in places.items():
        assert text.count(there) == 1, f"the page does not name {there} once"
        text = text.replace(there, str(here))
    return text
