"""The registry's commands, as an operator types them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from registry.cli import commands
from registry.client import RegistryClient
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import NotFoundError
from tests.support.registry import DIAGNOSIS
from tests.support.registry_server import RegistryServer


def run(*words: str) -> str:
    result = CliRunner().invoke(commands, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_an_operator_accredits_looks_and_audits(tmp_path: Path):
    with RegistryServer(tmp_path / "registry") as server:
        own = ["--registry", server.url, "--data-dir", str(tmp_path / "authority")]
        root = run("accredit", *own, "--type", DIAGNOSIS)
        subject = "did:web:clinic.example"
        child = run("accredit", *own, "--type", DIAGNOSIS, "--subject", subject, "--parent", root)
        checkpoint = run("checkpoint", "--registry", server.url)
        http = HttpClient()
        seen = RegistryClient(http, server.url).checkpoint()
        http.close()

    sound = run("fsck", "--data-dir", str(tmp_path / "registry"))

    assert root.startswith("zQm")
    assert child.startswith("zQm")
    assert checkpoint.split("\n")[:3] == seen.split("\n")[:3]
    assert sound.split()[:3] == ["sound", checkpoint.split("\n")[0], "6"]


def test_there_is_nothing_to_audit_where_there_is_no_log(tmp_path: Path):
    with pytest.raises(NotFoundError):
        run("fsck", "--data-dir", str(tmp_path))
