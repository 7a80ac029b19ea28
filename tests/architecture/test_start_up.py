"""What a process loads: a role's own modules, and no heavy library that only others need."""

import subprocess
import sys
from collections.abc import Collection

import pytest

_PROGRAM = """
import sys
from contextlib import suppress
from consentry.cli import main
with suppress(SystemExit):
    main(sys.argv[1:])
print()
print(*sys.modules)
"""
_DATABASES = ("sqlalchemy", "sqlmodel")


def loaded(*words: str) -> frozenset[str]:
    """Return the modules in a process that has been asked for a command, and for its options."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _PROGRAM, *words, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{words[-1]} [OPTIONS]" in done.stdout
    return frozenset(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("command", "without"),
    [
        ("registry serve", ["registry.replica_app", "registry.witness_app", "web3", "pyld"]),
        (
            "registry witness",
            ["registry.app", "registry.client", "registry.service.registry"],
        ),
        ("registry replica", ["issuer", "verifier", "wallet", "web3", "pyld"]),
        ("registry checkpoint", [*_DATABASES, "registry.service"]),
        ("issuer serve", ["verifier", "wallet", "consent_contracts", "web3"]),
        ("issuer revoke", [*_DATABASES, "issuer.app", "registry"]),
        ("verifier serve", ["issuer", "wallet", "registry.service", "pyld", "web3"]),
        ("verifier use", [*_DATABASES, "verifier.app", "registry"]),
        ("wallet serve", ["issuer", "verifier", "registry.service", "pyld", "web3"]),
        ("consent check", [*_DATABASES, "consent_contracts.app", "registry"]),
    ],
)
def test_a_command_loads_nothing_that_only_others_need(
    command: str, without: Collection[str]
) -> None:
    modules = loaded(*command.split())

    assert sorted(modules.intersection(without)) == []
