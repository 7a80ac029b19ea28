"""The network of this machine with itself: loopback, its name, and the ports of the services."""

import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from consentry.doctor.finding import Finding
from ssi_core.adapters.http import HttpClient, is_loopback
from ssi_core.adapters.reach import Reach
from ssi_core.adapters.server import bind
from ssi_core.errors import SsiError, UnavailableError
from ssi_core.json_types import JsonObject

_SECONDS: Final = 2.0
_HOSTS_FILE: Final = "Give the hosts file the line: 127.0.0.1 localhost"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service is told to listen, and by which setting."""

    setting: str
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PortFacts:
    """Whether an address can be taken; if not, what a service that is well says there of itself."""

    address: Address
    free: bool
    health: JsonObject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """Whether this machine can talk to itself, what `localhost` means here, and the ports."""

    talks_to_itself: bool
    localhost: tuple[str, ...]
    ports: tuple[PortFacts, ...] = ()


def look_at_network(addresses: Iterable[Address]) -> NetworkFacts:
    """Try loopback, the name `localhost`, and each address."""
    return NetworkFacts(
        talks_to_itself=_talks_to_itself(),
        localhost=_localhost(),
        ports=tuple(_look_at_port(address) for address in addresses),
    )


def judge_network(facts: NetworkFacts) -> Iterator[Finding]:
    """Judge loopback, `localhost` and each port."""
    if facts.talks_to_itself:
        yield Finding.good("loopback", "127.0.0.1 answers itself")
    else:
        yield Finding.wrong(
            "loopback",
            "this machine cannot reach itself at 127.0.0.1",
            "Bring the loopback interface up, and let the firewall leave it alone.",
        )
    yield _judge_localhost(facts.localhost)
    yield from (_judge_port(port) for port in facts.ports)


def _judge_localhost(addresses: tuple[str, ...]) -> Finding:
    if not addresses:
        return Finding.wrong("localhost", "is a name that this machine does not know", _HOSTS_FILE)
    elsewhere = [address for address in addresses if not is_loopback(address)]
    if elsewhere:
        return Finding.wrong("localhost", f"leads to {elsewhere[0]}, elsewhere", _HOSTS_FILE)
    return Finding.good("localhost", " and ".join(addresses))


def _judge_port(facts: PortFacts) -> Finding:
    check = f"port {facts.address.port} ({facts.address.setting})"
    if facts.free:
        return Finding.good(check, "is free")
    if facts.health is not None:
        return Finding.warning(
            check,
            "a service answers there already, and is well",
            "If it is not the one you mean to start, choose another port.",
        )
    return Finding.wrong(
        check,
        f"cannot be taken at {facts.address.host}",
        f"Stop what uses it, or choose another with {facts.address.setting}.",
    )


def _talks_to_itself() -> bool:
    try:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            socket.create_connection(listener.getsockname(), timeout=_SECONDS) as caller,
        ):
            listener.settimeout(_SECONDS)
            accepted, _address = listener.accept()
            with accepted:
                accepted.settimeout(_SECONDS)
                caller.sendall(b"doctor")
                return accepted.recv(len(b"doctor")) == b"doctor"
    except OSError:
        return False


def _localhost() -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(sorted({str(address[0]) for *_rest, address in found}))


def _look_at_port(address: Address) -> PortFacts:
    try:
        bind(address.host, address.port).close()
    except UnavailableError:
        return PortFacts(address=address, free=False, health=_health(address))
    return PortFacts(address=address, free=True)


def _health(address: Address) -> JsonObject | None:
    http = HttpClient(timeout=_SECONDS, reach=Reach.ANY)
    host = f"[{address.host}]" if ":" in address.host else address.host
    try:
        return http.get(f"http://{host}:{address.port}/healthz").require_ok().json()
    except SsiError:
        return None
    finally:
        http.close()
