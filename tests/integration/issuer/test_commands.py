"""The issuer's commands against a running issuer."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from issuer.cli import commands

BUNDLE = {
    "resourceType": "Bundle",
    "entry": [
        {"resource": {"resourceType": "Patient", "id": "p"}},
        {
            "resource": {
                "resourceType": "Condition",
                "subject": {"reference": "Patient/p"},
                "code": {"text": "x"},
            }
        },
    ],
}


def _run(shared_issuer: Any, *words: str, **environment: str) -> Result:
    named = {"CONSENTRY_ISSUER_ADMIN_TOKEN": shared_issuer.token, **environment}
    return CliRunner(env=named).invoke(commands, [*words, "--url", shared_issuer.url])


def test_a_bundle_becomes_an_offer(shared_issuer: Any, tmp_path: Path):
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(BUNDLE), encoding="utf-8")

    record = json.loads(_run(shared_issuer, "bundle", str(file)).output)
    resource = record["resources"][0]["id"]
    made = json.loads(_run(shared_issuer, "offer", record["record"], resource).output)
    plain = _run(shared_issuer, "offer", record["record"], resource, "--without-tx-code")

    assert made["uri"].startswith("openid-credential-offer://?credential_offer_uri=http")
    assert len(made["tx_code"]) == 6
    assert "tx_code" not in json.loads(plain.output)
    shown = json.loads(_run(shared_issuer, "show-offer", made["id"]).output)
    assert shown == {"state": "offered", "issued": []}


@pytest.mark.parametrize("command", ["revoke", "suspend", "reinstate"])
def test_what_is_not_there_fails_with_one_plain_line(shared_issuer: Any, command: str):
    result = _run(shared_issuer, command, "0" * 32)

    assert result.exit_code == 1
    assert result.output == "Error: not_found: there is no such credential\n"


def test_a_wrong_or_missing_token_fails(shared_issuer: Any, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("wrong", encoding="ascii")

    missing = _run(shared_issuer, "revoke", "0" * 32, CONSENTRY_ISSUER_ADMIN_TOKEN="")
    wrong = _run(shared_issuer, "revoke", "0" * 32, "--token-file", str(file))

    assert missing.exit_code == wrong.exit_code == 1
    assert "CONSENTRY_ISSUER_ADMIN_TOKEN" in missing.output
    assert "unauthenticated" in wrong.output


@pytest.mark.parametrize("option", [("--port", "99999"), ("--name", "No Name")])
def test_settings_that_are_not_as_they_should_be_are_named(tmp_path: Path, option: tuple[str, str]):
    result = CliRunner().invoke(commands, ["serve", "--data-dir", str(tmp_path), *option])

    assert result.exit_code == 1
    assert option[0].removeprefix("--") in result.output
