"""What every command does alike."""

from stat import S_IMODE

import pytest
from pydantic import SecretStr

from ssi_core.adapters.command_line import REFUSED, UNAVAILABLE, admin_token, failing_plainly
from ssi_core.errors import ConsentError, MalformedError, UnavailableError


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (MalformedError("not a DID", at="/id"), REFUSED, "malformed: not a DID (at /id)"),
        (ConsentError("no", refusals=("expired",)), REFUSED, "consent_denied: no (expired)"),
        (UnavailableError("no answer"), UNAVAILABLE, "unavailable: no answer"),
    ],
)
def test_an_error_of_ours_is_one_line_and_a_status(error, status, line, capsys):
    with pytest.raises(SystemExit) as ended, failing_plainly():
        raise error

    assert ended.value.code == status
    assert capsys.readouterr().err == f"consentry: {line}\n"


def test_a_bug_is_not_dressed_up():
    with pytest.raises(KeyError), failing_plainly():
        raise KeyError


def test_a_configured_token_is_the_token_and_is_written_nowhere(tmp_path):
    assert admin_token(SecretStr("given"), kept_in=tmp_path / "token") == "given"
    assert not list(tmp_path.iterdir())


def test_a_token_is_made_once_kept_for_its_owner_and_never_said(tmp_path, capsys):
    path = tmp_path / "new" / "token"

    first, second = admin_token(None, kept_in=path), admin_token(None, kept_in=path)

    assert first == second
    assert S_IMODE(path.stat().st_mode) == 0o600
    assert first not in capsys.readouterr().err
