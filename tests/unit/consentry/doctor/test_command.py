import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from consentry.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


def run(*arguments: str, **environment: str | None) -> Result:
    names = ("DATA_DIR", "PORT", "HOST", "DATABASE")
    roles = ("REGISTRY", "ISSUER", "VERIFIER", "WALLET")
    unset = {f"CONSENTRY_{role}_{name}": None for role in roles for name in names}
    return CliRunner(env={**unset, **environment}).invoke(main, ["doctor", *arguments])


def test_a_machine_with_nothing_wrong_is_zero(folder: Path) -> None:
    result = run("--data-dir", str(folder))

    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert all(line[0] in "✓!" for line in lines)
    assert any(line.startswith("✓ durability") for line in lines)


def test_something_wrong_is_one_with_a_cross_and_a_remedy(folder: Path) -> None:
    (folder / "issuer.keys").touch()
    (folder / "issuer.keys").chmod(0o644)

    result = run("--data-dir", str(folder))

    assert result.exit_code == 1
    (line,) = [line for line in result.output.splitlines() if line.startswith("✗")]
    assert line.endswith(f"Close it to them: chmod -R go= {folder}")


def test_json_says_the_same(folder: Path) -> None:
    folder.chmod(0o755)

    result = run("--data-dir", str(folder), "--json")

    document = json.loads(result.output)
    assert result.exit_code == 1
    assert document["good"] is False
    wrong = [one for one in document["findings"] if one["verdict"] == "wrong"]
    assert [one["check"] for one in wrong] == [f"privacy of {folder}"]
    assert set(wrong[0]) == {"check", "verdict", "found", "remedy"}


def test_the_services_own_settings_are_looked_at(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        result = run(
            CONSENTRY_VERIFIER_DATA_DIR=str(folder),
            CONSENTRY_VERIFIER_PORT=str(listener.getsockname()[1]),
            CONSENTRY_VERIFIER_DATABASE="postgresql+psycopg://u:planted@127.0.0.1:1/none",
        )

    assert result.exit_code == 1
    assert f"privacy of {folder}" in result.output
    assert "CONSENTRY_VERIFIER_PORT" in result.output
    assert "database of CONSENTRY_VERIFIER_DATABASE" in result.output
    assert "planted" not in result.output


def test_what_is_true_of_the_whole_machine_is_said_once(folder: Path, tmp_path: Path) -> None:
    result = run("--data-dir", str(folder), "--data-dir", str(tmp_path / "other"))

    checks = [line[2:].split(":")[0] for line in result.output.splitlines()]
    assert len(checks) == len(set(checks))
    assert f"privacy of {tmp_path / 'other'}" in checks
    assert checks.count("sqlite") == 1


@pytest.mark.parametrize("port", ["", "0", "x", "9" * 30])
def test_an_odd_port_setting_does_not_stop_it(folder: Path, port: str) -> None:
    result = run("--data-dir", str(folder), CONSENTRY_ISSUER_PORT=port)

    assert result.exit_code in (0, 1)
    assert not isinstance(result.exception, Exception)
