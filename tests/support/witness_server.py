"""A witness as a real process, and a log with several of them."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry.client import RegistryClient
from registry.model.checkpoint import verifier_key
from registry.model.signed_note import SignatureType, VerifierKey
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.keys import Ed25519Signer
from ssi_core.strict_json import as_texts
from tests.support.registry_server import RegistryServer

ORIGIN = "registry.example/2026"


class WitnessServer(RegistryServer):
    """`registry witness` on a free port, which it keeps over restarts."""

    def __init__(
        self,
        folder: Path,
        logs: Sequence[VerifierKey],
        *,
        name: str = "w.example",
        mirror: bool = False,
        database: str | None = None,
    ):
        options = [word for key in logs for word in ("--log", str(key))]
        options += ["--name", name, *(["--mirror"] if mirror else [])]
        role = "mirror" if mirror else "witness"
        super().__init__(folder, options=options, command="witness", role=role, database=database)

    def key(self, http: HttpClient) -> VerifierKey:
        """The key that it signs with."""
        told = http.get(f"{self.url}/witness").json()
        return VerifierKey.parse(as_texts(told.get("vkeys"), at="/vkeys")[0])


@dataclass
class Consortium:
    """A registry, and the witnesses that it hands its checkpoints to."""

    http: HttpClient
    server: RegistryServer
    folder: Path
    witnesses: list[WitnessServer]
    keys: list[VerifierKey]
    log_key: VerifierKey

    def restart(self, *, named: int, threshold: int | str) -> None:
        """Stop the registry; start it with the first so many witnesses, and another policy."""
        self.server.stop()
        self.server.options = self.options(named=named, threshold=threshold)
        self.server.start()

    def options(self, *, named: int, threshold: int | str) -> list[str]:
        """What the registry is told of the first so many witnesses."""
        policy = self.folder.parent / "policy"
        policy.write_text(policy_text(self.keys[:named], threshold))
        options = ["--origin", ORIGIN, "--policy", str(policy)]
        for one, key in zip(self.witnesses[:named], self.keys[:named], strict=True):
            options += ["--witness", f"{one.url}={key}"]
        return options

    @property
    def registry(self) -> RegistryClient:
        """A client of the registry where it is now."""
        return RegistryClient(self.http, self.server.url)


def new_log_key(folder: Path) -> VerifierKey:
    """Make the key of a registry that has not been started yet."""
    signer = Ed25519Signer.generate()
    KeyStore.unlock(folder / "registry.keys").keep("log", signer)
    return verifier_key(ORIGIN, signer, SignatureType.ED25519)


def policy_text(keys: Sequence[VerifierKey], threshold: int | str) -> str:
    """A policy file that asks for so many of these witnesses."""
    names = [f"w{number}" for number in range(len(keys))]
    lines = [f"witness {name} {key}" for name, key in zip(names, keys, strict=True)]
    group = f"group enough {threshold} {' '.join(names)}"
    return "\n".join([*lines, group, "quorum enough", ""])


@contextmanager
def consortium(
    folder: Path,
    *,
    witnesses: int = 3,
    mirrors: int = 0,
    threshold: int | str = 2,
    named: int | None = None,
) -> Iterator[Consortium]:
    """Start witnesses and a registry that needs so many of them; the last ones are mirrors.

    The registry is told of the first `named`, by default all of them.
    """
    with ExitStack() as stack:
        http = HttpClient()
        stack.callback(http.close)
        home = folder / "registry"
        log_key = new_log_key(home)
        started = [
            stack.enter_context(
                WitnessServer(
                    folder / f"witness-{n}",
                    [log_key],
                    name=f"w{n}.example",
                    mirror=n >= witnesses,
                )
            )
            for n in range(witnesses + mirrors)
        ]
        keys = [one.key(http) for one in started]
        server = RegistryServer(home)
        running = Consortium(http, server, home, started, keys, log_key)
        server.options = running.options(named=named or len(keys), threshold=threshold)
        stack.enter_context(server)
        yield running
