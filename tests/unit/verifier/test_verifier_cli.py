"""The verifier's commands, as far as they need no server."""

import pytest
from click.testing import CliRunner

from verifier.cli import commands

NAMES = ("ADMIN_TOKEN", "ROOTS", "POLICIES", "DATA_DIR", "NAME")


@pytest.fixture
def run(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(f"CONSENTRY_VERIFIER_{name}", raising=False)

    def invoke(*arguments, **environment):
        for name, text in environment.items():
            monkeypatch.setenv(f"CONSENTRY_VERIFIER_{name}", text)
        return CliRunner().invoke(commands, list(arguments))

    return invoke


def test_policies_that_trust_configured_roots_need_some(run, tmp_path):
    result = run("serve", "--data-dir", str(tmp_path))

    assert result.exit_code == 1
    assert "configured without roots" in result.output


def test_a_registry_that_does_not_answer_is_said_plainly(run, tmp_path):
    result = run(
        "serve",
        "--data-dir",
        str(tmp_path),
        "--registry",
        "http://localhost:1",
        ROOTS='["did:web:authority.example"]',
    )

    assert result.exit_code == 3
    assert "unavailable" in result.output


@pytest.mark.parametrize(
    "options", [("--name", "No Label"), ("--port", "70000"), ("--root", "not a DID")]
)
def test_settings_that_cannot_be_are_refused(run, tmp_path, options):
    result = run("serve", "--data-dir", str(tmp_path), *options)

    assert result.exit_code == 1
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [("request", "plain"), ("result", "x"), ("use", "x", "HPAYMT"), ("stale-uses",)],
)
def test_the_desk_is_asked_with_a_token_only(run, arguments):
    result = run(*arguments, "--url", "http://localhost:1")

    assert result.exit_code == 1
    assert "CONSENTRY_VERIFIER_ADMIN_TOKEN" in result.output


def test_a_desk_that_does_not_answer_is_said_plainly(run):
    result = run("result", "x", "--url", "http://localhost:1", ADMIN_TOKEN="t")  # noqa: S106

    assert result.exit_code == 3
    assert "unavailable" in result.output
